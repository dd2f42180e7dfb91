"""Hours while offices are open: counted over the working-day calendar, never by night, at noon or on days off."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import accumulate
from typing import Final

from states.dates.frame import OFFICE_HOURS
from states.workdays import Workdays

_NONE: Final = timedelta()


def _since_midnight(clock: time) -> timedelta:
    return timedelta(
        hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond
    )


_SITTINGS: Final = tuple((_since_midnight(opens), _since_midnight(closes)) for opens, closes in OFFICE_HOURS)
_WORKED: Final = tuple(accumulate((closes - opens for opens, closes in _SITTINGS), initial=_NONE))
DAY: Final = _WORKED[-1]  # office time of one working day


def office_hours_after(at: datetime, hours: int, calendar: Workdays) -> datetime:
    """The local instant so many office hours after `at` (before it when negative).

    What ends with a sitting ends when the office closes, not when it opens again.
    """
    day, worked = _worked_before(at, calendar, forwards=hours > 0)
    days, rest = divmod(worked + timedelta(hours=hours), DAY)
    if hours > 0 and not rest:
        days, rest = days - 1, DAY
    return datetime.combine(calendar.add(day, days), _clock(rest), at.tzinfo)


def _worked_before(at: datetime, calendar: Workdays, *, forwards: bool) -> tuple[date, timedelta]:
    """The working day to count from, and how much of it is over."""
    day = at.date()
    if not calendar.is_workday(day):
        return (calendar.add(day, 1), _NONE) if forwards else (calendar.add(day, -1), DAY)
    clock = _since_midnight(at.time())
    return day, sum((min(max(clock - opens, _NONE), closes - opens) for opens, closes in _SITTINGS), _NONE)


def _clock(worked: timedelta) -> time:
    """The time of day at which so much of a working day is over."""
    sitting = next(at for at in range(len(_SITTINGS)) if worked <= _WORKED[at + 1])
    minutes, seconds = divmod(_SITTINGS[sitting][0] + worked - _WORKED[sitting], timedelta(minutes=1))
    return time(*divmod(minutes, 60), seconds.seconds, seconds.microseconds)
