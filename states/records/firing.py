"""Rungs whose time has come: a timer is served a slice of units at a time, in one transaction each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states import ladder
from states.records import granting
from states.records.announcing import announce
from states.records.campaigns import Running, running
from states.records.columns import obligation_span
from states.records.core import campaign as campaign_table
from states.records.core import obligation, run, timer
from states.records.dispatch import Timer
from states.records.journal import note
from states.records.localities import LocalDate
from states.records.notifying import Owing, notify, propose, tell_coordinator
from states.records.settling import OPEN
from states.records.tables import Milestone, Obligation
from states.template import Rung

SLICE = 5_000
SYSTEM = "system"


def fire_next(
    session: Session, now: datetime, *, after_due: bool, aside: Collection[int] = (), claimed: list[int]
) -> int | None:
    """Serve one slice of the earliest timer that is due and not `aside`; None when there is none left.

    The timer is judged again under its lock: where a higher rung of the same due date has come too, only the
    higher one speaks and this one is recorded as skipped. `claimed` receives its id, whatever happens after.
    """
    one = _claim(session, now, after_due, aside)
    if one is None:
        return None
    claimed.append(one.id)
    campaign = running(session, one.campaign_id)
    if one.phase_id < 0:
        return _finish(session, campaign, one, now, *granting.remind(session, campaign, one, now))
    if one.rung == 0:
        served = announce(session, campaign, one, now, SLICE)
        return served if served == SLICE else _finish(session, campaign, one, now, "fired", served)
    if _higher_is_due(session, one, now):
        return _finish(session, campaign, one, now, ladder.MUTED_BY_HIGHER)
    return _serve(session, campaign, one, now)


def waiting(session: Session, now: datetime) -> int:
    """How many timers should have fired by now."""
    late = awake().where(timer.c.fire_at <= now, timer.c.done_at.is_(None))
    return int(session.execute(sa.select(sa.func.count()).select_from(late.subquery())).scalar_one())


def awake() -> sa.Select[Any]:
    """Ids of timers whose campaign is running."""
    return (
        sa.select(timer.c.id)
        .join(campaign_table, campaign_table.c.id == timer.c.campaign_id)
        .where(
            ~campaign_table.c.state.like("%.suspended"),
            campaign_table.c.state.not_in(("closed", "cancelled")),
        )
    )


def _claim(session: Session, now: datetime, after_due: bool, aside: Collection[int]) -> Timer | None:
    due = (
        awake()
        .where(timer.c.done_at.is_(None), timer.c.fire_at <= now, timer.c.after_due == after_due)
        .where(timer.c.id.not_in(aside))
        .order_by(timer.c.fire_at, timer.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=timer)
    )
    key = session.execute(due).scalar()
    return session.get(Timer, key, populate_existing=True) if key is not None else None


def _higher_is_due(session: Session, one: Timer, now: datetime) -> bool:
    higher = sa.select(timer.c.id).where(
        timer.c.phase_id == one.phase_id,
        timer.c.milestone_id == one.milestone_id,
        timer.c.obligation_id == one.obligation_id,
        timer.c.cycle == one.cycle,
        timer.c.rung > one.rung,
        timer.c.fire_at <= now,
        timer.c.outcome.is_distinct_from(ladder.MISSED_AT_OPENING),
    )
    return one.cursor == 0 and session.execute(higher.limit(1)).scalar() is not None


def _finish(
    session: Session, campaign: Running, one: Timer, now: datetime, outcome: str, served: int = 0
) -> int:
    """Close a timer; returns `served`, the units of its last slice."""
    one.done_at, one.outcome = now, outcome
    session.add(one)
    session.flush()
    note(
        session,
        now,
        "rung.done",
        SYSTEM,
        campaign_id=campaign.id,
        after=outcome,
        timer=one.id,
        milestone=one.milestone_id,
        rung=one.rung,
        units=one.served,
    )
    return served


def _serve(session: Session, campaign: Running, one: Timer, now: datetime) -> int:
    milestone = session.get_one(Milestone, one.milestone_id)
    steps = campaign.ladder(milestone)
    if steps is None or one.rung > len(steps.rungs):
        return _finish(session, campaign, one, now, "方案中没有这一级")
    rung = steps.rungs[one.rung - 1]
    rows = _owing(session, one)
    reason = _reason(session, campaign, one, milestone, rung, now)
    if rung.confirm:
        propose(session, one, milestone, rung, rows, reason, now)
    else:
        notify(session, campaign, one, rung, rows, reason, now)
    one.served += len(rows)
    if len(rows) == SLICE:
        one.cursor = rows[-1].key
        session.add(one)
        return len(rows)
    if one.served:
        tell_coordinator(session, campaign, f"t:{one.id}", rung.name, milestone.name, one, now)
    return _finish(session, campaign, one, now, "fired", len(rows))


def _reason(
    session: Session, campaign: Running, one: Timer, milestone: Milestone, rung: Rung, now: datetime
) -> str:
    due = milestone.due_at
    if one.obligation_id:
        due = session.get_one(Obligation, one.obligation_id).due_at or due
    if one.local_id:
        due = session.get_one(LocalDate, one.local_id).due_at or due
    if due is None:
        return ladder.reason(rung, milestone.name, milestone.filled or milestone.words)
    local, today = due.astimezone(campaign.zone), now.astimezone(campaign.zone).date()
    words = f"{local.month}月{local.day}日{local:%H:%M}"
    nominal = ladder.fire_at(rung, due, campaign.calendar, campaign.zone)
    moved = not one.after_due and bool(milestone.period) and one.fire_at > nominal
    overdue = campaign.calendar.between(local.date(), today)
    return ladder.reason(rung, milestone.name, words, overdue, at_opening=moved)


def _owing(session: Session, one: Timer) -> list[Owing]:
    """The next slice of units that still owe it; suspended units are left in peace."""
    statement = (
        sa.select(obligation.c.id, obligation.c.unit_id)
        .join(
            run,
            sa.and_(run.c.campaign_id == obligation.c.campaign_id, run.c.unit_id == obligation.c.unit_id),
        )
        .where(obligation.c.status.in_(OPEN), ~run.c.state.like("%.suspended"))
    )
    if one.obligation_id:
        statement = statement.where(obligation.c.id == one.obligation_id, obligation.c.id > one.cursor)
    else:
        first, last = obligation_span(one.milestone_id)
        statement = statement.where(
            obligation.c.id.between(max(first, one.cursor + 1), last),
            obligation.c.local_id == one.local_id if one.local_id else obligation.c.due_at.is_(None),
        )
    rows = session.execute(statement.order_by(obligation.c.id).limit(SLICE)).tuples()
    return [Owing(key, unit_id, one.cycle) for key, unit_id in rows]
