"""`/admin/calendar`: the years of working days, one of them by months, and a year that comes in as a file: looked at, then loaded."""

from __future__ import annotations

import hashlib
from calendar import Calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from api.deps import Desk
from api.pages import admin, forms, kept_files, nav, paper
from api.pages.forms import AtForm, Done, Form, Sheet, Typed
from api.pages.gate import AtPage
from api.pages.kept_files import KeptFile
from states.documents.sheet import read
from states.documents.yearlist import YearList, doubt, parse_year
from states.errors import Faulty, Refused
from states.records import calendar, reading_calendar, redating
from states.records.campaigns import running
from states.records.reading_calendar import Day
from states.records.redating import Redate

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

CALENDAR, OWNER = "/admin/calendar", "calendar"
FIRST, LAST = 2000, 2100
Year = Annotated[int, Path(ge=FIRST, le=LAST)]
LISTED = 200  # dates that change
CHANGED = "看过以后，会改变的期限又有变化；下面是现在会有的变化，请再看一遍"


class YearSent(KeptFile):
    """A year that was looked at."""

    year: Annotated[int, Field(ge=FIRST, le=LAST)]


FORM: Form[YearSent] = Form(YearSent, {"year": "年份", **kept_files.LABELS})


@dataclass(frozen=True)
class Looked:
    """What a year would do: its days, those that count otherwise than now, the dates that move, what to look at again."""

    year: int
    read: YearList
    days: list[Day]
    moved: list[Redate]
    titles: dict[int, str]

    @property
    def mark(self) -> str:
        said = repr((sorted(self.read.days.items()), self.moved))
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    @property
    def doubt(self) -> str | None:
        return doubt(self.year, self.read.days)


@router.get(CALENDAR)
def years(desk: AtPage) -> Response:
    return _page(desk, forms.blank(FORM), None, 200)


@router.get(f"{CALENDAR}/{{year}}")
def one(desk: AtPage, year: Year) -> Response:
    """Every day of a year, as it counts at present."""
    desk.scope.check_whole()
    with desk.read() as session:
        days = reading_calendar.days(session, year)
        listed = reading_calendar.years(session, _today(desk))
    published = any(each.year == year and each.published for each in listed)
    return paper.show(
        desk,
        "admin_year.html",
        year=year,
        months=list(months(days)),
        published=published,
        working=sum(each.working for each in days),
        moved=sum(each.moved for each in days),
        first=FIRST,
        last=LAST,
        trail=admin.trail(desk, "工作日历", (f"{year}年", "")),
        **nav.of_admin(desk),
    )


@router.post(CALENDAR)
async def send(desk: AtPage) -> Response:
    """A year comes in, and is looked at."""
    desk.scope.check_write_whole()
    return await kept_files.sent(
        desk, FORM, OWNER, partial(_shown, desk), lambda sheet, status: _page(desk, sheet, None, status)
    )


@router.post(f"{CALENDAR}/apply")
def load(desk: AtPage, typed: AtForm) -> Response:
    """The same file, loaded, and the dates that hang on it moved, unless others would move by now."""
    desk.scope.check_write_whole()

    def work(session: Session, sent: YearSent) -> Done:
        found = _loaded(session, desk, sent)
        if found.mark != sent.look:
            raise Refused(CHANGED)
        moved = redating.apply(session, desk.now, desk.scope.actor)
        return Done(f"已载入 {sent.year} 年，{len(moved)} 个期限随之改变或确定", f"{CALENDAR}/{sent.year}")

    def again(sheet: Sheet, status: int) -> Response:
        return _shown(desk, typed, sheet, status)

    return kept_files.take(desk, FORM, typed, OWNER, work, again)


def months(days: Iterable[Day]) -> Iterable[tuple[int, list[list[Day | None]]]]:
    """Month by month the weeks from Monday to Sunday, None where another month's days lie."""
    known = {one.day: one for one in days}
    year = next(iter(known)).year
    for month in range(1, 13):
        weeks = Calendar().monthdatescalendar(year, month)
        yield month, [[known[day] if day.month == month else None for day in week] for week in weeks]


def _shown(desk: Desk, typed: Typed, refused: Sheet | None = None, status: int = 200) -> Response:
    """What the year would do, above the form to load it. `refused`: why it was not loaded just now."""
    try:
        sent = typed.shaped(YearSent)
        with desk.house.store.trial() as session:
            found = _loaded(session, desk, sent)
    except Faulty as error:
        return _page(desk, forms.refused(FORM, typed, error), None, 422)
    return _page(desk, kept_files.looked(FORM, typed, found.mark, refused), found, status)


def _loaded(session: Session, desk: Desk, sent: YearSent) -> Looked:
    """The year loaded in this transaction, and what follows. Raises Faulty with everything wrong in the file."""
    found = _read(kept_files.content(desk, sent.kept, OWNER), sent)
    days = reading_calendar.changes(session, sent.year, found.days)
    calendar.load_year(session, sent.year, found.days, sent.filename, desk.now, desk.scope.actor)
    moved = redating.changes(session, desk.now)
    titles = {key: running(session, key).row.title for key in {one.campaign_id for one in moved}}
    return Looked(sent.year, found, days, moved, titles)


def _read(content: bytes, sent: YearSent) -> YearList:
    """Raises Faulty with everything wrong, at the field where files are chosen."""
    try:
        found = parse_year(read(content, sent.filename), sent.year)
    except Faulty as error:
        raise kept_files.at_file(error) from error
    if found.faults:
        raise kept_files.at_file(Faulty(found.faults))
    return found


def _page(desk: Desk, sheet: Sheet, found: Looked | None, status: int) -> Response:
    desk.scope.check_whole()
    with desk.read() as session:
        listed = reading_calendar.years(session, _today(desk))
    missing = next((str(one.year) for one in reversed(listed) if one.missing), "")
    if not sheet.text("year"):
        sheet = Sheet(sheet.labels, {**sheet.values, "year": (missing,)}, sheet.errors, sheet.token)
    return paper.show(
        desk,
        "admin_calendar.html",
        status=status,
        listed=listed,
        sheet=sheet,
        found=found,
        unread=kept_files.unread(desk, sheet, OWNER) if found else "",
        shown=LISTED,
        trail=admin.trail(desk, "工作日历"),
        **nav.of_admin(desk),
    )


def _today(desk: Desk) -> date:
    return desk.now.astimezone(desk.house.settings.zone).date()
