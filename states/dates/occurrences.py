"""A recurrence laid out over a window: one occurrence per period, named, opened and due.

Periods and days are reckoned in local time. The named day of an occurrence decides its label and its period;
a shift for days off moves only the due instant, and never out of the window: where 顺延 would leave it, the
working day before is taken, so that the last report of a campaign is not lost. Words that name no day (每周, 每月)
ask once per period: of a last one that the end of the window cuts short, at that end, when half of its
working days lie inside; of a first one likewise, unless no other follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule

from states.dates import periods
from states.dates.faults import DatesError
from states.dates.frame import ONE_DAY, closing
from states.dates.listed_days import Named, named_days
from states.dates.points import Clock
from states.dates.rhythm import LAST_DAY, LAST_WORKDAY, SHORTEST, Every, Rhythm, Shift
from states.dates.rules import laid_out, once_per_period, parts
from states.workdays import Workdays

MOST: Final = 5000  # occurrences of one recurrence in one window


@dataclass(frozen=True)
class Occurrence:
    """One period's turn. `opens` and `due` are UTC; `label` names the period and stays whatever the shift does."""

    label: str
    opens: datetime
    due: datetime
    provisional: bool = False


def occurrences(
    every: Every, start: datetime, end: datetime, calendar: Workdays, zone: ZoneInfo
) -> Iterator[Occurrence]:
    """The turns that fall due from `start` to `end`, both included, in order.

    Labels: 2026-12-05 a day, 2026-W49 an ISO week, 2026-12-T1 ten days, 2026-12-H1 half a month, 2026-12,
    2026-Q4, 2026-H2, 2026; what names several days in a period is labelled by the day, a festival 2026-端午. An
    occurrence opens at the local midnight on which its period (the days off of a festival) begins, or after the
    turn before it, never before `start`.
    DatesError when the recurrence has a blank, or more than MOST turns.
    """
    if every.blank:
        raise DatesError(f"频次“{every.words()}”留空，须填写后才能排期")
    return _turns(_Window(every, start.astimezone(zone), end.astimezone(zone), calendar, zone))


@dataclass(frozen=True)
class _Window:
    every: Every
    start: datetime  # local
    end: datetime
    calendar: Workdays
    zone: ZoneInfo

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone)

    def due(self, day: date, clock: Clock | None) -> tuple[date, datetime] | None:
        """Day and instant on which the turn of `day` falls due; None when that is outside the window."""
        for option in self._days(day):
            instant = closing(option, clock, self.zone)
            if self.start <= instant <= self.end:
                return option, instant
        return None

    def _days(self, day: date) -> tuple[date, ...]:
        """Where the turn may go, best first."""
        if self.every.shift is Shift.NONE:
            return (day,)
        before, after = self.calendar.on_or_before(day), self.calendar.on_or_after(day)
        return (before, after, day) if self.every.shift is Shift.PREVIOUS else (after, before, day)


def _turns(window: _Window) -> Iterator[Occurrence]:
    label, begins = _naming(window.every)
    previous, count = date.min, 0
    short: Occurrence | None = None  # the first, where the window begins late in its period
    for turn in _named_days(window):
        day = turn.day
        opens = turn.begins or max(begins(day), previous + ONE_DAY)
        late = previous == date.min and _begins_late(window, opens, day)
        previous = day
        found = window.due(day, turn.clock) or _cut_short(window, opens, day)
        if found is None:
            continue
        made = _turn(window, turn.label or label(day), opens, turn.arranged or day, found)
        if late:
            short = made
            continue
        count, short = count + 1, None
        if count > MOST:
            raise DatesError(f"频次“{window.every.words()}”在时间窗内超过{MOST}次，请改稀或缩短时间窗")
        yield made
    if short is not None:
        yield short


def _begins_late(window: _Window, opens: date, day: date) -> bool:
    """Less than half of the working days of a period that has no day of its own are left when the window begins; of a
    count (每季度至少1次), which what is left may be time enough for, none is.
    """
    first = window.start.date()
    if not window.every.whole or first <= opens:
        return False
    inside, whole = (window.calendar.between(one - ONE_DAY, day) for one in (first, opens))
    return inside < 1 if window.every.minimum else inside * 2 < whole


def _cut_short(window: _Window, opens: date, day: date) -> tuple[date, datetime] | None:
    """Of a period whose last day the window does not reach: the end of the window, when half of its working days lie inside."""
    first, last = max(opens, window.start.date()), window.end.date()
    if not (window.every.whole and first <= last < day):
        return None
    inside, whole = (
        window.calendar.between(one - ONE_DAY, end) for one, end in ((first, last), (opens, day))
    )
    works = window.calendar.on_or_before(last)
    if works < first or inside * 2 < whole:
        return None
    if window.every.shift is Shift.NONE or works == last:
        return last, window.end
    return works, closing(works, window.every.clock, window.zone)


def _turn(
    window: _Window, label: str, opens: date, arranged: date, found: tuple[date, datetime]
) -> Occurrence:
    due_day, due = found
    opening = max(window.start, window.midnight(min(opens, due_day)))
    provisional = window.calendar.spans_provisional(arranged, due_day)
    return Occurrence(label, opening.astimezone(UTC), due.astimezone(UTC), provisional)


def _named_days(window: _Window) -> Iterator[Named]:
    """The days the recurrence names from the window's first day on, in order."""
    every, first, last = window.every, window.start.date(), window.end.date()
    if every.shift is Shift.PREVIOUS or every.day == LAST_WORKDAY:
        last = window.calendar.add(last, 1)  # days off after the end can be brought forward into the window
    if every.rhythm is Rhythm.DATES:
        yield from named_days(every.dates, first, last, window.calendar)
        return
    for instant in _rule(every, datetime.combine(first, time.min)):
        day = instant.date()
        if day > last:
            if every.whole:  # the period that the end of the window may cut short
                yield Named(day, every.clock)
            return
        if every.day == LAST_WORKDAY:
            yield from _last_workday(window, day)
        elif every.rhythm is not Rhythm.WORKDAY or window.calendar.is_workday(day):
            yield Named(day, every.clock)


def _last_workday(window: _Window, last: date) -> Iterator[Named]:
    """Of the period that ends on `last`; none where all of it is days off."""
    label, begins = _naming(window.every)
    works = window.calendar.on_or_before(last)
    if works >= begins(last):
        yield Named(works, window.every.clock, label(last), begins(last), last)


def _rule(every: Every, first: datetime) -> rrule:
    day = every.day if isinstance(every.day, int) and every.day != LAST_WORKDAY else None
    month = every.month if isinstance(every.month, int) else None
    match every.rhythm:
        case Rhythm.RULE:
            return laid_out(every.rule, first)
        case Rhythm.WEEK:
            return rrule(WEEKLY, first, byweekday=[one - 1 for one in (day or 7, *every.also)])
        case Rhythm.TEN_DAYS:
            return rrule(MONTHLY, first, bymonthday=(10, 20, -1))
        case Rhythm.HALF_MONTH:
            return rrule(MONTHLY, first, bymonthday=(15, -1))
        case Rhythm.MONTH:
            return _monthly(first, range(1, 13), day, every.also)
        case Rhythm.QUARTER:
            return _monthly(first, range(month or 3, 13, 3), day)
        case Rhythm.HALF_YEAR:
            return _monthly(first, (6, 12), day)
        case Rhythm.YEAR:
            return _monthly(first, (month or 12,), day)
        case _:
            return rrule(DAILY, first)


def _monthly(first: datetime, months: Iterable[int], day: int | None, also: tuple[int, ...] = ()) -> rrule:
    """A day (or several) of some months; the 29th, 30th and 31st are the last day of months that are shorter."""
    if also and day is not None:
        return rrule(MONTHLY, first, bymonth=tuple(months), bymonthday=(day, *also))
    if day is None or day == LAST_DAY:
        return rrule(MONTHLY, first, bymonth=tuple(months), bymonthday=-1)
    if day <= SHORTEST:
        return rrule(MONTHLY, first, bymonth=tuple(months), bymonthday=day)
    return rrule(
        MONTHLY, first, bymonth=tuple(months), bymonthday=tuple(range(SHORTEST, day + 1)), bysetpos=-1
    )


def _naming(every: Every) -> tuple[Callable[[date], str], Callable[[date], date]]:
    """How a turn is labelled and on which day its period begins."""
    if every.rhythm is not Rhythm.RULE:
        return periods.label(Rhythm.DAY if every.also else every.rhythm), periods.begins(every.rhythm)
    rhythm = _OF_FREQ[parts(every.rule)["FREQ"]]
    label = periods.label(rhythm if once_per_period(every.rule) else Rhythm.DAY)
    return label, periods.begins(rhythm)


_OF_FREQ = {
    "DAILY": Rhythm.DAY,
    "WEEKLY": Rhythm.WEEK,
    "MONTHLY": Rhythm.MONTH,
    "YEARLY": Rhythm.YEAR,
}
