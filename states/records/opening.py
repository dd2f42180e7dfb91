"""What opens by itself: phases and milestones. Each opening is one transaction with one fan-out statement."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlmodel import Session, select

from states.records import laying, replanning
from states.records.campaigns import Running
from states.records.core import campaign as campaigns
from states.records.core import milestone as milestones
from states.records.core import phase as phases
from states.records.dispatch import Timer
from states.records.fanning import fan_out
from states.records.journal import note, note_milestone
from states.records.mass import advance_settled, start_all
from states.records.tables import Milestone, PhaseRow
from states.records.timers import timers
from states.template import Opens

SYSTEM = "system"
EVER = datetime(1970, 1, 1, tzinfo=UTC)
STRAGGLING = timedelta(hours=1)


def due_campaigns(session: Session, now: datetime, since: datetime = EVER) -> list[int]:
    """Campaigns in which a phase or a milestone should have opened by `now` (and not before `since`)."""
    return sorted(session.execute(_due(), {"until": now, "since": since}).scalars())


@cache
def _due() -> sa.CompoundSelect[tuple[int]]:
    """Made once: every round asks it."""
    since, now = (sa.bindparam(name, type_=phases.c.opens_at.type) for name in ("since", "until"))
    awake = sa.and_(campaigns.c.closed_at.is_(None), ~campaigns.c.state.like("%.suspended"))
    beside = sa.and_(phases.c.ord.is_(None), phases.c.opened_at.is_(None), campaigns.c.ord > 0)
    beside = sa.and_(beside, phases.c.withdrawn_at.is_(None))
    coming = sa.or_(phases.c.ord == campaigns.c.ord + 1, beside)
    by_phase = (
        sa.select(campaigns.c.id)
        .join(phases, sa.and_(phases.c.campaign_id == campaigns.c.id, coming))
        .where(awake, phases.c.opens_at.between(since, now), phases.c.opens != Opens.by_hand)
    )
    opened = sa.exists().where(
        phases.c.campaign_id == campaigns.c.id,
        phases.c.key == milestones.c.phase,
        phases.c.opened_at.is_not(None),
    )
    by_milestone = (
        sa.select(campaigns.c.id)
        .join(milestones, milestones.c.campaign_id == campaigns.c.id)
        .where(
            awake,
            campaigns.c.ord > 0,
            milestones.c.opened_at.is_(None),
            milestones.c.withdrawn_at.is_(None),
            milestones.c.opens_at.between(since, now),
            sa.or_(milestones.c.phase.is_(None), opened),
        )
    )
    return sa.union(by_phase, by_milestone)


def just_moved(session: Session, now: datetime) -> list[int]:
    """Campaigns that entered a phase a short while ago: a unit settled at that very moment may have missed it."""
    awake = sa.and_(
        campaigns.c.closed_at.is_(None), ~campaigns.c.state.like("%.suspended"), campaigns.c.ord > 1
    )
    statement = sa.select(campaigns.c.id).where(awake, campaigns.c.since.between(now - STRAGGLING, now))
    return sorted(session.execute(statement).scalars())


def open_all(session: Session, campaign: Running, now: datetime) -> int:
    """Open every phase and milestone of one campaign whose time has come; returns how many."""
    return open_phases(session, campaign, now) + open_milestones(session, campaign, now)


def open_phases(session: Session, campaign: Running, now: datetime) -> int:
    """Enter each phase whose time has come, in their order; then open those that stand beside them."""
    count = 0
    while (phase := _next_phase(session, campaign, now)) is not None:
        open_phase(session, campaign, phase, now, SYSTEM)
        count += 1
    for phase in _beside(session, campaign, now):
        open_beside(session, campaign, phase, now, SYSTEM)
        count += 1
    return count


def open_milestones(session: Session, campaign: Running, now: datetime) -> int:
    """Hand out what is due to be handed out."""
    count = 0
    for milestone in _due_milestones(session, campaign, now):
        open_milestone(session, campaign, milestone, now)
        count += 1
    advance_settled(session, campaign, now, left_behind=True)
    return count


def _next_phase(session: Session, campaign: Running, now: datetime) -> PhaseRow | None:
    return session.exec(
        select(PhaseRow).where(
            PhaseRow.campaign_id == campaign.id,
            PhaseRow.ord == campaign.row.ord + 1,
            PhaseRow.opens_at <= now,  # type: ignore[operator]
            PhaseRow.opens != Opens.by_hand,
        )
    ).first()


def _beside(session: Session, campaign: Running, now: datetime) -> list[PhaseRow]:
    """Phases beside the row whose time has come, once the campaign has begun."""
    if campaign.row.ord == 0:
        return []
    waiting = select(PhaseRow).where(
        PhaseRow.campaign_id == campaign.id,
        PhaseRow.ord == None,  # noqa: E711
        PhaseRow.opened_at == None,  # noqa: E711
        PhaseRow.withdrawn_at == None,  # noqa: E711
        PhaseRow.opens_at <= now,  # type: ignore[operator]
        PhaseRow.opens != Opens.by_hand,
    )
    return list(session.exec(waiting.order_by(phases.c.opens_at, phases.c.id)))


def _due_milestones(session: Session, campaign: Running, now: datetime) -> Iterator[Milestone]:
    opened = {
        row.key
        for row in session.exec(select(PhaseRow).where(PhaseRow.campaign_id == campaign.id))
        if row.opened_at is not None
    }
    waiting = select(Milestone).where(
        Milestone.campaign_id == campaign.id,
        Milestone.opened_at == None,  # noqa: E711
        Milestone.withdrawn_at == None,  # noqa: E711
        Milestone.opens_at <= now,  # type: ignore[operator]
    )
    for milestone in session.exec(waiting.order_by(Milestone.id)).all():  # type: ignore[arg-type]
        if campaign.row.ord > 0 and (milestone.phase is None or milestone.phase in opened):
            yield milestone


def open_phase(session: Session, campaign: Running, phase: PhaseRow, now: datetime, actor: str) -> None:
    """The campaign enters `phase`: relative dates are counted from now, settled units move on with it."""
    before = campaign.row.state
    campaign.row.state, campaign.row.ord, campaign.row.since = phase.key, phase.ord or 0, now
    campaign.row.version += 1
    phase.opened_at = now
    session.add_all([campaign.row, phase])
    session.flush()
    note(session, now, "campaign.moved", actor, campaign_id=campaign.id, before=before, after=phase.key)
    _redate(session, campaign, phase, now, actor)
    if phase.ord == 1:
        start_all(session, campaign, now)
    else:
        advance_settled(session, campaign, now)
    _announce(session, campaign, phase, now)


def open_beside(
    session: Session,
    campaign: Running,
    phase: PhaseRow,
    now: datetime,
    actor: str,
    reason: str | None = None,
) -> None:
    """A phase beside the row begins: what it asks can be handed out; nobody moves."""
    phase.opened_at = now
    session.add(phase)
    session.flush()
    about = campaign.id
    note(
        session,
        now,
        "phase.opened",
        actor,
        campaign_id=about,
        after=phase.name,
        reason=reason,
        phase=phase.id,
    )
    _redate(session, campaign, phase, now, actor)
    _announce(session, campaign, phase, now)


def _redate(session: Session, campaign: Running, phase: PhaseRow, now: datetime, actor: str) -> None:
    """Where a phase opened at another time than planned, what is still to come takes the dates that follow."""
    if phase.opens_at is None or phase.opens_at > now or phase.opens == Opens.by_hand:
        before = phase.opens_at, phase.closes_at
        phase.opens_at = now
        says = f"“{phase.name}”阶段提前或另行开始"
        replanning.note_window(session, campaign, phase, before, now, actor, says)
        session.add(phase)
        session.flush()
        replanning.follow(session, campaign, now, actor, says)
    _fill_opening(session, campaign, phase, phase.opens_at)


def _fill_opening(session: Session, campaign: Running, phase: PhaseRow, at: datetime) -> None:
    """What has no opening of its own opens with its phase; what waits for an event goes on waiting."""
    session.flush()
    waiting = [one.key for one in campaign.template.requirements if one.opens is not None]
    session.execute(
        sa.update(Milestone)
        .where(
            Milestone.campaign_id == campaign.id,  # type: ignore[arg-type]
            Milestone.phase == phase.key,  # type: ignore[arg-type]
            milestones.c.requirement.not_in(waiting),
            Milestone.opens_at == None,  # type: ignore[arg-type]  # noqa: E711
            Milestone.withdrawn_at == None,  # type: ignore[arg-type]  # noqa: E711
        )
        .values(opens_at=at)
        .execution_options(synchronize_session="fetch")
    )


def _announce(session: Session, campaign: Running, phase: PhaseRow, now: datetime) -> None:
    if campaign.template.begun(phase.base).announce:
        session.add(Timer(campaign_id=campaign.id, phase_id=phase.id, rung=0, after_due=False, fire_at=now))


def open_milestone(session: Session, campaign: Running, milestone: Milestone, now: datetime) -> None:
    """Every unit in scope owes it from now on; one timer a rung for all of them."""
    milestone.opened_at = now
    session.add(milestone)
    session.flush()
    milestone.expected = fan_out(session, campaign, milestone)
    session.add(milestone)
    could_open = _could_open(session, campaign, milestone, now)
    if milestone.due_at is not None and not milestone.local:
        session.add_all(
            timers(
                campaign, milestone, milestone.due_at, now, could_open=could_open, turn=bool(milestone.period)
            )
        )
    laying.obey(session, campaign, milestone, now, could_open)
    said = {"after": milestone.name, "units": milestone.expected}
    note_milestone(session, now, "milestone.opened", SYSTEM, milestone, **said)
    session.flush()


def _could_open(session: Session, campaign: Running, milestone: Milestone, now: datetime) -> datetime:
    """When it should have opened: what our own clock was late by takes no rung away."""
    phase = session.exec(
        select(PhaseRow).where(PhaseRow.campaign_id == campaign.id, PhaseRow.key == milestone.phase)
    ).first()
    planned = [milestone.opens_at, phase.opens_at if phase else None]
    latest = max((at for at in planned if at is not None), default=now)
    return max(min(latest, now), campaign.row.launched_at)
