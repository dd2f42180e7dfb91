"""Levels and versions as they are told, and what a key may do about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import Fault, Faulty, NotAllowed, Refused
from states.progress import Tally
from states.records import (
    figures,
    impact,
    levels,
    proposing,
    reading_campaigns,
    reading_draft,
    reading_scope,
    renewed,
    renewing,
)
from states.records.access import Scope
from states.records.campaigns import Running, running
from states.records.core import campaign as campaigns
from states.records.core import level_change, unit
from states.records.levels import Adoption
from states.records.proposing import Following
from states.records.renewing import Renewal, Version
from states.records.tables import LevelChange
from states.records.told import CampaignTold, Page, instant, instant_or_none
from states.records.told.levels import (
    AdoptedTold,
    ChangeAbove,
    ChangeTold,
    ChildTold,
    RenewalTold,
    SummaryOfLevels,
    UnitImpact,
)
from states.renewal import Change


def summary(session: Session, scope: Scope, campaign_id: int, now: datetime) -> SummaryOfLevels:
    """A campaign in figures, and those below it. Raises NotAllowed, NotFound."""
    told = reading_campaigns.summary(session, scope, campaign_id, now)
    return {**told, "children": children(session, scope, campaign_id, now)}


def children(session: Session, scope: Scope, campaign_id: int, now: datetime) -> list[ChildTold]:
    """The campaigns below that a key may see, each with its own figures."""
    reading_scope.campaign_seen(session, scope, campaign_id)
    seen = reading_scope.campaigns_seen(scope)
    found = sa.select(campaigns.c.id).where(campaigns.c.parent_id == campaign_id, *seen)
    keys = list(session.execute(found.order_by(campaigns.c.id)).scalars())
    return [_child(session, scope, running(session, key), now) for key in keys]


def _child(session: Session, scope: Scope, child: Running, now: datetime) -> ChildTold:
    found, row = figures.tally(session, child, now, worst=0, path=scope.path), child.row
    waiting = sa.select(sa.func.count()).select_from(level_change)
    mine = waiting.where(level_change.c.campaign_id == row.id, level_change.c.state == "proposed")
    code, name = session.execute(sa.select(unit.c.code, unit.c.name).where(unit.c.id == row.owner_id)).one()
    return {
        "campaign": reading_campaigns.in_short(child),
        "owner": {"code": code, "name": name},
        "units": found.units,
        "states": reading_campaigns.state_counts(child.machines, found),
        "behind": found.behind,
        "open": found.open,
        "overdue": found.overdue,
        "submitted": found.submitted,
        "settled": found.settled,
        "share": share(found),
        "children": len(levels.children(session, row.id)),
        "waiting": session.execute(mine).scalar_one(),
        "source": {
            "campaign": row.id,
            "template_version": row.template_version,
            "href": f"/api/v1/campaigns/{row.id}/summary",
        },
    }


def share(found: Tally) -> float | None:
    """Of everything owed the share that is settled (0..1); None when nothing is owed."""
    owed = found.open + found.submitted + found.settled
    return round(found.settled / owed, 4) if owed else None


# -- adopting -----------------------------------------------------------------------------------------


def adoption(session: Session, scope: Scope, parent_id: int, wanted: Adoption, now: datetime) -> AdoptedTold:
    """What a campaign below would be. Raises NotAllowed, NotFound, Faulty, Refused. Writes nothing."""
    _check(session, scope, parent_id, wanted)
    found = levels.draft(session, parent_id, wanted, now)
    told = reading_draft.of(found.draft)
    return {
        "dry_run": True,
        "parent": parent_id,
        "handed_down": found.handed_down,
        "text": found.order.text,
        "draft": {**told, "refusals": list(found.refusals), "places": list(found.places)},
    }


def adopt(session: Session, scope: Scope, parent_id: int, wanted: Adoption, now: datetime) -> CampaignTold:
    """Start it. Raises NotAllowed, NotFound, Faulty, Refused."""
    _check(session, scope, parent_id, wanted)
    key = levels.adopt(session, parent_id, wanted, now, scope.actor)
    return reading_campaigns.told(session, running(session, key))


def _check(session: Session, scope: Scope, parent_id: int, wanted: Adoption) -> None:
    if scope.campaigns is not None:
        raise NotAllowed("授权只限于指定的专项行动，不能启动新的")
    reading_scope.campaign_seen(session, scope, parent_id)
    named = [wanted.owner, *wanted.selection.codes, *wanted.selection.under]
    reading_scope.paths_seen(session, scope, named, "units")


# -- what changed above -------------------------------------------------------------------------------


def changes(session: Session, scope: Scope, child_id: int, after: int, limit: int) -> Page[ChangeAbove]:
    """What was proposed to a campaign below. Raises NotAllowed, NotFound."""
    child = reading_scope.campaign_seen(session, scope, child_id)
    rows = proposing.listed(session, child_id, after, limit + 1)
    items = [_change(one, child) for one in rows[:limit]]
    return {"items": items, "next": str(items[-1]["id"]) if len(rows) > limit else None}


def _change(row: LevelChange, child: Running) -> ChangeAbove:
    return {
        "id": row.id,
        "campaign": row.campaign_id,
        "parent": row.parent_id,
        "at": instant(row.at, child.zone),
        "reason": row.reason,
        "items": list(row.items),  # type: ignore[arg-type]
        "faults": list(row.faults),
        "state": row.state,
        "state_name": proposing.STATES[row.state],
        "decided_at": instant_or_none(row.decided_at, child.zone),
        "decided_by": row.decided_by,
        "answer": row.answer,
    }


def accept(
    session: Session,
    scope: Scope,
    child_id: int,
    change_id: int,
    following: Following,
    now: datetime,
    *,
    dry_run: bool,
) -> RenewalTold:
    """Take it over, or see what that would do. Raises NotAllowed, NotFound, Refused, Conflict, Faulty."""
    reading_scope.check_owner(session, scope, reading_scope.campaign_seen(session, scope, child_id))
    before = running(session, child_id).row.template_version
    if dry_run:
        found = proposing.preview(session, child_id, change_id, now, following)
        return renewal(session, found, before, dry_run=True)
    found = proposing.accept(session, child_id, change_id, now, scope.actor, following)
    return renewal(session, found, before, dry_run=False)


def decline(
    session: Session, scope: Scope, child_id: int, change_id: int, now: datetime, reason: str
) -> ChangeAbove:
    """Leave the campaign below as it is. Raises NotAllowed, NotFound, Refused, Conflict."""
    child = reading_scope.campaign_seen(session, scope, child_id)
    reading_scope.check_owner(session, scope, child)
    return _change(proposing.decline(session, child_id, change_id, now, scope.actor, reason), child)


# -- versions -----------------------------------------------------------------------------------------


def version_of(
    session: Session,
    campaign_id: int,
    now: datetime,
    *,
    text: str | None = None,
    additions: str | None = None,
    leads: Mapping[str, str] | None = None,
    **decided: Any,
) -> Version:
    """The next version as somebody asks for it: a text, or for a campaign below its additions and leads alone.

    Raises Faulty, Refused when it is not for them to say.
    """
    campaign = running(session, campaign_id)
    if campaign.row.parent_id is None:
        if text is None or additions is not None or leads:
            raise Faulty([Fault("template", "请写新版方案；additions、leads 只用于承接上级的专项行动")])
        return Version(text, **decided)
    if text is not None:
        raise Refused(
            "这是承接上级的专项行动，上级规定的不能改；只可改增加的部分（additions）和提前量（leads）"
        )
    terms = levels.terms_of(campaign.row)
    if additions is not None:
        terms = replace(terms, additions=additions)
    terms = replace(terms, leads={**terms.leads, **(leads or {})})
    fills = decided.pop("fills", {})
    version = proposing.renewal_of(session, campaign, terms, now, **decided)
    return replace(version, fills=fills)


def renew(
    session: Session, scope: Scope, campaign_id: int, now: datetime, *, dry_run: bool, **wanted: Any
) -> RenewalTold:
    """Move a running campaign to a new version, or see what that would do. Raises as `renewed.renew`, NotAllowed."""
    campaign = _owned(session, scope, campaign_id)
    before = campaign.row.template_version
    version = version_of(session, campaign_id, now, **wanted)
    if dry_run:
        return renewal(session, renewing.draft(session, campaign_id, version, now), before, dry_run=True)
    found = renewed.renew(session, campaign_id, version, now, scope.actor)
    return renewal(session, found, before, dry_run=False)


def touched(
    session: Session, scope: Scope, campaign_id: int, now: datetime, after: int, limit: int, **wanted: Any
) -> Page[UnitImpact]:
    """Unit by unit what a new version would touch. Raises as `renew`."""
    _owned(session, scope, campaign_id)
    version = version_of(session, campaign_id, now, **wanted)
    return impact.page(session, scope, renewing.draft(session, campaign_id, version, now), after, limit)


def _owned(session: Session, scope: Scope, campaign_id: int) -> Running:
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    reading_scope.check_owner(session, scope, campaign)
    return campaign


def renewal(session: Session, found: Renewal, before: int, *, dry_run: bool) -> RenewalTold:
    """A renewal in full; what it touches is counted while it is only looked at."""
    numbers = impact.counted(session, found) if dry_run else [(0, 0)] * len(found.changes)
    return {
        "dry_run": dry_run,
        "campaign": found.campaign.id,
        "before": before,
        "after": found.template.version,
        "fills": dict(found.fills),
        "changes": [
            _told(one, found.campaign, *number) for one, number in zip(found.changes, numbers, strict=True)
        ],
        "warnings": list(found.warnings),
        "refusals": list(found.refusals),
        "places": list(found.places),
    }


def _told(one: Change, campaign: Running, units: int, finished: int) -> ChangeTold:
    return {
        **proposing.item(one, campaign),  # type: ignore[typeddict-item]
        "requirement": one.requirement,
        "period": one.period,
        "opened": one.opened,
        "asks": one.asks,
        "decision": one.decision,
        "units": units,
        "finished": finished,
    }
