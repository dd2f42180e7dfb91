"""From a due date to rows: one timer a rung; whose they are, and how the dates of a milestone are told apart."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states import ladder
from states.dates import periods
from states.ladder import RungTime
from states.records.campaigns import Running
from states.records.core import timer
from states.records.dispatch import Timer
from states.records.tables import Milestone

Conditions = tuple[sa.ColumnElement[bool], ...]


def timers(
    campaign: Running,
    milestone: Milestone,
    due: datetime,
    now: datetime,
    obligation_id: int = 0,
    cycle: int = 0,
    could_open: datetime | None = None,
    local_id: int = 0,
    turn: bool = False,
) -> list[Timer]:
    """The timers of one due date, see `timetable`."""
    return [
        Timer(
            campaign_id=campaign.id,
            milestone_id=milestone.id,
            obligation_id=obligation_id,
            local_id=local_id,
            cycle=cycle,
            rung=one.rung,
            after_due=one.after_due,
            fire_at=one.fire_at,
            done_at=now if one.skipped else None,
            outcome=one.skipped,
        )
        for one in timetable(campaign, milestone, due, now, could_open, turn=turn)
    ]


def timetable(
    campaign: Running,
    milestone: Milestone,
    due: datetime,
    now: datetime,
    could_open: datetime | None = None,
    *,
    turn: bool = False,
) -> list[RungTime]:
    """The rungs of one due date; those whose time had passed when it (`could`) open come back as skipped.

    What opens overdue is demanded at once, see `ladder.demanded_at_once`. `turn`: one of something that comes again
    opens, see `ladder.reminded_at_opening`.
    """
    steps = campaign.ladder(milestone)
    if steps is None:
        return []
    times = ladder.timetable(steps, due, could_open or now, campaign.calendar, campaign.zone)
    if could_open is not None and due < could_open:
        times = ladder.demanded_at_once(steps, times, could_open)
    within = periods.days(milestone.period) if turn and could_open else 0
    if within and could_open:
        about = could_open, due, within, campaign.calendar, campaign.zone
        times = ladder.reminded_at_opening(steps, times, *about)
    return times


def common(milestone_id: int, local_id: int = 0) -> Conditions:
    """Over `timer`: those of the milestone's own date, or of a local date of it."""
    return (*_about(milestone_id), timer.c.obligation_id == 0, timer.c.local_id == local_id)


def own(milestone_id: int, obligations: sa.ColumnElement[bool]) -> Conditions:
    """Over `timer`: those of dates given to obligations alone (`obligations`: a condition on the column)."""
    return (*_about(milestone_id), obligations)


def next_cycle(session: Session, milestone_id: int) -> int:
    """For a date that many units get: a number that none of them has had for another date of this milestone."""
    last = sa.select(sa.func.coalesce(sa.func.max(timer.c.cycle), -1))
    return int(session.execute(last.where(*_about(milestone_id))).scalar_one()) + 1


def next_cycle_of(session: Session, milestone_id: int, obligation_id: int) -> int:
    """The same for a date that one obligation gets: above those it had, and those of everybody."""
    mine = timer.c.obligation_id.in_((0, obligation_id))
    last = sa.select(sa.func.coalesce(sa.func.max(timer.c.cycle), 0)).where(*_about(milestone_id), mine)
    return int(session.execute(last).scalar_one()) + 1


def _about(milestone_id: int) -> Conditions:
    return timer.c.phase_id == 0, timer.c.milestone_id == milestone_id
