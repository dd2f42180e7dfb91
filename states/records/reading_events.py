"""Events and dates of a campaign for those who hold it: listed, recorded, given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from states.records import dating, happening, local_events, reading_scope
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.happening import Happened
from states.records.local_events import Recorded
from states.records.redated import Dated
from states.records.told import (
    DatedTold,
    DatesGiven,
    EventBelow,
    EventRecorded,
    EventsTold,
    EventTold,
    instant,
    instant_or_none,
)


def events(session: Session, scope: Scope, campaign_id: int) -> EventsTold:
    """Every event that a date counts from. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    return {"campaign": campaign.id, "items": listed(session, campaign, scope.path)}


def listed(session: Session, campaign: Running, path: str | None = None) -> list[EventTold]:
    """The events with when they happened; `path`: to single units only at or below that of the path."""
    below = local_events.recorded(session, campaign, path)
    return [
        {
            "name": one.name,
            "at": instant_or_none(one.at, campaign.zone),
            "first_at": instant_or_none(one.first_at, campaign.zone),
            "milestones": list(one.milestones),
            "below": [_below(each, campaign.zone) for each in below if each.name == one.name],
        }
        for one in happening.awaited(session, campaign)
    ]


def _below(one: Recorded, zone: ZoneInfo) -> EventBelow:
    return {
        "unit": {"code": one.unit.code, "name": one.unit.name},
        "at": instant(one.at, zone),
        "first_at": instant(one.first_at, zone),
    }


@dataclass(frozen=True)
class Event:
    """What happened (at `at`, None: now): to the whole campaign, or to the unit `under` and those below it.

    `again`: it is recorded already and gets another instant.
    """

    name: str
    at: datetime | None = None
    under: str | None = None
    again: bool = False
    reason: str | None = None


def record(
    session: Session, scope: Scope, campaign_id: int, event: Event, now: datetime, *, dry_run: bool
) -> EventRecorded:
    """Record it. Raises NotAllowed, NotFound, Faulty, Refused."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    reading_scope.check_owner(session, scope, campaign)
    made = happen(session, campaign, event, now, scope.actor)
    return told(campaign, made, dry_run)


def happen(session: Session, campaign: Running, event: Event, now: datetime, actor: str) -> Happened:
    """Record it where it belongs. Raises Faulty, Refused."""
    when = (event.at or now, now, actor)
    terms: Any = {"again": event.again, "reason": event.reason}
    if event.under is None:
        return happening.record(session, campaign, event.name, *when, **terms)
    return local_events.record(session, campaign, event.name, event.under, *when, **terms)


def told(campaign: Running, made: Happened, dry_run: bool) -> EventRecorded:
    """An event as it was recorded, in the campaign's zone."""
    zone, place = campaign.zone, made.under
    return {
        "campaign": campaign.id,
        "dry_run": dry_run,
        "name": made.name,
        "under": {"code": place.code, "name": place.name} if place else None,
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
