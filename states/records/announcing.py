"""A phase has opened: every unit for which it is there is told, and so is the coordinator."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.kinds import DEPARTMENT
from states.records import matters
from states.records.campaigns import Running
from states.records.core import milestone, obligation, run, unit
from states.records.dispatch import Timer
from states.records.notifying import Owing, tell, tell_coordinator
from states.records.scopes import owing, participating
from states.records.tables import PhaseRow, Unit
from states.template import ONE_PHASE_KEY, Opens, Phase, Scope


def announce(session: Session, campaign: Running, one: Timer, now: datetime, limit: int) -> int:
    """Tell the next `limit` units, each once, what has begun; returns how many there were."""
    phase = session.get_one(PhaseRow, one.phase_id)
    written = campaign.template.begun(phase.base)
    what, began = ("行动", "开始") if phase.base == ONE_PHASE_KEY else (phase.name, "阶段开始")
    statement = (
        sa.select(run.c.unit_id)
        .join(unit, unit.c.id == run.c.unit_id)
        .where(run.c.campaign_id == campaign.id, run.c.unit_id > one.cursor)
        .where(sa.or_(sa.and_(*_concerned(session, campaign, written)), _asked(campaign, phase)))
        .where(run.c.state.not_in(("closed", "exempt")), ~run.c.state.like("%.suspended"))
    )
    units = session.execute(statement.order_by(run.c.unit_id).limit(limit)).scalars().all()

    def key(row: Owing, email: str) -> str:
        return f"p:{phase.id}:{row.unit_id}:{email}"

    fact = {
        "kind": "phase",
        "phase_id": phase.id,
        "rung": 0,
        "name": "下发",
        "urgent": False,
        "reason": f"“{what}”{began}",
    }
    tell(session, campaign, [Owing(0, unit_id) for unit_id in units], written.announce, key, fact, now)
    one.served += len(units)
    one.cursor = units[-1] if units else one.cursor
    session.add(one)
    if len(units) < limit:
        tell_coordinator(session, campaign, f"p:{phase.id}", began, what, one, now)
    return len(units)


def _concerned(session: Session, campaign: Running, written: Phase) -> list[sa.ColumnElement[bool]]:
    """Conditions over `unit` for whom a phase is there: those of its scope."""
    if written.scope == Scope():
        return [participating(campaign.row.owner_id)]
    owner = session.get_one(Unit, campaign.row.owner_id)
    return owing(session, written.scope.model_dump(), owner)


def _asked(campaign: Running, phase: PhaseRow) -> sa.ColumnElement[bool]:
    """Over `unit`: departments to which the phase brought something, and the unit that stands in for missing ones.

    Rows of the ledger have no announcement.
    """
    if not campaign.has_departments:
        return sa.false()
    brought = (
        sa.select(obligation.c.unit_id)
        .join(milestone, matters.of_milestone())
        .where(milestone.c.campaign_id == campaign.id, milestone.c.opened_at.is_not(None))
        .where(sa.or_(milestone.c.phase == phase.key, _not_before(phase)))
        .where(milestone.c.requirement.not_like("ledger-%"))
    )
    inside = sa.or_(unit.c.kind == DEPARTMENT, unit.c.id == campaign.row.owner_id)
    return sa.and_(inside, unit.c.id.in_(brought))


def _not_before(phase: PhaseRow) -> sa.ColumnElement[bool]:
    """Of no phase, and begun no earlier than this one: by the dates of both, as a round may come by late; what a hand
    opens begins at that moment.
    """
    if phase.opens == Opens.by_hand or phase.opens_at is None:
        begun = milestone.c.opened_at >= phase.opened_at
    else:
        begun = sa.func.coalesce(milestone.c.opens_at, milestone.c.opened_at) >= phase.opens_at
    return sa.and_(milestone.c.phase.is_(None), begun)
