"""Festivals and periods known by name -> first and last day.

A named period has the days that somebody gave; until then the sentence says which period is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from dateutil.relativedelta import relativedelta

from states.dates.frame import ONE_DAY, Frame, NoSuchDayError, UnsetError, known
from states.dates.points import Feast, Period, Stretch, Term, TermYear, Written

Days = tuple[date, date]
Reader = Callable[[Written, int], Days]


def feast_days(point: Feast, frame: Frame) -> Days:
    """The days off, or the last working day before them."""
    first, last = frame.holiday(point.holiday)
    if not point.before:
        return first, last
    day = frame.calendar.on_or_before(first - ONE_DAY)
    return day, day


def term_days(point: Term, frame: Frame) -> Days:
    """The period's own days, or the day before it begins."""
    first, last = frame.period(point.name)
    if first is None or (last is None and not point.before):
        raise UnsetError(_not_given(point.name))
    return (first - ONE_DAY, first - ONE_DAY) if point.before else (first, last or first)


def term_year_days(point: TermYear, frame: Frame, days_of: Reader) -> Days:
    """The days named in the n-th year of a period.

    That year may be meant as a calendar year or from the period's own first day on. Where the two readings fall
    on different days, a person has to decide.
    """
    start = frame.period(point.name)[0]
    if start is None:
        raise UnsetError(_not_given(point.name))
    n = known(point.n)
    _check_within(point, n, start, frame.period(point.name)[1])
    calendar = _in_calendar_year(point, start.year + n - 1, days_of)
    anniversary = _after_anniversary(point, start + relativedelta(years=n - 1), days_of)
    if calendar != anniversary:
        raise NoSuchDayError(
            f"“{point.name}第{n}年”按自然年算到{calendar[1]:%Y-%m-%d}，按周年算到{anniversary[1]:%Y-%m-%d}，须填写日期"
        )
    return calendar


def _check_within(point: TermYear, n: int, first: date, last: date | None) -> None:
    """A period of three years has no ninth."""
    begins = min(date(first.year + n - 1, 1, 1), first + relativedelta(years=n - 1))
    if last is not None and begins > last:
        raise NoSuchDayError(f"“{point.name}”到{last:%Y-%m-%d}为止，没有第{n}年，须改写")


def _in_calendar_year(point: TermYear, year: int, days_of: Reader) -> Days:
    return days_of(point.within or Period(Stretch.YEAR), year)


def _after_anniversary(point: TermYear, first: date, days_of: Reader) -> Days:
    """In the twelve months from `first` on."""
    last = first + relativedelta(years=1) - ONE_DAY
    if point.within is None:
        return first, last
    same = days_of(point.within, first.year)
    return same if same[1] >= first else days_of(point.within, first.year + 1)


def _not_given(name: str) -> str:
    return f"“{name}”的日期未给出，须由协调员填写"
