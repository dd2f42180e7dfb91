"""Rungs whose time has come: a timer is served a slice of units at a time, in one transaction each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states import ladder
from states.records import fairness, granting
from states.records.announcing import announce
from states.records.campaigns import Running, running
from states.records.columns import obligation_span
from states.records.core import campaign as campaign_table
from states.records.core import obligation, put_off, run, timer
from states.records.dispatch import Timer
from states.records.journal import note
from states.records.localities import LocalDate
from states.records.notifying import Owing, notify, propose, tell_coordinator
from states.records.rejudged import day_words
from states.records.settling import OPEN
from states.records.tables import Milestone, Obligation
from states.template import Ladder, Rung

SLICE = 5_000
SYSTEM = "system"


class Claimed(NamedTuple):
    """A timer that is being served, and when it was to fire."""

    id: int
    fire_at: datetime


def fire_next(
    session: Session, now: datetime, *, after_due: bool, aside: Collection[int] = (), claimed: list[Claimed]
) -> int | None:
    """Serve one slice of the earliest timer that is due and not `aside`; None when there is none left.

    The timer is judged again under its lock: where a higher rung of the same due date has come too, only the
    higher one speaks and this one is recorded as skipped. `claimed` receives it, whatever happens after.
    """
    one = _claim(session, now, after_due, aside)
    if one is None:
        return None
    claimed.append(Claimed(one.id, one.fire_at))
    campaign = running(session, one.campaign_id)
    if one.phase_id < 0:
        return _finish(session, campaign, one, now, *granting.remind(session, campaign, one, now))
    if one.rung == 0:
        served = announce(session, campaign, one, now, SLICE)
        return served if served == SLICE else _finish(session, campaign, one, now, "fired", served)
    return _serve(session, campaign, one, now)


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
        .where(timer.c.id.not_in(aside), ~_earlier_is_due(now, aside))
        .order_by(timer.c.fire_at, timer.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=timer)
    )
    key = session.execute(due).scalar()
    return session.get(Timer, key, populate_existing=True) if key is not None else None


def _earlier_is_due(now: datetime, aside: Collection[int]) -> sa.Exists:
    """Whether an earlier rung of the same date has still to be served, perhaps by somebody who holds its lock: until then
    nobody knows who heard it and what time it gave back.
    """
    earlier = timer.alias("earlier")
    same = ("phase_id", "milestone_id", "obligation_id", "cycle", "after_due")
    return sa.exists().where(
        *(earlier.c[name] == timer.c[name] for name in same),
        earlier.c.done_at.is_(None),
        earlier.c.fire_at <= now,
        earlier.c.rung < timer.c.rung,
        earlier.c.id.not_in(aside),
    )


def _higher_is_due(session: Session, one: Timer, steps: Ladder, now: datetime) -> bool:
    """Whether a higher rung of the same date speaks instead. One with consequences silences only its like: what is
    merely proposed has told the unit nothing. Units that were put off get each rung in its turn.
    """
    if one.held:
        return False
    asks = steps.rungs[one.rung - 1].confirm
    like = [n for n, rung in enumerate(steps.rungs, 1) if n > one.rung and asks >= rung.confirm]
    higher = sa.select(timer.c.id).where(
        timer.c.phase_id == one.phase_id,
        timer.c.milestone_id == one.milestone_id,
        timer.c.obligation_id == one.obligation_id,
        timer.c.cycle == one.cycle,
        timer.c.rung.in_(like),
        timer.c.fire_at <= now,
        timer.c.outcome.is_distinct_from(ladder.MISSED_AT_OPENING),
    )
    return session.execute(higher.limit(1)).scalar() is not None


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
    due = _due(session, one, milestone)
    rows = _owing(session, one, now)
    served = fairness.ready(session, campaign, one, due, rows, now) if one.after_due else rows
    if _higher_is_due(session, one, steps, now):
        if len(served) == len(rows) and not one.cursor:
            return _finish(session, campaign, one, now, ladder.MUTED_BY_HIGHER)
        served = []  # they hear the higher one; who was put off hears each in its turn
    reason = _reason(campaign, one, milestone, due, rung, now)
    if rung.confirm:
        propose(session, one, milestone, rung, served, reason, now)
    else:
        notify(session, campaign, one, rung, served, reason, now)
    if one.after_due:
        fairness.credit_late(session, campaign, one, due, rung.name, served, now)
    one.served += len(served)
    if len(rows) == SLICE:
        one.cursor = rows[-1].key
        session.add(one)
        return len(served)
    return _pass_ended(session, campaign, one, milestone, rung, now, len(served))


def _pass_ended(
    session: Session,
    campaign: Running,
    one: Timer,
    milestone: Milestone,
    rung: Rung,
    now: datetime,
    served: int,
) -> int:
    """All its units have been looked at: the timer is done, or comes back for those that were put off."""
    again = fairness.comes_back(session, one, now)
    if one.served and (again is None or not one.held):
        key = f"t:{one.id}:again" if one.held else f"t:{one.id}"
        tell_coordinator(session, campaign, key, rung.name, milestone.name, one, now)
    if again is None:
        return _finish(session, campaign, one, now, "fired", served)
    one.held, one.cursor, one.fire_at = True, 0, again
    session.add(one)
    return served


def _due(session: Session, one: Timer, milestone: Milestone) -> datetime | None:
    """The date in force for those whom the timer serves."""
    if one.obligation_id:
        return session.get_one(Obligation, one.obligation_id).due_at or milestone.due_at
    if one.local_id:
        return session.get_one(LocalDate, one.local_id).due_at or milestone.due_at
    return milestone.due_at


def _reason(
    campaign: Running, one: Timer, milestone: Milestone, due: datetime | None, rung: Rung, now: datetime
) -> str:
    if due is None:
        return ladder.reason(rung, milestone.name, milestone.filled or milestone.words)
    local, today = due.astimezone(campaign.zone), now.astimezone(campaign.zone).date()
    words = day_words(due, campaign)
    nominal = ladder.fire_at(rung, due, campaign.calendar, campaign.zone)
    moved = not one.after_due and bool(milestone.period) and one.fire_at > nominal
    overdue = campaign.calendar.between(local.date(), today)
    return ladder.reason(rung, milestone.name, words, overdue, at_opening=moved)


def _owing(session: Session, one: Timer, now: datetime) -> list[Owing]:
    """The next slice of units that still owe it; suspended units are left in peace. Of a timer that has come back
    only those that it put off and whose time may have come."""
    statement = (
        sa.select(obligation.c.id, obligation.c.unit_id)
        .join(
            run,
            sa.and_(run.c.campaign_id == obligation.c.campaign_id, run.c.unit_id == obligation.c.unit_id),
        )
        .where(obligation.c.status.in_(OPEN), ~run.c.state.like("%.suspended"))
    )
    if one.held:
        again = sa.and_(put_off.c.timer_id == one.id, put_off.c.obligation_id == obligation.c.id)
        may_be = sa.or_(put_off.c.fire_at.is_(None), put_off.c.fire_at <= now)
        statement = statement.join(put_off, again).where(may_be)
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
