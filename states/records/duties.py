"""What somebody has to do in the role he acts in, over all campaigns: what is owed, what waits for a decision. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.progress import Light, Tally, light
from states.records import extendable, figures, reading_scope, submissions
from states.records.asker import Scope
from states.records.campaigns import Running, running
from states.records.core import campaign as campaigns
from states.records.core import extension, milestone, obligation, proposal, run, unit
from states.records.dispatch import Proposal
from states.records.matters import due_in_force
from states.records.reading_obligations import Row, columns, told, with_unit
from states.records.reading_standing import obligation_key
from states.records.settling import OPEN
from states.records.told import EvidenceTold, ObligationTold


@dataclass(frozen=True)
class Owed:
    """Something to hand in, what must come with it, and why no later date can be asked for; nothing where one can."""

    campaign: Running
    obligation: ObligationTold
    evidence: EvidenceTold
    kept_date: list[str]


@dataclass(frozen=True)
class Going:
    """A campaign that runs, as it stands within one's reach. `asked`: extensions that wait for an answer."""

    campaign: Running
    tally: Tally
    light: Light
    asked: int


@dataclass(frozen=True)
class Waiting:
    """A rung with consequences that waits for a person."""

    campaign: Running
    proposal: Proposal
    unit: str
    about: str


def owed(session: Session, scope: Scope, now: datetime, first: int, limit: int) -> tuple[list[Owed], int]:
    """What units in one's reach still owe, the earliest date in force first, what has none last; how much it is in all."""
    joined = run.join(
        campaigns, sa.and_(campaigns.c.id == run.c.campaign_id, campaigns.c.closed_at.is_(None))
    )
    joined = joined.join(milestone, milestone.c.campaign_id == run.c.campaign_id)
    joined = joined.join(obligation, obligation.c.id == obligation_key(milestone.c.id, run.c.unit_id))
    due = due_in_force()
    statement = (
        sa.select(*columns())
        .select_from(with_unit(joined))
        .where(
            milestone.c.opened_at.is_not(None),
            milestone.c.withdrawn_at.is_(None),
            obligation.c.status.in_(OPEN),
            *reading_scope.within(scope),
            *reading_scope.units_within(
                scope, run.c.unit_id
            ),  # the same, so that only those runs are looked at
            *([] if scope.campaigns is None else [campaigns.c.id.in_(sorted(scope.campaigns))]),
        )
        .order_by(due.is_(None), due, obligation.c.id)
    )
    rows = [Row(*row) for row in session.execute(statement.offset(first).limit(limit))]
    of = {key: running(session, key) for key in {row.campaign for row in rows}}
    about = extendable.all_owed(session, [(of[row.campaign], row.id) for row in rows])
    kept_dates = extendable.refusals(session, about, now)
    items = [_owed(of[row.campaign], row, kept_dates[row.id], now) for row in rows]
    return items, _number(session, statement)


def _number(session: Session, statement: sa.Select[Any]) -> int:
    """How many rows there are in all."""
    counted = statement.with_only_columns(sa.func.count(), maintain_column_froms=True).order_by(None)
    number: int = session.execute(counted).scalar_one()
    return number


def _owed(campaign: Running, row: Row, kept_date: list[str], now: datetime) -> Owed:
    evidence = submissions.asked(campaign, row.requirement)
    return Owed(campaign, told(row, campaign, now), evidence, kept_date)


def going(session: Session, scope: Scope, now: datetime) -> list[Going]:
    """The campaigns that run, the newest first, in the figures of one's reach."""
    asked = sa.select(campaigns.c.id).where(campaigns.c.closed_at.is_(None))
    keys = session.execute(
        asked.where(*reading_scope.campaigns_seen(scope)).order_by(campaigns.c.id.desc())
    ).scalars()
    return list(_going(session, scope, list(keys), now))


def _going(session: Session, scope: Scope, keys: list[int], now: datetime) -> Iterator[Going]:
    waiting = _asked(session, scope, keys)
    for key in keys:
        campaign = running(session, key)
        whole = reading_scope.runs(session, scope, campaign)
        found = figures.tally(session, campaign, now, path=None if whole else scope.path)
        yield Going(campaign, found, light(found), waiting.get(key, 0))


def _asked(session: Session, scope: Scope, keys: list[int]) -> dict[int, int]:
    """How many extensions were asked for and not decided, by campaigns."""
    counted = sa.select(extension.c.campaign_id, sa.func.count()).where(
        extension.c.campaign_id.in_(keys),
        extension.c.state == "asked",
        *reading_scope.units_within(scope, extension.c.unit_id),
    )
    return dict(session.execute(counted.group_by(extension.c.campaign_id)).tuples().all())


def decisions(session: Session, scope: Scope, first: int, limit: int) -> tuple[list[Waiting], int]:
    """Rungs that wait for a person, the oldest first; how many there are in all."""
    statement = (
        sa.select(Proposal, unit.c.name, milestone.c.name)
        .join(unit, unit.c.id == proposal.c.unit_id)
        .join(milestone, milestone.c.id == proposal.c.milestone_id)
        .where(proposal.c.state == "proposed", *reading_scope.within(scope))
        .order_by(proposal.c.id)
    )
    if scope.campaigns is not None:
        statement = statement.where(proposal.c.campaign_id.in_(sorted(scope.campaigns)))
    rows = session.execute(statement.offset(first).limit(limit)).tuples().all()
    of = {key: running(session, key) for key in {one.campaign_id for one, _, _ in rows}}
    items = [Waiting(of[one.campaign_id], one, name, about) for one, name, about in rows]
    return items, _number(session, statement)
