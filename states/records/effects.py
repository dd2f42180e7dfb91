"""What a later date runs into: phases that begin or end before it, other things due meanwhile, campaigns below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.records import owing
from states.records.campaigns import Running
from states.records.columns import obligation_id
from states.records.core import campaign as campaigns
from states.records.core import milestone as milestones
from states.records.core import obligation
from states.records.core import phase as phases
from states.records.tables import Campaign, Milestone, PhaseRow, Unit


@dataclass(frozen=True)
class Effect:
    """One thing that the date runs into. `kind`: end, phase, milestone or below; `key` names it there."""

    kind: str
    key: str
    at: datetime
    says: str


def of(
    session: Session,
    campaign: Running,
    about: Milestone,
    before: datetime,
    until: datetime,
    unit_id: int,
    place: Unit | None,
) -> tuple[Effect, ...]:
    """What lies between the date before and `until`; `place`: whose it is, with those below (None: everybody's)."""
    rows = list(_phases(session, campaign))
    return (
        *_ends(campaign, rows, about, until),
        *_begin(campaign, rows, about, before, until),
        *_due(session, campaign, rows, about, before, until, unit_id, place),
        *_below(session, campaign, about, until, place),
    )


def _phases(session: Session, campaign: Running) -> list[PhaseRow]:
    wanted = select(PhaseRow).where(PhaseRow.campaign_id == campaign.id, phases.c.withdrawn_at.is_(None))
    return list(session.exec(wanted.order_by(phases.c.ord, phases.c.id)))


def _day(campaign: Running, at: datetime) -> str:
    return f"{at.astimezone(campaign.zone):%Y-%m-%d}"


def _ends(campaign: Running, rows: list[PhaseRow], about: Milestone, until: datetime) -> Iterator[Effect]:
    for one in rows:
        if one.key == about.phase and one.closes_at is not None and one.closes_at < until:
            says = f"“{one.name}”阶段{_day(campaign, one.closes_at)}结束，早于新的期限"
            yield Effect("phase", one.key, one.closes_at, says)
    ends = campaign.row.ends_at
    if ends is not None and ends < until:
        yield Effect("end", "", ends, f"行动{_day(campaign, ends)}结束，早于新的期限")


def _place(rows: list[PhaseRow], key: str | None) -> int:
    return next((one.ord or 0 for one in rows if one.key == key), 0)


def _begin(
    campaign: Running, rows: list[PhaseRow], about: Milestone, before: datetime, until: datetime
) -> Iterator[Effect]:
    for one in rows:
        later = one.ord is not None and one.ord > _place(rows, about.phase) and one.opened_at is None
        if later and one.opens_at is not None and before < one.opens_at < until:
            says = f"“{one.name}”阶段{_day(campaign, one.opens_at)}开始，届时这一项还没有到期"
            yield Effect("phase", one.key, one.opens_at, says)


def _due(
    session: Session,
    campaign: Running,
    rows: list[PhaseRow],
    about: Milestone,
    before: datetime,
    until: datetime,
    unit_id: int,
    place: Unit | None,
) -> Iterator[Effect]:
    """What belongs to a later phase and is due before this is."""
    later = {one.key for one in rows if one.ord is not None and one.ord > _place(rows, about.phase)}
    wanted = select(Milestone).where(
        Milestone.campaign_id == campaign.id,
        milestones.c.id != about.id,
        milestones.c.withdrawn_at.is_(None),
        milestones.c.due_at.between(before, until),
        milestones.c.phase.in_(later),
    )
    found = list(session.exec(wanted.order_by(milestones.c.due_at, milestones.c.id)))
    concerned = (
        _owed(session, campaign, found, unit_id) if place is not None and place.id == unit_id else None
    )
    for one in found:
        if one.due_at is not None and (concerned is None or one.id in concerned):
            says = f"后面的“{one.name}”{_day(campaign, one.due_at)}到期，不晚于新的期限"
            yield Effect("milestone", str(one.id), one.due_at, says)


def _owed(session: Session, campaign: Running, found: list[Milestone], unit_id: int) -> set[int]:
    """Those that the unit owes, or will."""
    opened = [obligation_id(one.id, unit_id) for one in found if one.opened_at is not None]
    rows = session.execute(sa.select(obligation.c.milestone_id).where(obligation.c.id.in_(opened)))
    coming = [one for one in found if one.opened_at is None]
    return {*rows.scalars(), *owing.holding(session, campaign, coming, unit_id)}


def _below(
    session: Session, campaign: Running, about: Milestone, until: datetime, place: Unit | None
) -> Iterator[Effect]:
    """Campaigns that carry this one out below and keep their own date for it."""
    children = select(Campaign).where(Campaign.parent_id == campaign.id, campaigns.c.closed_at.is_(None))
    for child in session.exec(children.order_by(campaigns.c.id)):
        owner = session.get_one(Unit, child.owner_id)
        inside = place is None or owner.path.startswith(place.path) or place.path.startswith(owner.path)
        same: Any = (
            Milestone.campaign_id == child.id,
            Milestone.requirement == about.requirement,
            Milestone.period == about.period,
        )
        row = session.exec(select(Milestone).where(*same, milestones.c.withdrawn_at.is_(None))).first()
        if inside and row is not None and row.due_at is not None and row.due_at < until:
            says = (
                f"下级“{child.title}”中这一项{_day(campaign, row.due_at)}到期，不随之改变，由{owner.name}决定"
            )
            yield Effect("below", str(child.id), row.due_at, says)
