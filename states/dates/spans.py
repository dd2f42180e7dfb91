"""A point in time -> its first and last instant, given what is known of the campaign.

Anchors give the day to count from, which itself is not counted; hours are counted from the anchor's instant,
on the clock or, where the words say so, only while offices are open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from states.dates.frame import NO_DATE, ONE_DAY, SLIP, UNDATED, Frame, NoSuchDayError, UnsetError, known
from states.dates.occasions import feast_days, term_days, term_year_days
from states.dates.office import office_hours_after
from states.dates.points import (
    At,
    Day,
    Edge,
    Event,
    Feast,
    Holiday,
    Lasting,
    Nth,
    Period,
    Point,
    Relative,
    TenDays,
    Term,
    TermYear,
    Unclear,
    Undated,
    Unit,
    Vague,
    Written,
)
from states.dates.written import WEEKDAYS
from states.workdays import Workdays


@dataclass(frozen=True)
class Span:
    """First and last instant (local) that words name.

    `counted` has the first and last day that matter for the last instant: those gone over as working days,
    the day found included. `counted_first` is the same for the first instant. None: the instant's own day.
    """

    first: datetime
    last: datetime
    counted: tuple[date, date] | None = None
    counted_first: tuple[date, date] | None = None


def span(point: Point, frame: Frame) -> Span:
    """First and last instant of what the point names; UnsetError says what is missing."""
    match point:
        case Day():
            return _day(point, frame)
        case Period() | TenDays():
            return _days(frame, *days_of(point, frame.year(point.year)))
        case At():
            return _at(point, frame)
        case Relative():
            return _relative(point, frame)
        case Nth():
            return _nth(point, frame)
        case Lasting():
            return _lasting(point, frame)
        case Feast() | Term() | TermYear():
            return _by_name(point, frame)
        case Undated() | Unclear() | Vague():
            raise UnsetError(_undated(point))


def _undated(point: Undated | Unclear | Vague) -> str:
    match point:
        case Undated():
            return UNDATED
        case Unclear():
            return f"“{point.text}”{SLIP}"
        case Vague():
            return f"“{point.text}”{NO_DATE}"


def days_of(point: Written, year: int) -> tuple[date, date]:
    """First and last day of what is written, in a year; UnsetError for a blank or a day that year has not."""
    match point:
        case Day():
            day = _day_in(point, year)
            return day, day
        case Period():
            return _period(point, year)
        case TenDays():
            return _ten_days(point, year)


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it is shorter."""
    return day + relativedelta(months=months)


def _days(frame: Frame, first: date, last: date) -> Span:
    return Span(frame.opens(first), frame.closes(last))


def _day(point: Day, frame: Frame) -> Span:
    day = _day_in(point, frame.year(point.year))
    return Span(
        frame.opens(day), frame.closes(day, point.clock), (day, day)
    )  # 24:00 still belongs to the day


def _day_in(point: Day, year: int) -> date:
    month, number = known(point.month), known(point.day)
    try:
        day = date(year, month, number)
    except ValueError:
        raise NoSuchDayError(f"{year}年没有{month}月{number}日，须改写") from None
    if point.weekday not in (None, day.isoweekday()):
        raise NoSuchDayError(
            f"{year}年{month}月{number}日是周{WEEKDAYS[day.weekday()]}，与所写的不符，须核对"
        )
    return day


def _period(point: Period, year: int) -> tuple[date, date]:
    months = point.stretch.value
    first = date(year, (known(point.index) - 1) * months + 1, 1)
    last = months_after(first, months) - ONE_DAY
    match point.edge:
        case Edge.WHOLE:
            return first, last
        case Edge.END | Edge.BY_END:
            return last, last
        case Edge.BEFORE:
            return first - ONE_DAY, first - ONE_DAY


def _ten_days(point: TenDays, year: int) -> tuple[date, date]:
    month = date(year, known(point.month), 1)
    first = month.replace(day=point.first * 10 - 9)
    return first, month.replace(day=point.last * 10) if point.last < 3 else months_after(month, 1) - ONE_DAY


def _by_name(point: Feast | Term | TermYear, frame: Frame) -> Span:
    match point:
        case Feast():
            first, last = feast_days(point, frame)
            counted = (first, frame.holiday(point.holiday)[1])  # the arrangement of the festival decides
            return Span(frame.opens(first), frame.closes(last), counted, counted)
        case Term():
            days = term_days(point, frame)
        case TermYear(within=Day() as day):
            first, last = term_year_days(point, frame, days_of)
            return Span(frame.opens(first), frame.closes(last, day.clock), (last, last))
        case TermYear():
            days = term_year_days(point, frame, days_of)
    return _days(frame, *days)


def _at(point: At, frame: Frame) -> Span:
    instant = frame.at(point.origin)
    if not frame.timed(point.origin):  # a date, not an instant
        return _days(frame, instant.date(), instant.date())
    return Span(instant, instant)


def _relative(point: Relative, frame: Frame) -> Span:
    start = frame.at(point.origin, backwards=point.backwards)
    n = -known(point.n) if point.backwards else known(point.n)
    if point.unit in (Unit.HOUR, Unit.OFFICE_HOUR):
        return _hours(point, frame, start, n)
    day = moved(start.date(), n, point.unit, frame.calendar)
    counted = _counted(start.date(), day) if point.unit is Unit.WORKDAY else None
    if isinstance(point.origin, Holiday):  # its days off count as well: their arrangement decides
        counted = (min(start.date(), day), max(start.date(), day))
    if point.backwards:
        return Span(frame.opens(day), frame.closes(day), counted, counted)
    opens = start + ONE_DAY if isinstance(point.origin, Holiday) else start
    return Span(opens, frame.closes(day), counted)


def _hours(point: Relative, frame: Frame, start: datetime, n: int) -> Span:
    if not frame.timed(point.origin):
        raise NoSuchDayError(f"{_said(point)}只有日期没有时刻，不能按小时计算，须改写")
    if point.unit is Unit.OFFICE_HOUR:
        instant = office_hours_after(start, n, frame.calendar)
        days = sorted((start.date(), instant.date()))
        return Span(min(start, instant), instant, (days[0], days[1]))
    instant = (start.astimezone(UTC) + timedelta(hours=n)).astimezone(frame.zone)
    return Span(min(start, instant), instant)


def _said(point: Relative) -> str:
    return f"“{point.name}”" if isinstance(point.origin, Event) else point.name


def moved(day: date, n: int, unit: Unit, calendar: Workdays) -> date:
    """The day n units after `day` (before it when n < 0); months and years end on the last day of a short month."""
    match unit:
        case Unit.WORKDAY:
            return calendar.add(day, n)
        case Unit.WEEK:
            return day + timedelta(weeks=n)
        case Unit.MONTH:
            return months_after(day, n)
        case Unit.YEAR:
            return months_after(day, 12 * n)
        case _:
            return day + timedelta(days=n)


def _counted(start: date, end: date) -> tuple[date, date]:
    """Days gone over between the two, without the first."""
    return (start + ONE_DAY, end) if end > start else (end, start - ONE_DAY)


def _nth(point: Nth, frame: Frame) -> Span:
    day, n = frame.at(point.origin).date(), known(point.n)
    if isinstance(point.origin, Holiday):
        day += ONE_DAY
    first = moved(day, n - 1, point.unit, frame.calendar)
    return _days(frame, first, moved(day, n, point.unit, frame.calendar) - ONE_DAY)


def _lasting(point: Lasting, frame: Frame) -> Span:
    start = frame.started() if point.start is None else span(point.start, frame).first
    n = known(point.n)
    if point.unit is Unit.WORKDAY:
        last = frame.calendar.add(start.date() - ONE_DAY, n)
        return Span(start, frame.closes(last), (start.date(), last))
    return Span(start, frame.closes(moved(start.date(), n, point.unit, frame.calendar) - ONE_DAY))
