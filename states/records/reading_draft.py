"""A campaign before it is real, and its start, within what a key may do."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import NotAllowed
from states.phasing import PlannedPhase
from states.plan import PlannedMilestone
from states.records import launch, reading_campaigns, reading_scope
from states.records.access import Scope
from states.records.campaigns import running
from states.records.core import unit
from states.records.launch import Draft, Order
from states.records.told import CampaignTold, DraftTold, PhaseTold, PlannedTold, instant_or_none


def start(session: Session, scope: Scope, order: Order, now: datetime) -> CampaignTold:
    """Start a campaign. Raises NotAllowed, Faulty, Refused with every reason why it can't start yet."""
    _check(session, scope, order)
    key = launch.launch(session, order, now, scope.actor)
    return reading_campaigns.told(session, running(session, key))


def draft(session: Session, scope: Scope, order: Order, now: datetime) -> DraftTold:
    """What would start, and what stands in its way, as it is told. Raises NotAllowed, Faulty. Writes nothing."""
    return of(drafted(session, scope, order, now))


def drafted(session: Session, scope: Scope, order: Order, now: datetime) -> Draft:
    """The same as it is, for who draws it."""
    _check(session, scope, order)
    return launch.draft(session, order, now)


def usual_owner(session: Session, scope: Scope) -> str | None:
    """Code of the unit that runs a campaign where nobody says another: the one that the asker holds, or the only root."""
    held = unit.c.parent_id.is_(None) if scope.path is None else unit.c.path == scope.path
    codes = session.execute(sa.select(unit.c.code).where(held).limit(2)).scalars().all()
    return codes[0] if len(codes) == 1 else None


def of(found: Draft) -> DraftTold:
    """A draft as it is told."""
    zone = ZoneInfo(found.template.timezone)
    return {
        "dry_run": True,
        "template": found.template.key,
        "owner": {"code": found.owner.code, "name": found.owner.name},
        "participants": found.participants,
        "phases": [_phase(one, zone) for one in found.plan.phases],
        "milestones": [_milestone(one, zone) for one in found.plan.milestones],
        "blanks": [{"place": one.place, "name": one.name, "words": one.words} for one in found.plan.blanks],
        "warnings": list(found.warnings),
        "refusals": list(found.refusals),
        "places": list(found.places),
    }


def _check(session: Session, scope: Scope, order: Order) -> None:
    if scope.campaigns is not None:
        raise NotAllowed("授权只限于指定的专项行动，不能启动新的")
    if scope.path is None:
        return
    if order.owner is None:
        raise NotAllowed("授权只管一部分单位，请用 owner 指定其中的牵头单位")
    named = (order.owner, *order.selection.codes, *order.selection.under)
    reading_scope.paths_seen(session, scope, list(named), "units")


def _phase(one: PlannedPhase, zone: ZoneInfo) -> PhaseTold:
    return {
        "key": one.key,
        "name": one.name,
        "ord": one.ord,
        "period": one.period,
        "opens": str(one.opens),
        "review": one.review,
        "opens_at": instant_or_none(one.opens_at, zone),
        "closes_at": instant_or_none(one.closes_at, zone),
        "opened_at": None,
        "provisional": one.provisional,
    }


def _milestone(one: PlannedMilestone, zone: ZoneInfo) -> PlannedTold:
    return {
        "requirement": one.requirement,
        "period": one.period,
        "name": one.name,
        "kind": str(one.kind),
        "phase": one.phase,
        "words": one.words,
        "filled": one.filled or None,
        "opens_at": instant_or_none(one.opens_at, zone),
        "due": instant_or_none(one.due_at, zone),
        "provisional": one.provisional,
        "soft": one.soft,
        "standing": one.standing,
        "required": one.required,
        "event": one.event,
    }
