"""What is not open yet takes the windows and dates that follow from what has really happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.phasing import PlannedPhase
from states.plan import Plan, PlannedMilestone, plan
from states.records.campaigns import Running
from states.records.core import event
from states.records.journal import iso, note, note_milestone
from states.records.tables import Milestone, PhaseRow

Key = tuple[str, str]


def really_opened(session: Session, campaign: Running) -> dict[str, datetime]:
    """Phase → the instant its relative dates count from, for those that are open."""
    return {
        one.key: one.opens_at
        for one in _phases(session, campaign)
        if one.opened_at is not None and one.opens_at is not None
    }


def happened(session: Session, campaign: Running) -> dict[str, datetime]:
    """Event → when it happened, for those that are recorded."""
    rows = session.execute(sa.select(event.c.name, event.c.at).where(event.c.campaign_id == campaign.id))
    return dict(rows.tuples().all())


def planned_again(
    session: Session,
    campaign: Running,
    events: Mapping[str, datetime] | None = None,
    closed: Mapping[str, datetime] | None = None,
    fills: Mapping[str, str] | None = None,
) -> Plan:
    """The plan as it is now: phases as they opened, events and fills as they are recorded, or as given here.

    `closed`: phases that are to end otherwise.
    """
    return plan(
        campaign.template,
        campaign.row.start,
        campaign.row.fills if fills is None else fills,
        campaign.calendar,
        opened=really_opened(session, campaign),
        closed=closed,
        events={**happened(session, campaign), **(events or {})},
    )


def follow(session: Session, campaign: Running, now: datetime, actor: str, reason: str) -> None:
    """Plan anew from the phases that are open. What is open keeps its dates; what moves leaves a journal row."""
    again = planned_again(session, campaign)
    _take_windows(session, campaign, {one.key: one for one in again.phases}, now, actor, reason)
    planned = {(one.requirement, one.period): one for one in again.milestones}
    _take_milestones(session, campaign, planned, now, actor, reason)
    session.flush()


def _phases(session: Session, campaign: Running) -> list[PhaseRow]:
    return list(session.exec(select(PhaseRow).where(PhaseRow.campaign_id == campaign.id)))


def _take_windows(
    session: Session,
    campaign: Running,
    planned: Mapping[str, PlannedPhase],
    now: datetime,
    actor: str,
    reason: str,
) -> None:
    """Occurrences of a phase that comes again are added, or dropped where nobody has been asked for them."""
    kept = {one.key: one for one in _phases(session, campaign)}
    for key, one in planned.items():
        if key in kept and kept[key].withdrawn_at is None:
            _take_window(session, campaign, kept[key], one, now, actor, reason)
        elif key not in kept:
            session.add(PhaseRow(campaign_id=campaign.id, **asdict(one)))
    for phase in kept.values():
        if phase.key not in planned and phase.opened_at is None and phase.withdrawn_at is None:
            session.delete(phase)
            note(
                session,
                now,
                "phase.dropped",
                actor,
                campaign_id=campaign.id,
                before=phase.name,
                reason=reason,
            )


def _take_window(
    session: Session,
    campaign: Running,
    phase: PhaseRow,
    planned: PlannedPhase,
    now: datetime,
    actor: str,
    reason: str,
) -> None:
    before = phase.opens_at, phase.closes_at
    if phase.opened_at is None:
        phase.opens_at = planned.opens_at
    phase.closes_at, phase.provisional = planned.closes_at, planned.provisional
    session.add(phase)
    note_window(session, campaign, phase, before, now, actor, reason)


def note_window(
    session: Session,
    campaign: Running,
    phase: PhaseRow,
    before: tuple[datetime | None, datetime | None],
    now: datetime,
    actor: str,
    reason: str,
) -> None:
    """A phase that opens or closes at another time than `before`; reports of past moments look for it."""
    opens, closes = before
    if (opens, closes) == (phase.opens_at, phase.closes_at):
        return
    note(
        session,
        now,
        "phase.redated",
        actor,
        campaign_id=campaign.id,
        reason=reason,
        phase=phase.key,
        name=phase.name,
        opens=[iso(opens), iso(phase.opens_at)],
        closes=[iso(closes), iso(phase.closes_at)],
    )


def _take_milestones(
    session: Session,
    campaign: Running,
    planned: Mapping[Key, PlannedMilestone],
    now: datetime,
    actor: str,
    reason: str,
) -> None:
    rows = session.exec(select(Milestone).where(Milestone.campaign_id == campaign.id)).all()
    kept = {(one.requirement, one.period): one for one in rows}
    for key, one in planned.items():
        if key not in kept:
            session.add(Milestone(campaign_id=campaign.id, original_due_at=one.due_at, **asdict(one)))
        elif not (kept[key].opened_at or kept[key].withdrawn_at or kept[key].held):
            _take_dates(session, kept[key], one, now, actor, reason)
    for row in rows:
        gone = row.opened_at is None and row.withdrawn_at is None
        if row.period and gone and not row.local and (row.requirement, row.period) not in planned:
            _drop(session, row, now, actor, reason)


def _drop(session: Session, row: Milestone, now: datetime, actor: str, reason: str) -> None:
    """A period that lies outside the window now: nobody was ever asked for it."""
    session.delete(row)
    note_milestone(session, now, "milestone.dropped", actor, row, reason=reason, name=row.name)


def _take_dates(
    session: Session,
    kept: Milestone,
    planned: PlannedMilestone,
    now: datetime,
    actor: str,
    reason: str,
) -> None:
    before = kept.due_at
    kept.opens_at, kept.due_at = planned.opens_at, planned.due_at
    kept.original_due_at = kept.original_due_at or planned.due_at
    kept.provisional, kept.event = planned.provisional, planned.event
    kept.words, kept.filled = planned.words, planned.filled
    session.add(kept)
    if before is not None and before != planned.due_at:
        said = {"before": iso(before), "after": iso(planned.due_at), "reason": reason}
        note_milestone(session, now, "milestone.redated", actor, kept, **said)
