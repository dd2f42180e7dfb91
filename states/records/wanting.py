"""What wants somebody's look at the moment, counted for whoever administers: within his units what is theirs, the rest for
whoever holds everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Fault, Faulty
from states.records import reading_outbox, reading_scope
from states.records.asker import Scope
from states.records.campaigns import compiled
from states.records.core import api_key, calendar_year, campaign, contact, milestone, notice, unit, vacancy
from states.records.reading_outbox import Counts
from states.records.tables import Campaign

PUBLISHED_BY = 11  # the month from which the coming year is usually published
ENDS_SOON = timedelta(days=30)


@dataclass(frozen=True)
class Wanting:
    """Counts, 0 where nothing wants a look. `mails` and what follows is None or empty for whoever holds a part.

    `unheard`: facts that nobody could be told. `years`: that are not published and that dates lie in, or soon will. `unsure`: dates that hang on them. `unreadable`:
    titles of running campaigns whose template this version can't read. `keys`: that end soon.
    """

    vacancies: int
    bounced: int
    mails: Counts | None = None
    unheard: int = 0
    years: tuple[int, ...] = ()
    unsure: int = 0
    unreadable: tuple[str, ...] = ()
    keys: int = 0


@dataclass(frozen=True)
class InUse:
    """The plan of one running campaign. `faults`: why this version can't read it."""

    id: int
    title: str
    key: str
    version: int
    faults: tuple[Fault, ...]


def look(session: Session, scope: Scope, now: datetime, zone: ZoneInfo) -> Wanting:
    """A few counts over what is wrong, never over everything."""
    vacant = sa.select(sa.func.count()).select_from(vacancy).join(unit, unit.c.id == vacancy.c.unit_id)
    sent_back = sa.select(sa.func.count(sa.distinct(contact.c.email))).select_from(contact)
    sent_back = sent_back.join(unit, unit.c.id == contact.c.unit_id).where(contact.c.bounced_at.is_not(None))
    mine = reading_scope.within(scope)
    found = Wanting(
        session.execute(vacant.where(*mine)).scalar_one(),
        session.execute(sent_back.where(*mine)).scalar_one(),
    )
    if not scope.whole:
        return found
    return Wanting(
        found.vacancies,
        found.bounced,
        reading_outbox.counts(session, scope),
        session.execute(_unheard()).scalar_one(),
        missing_years(session, now.astimezone(zone).date()),
        unsure(session),
        tuple(one.title for one in plans(session) if one.faults),
        _ending(session, now),
    )


def missing_years(session: Session, today: date) -> tuple[int, ...]:
    """This year, the coming one once it should be published, and those in which dates lie that are not sure."""
    published = set(session.execute(sa.select(calendar_year.c.year)).scalars())
    wanted = {today.year} | ({today.year + 1} if today.month >= PUBLISHED_BY else set())
    span = sa.select(sa.func.min(milestone.c.due_at), sa.func.max(milestone.c.due_at)).where(*_unsure())
    first, last = session.execute(span).one()
    if first is not None and last is not None:
        wanted |= set(range(first.year, last.year + 1))
    return tuple(sorted(wanted - published))


def unsure(session: Session) -> int:
    """How many dates of running campaigns hang on a year that is not published."""
    return int(session.execute(_count(milestone, *_unsure())).scalar_one())


def _unsure() -> tuple[sa.ColumnElement[bool], ...]:
    going = sa.select(campaign.c.id).where(campaign.c.closed_at.is_(None))
    return milestone.c.provisional, milestone.c.withdrawn_at.is_(None), milestone.c.campaign_id.in_(going)


def plans(session: Session) -> list[InUse]:
    """What running campaigns work by; each text is read once in a process."""
    found = []
    for row in session.exec(select(Campaign).where(campaign.c.closed_at.is_(None)).order_by(campaign.c.id)):
        faults: tuple[Fault, ...] = ()
        try:
            compiled(row)
        except Faulty as error:
            faults = tuple(error.faults)
        found.append(InUse(row.id, row.title, row.template_key, row.template_version, faults))
    return found


def _unheard() -> sa.Select[tuple[int]]:
    """Facts that nobody could be told; the condition as its index has it."""
    return _count(notice, sa.text("state = 'vacant'"))


def _ending(session: Session, now: datetime) -> int:
    living = api_key.c.revoked_at.is_(None), api_key.c.expires_at.between(now, now + ENDS_SOON)
    return int(session.execute(_count(api_key, *living)).scalar_one())


def _count(table: sa.Table, *where: sa.ColumnElement[bool] | sa.TextClause) -> sa.Select[tuple[int]]:
    return sa.select(sa.func.count()).select_from(table).where(*where)
