"""What happens to one unit and those below it on no known day (收到转办): recorded, and their dates follow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Refused
from states.records import happening, ledger_recounting, local_dates, local_turns, locks
from states.records.campaigns import Running
from states.records.core import local_event, unit
from states.records.happening import Happened
from states.records.local_dates import Act, Shifted
from states.records.local_facts import Facts
from states.records.localities import LocalEvent
from states.records.redated import Dated
from states.records.scopes import paths_of
from states.records.tables import Unit


@dataclass(frozen=True)
class Recorded:
    """An event of a unit as it stands."""

    name: str
    unit: Unit
    at: datetime
    first_at: datetime


def recorded(session: Session, campaign: Running, path: str | None = None) -> list[Recorded]:
    """Every event of single units, those of upper units first; `path`: only at or below the unit of the path."""
    mine = select(LocalEvent, Unit).join(Unit, unit.c.id == local_event.c.unit_id)
    rows = session.exec(
        mine.where(LocalEvent.campaign_id == campaign.id).order_by(
            local_event.c.name, sa.func.length(unit.c.path), unit.c.id
        )
    )
    return [
        Recorded(row.name, place, row.at, row.first_at)
        for row, place in rows
        if path is None or place.path.startswith(path)
    ]


def record(
    session: Session,
    campaign: Running,
    name: str,
    code: str,
    at: datetime,
    now: datetime,
    actor: str,
    *,
    again: bool = False,
    reason: str | None = None,
) -> Happened:
    """Record that `name` happened to the unit `code` at `at`: what it and those below it owe from then on is dated.

    The nearest recorded above a unit counts, that of the whole campaign for who has none. Raises Faulty, Refused.
    """
    locks.alone(session, campaign.id)
    paths_of(session, [code])
    place = session.exec(select(Unit).where(Unit.code == code)).one()
    key = (campaign.id, name, place.id)
    kept = session.get(LocalEvent, key, with_for_update=True, populate_existing=True)
    happening.check(session, campaign, name, at, now, kept.at if kept else None, again)
    owner = session.get_one(Unit, campaign.row.owner_id)
    if not place.path.startswith(owner.path):
        raise Refused(f"{place.name}不属{owner.name}管辖")
    before = kept.at if kept else None
    row = kept or LocalEvent(
        campaign_id=campaign.id, name=name, unit_id=place.id, at=at, first_at=at, by=actor, recorded_at=now
    )
    row.at, row.by, row.recorded_at = at, actor, now
    session.add(row)
    session.flush()
    says = f"“{name}”：{happening.DATED_ANEW if kept else happening.DATED}"
    shifted = _follow(session, campaign, place, name, now, actor, says)
    made = Happened(name, at, before, tuple(_dated(one) for one in shifted), place)
    happening.journal(session, campaign, made, now, actor, reason)
    found = ledger_recounting.by_event(session, campaign, name, now, actor, says, place.path)
    return replace(made, dated=(*made.dated, *found))


def _follow(
    session: Session, campaign: Running, place: Unit, name: str, now: datetime, actor: str, says: str
) -> tuple[Shifted, ...]:
    act = Act(now, actor, says, at_once=True)
    facts = Facts(session, campaign)
    local_turns.reconcile(session, facts, act)
    moved = local_dates.derive(session, facts, act, place.path)
    return tuple(one for one in moved if one.unit_id == place.id and one.milestone.event == name)


def _dated(one: Shifted) -> Dated:
    about = one.milestone
    return Dated(about.id, about.name, about.words, one.before, one.after, one.obligations)
