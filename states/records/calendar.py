"""The working-day calendar as kept in the database, so that a closed network can load a new year by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Fault, Faulty
from states.records.core import calendar_day, calendar_year
from states.records.journal import note
from states.records.tables import CalendarDay, CalendarYear
from states.workdays import Workdays, published


def seed(session: Session) -> None:
    """Put the published years in where there are none."""
    if session.exec(select(CalendarYear).limit(1)).first() is not None:
        return
    days, years = published()
    _insert(session, days, years, "国务院办公厅放假安排", None)


def load_year(
    session: Session, year: int, days: Mapping[date, bool], source: str, now: datetime, actor: str = "system"
) -> None:
    """Replace one year by what was published, as `actor` says; `redating` moves the dates of running campaigns.

    Raises Faulty for days of another year.
    """
    strange = [str(day) for day in sorted(days) if day.year != year]
    if strange:
        raise Faulty([Fault("、".join(strange[:5]), f"不在{year}年内；请只列这一年的日子")])
    first, last = date(year, 1, 1), date(year, 12, 31)
    session.execute(sa.delete(CalendarDay).where(sa.column("day").between(first, last)))
    session.execute(sa.delete(CalendarYear).where(sa.column("year") == year))
    _insert(session, days, [year], source, _later(session, now))
    _known.pop(session.get_bind(), None)
    note(session, now, "calendar.loaded", actor, year=year, source=source, days=len(days))


def _later(session: Session, now: datetime) -> datetime:
    """`now`, or just after the last load: two loads never bear the same mark."""
    last = session.execute(sa.select(sa.func.max(calendar_year.c.loaded_at))).scalar()
    return now if last is None or now > last else last + timedelta(microseconds=1)


def workdays(session: Session) -> Workdays:
    """The calendar as it stands; kept per database as long as no year was loaded since."""
    stamp = session.execute(_STAMP).one()
    engine = session.get_bind()
    known = _known.get(engine)
    if known is not None and known[0] == tuple(stamp):
        return known[1]
    days = dict(session.execute(sa.select(calendar_day.c.day, calendar_day.c.working)).tuples().all())
    made = Workdays.of(days, session.execute(sa.select(calendar_year.c.year)).scalars())
    _known[engine] = (tuple(stamp), made)
    return made


_STAMP = sa.select(sa.func.count(), sa.func.max(calendar_year.c.loaded_at)).select_from(calendar_year)
_known: WeakKeyDictionary[Any, tuple[tuple[Any, ...], Workdays]] = WeakKeyDictionary()


def _insert(
    session: Session, days: Mapping[date, bool], years: Iterable[int], source: str, now: datetime | None
) -> None:
    rows = [{"day": day, "working": working} for day, working in sorted(days.items())]
    if rows:
        session.execute(sa.insert(CalendarDay), rows)
    session.execute(
        sa.insert(CalendarYear), [{"year": year, "source": source, "loaded_at": now} for year in years]
    )
