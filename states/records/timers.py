"""From a due date to rows: one timer a rung."""

from __future__ import annotations

from datetime import datetime

from states import ladder
from states.ladder import RungTime
from states.records.campaigns import Running
from states.records.dispatch import Timer
from states.records.tables import Milestone


def timers(
    campaign: Running,
    milestone: Milestone,
    due: datetime,
    now: datetime,
    obligation_id: int = 0,
    cycle: int = 0,
    could_open: datetime | None = None,
) -> list[Timer]:
    """The timers of one due date, see `timetable`."""
    return [
        Timer(
            campaign_id=campaign.id,
            milestone_id=milestone.id,
            obligation_id=obligation_id,
            cycle=cycle,
            rung=one.rung,
            after_due=one.after_due,
            fire_at=one.fire_at,
            done_at=now if one.skipped else None,
            outcome=one.skipped,
        )
        for one in timetable(campaign, milestone, due, now, could_open)
    ]


def timetable(
    campaign: Running, milestone: Milestone, due: datetime, now: datetime, could_open: datetime | None = None
) -> list[RungTime]:
    """The rungs of one due date; those whose time had passed when it (`could`) open come back as skipped.

    What opens overdue is demanded at once, see `ladder.demanded_at_once`.
    """
    steps = campaign.ladder(milestone)
    if steps is None:
        return []
    times = ladder.timetable(steps, due, could_open or now, campaign.calendar, campaign.zone)
    if could_open is not None and due < could_open:
        times = ladder.demanded_at_once(steps, times, could_open)
    return times
