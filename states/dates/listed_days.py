"""The dates and festivals of a list -> the days of a window on which its turns fall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from states.dates.faults import DatesError
from states.dates.festivals import days_off
from states.dates.frame import ONE_DAY, UnsetError, known
from states.dates.points import Clock, Day, Feast, Written
from states.dates.spans import days_of
from states.workdays import Workdays


@dataclass(frozen=True)
class Named:
    """A day that a recurrence names, until what time; with a label and a first day of its own where it has them.

    `arranged`: a day whose year's arrangement of holidays decides.
    """

    day: date
    clock: Clock | None = None
    label: str | None = None
    begins: date | None = None
    arranged: date | None = None


def named_days(
    points: tuple[Written | Feast, ...], first: date, last: date, calendar: Workdays
) -> list[Named]:
    """The listed days from `first` to `last`, in order; what names no year comes in every year."""
    found = [one for point in points for one in _turns(point, first, last, calendar)]
    unique = {(one.day, one.label): one for one in found if first <= one.day <= last}
    return sorted(unique.values(), key=lambda one: one.day)


def _turns(point: Written | Feast, first: date, last: date, calendar: Workdays) -> Iterator[Named]:
    written = point.holiday.year if isinstance(point, Feast) else point.year
    years = (
        range(first.year, last.year + 1 + isinstance(point, Feast)) if written is None else [known(written)]
    )
    for year in years:
        if isinstance(point, Feast):
            yield from _feast(point, year, calendar, needed=year <= last.year)
            continue
        try:
            yield Named(days_of(point, year)[1], point.clock if isinstance(point, Day) else None)
        except UnsetError as unset:
            if written is not None:  # a 29 February without a year is left out of other years
                raise DatesError(str(unset)) from None


def _feast(point: Feast, year: int, calendar: Workdays, *, needed: bool) -> Iterator[Named]:
    """Due on the last of the days off, or on the last working day before them (元旦 may be that in December)."""
    name = point.holiday.festival.value
    days = days_off(point.holiday.festival, year, calendar)
    if days is None and needed:
        raise DatesError(f"{year}年的{name}不在历表内，请写明日期")
    if days is None:
        return
    if point.before:
        yield Named(calendar.on_or_before(days[0] - ONE_DAY), None, f"{year}-{name}", arranged=days[1])
    else:
        yield Named(days[1], None, f"{year}-{name}", days[0])
