"""What a date counts from when that is no day of the calendar: something that happens, and that a person records."""

from __future__ import annotations

from states.dates import Anchor, Deadline, Event
from states.dates.points import Relative


def event_of(deadline: Deadline, phase: str | None) -> str | None:
    """The event that a deadline counts from, by the name under which it is recorded; None where it counts from none.

    `在完成阶段工作5日内` counts from the day on which the work of its `phase` (named) is done; while nobody has recorded
    that, from the end of the phase's window.
    """
    if isinstance(deadline.anchor, Event):
        return deadline.anchor.key
    after = isinstance(deadline.point, Relative) and not deadline.point.backwards
    if phase is not None and after and deadline.anchor is Anchor.PHASE_END:
        return f"{phase}完成"
    return None
