"""The working-day calendar as somebody looks at it: which years are there, what each changes, and what hangs on those that are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, select

from states.documents.yearlist import SATURDAY
from states.records import calendar, wanting
from states.records.core import calendar_day
from states.records.tables import CalendarYear

AHEAD = 2  # years that are listed though nobody has published them


@dataclass(frozen=True)
class Year:
    """A year: how many weekdays are off, how many weekend days are worked; None of both while it is not published."""

    year: int
    published: bool
    off: int | None
    worked: int | None
    source: str
    loaded_at: datetime | None
    missing: bool


@dataclass(frozen=True)
class Day:
    """A day of a year. `moved`: it differs from Monday–Friday."""

    day: date
    working: bool
    moved: bool


def years(session: Session, today: date) -> list[Year]:
    """The latest first: those that are published, this one and the next ones. `missing`: dates lie in it, or soon will."""
    rows = {row.year: row for row in session.exec(select(CalendarYear))}
    moved = _moved(session)
    missing = wanting.missing_years(session, today)
    listed = {*rows, *missing, *range(today.year, today.year + AHEAD)}
    return [_year(one, rows.get(one), moved.get(one), one in missing) for one in sorted(listed, reverse=True)]


def days(session: Session, year: int) -> list[Day]:
    """Every day of a year as it counts at present, published or not."""
    known = calendar.workdays(session)
    first, number = date(year, 1, 1), (date(year, 12, 31) - date(year, 1, 1)).days + 1
    listed = (first + timedelta(days=place) for place in range(number))
    return [
        Day(one, works, works != (one.weekday() < SATURDAY))
        for one in listed
        for works in (known.is_workday(one),)
    ]


def changes(session: Session, year: int, wanted: Mapping[date, bool]) -> list[Day]:
    """The days of a year that would count otherwise, if `wanted` (those that differ from Monday–Friday) were loaded."""
    now = {one.day: one.working for one in days(session, year)}
    then = {day: wanted.get(day, day.weekday() < SATURDAY) for day in now}
    return [Day(day, works, day in wanted) for day, works in then.items() if works != now[day]]


def _year(year: int, row: CalendarYear | None, moved: tuple[int, int] | None, missing: bool) -> Year:
    off, worked = moved or (0, 0)
    if row is None:
        return Year(year, False, None, None, "", None, missing)
    return Year(year, True, off, worked, row.source, row.loaded_at, missing)


def _moved(session: Session) -> dict[int, tuple[int, int]]:
    """Of each year the weekdays off and the weekend days worked."""
    found: dict[int, tuple[int, int]] = {}
    for day, works in session.execute(sa.select(calendar_day.c.day, calendar_day.c.working)).tuples():
        off, worked = found.get(day.year, (0, 0))
        found[day.year] = (off, worked + 1) if works else (off + 1, worked)
    return found
