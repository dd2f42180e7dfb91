"""The working-day calendar as kept in the database, so that a closed network can load a new year by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.records.journal import note
from states.records.tables import CalendarDay, CalendarYear
from states.workdays import Workdays, published

CACHED = "duban.workdays"


def seed(session: Session) -> None:
    """Put the published years in where there are none."""
    if session.exec(select(CalendarYear).limit(1)).first() is not None:
        return
    days, years = published()
    _insert(session, days, years, "国务院办公厅放假安排")


def load_year(session: Session, year: int, days: Mapping[date, bool], source: str, now: datetime) -> None:
    """Replace one year by what was published; dates of running campaigns are re-projected by a round."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    session.execute(sa.delete(CalendarDay).where(sa.column("day").between(first, last)))
    session.execute(sa.delete(CalendarYear).where(sa.column("year") == year))
    _insert(session, days, [year], source)
    session.info.pop(CACHED, None)
    note(session, now, "calendar.loaded", "system", year=year, source=source, days=len(days))


def workdays(session: Session) -> Workdays:
    """The calendar as it stands in this transaction."""
    known: Workdays | None = session.info.get(CACHED)
    if known is not None:
        return known
    days = {row.day: row.working for row in session.exec(select(CalendarDay))}
    years = list(session.exec(select(CalendarYear.year)))
    session.info[CACHED] = Workdays.of(days, years)
    return session.info[CACHED]  # type: ignore[no-any-return]


def _insert(session: Session, days: Mapping[date, bool], years: object, source: str) -> None:
    rows = [{"day": day, "working": working} for day, working in sorted(days.items())]
    if rows:
        session.execute(sa.insert(CalendarDay), rows)
    session.execute(sa.insert(CalendarYear), [{"year": year, "source": source} for year in years])  # type: ignore[attr-defined]
