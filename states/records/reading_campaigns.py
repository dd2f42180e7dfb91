"""Campaigns as they are told: a list, one in full, its figures, its moves."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, select

from states.machine import Choice, Machines, state_name
from states.progress import Beside, Counted, Covered, Reporting, Tally
from states.records import board, campaigning, reading_letters, reading_scope
from states.records.access import Scope
from states.records.campaigns import Running, running
from states.records.core import campaign as campaigns
from states.records.core import milestone as milestones
from states.records.core import unit
from states.records.figures import tally
from states.records.reading_standing import frozen_of, run_state
from states.records.tables import Milestone, PhaseRow
from states.records.told import (
    BesideTold,
    CampaignInFull,
    CampaignInShort,
    CampaignMoves,
    CampaignTold,
    CountedTold,
    CoverageTold,
    MilestoneTold,
    MoveChoice,
    Page,
    PhaseTold,
    Place,
    ReportingTold,
    StageTold,
    StateCount,
    Summary,
    instant,
    instant_or_none,
)


def page(session: Session, scope: Scope, state: str | None, after: int, limit: int) -> Page[CampaignTold]:
    """Campaigns in the order of their numbers; `state` is a state key."""
    statement = sa.select(campaigns.c.id).where(campaigns.c.id > after, *reading_scope.campaigns_seen(scope))
    if state is not None:
        statement = statement.where(campaigns.c.state == state)
    keys = list(session.execute(statement.order_by(campaigns.c.id).limit(limit + 1)).scalars())
    items = [told(session, running(session, key)) for key in keys[:limit]]
    return {"items": items, "next": str(keys[limit - 1]) if len(keys) > limit else None}


def told(session: Session, campaign: Running) -> CampaignTold:
    """A campaign in its own zone."""
    row, zone = campaign.row, campaign.zone
    return {
        "id": row.id,
        "title": row.title,
        "parent": row.parent_id,
        "template": row.template_key,
        "template_version": row.template_version,
        "owner": _owner(session, row.owner_id),
        "state": run_state(frozen_of(campaign), row.state, row.since),
        "start": row.start.isoformat(),
        "launched_at": instant(row.launched_at, zone),
        "ends_at": instant_or_none(row.ends_at, zone),
        "closed_at": instant_or_none(row.closed_at, zone),
        "zone": zone.key,
        "version": row.version,
    }


def _owner(session: Session, unit_id: int) -> Place:
    code, name = session.execute(sa.select(unit.c.code, unit.c.name).where(unit.c.id == unit_id)).one()
    return {"code": code, "name": name}


def in_short(campaign: Running) -> CampaignInShort:
    """A campaign beside something else."""
    row = campaign.row
    label = state_name(campaign.machines, row.state).label
    state = {"key": row.state, "name": label}
    return {"id": row.id, "template": row.template_key, "title": row.title, "state": state}  # type: ignore[typeddict-item]


def in_full(session: Session, scope: Scope, campaign_id: int) -> CampaignInFull:
    """One campaign with its phases and milestones. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    row, zone = campaign.row, campaign.zone
    dated = select(Milestone).where(Milestone.campaign_id == row.id).order_by(milestones.c.id)
    return {
        **told(session, campaign),
        "fills": dict(row.fills),
        "warnings": list(row.warnings),
        "phases": [phase_told(one, zone) for one in board.phases(session, campaign)],
        "milestones": [_milestone(one, zone) for one in session.exec(dated)],
    }


def phase_told(row: PhaseRow, zone: ZoneInfo) -> PhaseTold:
    """A phase in the campaign's zone."""
    return {
        "key": row.key,
        "name": row.name,
        "ord": row.ord,
        "period": row.period,
        "opens": row.opens,
        "review": row.review,
        "opens_at": instant_or_none(row.opens_at, zone),
        "closes_at": instant_or_none(row.closes_at, zone),
        "opened_at": instant_or_none(row.opened_at, zone),
        "provisional": row.provisional,
    }


def _milestone(row: Milestone, zone: ZoneInfo) -> MilestoneTold:
    return {
        "id": row.id,
        "requirement": row.requirement,
        "period": row.period,
        "name": row.name,
        "kind": row.kind,
        "phase": row.phase,
        "words": row.words,
        "filled": row.filled or None,
        "opens_at": instant_or_none(row.opens_at, zone),
        "opened_at": instant_or_none(row.opened_at, zone),
        "due": instant_or_none(row.due_at, zone),
        "original_due": instant_or_none(row.original_due_at, zone),
        "provisional": row.provisional,
        "soft": row.soft,
        "standing": row.standing,
        "required": row.required,
        "review": row.review,
        "nil": row.nil,
        "per": row.per,
        "event": row.event,
        "held": row.held,
        "withdrawn": instant_or_none(row.withdrawn_at, zone),
    }


def summary(session: Session, scope: Scope, campaign_id: int, now: datetime) -> Summary:
    """A campaign in figures, within the key's subtree. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    found = tally(session, campaign, now, worst=0, path=scope.path)
    return {
        "campaign": in_short(campaign),
        "as_of": instant(now, campaign.zone),
        "units": found.units,
        "states": state_counts(campaign.machines, found),
        "outcomes": [{"outcome": name, "units": number} for name, number in found.by_outcome],
        "beside": [beside(one, campaign.zone) for one in found.beside],
        "behind": found.behind,
        "open": found.open,
        "overdue": found.overdue,
        "submitted": found.submitted,
        "settled": found.settled,
        "reporting": reporting(found.reporting),
        "coverage": [coverage(each) for each in found.coverage],
        "counted": [_counted(each) for each in found.counted],
        "ledger": {
            "closed": found.ledger_closed,
            "items": found.ledger_total,
            "standing": found.ledger_standing,
            "reviewed": found.ledger_reviewed,
            "rate": found.closing_rate,
        },
        "proposals": found.proposals,
        "vacancies": found.vacancies,
        "credited": reading_letters.credited(session, scope, campaign),
    }


def reporting(one: Reporting) -> ReportingTold:
    """How reports came in."""
    return {
        "due": one.due,
        "on_time": one.on_time,
        "late": one.late,
        "nil": one.nil,
        "missing": one.missing,
        "late_nil": one.late_nil,
        "rate": one.rate,
    }


def coverage(one: Covered) -> CoverageTold:
    """How far a target is reached."""
    return {
        "name": one.name,
        "target": one.target,
        "reached": one.reached,
        "units": one.total,
        "percent": one.percent,
        "met": one.met,
        "by": one.by,
        "period": one.period,
    }


def _counted(one: Counted) -> CountedTold:
    return {
        "requirement": one.requirement,
        "period": one.period,
        "name": one.name,
        "per": one.per,
        "units": one.units,
        "told": one.told,
        "expected": one.expected,
        "done": one.done,
    }


def state_counts(machines: Machines, found: Tally) -> list[StateCount]:
    """How many units are in each state."""
    return [_count(machines, state, number) for state, number in found.by_state]


def beside(one: Beside, zone: ZoneInfo) -> BesideTold:
    """A phase beside the row in figures."""
    return {
        "key": one.key,
        "name": one.name,
        "period": one.period,
        "opened": one.opened,
        "opens_at": instant_or_none(one.opens_at, zone),
        "closes_at": instant_or_none(one.closes_at, zone),
        "open": one.open,
        "submitted": one.submitted,
        "settled": one.settled,
        "overdue": one.overdue,
    }


def _count(machines: Machines, state: str, number: int) -> StateCount:
    return {"state": state, **stage(machines, state), "units": number}


def stage(machines: Machines, state: str) -> StageTold:
    """A state with its names."""
    shown = state_name(machines, state)
    return {"key": shown.key, "name": shown.name, "stage": shown.stage}


def choice(machines: Machines, one: Choice) -> MoveChoice:
    """A move with where it leads or why it is not open."""
    return {
        "move": one.move,
        "name": one.name,
        "to": stage(machines, one.to) if one.to is not None else None,
        "open": one.open,
        "refusals": list(one.refusals),
        "needs_reason": one.needs_reason,
    }


def moves(session: Session, scope: Scope, campaign_id: int) -> CampaignMoves:
    """The moves of the campaign itself. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    row = campaign.row
    return {
        "campaign": row.id,
        "state": run_state(frozen_of(campaign), row.state, row.since),
        "version": row.version,
        "moves": [choice(campaign.machines, one) for one in campaigning.choices(campaign)],
    }
