"""`/admin/templates`: what plans there are, what one says and how it is drawn; one's own is sent in and checked, each fault beside
its line. Nothing is kept: a plan that is sound goes on to where campaigns are started."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from anyio import to_thread
from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse
from pydantic import Field
from starlette.responses import Response

from api import templates
from api.deps import Desk
from api.download import saved
from api.pages import admin, forms, nav, paper, plan_drawing, uploads
from api.pages.forms import Form, Sheet, Typed
from api.pages.gate import AtPage
from api.pages.uploads import Came
from api.shapes import NO_ZERO, Sent
from states import machine, reading
from states.dates import parse_offset
from states.errors import DubanError, Fault, Faulty, NotFound
from states.plan import plan
from states.planned import Plan
from states.records import wanting
from states.records.board import ROLE_NAMES
from states.records.calendar import workdays
from states.records.roles import Act
from states.template import Opens, Phase, Template
from states.workdays import Workdays

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

TEMPLATES = "/admin/templates"
Key = Annotated[str, Path(max_length=100)]
FILE, TEXT = "file", "text"
LONGEST = 500_000  # characters of a template, as where campaigns are started
WHOLE = 1_500  # lines up to which a text with faults is shown whole
AROUND = 4  # otherwise so many before and after each fault
EITHER = "请选择一个文件，或贴上模板的全文；两样只用一样"
ENDINGS = (".yaml", ".yml", ".txt")
OTHER = "请选择 .yaml、.yml 或 .txt 文件"
NOT_TEXT = "不是 UTF-8 编码的文本，请另存为 UTF-8"
OPENS = {
    Opens.on_date: "按日期",
    Opens.after_previous: "接上一阶段",
    Opens.by_hand: "人工开启",
}


class Checked(Sent):
    """A template to look at."""

    text: Annotated[str, Field(max_length=LONGEST, pattern=NO_ZERO)] = ""


FORM: Form[Checked] = Form(Checked, {FILE: "文件", TEXT: "或贴上全文"})


@dataclass(frozen=True)
class Line:
    """A line of a text with what is wrong in it; `skipped`: so many are left out before it."""

    number: int
    words: str
    faults: tuple[Fault, ...]
    skipped: int


@router.get(TEMPLATES)
def listed(desk: AtPage) -> Response:
    return _list(desk, Sheet(FORM.labels, token=forms.fresh()), 200)


@router.get(f"{TEMPLATES}/{{key}}")
def one(desk: AtPage, key: Key) -> Response:
    """What a plan says, and how it would be drawn if it began today."""
    text = _text_of(key)
    return paper.show(
        desk,
        "admin_template.html",
        **_shown(desk, templates.read(key, None)),
        text=text,
        key=key,
        sheet=None,
        trail=admin.trail(desk, "方案模板", (templates.read(key, None).title, "")),
        **nav.of_admin(desk),
    )


@router.get(f"{TEMPLATES}/{{key}}/text")
def text(_desk: AtPage, key: Key) -> Response:
    """The text, to be saved, changed and sent in."""
    return saved(_text_of(key).encode(), f"{key}.yaml", "application/yaml", "template")


@router.post(TEMPLATES)
async def check(desk: AtPage) -> Response:
    """A template that was sent in: what is wrong with it, or what it says."""
    async with uploads.received(desk, to_read=True) as came:
        return await to_thread.run_sync(_checked, desk, came)


def lines(text: str, faults: list[Fault]) -> list[Line]:
    """The text by its lines, each fault at its own; of a long one only what is around the faults."""
    at: dict[int, tuple[Fault, ...]] = {}
    for one in faults:
        if one.line:
            at[one.line] = (*at.get(one.line, ()), one)
    written = text.split("\n")
    wanted = range(1, len(written) + 1)
    near = [n for n in wanted if len(written) <= WHOLE or any(abs(n - line) <= AROUND for line in at)]
    before = [0, *near]
    return [
        Line(n, written[n - 1], at.get(n, ()), n - last - 1) for last, n in zip(before, near, strict=False)
    ]


def _text_of(key: str) -> str:
    """Raises NotFound."""
    try:
        return templates.text_of(key, None)
    except Faulty as error:
        raise NotFound(error.faults[0].says) from error


def _checked(desk: Desk, came: Came) -> Response:
    try:
        text = _sent(came)
    except DubanError as error:
        if not forms.about_form(error):
            raise
        return _list(desk, forms.refused(FORM, came.typed, error), forms.status(error))
    try:
        found = reading.load(text)
    except Faulty as error:
        return _faulty(desk, text, error.faults)
    return paper.show(
        desk,
        "admin_template.html",
        **_shown(desk, found),
        text=text,
        key="",
        sheet=Sheet({}, {TEXT: (text,)}, token=forms.fresh()),
        trail=admin.trail(desk, "方案模板", (f"检查：{found.title}", "")),
        **nav.of_admin(desk),
    )


def _sent(came: Came) -> str:
    """The text of the one file, or the one that was pasted. Raises what was wrong, Faulty."""
    if came.wrong is not None:
        raise came.wrong
    pasted = came.typed.shaped(Checked).text
    if len(came.files) + bool(pasted.strip()) != 1:
        raise Faulty([Fault(FILE, EITHER)])
    if pasted.strip():
        return pasted
    (file,) = came.files
    if not file.name.lower().endswith(ENDINGS):
        raise Faulty([Fault(FILE, OTHER)])
    try:
        found = file.content.path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Faulty([Fault(FILE, NOT_TEXT)]) from error
    return Typed({TEXT: (found,)}).shaped(Checked).text


def _faulty(desk: Desk, text: str, faults: list[Fault]) -> Response:
    """Not sound: the text as it was sent, with what is wrong beside its lines, to be put right in place."""
    return paper.show(
        desk,
        "admin_faults.html",
        status=422,
        lines=lines(text, faults),
        faults=faults,
        nowhere=[one for one in faults if not one.line],
        sheet=Sheet({TEXT: "改好以后再检查"}, {TEXT: (text,)}, token=forms.fresh()),
        trail=admin.trail(desk, "方案模板", ("检查", "")),
        **nav.of_admin(desk),
    )


def _list(desk: Desk, sheet: Sheet, status: int) -> Response:
    with desk.read() as session:
        used = wanting.plans(session) if desk.scope.whole else []
    return paper.show(
        desk,
        "admin_templates.html",
        status=status,
        listed=templates.listed(),
        used=used,
        sheet=sheet,
        trail=admin.trail(desk, "方案模板"),
        **nav.of_admin(desk),
    )


def _shown(desk: Desk, found: Template) -> dict[str, Any]:
    zone = ZoneInfo(found.timezone)
    with desk.read() as session:
        calendar = workdays(session)
    planned = _planned(found, desk.now.astimezone(zone).date(), calendar)
    return {
        "t": found,
        "phases": [(one, _window(one), "并行" if one.parallel else OPENS[one.opens]) for one in found.phases],
        "called": {one.key: one.name for one in found.phases},
        "d": plan_drawing.drawn(planned, calendar, zone, desk.now) if planned else None,
        "undrawn": plan_drawing.undrawn(planned) if planned else [],
        "blanks": planned.blanks if planned else (),
        "when": lambda shift: f"期限{parse_offset(shift).words()}",
        "machine": machine.compile(found).unit,
        "moves": machine.MOVE_NAMES,
        "named": ROLE_NAMES,
        "starts": desk.scope.may(Act.run),
    }


def _planned(found: Template, start: date, calendar: Workdays) -> Plan | None:
    """As if it began on that day; None where its dates can't be worked out from there."""
    try:
        return plan(found, start, {}, calendar)
    except Faulty:
        return None


def _window(one: Phase) -> str:
    """When, in the plan's own words."""
    said = one.window or " 至 ".join(words for words in (one.from_, one.until) if words) or "未注明"
    return "，".join(words for words in (one.every, said) if words)
