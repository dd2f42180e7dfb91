"""A milestone's date has changed: the rungs still to come are set anew.

Those that have spoken stay spoken, but for a date so much later that they speak of it after the one before: whoever has
time again is reminded of it, and asked first by the lowest demand.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.records.campaigns import Running
from states.records.columns import obligation_span, slices
from states.records.core import notice, obligation, proposal, timer
from states.records.dispatch import Timer
from states.records.tables import Milestone
from states.records.timers import common, next_cycle, own, timers

AT_ONCE = 1_000
NEVER_ACTED_ON = ("proposed", "held", "superseded", "withdrawn")


def rearm(
    session: Session,
    campaign: Running,
    milestone: Milestone,
    now: datetime,
    why: str,
    before: datetime | None = None,
) -> None:
    """Timers of everybody who owes it at its own date; who has a date of their own keeps that with its rungs.

    `before`: the date that it had, where it has another one.

    What a fired rung had put in the way of the old date and nobody has heard yet is withdrawn. A rung that was only
    proposed and never confirmed has not spoken: it comes again.
    """
    silent = spoken(session, milestone.id)
    withdraw(session, milestone)
    stop(session, milestone, now, why)
    if milestone.due_at is not None:
        cycle = max(next_cycle(session, milestone.id), 1)
        fresh = timers(campaign, milestone, milestone.due_at, now, cycle=cycle, could_open=now)
        session.add_all([one for one in fresh if one.rung not in silent or again(one, before, now)])
    session.flush()


def again(one: Timer, before: datetime | None, now: datetime) -> bool:
    """Whether a rung that has spoken of the date `before` speaks again, of the new one."""
    return before is not None and one.done_at is None and one.fire_at > max(before, now)


def stop(session: Session, milestone: Milestone, now: datetime, why: str) -> None:
    """No rung of the common date comes any more."""
    going = (*common(milestone.id), timer.c.done_at.is_(None))
    session.execute(sa.update(timer).where(*going).values(done_at=now, outcome=why))


def fired(session: Session, milestone_id: int) -> set[int]:
    """Numbers of the rungs that have been served to somebody, whoever's date it was."""
    statement = sa.select(timer.c.rung).where(
        timer.c.phase_id == 0, timer.c.milestone_id == milestone_id, timer.c.served > 0
    )
    return set(session.execute(statement).scalars())


def spoken(session: Session, milestone_id: int, local_id: int = 0) -> set[int]:
    """Numbers of the rungs that everybody with the common date, or with this local one, has heard."""
    served = sa.or_(timer.c.outcome == "fired", timer.c.served > 0)
    rungs = sa.select(timer.c.rung).where(*common(milestone_id, local_id), served)
    return set(session.execute(rungs).scalars()) - _only_proposed(session, milestone_id, local_id)


def _only_proposed(session: Session, milestone_id: int, local_id: int) -> set[int]:
    acted_on = sa.case((proposal.c.state.not_in(NEVER_ACTED_ON), 1), else_=0)
    statement = (
        sa.select(proposal.c.rung)
        .where(_hanging(proposal, milestone_id, local_id))
        .group_by(proposal.c.rung)
        .having(sa.func.sum(acted_on) == 0)
    )
    return set(session.execute(statement).scalars())


def withdraw(session: Session, milestone: Milestone) -> None:
    """What the common date had put in the way and nobody has heard or decided yet."""
    for table, waiting in ((notice, "pending"), (proposal, "proposed")):
        session.execute(
            sa.update(table)
            .where(_hanging(table, milestone.id), table.c.state.in_((waiting, "held")))
            .values(state="withdrawn")
        )


def _hanging(table: sa.Table, milestone_id: int, local_id: int = 0) -> sa.ColumnElement[bool]:
    """What hangs on obligations that are due at the milestone's own date, or at this local one."""
    first, last = obligation_span(milestone_id)
    whose = obligation.c.local_id == local_id if local_id else obligation.c.due_at.is_(None)
    theirs = sa.select(obligation.c.id).where(obligation.c.id.between(first, last), whose)
    return sa.and_(table.c.obligation_id.between(first, last), table.c.obligation_id.in_(theirs))


def rearm_own(
    session: Session, campaign: Running, milestone: Milestone, keys: list[int], now: datetime, why: str
) -> None:
    """The same for obligations `keys` that have dates of their own: a timetable per date, rows in bulk."""
    for some in slices(keys, AT_ONCE):
        cycle = next_cycle(session, milestone.id)
        alone = own(milestone.id, timer.c.obligation_id.in_(some))
        going = sa.update(timer).where(*alone, timer.c.done_at.is_(None)).values(done_at=now, outcome=why)
        session.execute(going)
        due = sa.select(obligation.c.id, obligation.c.due_at).where(obligation.c.id.in_(some))
        rows = [
            _values(one, key, cycle)
            for key, at in session.execute(due).tuples()
            for one in _timetable(campaign, milestone, at, now)
        ]
        if rows:
            session.execute(sa.insert(timer), rows)


def _timetable(campaign: Running, milestone: Milestone, due: datetime, now: datetime) -> list[Timer]:
    return timers(campaign, milestone, due, now, could_open=now)


def _values(one: Timer, key: int, cycle: int) -> dict[str, Any]:
    made = one.model_dump(exclude={"id"})
    return {**made, "obligation_id": key, "cycle": cycle}
