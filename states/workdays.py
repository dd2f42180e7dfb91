"""Working days: Monday to Friday, corrected by the days a published holiday arrangement moves.

Only the days that differ from Monday–Friday are kept. The number of working days up to any day is then a
closed formula plus a running total looked up by bisection, so counting costs the same over ten days or ten
years, forwards or backwards. A year without a published arrangement is provisional: Monday to Friday, less the
holidays that the law itself puts on a date; what is moved around them is not guessed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate

from states.errors import Faulty

FRIDAY = 5  # ISO weekday
LAST = date.max.toordinal()
# Month and day of the holidays fixed by law (全国年节及纪念日放假办法) -> the first year in which it names them.
FIXED = {(1, 1): 1950, (5, 1): 1950, (5, 2): 2025, (10, 1): 1950, (10, 2): 1950, (10, 3): 1999}
FORESEEN = range(1950, 2200)  # years in which they are known without an arrangement


@dataclass(frozen=True, slots=True)
class Workdays:
    """An immutable working-day calendar; build it with `Workdays.of`."""

    # ordinal -> is a working day; only days that differ from Monday–Friday
    _moved: Mapping[int, bool] = field(repr=False)
    _marks: tuple[int, ...] = field(repr=False)  # the same ordinals, sorted
    _gained: tuple[int, ...] = field(repr=False)  # working days gained (or lost) by the first i marks
    _counts: tuple[int, ...] = field(repr=False)  # working days from day 1 up to and including each mark
    _years: frozenset[int]

    @classmethod
    def of(cls, days: Mapping[date, bool], years: Iterable[int]) -> Workdays:
        """Calendar from exceptions (day -> is a working day) and the published years.

        An exception in a year that is not published is left out: half a year's knowledge would pass for the whole.
        Such a year has the holidays fixed by law instead.
        """
        known = frozenset(years)
        told = {day: works for day, works in days.items() if day.year in known}
        told |= dict.fromkeys(_fixed(known), False)
        moved = {day.toordinal(): works for day, works in sorted(told.items()) if works != _is_weekday(day)}
        marks = tuple(moved)
        gained = tuple(accumulate((1 if works else -1 for works in moved.values()), initial=0))
        counts = tuple(_weekdays_until(mark) + gained[at + 1] for at, mark in enumerate(marks))
        return cls(moved, marks, gained, counts, known)

    def is_workday(self, day: date) -> bool:
        return self._moved.get(day.toordinal(), _is_weekday(day))

    def add(self, day: date, n: int) -> date:
        """The n-th working day after `day` (before it when n < 0); `day` itself is never counted; n = 0 is `day`."""
        if n == 0:
            return day
        start = day.toordinal()
        target = self._count(start) + n if n > 0 else self._count(start - 1) + n + 1
        found = self._nth(target)
        if target < 1 or found > LAST:
            raise Faulty([f"{day.isoformat()}加{n}个工作日超出可计算的日期，请改小天数"])
        return date.fromordinal(found)

    def on_or_after(self, day: date) -> date:
        return day if self.is_workday(day) else self.add(day, 1)

    def on_or_before(self, day: date) -> date:
        return day if self.is_workday(day) else self.add(day, -1)

    def between(self, a: date, b: date) -> int:
        """Working days after `a` up to and including `b`; negative when `b` is the earlier one."""
        return self._count(b.toordinal()) - self._count(a.toordinal())

    def provisional(self, day: date) -> bool:
        """True when the arrangement of this day's year is not published."""
        return day.year not in self._years

    def spans_provisional(self, a: date, b: date) -> bool:
        """True when any day from `a` to `b`, both included and in either order, is provisional."""
        first, last = sorted((a.year, b.year))
        return any(year not in self._years for year in range(first, last + 1))

    def _count(self, ordinal: int) -> int:
        return _weekdays_until(ordinal) + self._gained[bisect_right(self._marks, ordinal)]

    def _nth(self, count: int) -> int:
        """Ordinal of the first day up to which there are `count` working days."""
        at = bisect_left(self._counts, count)
        ordinal = _nth_weekday(count - self._gained[at])
        return min(ordinal, self._marks[at]) if at < len(self._marks) else ordinal


def published() -> tuple[dict[date, bool], tuple[int, ...]]:
    """The State Council arrangements known to the `chinese-calendar` package: moved days, and the years it covers."""
    from chinese_calendar import constants

    days = dict.fromkeys(constants.holidays, False) | dict.fromkeys(constants.workdays, True)
    years = tuple(range(min(days).year, max(days).year + 1))
    return {day: works for day, works in sorted(days.items()) if works != _is_weekday(day)}, years


def _fixed(published: Iterable[int]) -> list[date]:
    """The holidays fixed by law in every year that is foreseen and not published."""
    years = set(FORESEEN).difference(published)
    return [date(year, *day) for day, since in FIXED.items() for year in years if year >= since]


def _is_weekday(day: date) -> bool:
    return day.isoweekday() <= FRIDAY


def _weekdays_until(ordinal: int) -> int:
    """Mondays to Fridays from 0001-01-01, a Monday, up to and including this ordinal."""
    weeks, days = divmod(ordinal, 7)
    return weeks * FRIDAY + min(days, FRIDAY)


def _nth_weekday(count: int) -> int:
    weeks, days = divmod(count - 1, FRIDAY)
    return weeks * 7 + days + 1
