"""What a key does with quotas and coverage: each within its scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import NotAllowed, NotFound
from states.records import (
    asked,
    judging,
    quota_standings,
    quotas,
    reaching,
    reading_obligations,
    reading_scope,
)
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import unit
from states.records.quota_standings import Standing
from states.records.quotas import Done
from states.records.reaching import Reach
from states.records.reading_campaigns import coverage as target_told
from states.records.reading_reports import period_told, place
from states.records.settling import STATUS_NAMES
from states.records.tables import Milestone, Obligation
from states.records.told import instant, instant_or_none
from states.records.told.shares import (
    CoverageNow,
    EventsAdded,
    EventsDone,
    QuotasTold,
    QuotaTold,
    ReachedGone,
    ReachedNew,
    UnitsReached,
)

OWN_REACH = "单位自己不能登记自己已被检查；由检查它的上级或组织这次行动的单位登记"


# -- quotas -----------------------------------------------------------------------------------------------


def add_events(
    session: Session, scope: Scope, campaign_id: int, found: Sequence[Done], now: datetime
) -> EventsAdded:
    """Write down what was done. Raises NotAllowed, NotFound, Faulty, Refused."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    return {"added": quotas.record(session, campaign, found, now, scope.actor, scope.path)}


def withdraw_event(
    session: Session, scope: Scope, campaign_id: int, number: int, reason: str, now: datetime
) -> EventsDone:
    """Take one back; where it has been handed in already that is judging. Raises NotAllowed, NotFound, Refused."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    key = quotas.event(session, campaign, number).obligation_id
    reading_obligations.campaign_with(session, scope, campaign_id, key)
    row = session.get_one(Obligation, key, populate_existing=True)
    if row.status not in ("open", "returned"):
        judging.check(session, scope, campaign, "return", row.unit_id)
    quotas.withdraw(session, campaign, number, reason, now, scope.actor)
    return events(session, scope, campaign_id, key)


def events(session: Session, scope: Scope, campaign_id: int, key: int) -> EventsDone:
    """What one unit has done towards a quota. Raises NotAllowed, NotFound."""
    campaign = reading_obligations.campaign_with(session, scope, campaign_id, key)
    row = session.get_one(Obligation, key, populate_existing=True)
    milestone = session.get_one(Milestone, row.milestone_id)
    quota = asked.quota_of(campaign, milestone)
    found = quotas.events_of(session, key)
    return {
        "obligation": key,
        "unit": place(session, row.unit_id),
        "name": milestone.name,
        "status": {"key": row.status, "name": STATUS_NAMES[row.status]},
        "least": quota.least if quota else None,
        "measure": quota.measure if quota else None,
        "count": sum(one.withdrawn_at is None for one in found),
        "items": [
            {
                "number": one.id,
                "day": one.day.isoformat(),
                "place": one.place,
                "says": one.says,
                "by": one.by,
                "at": instant(one.at, campaign.zone),
                "withdrawn": instant_or_none(one.withdrawn_at, campaign.zone),
                "why": one.withdrawn_why,
            }
            for one in found
        ],
    }


def standings(
    session: Session, scope: Scope, campaign_id: int, now: datetime, requirement: str | None = None
) -> QuotasTold:
    """Every quota over the units of the key's subtree. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    found = quota_standings.standings(session, campaign, now, requirement, scope.path)
    return {"as_of": instant(now, campaign.zone), "items": [quota_told(one, campaign) for one in found]}


def quota_told(one: Standing, campaign: Running) -> QuotaTold:
    """One period of a quota."""
    return {
        **period_told(one.milestone, campaign.zone),
        "least": one.quota.least,
        "measure": one.quota.measure,
        "first": _day(one.period.first),
        "last": _day(one.period.last),
        "units": one.units,
        "met": one.met,
        "unmet": one.unmet,
        "pending": one.pending,
        "events": one.events,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


# -- coverage ---------------------------------------------------------------------------------------------


def coverage(session: Session, scope: Scope, campaign_id: int, now: datetime) -> CoverageNow:
    """Every target within the key's subtree. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    return {
        "as_of": instant(now, campaign.zone),
        "items": [target_told(one) for one in reaching.coverage(session, campaign, now, scope.path)],
    }


def reach(
    session: Session, scope: Scope, campaign_id: int, found: Sequence[Reach], now: datetime
) -> ReachedNew:
    """Record units as reached. Raises NotAllowed (a unit for itself), NotFound, Faulty."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    _not_itself(session, scope, campaign, [one.code for one in found])
    return {"added": reaching.record(session, campaign, found, now, scope.actor, scope.path)}


def unreach(
    session: Session, scope: Scope, campaign_id: int, gone: Reach, reason: str, now: datetime
) -> ReachedGone:
    """Take a record back. Raises NotAllowed, NotFound, Faulty."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    reading_scope.unit_seen(session, scope, gone.code)
    _not_itself(session, scope, campaign, [gone.code])
    removed = reaching.remove(session, campaign, gone, reason, now, scope.actor)
    if not removed:
        raise NotFound(f"没有 {gone.code} 在 {gone.day} 的登记")
    return {"removed": removed}


def _not_itself(session: Session, scope: Scope, campaign: Running, codes: Sequence[str]) -> None:
    if scope.path is None:
        return
    mine = session.execute(sa.select(unit.c.code).where(unit.c.path == scope.path)).scalar()
    if mine in codes and judging.refusal(session, scope, campaign, "accept", scope.path) is not None:
        raise NotAllowed(OWN_REACH)


def units_reached(
    session: Session, scope: Scope, campaign_id: int, target: str, now: datetime
) -> UnitsReached:
    """The units that a target speaks of. Raises NotAllowed, NotFound, Faulty."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    rows = reaching.standing(session, campaign, target, now, scope.path)
    items = [{"unit": {"code": code, "name": name}, "day": _day(day)} for code, name, day in rows]
    return {"target": target, "items": items}  # type: ignore[typeddict-item]
