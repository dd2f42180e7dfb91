"""A campaign is started: template, dates, units, a look at everything, the mails by day, and then for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api import templates
from api.campaigns import order_of
from api.deps import Desk
from api.pages import forms, paper, plan_drawing, start_mails, start_units, starting, timeline
from api.pages.forms import AtForm, Done, Sheet, Typed
from api.pages.gate import AtPage
from api.pages.starting import Way
from api.shapes import Launch
from states.errors import Faulty
from states.kinds import KINDS
from states.plan import PlannedMilestone
from states.records import board, busy_weeks, reading_draft, unmanned
from states.records.busy_weeks import MANY, BusyWeek
from states.records.unmanned import Unmanned

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

Key = Annotated[str, Query(max_length=100)]
STEPS = (
    ("/start", "选模板"),
    ("/start/plan", "定日期"),
    ("/start/units", "选单位"),
    ("/start/check", "核对"),
    ("/start/mails", "看邮件"),
)
LISTED = 300  # lines of the table of dates
OWN = {"text": "模板全文"}
ABOUT_UNITS = frozenset({"units.under", "units.kinds", starting.CODES})


@dataclass(frozen=True)
class Cautions:
    """What to mind beside what the plan itself warns of."""

    vacant: list[Unmanned]
    busy: list[BusyWeek]


@router.get("/start")
def first(desk: AtPage) -> Response:
    """The templates there are, and a place for one's own."""
    return _first(desk, Sheet(OWN, token=forms.fresh()), 200)


@router.get("/start/plan")
def chosen(desk: AtPage, template: Key = "") -> Response:
    """A template that was chosen, as of today."""
    if not template:
        return RedirectResponse("/start", 303)
    return _through(desk, Typed({"template": (template,)}), plan_page)


@router.get("/start/units")
@router.get("/start/check")
@router.get("/start/mails")
@router.get("/start/mails/all")
def lost(desk: AtPage) -> Response:
    """What was chosen travels in the form alone; an address by itself leads to the beginning."""
    return RedirectResponse("/start", 303)


@router.post("/start/plan")
def plan(desk: AtPage, typed: AtForm) -> Response:
    return _through(desk, typed, plan_page)


@router.post("/start/units")
def units(desk: AtPage, typed: AtForm) -> Response:
    return _through(desk, typed, units_page)


@router.post("/start/check")
def check(desk: AtPage, typed: AtForm) -> Response:
    return _through(desk, typed, check_page)


@router.post("/start/mails")
def mails(desk: AtPage, typed: AtForm) -> Response:
    return _through(desk, typed, mails_page)


@router.post("/start/mails/all")
def all_mails(desk: AtPage, typed: AtForm) -> Response:
    """The same to the end, told as it is worked out."""
    return _through(desk, typed, all_mails_page)


@router.post("/start")
def start(desk: AtPage, typed: AtForm) -> Response:
    """For good: once, in one transaction."""

    def begun(desk: Desk, way: Way) -> Response:
        def work(session: Session, sent: Launch) -> Done:
            told = reading_draft.start(session, desk.scope, order_of(sent), desk.now)
            return Done(f"已启动：{told['title']}", f"/campaigns/{told['id']}")

        def again(sheet: Sheet, status: int) -> Response:
            return check_page(desk, way.again(sheet, status))

        return forms.act(desk, way.form, way.typed, work, again)

    return _through(desk, typed, begun)


def _through(desk: Desk, typed: Typed, page: Callable[[Desk, Way], Response]) -> Response:
    """The page about what was typed; where something can't be read, the page on which it was typed."""
    try:
        way = starting.read(desk, typed)
    except Faulty as error:
        sheet = Sheet(OWN, typed.values, {"text": tuple(one.says for one in error.faults)}, forms.fresh())
        return _first(desk, sheet, 422)
    if way.seen is None:
        page = units_page if way.sheet.errors.keys() <= ABOUT_UNITS else plan_page
    return page(desk, way)


def _first(desk: Desk, sheet: Sheet, status: int) -> Response:
    return paper.show(
        desk,
        "start.html",
        status=status,
        sheet=sheet,
        listed=templates.listed(),
        steps=STEPS,
        here="/start",
        trail=_trail("/start"),
    )


def plan_page(desk: Desk, way: Way) -> Response:
    """The phases drawn, the dates there are, fields for those to be given."""
    today = desk.now.astimezone(way.zone).date()
    dated = _by_date(way.seen.plan.milestones) if way.seen else []
    return _page(
        desk,
        "start_plan.html",
        way,
        "/start/plan",
        fields=starting.date_fields(way, today),
        drawing=_drawing(way, desk.now),
        undrawn=_undrawn(way),
        dated=dated[:LISTED],
        more=max(0, len(dated) - LISTED),
        past=way.seen.plan.past(desk.now)[:LISTED] if way.seen else [],
        kept=way.kept("title", "start", "owner", "past", starting.SET),
    )


def units_page(desk: Desk, way: Way) -> Response:
    """The tree, as far as it was opened; kinds; codes; how many that makes."""
    facts = start_units.facts(desk, way)
    return _page(desk, "start_units.html", way, "/start/units", **facts, kept=way.kept("units."))


def check_page(desk: Desk, way: Way) -> Response:
    """Everything at once: what stands in the way, what to mind."""
    return _page(desk, "start_check.html", way, "/start/check", **_all_of_it(desk, way), kept=way.kept())


def mails_page(desk: Desk, way: Way) -> Response:
    """What would be sent, day by day, as far as it can be worked out in a few seconds."""
    facts = start_mails.facts(desk, way)
    return _page(desk, "start_mails.html", way, "/start/mails", **facts, kept=way.kept())


def all_mails_page(desk: Desk, way: Way) -> Response:
    """All that would be sent; a browser shows each day as soon as it is there."""
    facts = start_mails.facts(desk, way, watched=True)
    found = facts["found"]
    show = partial(paper.unfold, closing=found.close) if found else paper.show
    return _page(desk, "start_mails.html", way, "/start/mails", show, **facts, kept=way.kept())


def _page(
    desk: Desk, name: str, way: Way, here: str, show: Callable[..., Response] = paper.show, **facts: Any
) -> Response:
    seen = way.seen
    return show(
        desk,
        name,
        status=facts.pop("status", way.status),
        way=way,
        sheet=way.sheet,
        seen=seen,
        refusals=way.plainly(seen.refusals) if seen else [],
        warnings=way.plainly(seen.warnings) if seen else [],
        z=way.zone,
        steps=STEPS,
        here=here,
        trail=_trail(here),
        title=way.typed.text("title").strip() or way.template.title,
        **facts,
    )


def _trail(here: str) -> list[tuple[str, str]]:
    said = [("专项行动", "/campaigns"), ("启动", "" if here == "/start" else "/start")]
    return said if here == "/start" else [*said, (dict(STEPS)[here], "")]


def _drawing(way: Way, now: datetime) -> timeline.Timeline | None:
    """As the board will draw it."""
    if way.seen is None:
        return None
    return plan_drawing.drawn(way.seen.plan, way.calendar, way.zone, now)


def _undrawn(way: Way) -> list[str]:
    """Phases that have no date yet; all of them where what was typed can't be read."""
    if way.seen is None:
        return [one.name for one in way.template.phases]
    return plan_drawing.undrawn(way.seen.plan)


def _by_date(milestones: tuple[PlannedMilestone, ...]) -> list[PlannedMilestone]:
    """Those with a date in the order of the dates, then the others."""
    return sorted(
        milestones, key=lambda one: (one.due_at is None, one.due_at.isoformat() if one.due_at else "")
    )


def _all_of_it(desk: Desk, way: Way) -> Mapping[str, Any]:
    """What is looked at before the start; `counted`: units by kind."""
    made: dict[str, Any] = {"cautions": Cautions([], []), "counted": {}, "many": MANY}
    made |= {"days": timedelta(days=6), "kinds": KINDS, "roles": board.ROLE_NAMES}
    if way.seen is None or way.order is None:
        return made
    chosen = way.order.selection
    with desk.read() as session:
        vacant = unmanned.unmanned(session, way.seen, chosen)
        busy = busy_weeks.busy_weeks(session, way.seen, chosen, desk.now)
        counted = board.participants(session, chosen, way.seen.owner)
    return {**made, "cautions": Cautions(vacant, busy), "counted": counted}
