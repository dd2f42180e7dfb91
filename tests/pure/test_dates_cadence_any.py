"""Any recurrence: its words parse back, its turns equal a walk through the calendar day by day."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from states.dates import (
    DatesError,
    Every,
    Rhythm,
    Shift,
    cadence,
    occurrences,
    parse,
    parse_cadence,
    parse_window,
)
from states.dates.plain import BLANK
from states.dates.points import Clock, Day
from states.dates.rhythm import LAST_DAY, LAST_WORKDAY, PERIODS
from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Workdays.of(*published())
DAY = timedelta(days=1)


def numbers(least: int, most: int) -> st.SearchStrategy:
    return st.one_of(st.just(BLANK), st.integers(least, most))


clocks = st.one_of(st.none(), st.just(Clock(leaving=True)), st.builds(Clock, st.integers(0, 24 * 60)))


@st.composite
def recurrences(draw: st.DrawFn) -> Every:
    """Every recurrence that has Chinese words of its own."""
    rhythm = draw(st.sampled_from([r for r in Rhythm if r not in {Rhythm.OPEN, Rhythm.RULE, Rhythm.DATES}]))
    day: int | str | None = None
    month: int | str | None = None
    if rhythm is Rhythm.WEEK:
        day = draw(st.one_of(st.none(), numbers(1, 7)))
    elif rhythm is Rhythm.MONTH:
        day = draw(st.one_of(st.none(), st.just(LAST_DAY), numbers(1, 31)))
    elif rhythm in {Rhythm.QUARTER, Rhythm.YEAR}:
        month = draw(st.one_of(st.none(), numbers(1, 3 if rhythm is Rhythm.QUARTER else 12)))
        day = (
            draw(st.one_of(st.just(LAST_DAY), numbers(1, 28)))
            if month
            else draw(st.sampled_from([None, LAST_DAY]))
        )
    if rhythm in PERIODS and draw(st.integers(0, 4)) == 0:
        day, month = LAST_WORKDAY, None
    minimum = draw(st.one_of(st.none(), st.integers(1, 99)))
    return Every(rhythm, day, month, draw(clocks), minimum, draw(st.sampled_from(Shift)))


@st.composite
def lists(draw: st.DrawFn) -> Every:
    listed = st.builds(Day, numbers(1, 12), numbers(1, 28), st.integers(2024, 2030), st.none(), st.booleans())
    days = draw(st.lists(listed, min_size=2, max_size=4))
    return Every(Rhythm.DATES, dates=tuple(days), shift=draw(st.sampled_from(Shift)))


rules = st.builds(
    cadence,
    st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=31"]),
    st.sampled_from([None, "9:30", "16:00", "下班"]),
    st.sampled_from(["none", "previous", "next"]),
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(recurrences(), lists(), rules))
def test_any_recurrence_prints_words_that_parse_back_to_it(every: Every) -> None:
    assert parse_cadence(every.words()) == every


def named(every: Every) -> Callable[[date], bool]:
    """The naive reading: is this a day the recurrence names?"""

    def month_end(day: date) -> int:
        return monthrange(day.year, day.month)[1]

    def of_month(day: date) -> bool:
        wanted = every.day if isinstance(every.day, int) and every.day > 0 else 31
        return day.day == min(wanted, month_end(day))

    if every.day == LAST_WORKDAY:
        return last_workday(named(Every(every.rhythm)))
    every_month = every.month if isinstance(every.month, int) else None
    return {
        Rhythm.DAY: lambda day: True,
        Rhythm.WORKDAY: CALENDAR.is_workday,
        Rhythm.WEEK: lambda day: day.isoweekday() == (every.day or 7),
        Rhythm.TEN_DAYS: lambda day: day.day in {10, 20, month_end(day)},
        Rhythm.HALF_MONTH: lambda day: day.day in {15, month_end(day)},
        Rhythm.MONTH: of_month,
        Rhythm.QUARTER: lambda day: (day.month - 1) % 3 + 1 == (every_month or 3) and of_month(day),
        Rhythm.HALF_YEAR: lambda day: day.month in {6, 12} and of_month(day),
        Rhythm.YEAR: lambda day: day.month == (every_month or 12) and of_month(day),
    }[every.rhythm]


def last_workday(ends: Callable[[date], bool]) -> Callable[[date], bool]:
    """Worked, and no other day before the period ends is."""

    def is_one(day: date) -> bool:
        if not CALENDAR.is_workday(day):
            return False
        while not ends(day):
            day += DAY
            if CALENDAR.is_workday(day):
                return False
        return True

    return is_one


@settings(max_examples=150, deadline=None)
@given(
    recurrences().filter(lambda every: not every.blank and every.shift is Shift.NONE and every.clock is None),
    st.dates(date(2025, 6, 1), date(2027, 6, 1)),
    st.integers(0, 500),
)
def test_turns_equal_a_walk_through_the_calendar_day_by_day(every: Every, first: date, length: int) -> None:
    last = first + length * DAY
    start, end = datetime.combine(first, time.min, ZONE), datetime.combine(last, time(18), ZONE)
    found = list(occurrences(every, start, end, CALENDAR, ZONE))
    walked = [first + i * DAY for i in range(length + 1) if named(every)(first + i * DAY)]
    asked = walked + cut_short(every, first, last)
    asked = asked[1:] if len(asked) > 1 and begun_late(every, first, asked[0]) else asked
    assert [turn.due.astimezone(ZONE).date() for turn in found] == asked


def without_a_day(every: Every) -> bool:
    return every.day is None and every.month is None and every.rhythm in PERIODS


def begun_late(every: Every, first: date, due: date) -> bool:
    """Of the first period less than half is left; where it is due is its last day, or that of the window."""
    if not without_a_day(every):
        return False
    begins = first
    while not named(every)(begins - DAY):
        begins -= DAY
    left = worked(first, due)
    if every.minimum:
        return left == 0 < (first - begins).days
    return left * 2 < worked(begins, due)


def cut_short(every: Every, first: date, last: date) -> list[date]:
    """Words without a day ask for each period: also for one whose end is not reached, when half of it is."""
    if not without_a_day(every):
        return []
    ends = begins = last + DAY
    while not named(every)(ends):
        ends += DAY
    while not named(every)(begins - DAY):
        begins -= DAY
    inside, whole = worked(max(begins, first), last), worked(begins, ends)
    return [last] if inside and inside * 2 >= whole else []


def worked(first: date, last: date) -> int:
    return sum(CALENDAR.is_workday(first + i * DAY) for i in range((last - first).days + 1))


@settings(max_examples=150, deadline=None)
@given(
    recurrences().filter(lambda every: not every.blank),
    st.datetimes(datetime(2025, 6, 1), datetime(2027, 6, 1)),  # noqa: DTZ001
    st.integers(0, 400),
)
def test_turns_lie_in_the_window_in_order_under_labels_of_their_own(
    every: Every, first: datetime, length: int
) -> None:
    start = first.replace(tzinfo=ZONE)
    end = start + length * DAY
    found = list(occurrences(every, start, end, CALENDAR, ZONE))
    assert all(start <= turn.opens <= turn.due <= end for turn in found)
    assert all(a.due <= b.due and a.opens <= b.opens for a, b in pairwise(found))
    assert len({turn.label for turn in found}) == len(found)
    if every.shift is not Shift.NONE:
        days = {turn.due.astimezone(ZONE).date() for turn in found}
        off = [day for day in days if not CALENDAR.is_workday(day) and every.clock != Clock(24 * 60)]
        worked = CALENDAR.between(start.date() - DAY, end.date())
        assert not off or worked <= 2  # a day off only where hardly a working day is left in the window


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "每",
                "每周",
                "五",
                "月",
                "季度",
                "年",
                "天",
                "日",
                "25",
                "底",
                "末",
                "前",
                "12:00",
                "下班",
                "不少于",
                "1",
                "次",
                "XX",
                "，",
                "遇节假日顺延",
                "、",
                "至",
                "8月",
                "起",
                "为期",
                "后",
                "内",
                "3",
            ]
        ),
        max_size=6,
    ).map("".join)
)
def test_any_other_text_is_read_or_refused(text: str) -> None:
    for reader in (parse_cadence, parse, parse_window):
        try:
            found = reader(text)
        except DatesError:
            continue
        for part in found if isinstance(found, tuple) else (found,):
            again = parse if reader is parse_window else reader
            assert part is None or again(part.words()) == part
