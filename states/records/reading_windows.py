"""Phases opened by hand and windows of some units, within a key's scope and as they are told."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from states.records import board, campaigning, laying, local_windows, reading_scope
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.laying import Laid
from states.records.local_dates import Shifted
from states.records.reading_campaigns import phase_told
from states.records.tables import LocalWindow, PhaseRow, Unit
from states.records.told import (
    LocalWindowTold,
    Page,
    PhaseOpened,
    Shift,
    WindowLaid,
    instant,
    instant_or_none,
)


def open_phase(
    session: Session, scope: Scope, campaign_id: int, key: str, now: datetime, reason: str | None
) -> PhaseOpened:
    """Open a phase beside the row. Raises NotAllowed, NotFound, Refused."""
    seen = reading_scope.campaign_seen(session, scope, campaign_id)
    reading_scope.check_owner(session, scope, seen)
    campaign, phase = campaigning.open_beside(session, campaign_id, key, now, scope.actor, reason=reason)
    names = campaigning.brought(session, campaign, now).opened
    return {
        "campaign": campaign.id,
        "phase": phase_told(phase, campaign.zone),
        "milestones": list(names),
    }


def page(session: Session, scope: Scope, campaign_id: int) -> Page[LocalWindowTold]:
    """Every window of a campaign that a key may see. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    return {"items": listed(session, campaign, scope.path), "next": None}


def listed(session: Session, campaign: Running, path: str | None = None) -> list[LocalWindowTold]:
    """The windows of a campaign, those of upper units first; `path`: only of units at or below that of the path."""
    phases = {one.key: one for one in board.phases(session, campaign)}
    found = [
        one for one in local_windows.placed(session, campaign) if path is None or one.path.startswith(path)
    ]
    return [
        told(campaign, phases[one.row.phase], session.get_one(Unit, one.row.unit_id), one.row)
        for one in found
    ]


def lay(
    session: Session,
    scope: Scope,
    campaign_id: int,
    phase: str | None,
    under: str,
    until: str,
    now: datetime,
    *,
    reason: str,
    dry_run: bool,
) -> WindowLaid:
    """Let a phase (None: all, in a plan without phases) end at another time below a unit. Raises NotAllowed, NotFound, Faulty, Refused."""
    seen = reading_scope.campaign_seen(session, scope, campaign_id)
    reading_scope.check_owner(session, scope, seen)
    return laid_told(laying.lay(session, campaign_id, phase, under, until, now, scope.actor, reason), dry_run)


def laid_told(laid: Laid, dry_run: bool) -> WindowLaid:
    """A window with everything that moves."""
    return {
        "dry_run": dry_run,
        "window": told(laid.campaign, laid.phase, laid.unit, laid.row),
        "obligations": laid.obligations,
        "shifts": [_shift(laid.campaign, one) for one in laid.shifted],
        "notes": list(laid.notes),
    }


def told(campaign: Running, phase: PhaseRow, unit: Unit, row: LocalWindow) -> LocalWindowTold:
    """One window in the campaign's zone."""
    return {
        "phase": {"key": phase.key, "name": phase.name},
        "unit": {"code": unit.code, "name": unit.name},
        "closes_at": instant(row.closes_at, campaign.zone),
        "planned": instant_or_none(phase.closes_at, campaign.zone),
        "reason": row.reason,
        "author": row.author,
        "at": instant(row.at, campaign.zone),
    }


def _shift(campaign: Running, one: Shifted) -> Shift:
    return {
        "milestone": one.milestone.id,
        "name": one.milestone.name,
        "period": one.milestone.period,
        "opened": one.milestone.opened_at is not None,
        "before": instant_or_none(one.before, campaign.zone),
        "after": instant_or_none(one.after, campaign.zone),
        "obligations": one.obligations,
    }
