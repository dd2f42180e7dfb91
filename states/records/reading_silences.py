"""Silences within a key's scope, and as they are told: from above, until when and not why."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from states.records import judging, reading_scope, silences
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.respite import Silence
from states.records.silences import Wanted
from states.records.tables import Unit
from states.records.told import Page, SilenceTold, instant, instant_or_none


def impose(session: Session, scope: Scope, campaign_id: int, wanted: Wanted, now: datetime) -> SilenceTold:
    """Those above a unit silence what concerns it; all of a campaign who runs it. Raises NotAllowed, Faulty, Refused."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    code = wanted.unit or wanted.under
    place = reading_scope.unit_seen(session, scope, code) if code is not None else None
    _check_silencer(session, scope, campaign, place.id if place else None)
    made = silences.impose(session, campaign, wanted, now, scope.actor)
    return silence_told(session, campaign, made, now)


def end(session: Session, scope: Scope, campaign_id: int, number: int, now: datetime) -> SilenceTold:
    """End one. Raises NotAllowed, NotFound, Conflict."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    row = silences.end(session, campaign, number, now, scope.actor)
    if row.unit_id is not None:
        scope.check_path(session.get_one(Unit, row.unit_id).path)
    _check_silencer(session, scope, campaign, row.unit_id)
    return silence_told(session, campaign, row, now)


def _check_silencer(session: Session, scope: Scope, campaign: Running, unit_id: int | None) -> None:
    if unit_id is None:
        reading_scope.check_owner(session, scope, campaign)
    else:
        judging.check(session, scope, campaign, "silence", unit_id)


def quiet(session: Session, scope: Scope, campaign_id: int, now: datetime) -> Page[SilenceTold]:
    """Silences that concern the key's units. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    rows = silences.listed(session, campaign, scope.path)
    runs = reading_scope.runs(session, scope, campaign)
    items = [
        silence_told(session, campaign, row, now, held, why=runs or _theirs(scope, place))
        for row, place, held in rows
    ]
    return {"items": items, "next": None}


def _theirs(scope: Scope, place: Unit | None) -> bool:
    """Whether a silence is of the key's own units; one from above covers them, and its reason may speak of others."""
    return scope.path is None or (place is not None and place.path.startswith(scope.path))


def silence_told(
    session: Session, campaign: Running, row: Silence, now: datetime, held: int = 0, *, why: bool = True
) -> SilenceTold:
    """One silence in the campaign's zone; `why`: with its reason and who gave it."""
    zone = campaign.zone
    place = session.get_one(Unit, row.unit_id) if row.unit_id is not None else None
    return {
        "id": row.id,
        "unit": {"code": place.code, "name": place.name} if place else None,
        "below": row.below,
        "requirement": row.requirement,
        "reason": row.reason if why else None,
        "author": row.author if why else None,
        "at": instant(row.at, zone),
        "ends": instant(row.ends_at, zone),
        "ended_at": instant_or_none(row.ended_at, zone),
        "ended_by": row.ended_by if why else None,
        "active": row.ended_at is None and row.ends_at > now,
        "held": held,
    }
