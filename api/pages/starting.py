"""What somebody has chosen of a campaign to start. It travels in the form from page to page, and is kept nowhere else.

Each page reads all of it anew, by the functions of the API: what would start, and what stands in its way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api import templates
from api.campaigns import order_of
from api.deps import Desk
from api.pages import forms
from api.pages.forms import Form, Sheet, Typed
from api.shapes import Launch
from states import placenames
from states.errors import DubanError, Fault, Faulty, Refused
from states.plan import plan
from states.records import reading_draft
from states.records.calendar import workdays
from states.records.launch import Draft, Order
from states.template import Template
from states.workdays import Workdays

SET = "set."  # before the place for which a date is given
CODES = "units.codes"
ANOTHER, ITS_DATE = "_place", "_date"  # one more date, for a place that is chosen from all of them
PASSING = (ANOTHER, ITS_DATE)
APART = re.compile(r"[\s,，、;；]+")
OF_UNITS = ("owner", CODES, "units.under", "units.kinds")
NO_TEMPLATE = "请先选择一个模板，或贴上自己的模板"
NO_PLACE = "请先选择是哪一处的日期"
HINT = "日期如 2026-12-31，也可照方案的写法，如 12月底前"
HINT_EVERY = "如 每月25日前、每周五"


@dataclass(frozen=True)
class DateField:
    """A field for a date of the plan. `must`: without it nothing can start."""

    name: str
    hint: str
    must: bool


@dataclass(frozen=True)
class Way:
    """How far somebody has come. `seen`: what would start, None where what was typed can't be read."""

    form: Form[Launch]
    typed: Typed
    sheet: Sheet
    template: Template
    names: Mapping[str, str]
    calendar: Workdays
    order: Order | None
    seen: Draft | None
    status: int

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.template.timezone)

    def kept(self, *but: str) -> list[tuple[str, str]]:
        """Hidden fields for all that was chosen, `but` what is shown to be changed (by its first letters)."""
        pairs = []
        for name in sorted(self.typed.values):
            values = [one for one in self.typed.values[name] if one.strip()]
            if name in self.form.labels and name not in PASSING and not name.startswith(but):
                pairs += [(name, one) for one in ([" ".join(values)] if name == CODES else values) if one]
        return pairs

    def plainly(self, says: Iterable[str]) -> list[str]:
        """Sentences for somebody who has fields in front of him."""
        return [placenames.plainly(one, self.names) for one in says]

    def again(self, sheet: Sheet, status: int) -> Way:
        """The same with what was wrong when it was to start."""
        errors = {name: tuple(self.plainly(says)) for name, says in sheet.errors.items()}
        return replace(self, sheet=replace(sheet, errors=errors), status=status)


def read(desk: Desk, sent: Typed) -> Way:
    """All of what was typed. Raises NotAllowed; Faulty for a template that is none."""
    template = template_of(sent)
    names = placenames.names(template)
    form = Form(Launch, labels(names))
    with desk.read() as session:
        typed = tidied(session, desk, sent)
        calendar = workdays(session)
        order, seen, wrong = _seen(session, desk, typed, names)
    sheet = forms.refused(form, typed, wrong or Refused())
    way = Way(form, typed, replace(sheet, errors={}), template, names, calendar, order, seen, 200)
    return way.again(sheet, forms.status(wrong)) if wrong else way


def template_of(sent: Typed) -> Template:
    """The template that was chosen. Raises Faulty for none, and with all faults of one that somebody wrote."""
    key, text = sent.text("template").strip(), sent.text("text")
    if not key and not text.strip():
        raise Faulty([Fault("text", NO_TEMPLATE)])
    try:
        return templates.read(key or None, text if text.strip() else None)
    except Faulty as error:
        raise Faulty([Fault("text", str(one)) for one in error.faults]) from error


def _seen(
    session: Session, desk: Desk, typed: Typed, names: Mapping[str, str]
) -> tuple[Order | None, Draft | None, DubanError | None]:
    """The order, what would start, and what is wrong with it."""
    try:
        order = order_of(_asked(typed))
        return order, reading_draft.drafted(session, desk.scope, order, desk.now), None
    except Faulty as error:
        return None, None, Faulty([_homed(one, names, typed) for one in error.faults])


def _asked(typed: Typed) -> Launch:
    if typed.text(ITS_DATE).strip() and not typed.text(ANOTHER):
        raise Faulty([Fault(ANOTHER, NO_PLACE)])
    return typed.shaped(Launch)


def tidied(session: Session, desk: Desk, sent: Typed) -> Typed:
    """One more date in its place, codes one by one; who runs it and when, where that was left open."""
    values = dict(sent.values)
    place, words = sent.text(ANOTHER), sent.text(ITS_DATE)
    if place and words.strip():
        values[SET + place] = (words,)
        values = {name: typed for name, typed in values.items() if name not in PASSING}
    values[CODES] = tuple(code for one in sent.values.get(CODES, ()) for code in APART.split(one) if code)
    if not sent.text("owner").strip():
        values["owner"] = (reading_draft.usual_owner(session, desk.scope) or "",)
    if not sent.text("start").strip():
        values["start"] = (desk.now.astimezone(desk.house.settings.zone).date().isoformat(),)
    return replace(sent, values=values)


def _homed(one: Fault, names: Mapping[str, str], typed: Typed) -> Fault:
    """The same fault at a field of these pages."""
    if one.place in names:
        return Fault(SET + one.place, one.says)
    if one.place in ("牵头单位", "units"):
        return Fault("owner", one.says)
    at = next((name for name in OF_UNITS if one.place in typed.values.get(name, ())), None)
    return one if at is None else Fault(at, f"{one.place}：{one.says}")


def labels(names: Mapping[str, str]) -> dict[str, str]:
    """What all fields of these pages are called, in the order in which they come."""
    return {
        "template": "",
        "text": "模板全文",
        "title": "名称",
        "start": "启动日期",
        "owner": "牵头单位代码",
        **{SET + place: name for place, name in names.items()},
        ANOTHER: "另改一处日期",
        ITS_DATE: "改为",
        "past": "已过的期限",
        "units.under": "在哪些单位之下",
        "units.kinds": "单位类别",
        CODES: "只要这些单位（代码）",
    }


def date_fields(way: Way, today: date) -> list[DateField]:
    """The dates to be given: what the plan leaves blank, what was given, what is to be mended."""
    start = way.order.start if way.order else today
    blanks = {one.place: one for one in plan(way.template, start, {}, way.calendar).blanks}
    found = way.seen
    missing = {one.place: one for one in found.plan.blanks} if found else {}
    given = [name.removeprefix(SET) for name in way.typed.values if name.startswith(SET)]
    mend = [place for place in found.places if place in way.names] if found else []
    places = dict.fromkeys([*blanks, *missing, *(one for one in given if one in way.names), *mend])
    fields = []
    for place in places:
        blank = missing.get(place) or blanks.get(place)
        said = f"方案写作“{blank.words}”。" if place in blanks and blank else ""
        hint = said + (HINT_EVERY if place.endswith(".every") else HINT)
        fields.append(DateField(SET + place, hint, place in missing))
    return fields
