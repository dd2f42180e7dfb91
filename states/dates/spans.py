"""A point in time -> its first and last instant, given what is known of the campaign.

Anchors give the day to count from, which itself is not counted; hours are clock hours counted from the
anchor's instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from states.dates.frame import ONE_DAY, SLIP, UNDATED, Frame, UnsetError, known
from states.dates.points import (
    Anchor,
    At,
    Day,
    Edge,
    Lasting,
    Nth,
    Period,
    Point,
    Relative,
    TenDays,
    Unclear,
    Undated,
    Unit,
)
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
        case Period():
            return _period(point, frame)
        case TenDays():
            return _ten_days(point, frame)
        case At():
            return _at(point, frame)
        case Relative():
            return _relative(point, frame)
        case Nth():
            return _nth(point, frame)
        case Lasting():
            return _lasting(point, frame)
        case Undated():
            raise UnsetError(UNDATED)
        case Unclear():
            raise UnsetError(f"“{point.text}”{SLIP}")


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it is shorter."""
    return day + relativedelta(months=months)


def _days(frame: Frame, first: date, last: date) -> Span:
    return Span(frame.opens(first), frame.closes(last))


def _day(point: Day, frame: Frame) -> Span:
    month, number, year = known(point.month), known(point.day), frame.year(point.year)
    try:
        day = date(year, month, number)
    except ValueError:
        raise UnsetError(f"{year}年没有{month}月{number}日，须改写") from None
    return Span(
        frame.opens(day), frame.closes(day, point.clock), (day, day)
    )  # 24:00 still belongs to the day


def _period(point: Period, frame: Frame) -> Span:
    months = point.stretch.value
    first = date(frame.year(point.year), (known(point.index) - 1) * months + 1, 1)
    last = months_after(first, months) - ONE_DAY
    match point.edge:
        case Edge.WHOLE:
            return _days(frame, first, last)
        case Edge.END | Edge.BY_END:
            return _days(frame, last, last)
        case Edge.BEFORE:
            return _days(frame, first - ONE_DAY, first - ONE_DAY)


def _ten_days(point: TenDays, frame: Frame) -> Span:
    month = date(frame.year(point.year), known(point.month), 1)
    first = month.replace(day=point.first * 10 - 9)
    last = month.replace(day=point.last * 10) if point.last < 3 else months_after(month, 1) - ONE_DAY
    return _days(frame, first, last)


def _at(point: At, frame: Frame) -> Span:
    instant = frame.at(point.origin)
    if point.origin is Anchor.ISSUED:  # a date, not an instant
        return _days(frame, instant.date(), instant.date())
    return Span(instant, instant)


def _relative(point: Relative, frame: Frame) -> Span:
    start = frame.at(point.origin)
    n = -known(point.n) if point.backwards else known(point.n)
    if point.unit is Unit.HOUR:
        return _hours(point, frame, start, n)
    day = moved(start.date(), n, point.unit, frame.calendar)
    counted = _counted(start.date(), day) if point.unit is Unit.WORKDAY else None
    if point.backwards:
        return Span(frame.opens(day), frame.closes(day), counted, counted)
    return Span(start, frame.closes(day), counted)


def _hours(point: Relative, frame: Frame, start: datetime, n: int) -> Span:
    if point.origin is Anchor.ISSUED:
        raise UnsetError("印发只有日期没有时刻，不能按小时计算，须改写")
    instant = (start.astimezone(UTC) + timedelta(hours=n)).astimezone(frame.zone)
    return Span(min(start, instant), instant)


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
    first = moved(day, n - 1, point.unit, frame.calendar)
    return _days(frame, first, moved(day, n, point.unit, frame.calendar) - ONE_DAY)


def _lasting(point: Lasting, frame: Frame) -> Span:
    start, n = frame.started(), known(point.n)
    if point.unit is Unit.WORKDAY:
        last = frame.calendar.add(start.date() - ONE_DAY, n)
        return Span(start, frame.closes(last), (start.date(), last))
    return Span(start, frame.closes(moved(start.date(), n, point.unit, frame.calendar) - ONE_DAY))
