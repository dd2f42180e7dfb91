"""Events and dates of a campaign for those who hold it: listed, recorded, given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from states.records import dating, happening, reading_scope
from states.records.access import Scope
from states.records.dating import Dated
from states.records.told import DatedTold, DatesGiven, EventRecorded, EventsTold, instant, instant_or_none


def events(session: Session, scope: Scope, campaign_id: int) -> EventsTold:
    """Every event that a date counts from. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    return {
        "campaign": campaign.id,
        "items": [
            {
                "name": one.name,
                "at": instant_or_none(one.at, campaign.zone),
                "first_at": instant_or_none(one.first_at, campaign.zone),
                "milestones": list(one.milestones),
            }
            for one in happening.awaited(session, campaign)
        ],
    }


def record(
    session: Session,
    scope: Scope,
    campaign_id: int,
    name: str,
    at: datetime | None,
    now: datetime,
    *,
    again: bool,
    reason: str | None,
    dry_run: bool,
) -> EventRecorded:
    """Record an event (at `now` when `at` is None). Raises NotAllowed, NotFound, Faulty, Refused."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    reading_scope.check_owner(session, scope, campaign)
    made = happening.record(session, campaign, name, at or now, now, scope.actor, again=again, reason=reason)
    zone = campaign.zone
    return {
        "campaign": campaign.id,
        "dry_run": dry_run,
        "name": made.name,
        "at": instant(made.at, zone),
        "before": instant_or_none(made.before, zone),
        "dated": _dated(made.dated, zone),
    }


def give(
    session: Session,
    scope: Scope,
    campaign_id: int,
    fills: Mapping[str, str],
    now: datetime,
    *,
    reason: str | None,
    dry_run: bool,
) -> DatesGiven:
    """Date what has no date yet, or anew. Raises NotAllowed, NotFound, Faulty, Refused."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    reading_scope.check_owner(session, scope, campaign)
    moved = dating.give(session, campaign, fills, now, scope.actor, reason)
    return {"campaign": campaign.id, "dry_run": dry_run, "dated": _dated(moved, campaign.zone)}


def _dated(moved: Sequence[Dated], zone: ZoneInfo) -> list[DatedTold]:
    return [
        {
            "milestone": one.id,
            "name": one.name,
            "words": one.words,
            "before": instant_or_none(one.before, zone),
            "after": instant_or_none(one.after, zone),
            "units": one.units,
        }
        for one in moved
    ]
