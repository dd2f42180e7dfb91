"""Lists of dates and festivals: any list parses back, and its turns have days and names of their own."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from states.dates import DatesError, Every, Festival, Holiday, Rhythm, Shift, occurrences, parse_cadence
from states.dates.plain import BLANK
from states.dates.points import Day, Edge, Feast, Period, Stretch, TenDays
from states.dates.rhythm import LAST_DAY
from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Workdays.of(*published())


def numbers(least: int, most: int) -> st.SearchStrategy:
    return st.one_of(st.just(BLANK), st.integers(least, most))


def turns(words: str, start: str, end: str) -> list[tuple[str, str, str]]:
    """Label, opening and due day of each turn, local."""
    window = (datetime.fromisoformat(text).replace(tzinfo=ZONE) for text in (start, end))
    return [
        (turn.label, f"{turn.opens.astimezone(ZONE):%Y-%m-%d}", f"{turn.due.astimezone(ZONE):%Y-%m-%d}")
        for turn in occurrences(parse_cadence(words), *window, CALENDAR, ZONE)
    ]


def _stands_alone(point: Day | Period | TenDays | Feast) -> bool:
    """A day or month end of every year is a recurrence of its own."""
    return not isinstance(point, Day) and getattr(point, "edge", Edge.WHOLE) is Edge.WHOLE


@st.composite
def lists(draw: st.DrawFn) -> Every:
    """Dates, periods and festivals, all without a year or all with one (a year holds for those after it)."""
    year = draw(st.one_of(st.none(), numbers(2024, 2030)))
    years = st.just(year)
    third = draw(st.integers(1, 3))
    before = draw(st.booleans())
    points = st.one_of(
        st.builds(Day, numbers(1, 12), numbers(1, 28), years, st.none(), st.booleans()),
        st.builds(
            Period,
            st.just(Stretch.MONTH),
            numbers(1, 12),
            st.sampled_from([Edge.WHOLE, Edge.END, Edge.BY_END]),
            years,
        ),
        st.builds(Period, st.just(Stretch.QUARTER), numbers(1, 4), st.just(Edge.BY_END), years),
        st.builds(TenDays, numbers(1, 12), st.just(third), st.just(third), years, st.booleans()),
        st.builds(Feast, st.builds(Holiday, st.sampled_from(Festival), years), st.just(before)),
    )
    alone = year is None and draw(st.booleans())  # one date alone has 每年 before it
    dates = [draw(points.filter(_stands_alone))] if alone else draw(st.lists(points, min_size=2, max_size=4))
    minimum = draw(st.one_of(st.none(), st.integers(1, 9)))
    return Every(Rhythm.DATES, minimum=minimum, shift=draw(st.sampled_from(Shift)), dates=tuple(dates))


@st.composite
def several_days(draw: st.DrawFn) -> Every:
    """Several days of a week or a month, in order."""
    rhythm = draw(st.sampled_from([Rhythm.WEEK, Rhythm.MONTH]))
    most = 7 if rhythm is Rhythm.WEEK else 28
    days = sorted(draw(st.sets(st.integers(1, most), min_size=2, max_size=4)))
    if rhythm is Rhythm.MONTH and draw(st.booleans()):
        days[-1] = LAST_DAY
    return Every(rhythm, days[0], shift=draw(st.sampled_from(Shift)), also=tuple(days[1:]))


@settings(max_examples=300, deadline=None)
@given(st.one_of(lists(), several_days()))
def test_any_list_prints_words_that_parse_back_to_it(every: Every) -> None:
    assert parse_cadence(every.words()) == every


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(lists(), several_days()).filter(lambda every: not every.blank),
    st.integers(2024, 2027),
    st.integers(0, 500),
)
def test_turns_of_any_list_lie_in_the_window_under_labels_of_their_own(
    every: Every, year: int, length: int
) -> None:
    start = datetime(year, 3, 1, tzinfo=ZONE)
    end = datetime.fromtimestamp(start.timestamp() + length * 86400, ZONE)
    found = list(occurrences(every, start, end, CALENDAR, ZONE))
    assert all(start <= turn.opens <= turn.due <= end for turn in found)
    assert len({turn.label for turn in found}) == len(found)


def test_festivals_open_with_their_days_off_and_have_their_names() -> None:
    assert turns("端午、中秋、国庆", "2026-01-01", "2026-12-31") == [
        ("2026-端午", "2026-06-19", "2026-06-21"),
        ("2026-中秋", "2026-09-25", "2026-09-27"),
        ("2026-国庆", "2026-10-01", "2026-10-07"),
    ]


def test_two_festivals_in_one_run_of_days_off_are_two_turns() -> None:
    assert turns("中秋、国庆", "2025-09-01", "2025-12-31") == [
        ("2025-中秋", "2025-10-01", "2025-10-08"),
        ("2025-国庆", "2025-10-01", "2025-10-08"),
    ]


def test_before_a_festival_is_the_last_working_day_even_of_the_year_before() -> None:
    assert [(label, due) for label, _, due in turns("元旦、春节前", "2025-12-01", "2026-12-30")] == [
        ("2026-元旦", "2025-12-31"),
        ("2026-春节", "2026-02-14"),
    ]


def test_a_list_without_years_comes_every_year_and_leaves_out_a_day_that_is_not_there() -> None:
    found = turns("2月29日、8月底前", "2027-01-01", "2028-12-31")
    assert [due for *_, due in found] == ["2027-08-31", "2028-02-29", "2028-08-31"]


def test_a_listed_day_that_its_year_has_not_is_refused() -> None:
    with pytest.raises(DatesError, match="2027年没有2月29日"):
        turns("2027年2月29日、8月31日", "2027-01-01", "2027-12-31")


def test_a_festival_beyond_the_table_is_refused() -> None:
    with pytest.raises(DatesError, match="2041年的端午不在历表内"):
        turns("端午、中秋", "2041-01-01", "2041-12-31")


def test_a_festival_of_a_year_without_an_arrangement_is_provisional() -> None:
    start, end = (datetime(2026, 12, 1, tzinfo=ZONE), datetime(2027, 1, 31, tzinfo=ZONE))
    turn = next(occurrences(parse_cadence("每年元旦前"), start, end, CALENDAR, ZONE))
    assert (f"{turn.due.astimezone(ZONE):%m-%d}", turn.provisional) == ("12-31", True)


def test_several_days_of_a_month_are_labelled_by_the_day() -> None:
    assert turns("每月15日、底前", "2026-02-01", "2026-03-31") == [
        ("2026-02-15", "2026-02-01", "2026-02-15"),
        ("2026-02-28", "2026-02-16", "2026-02-28"),
        ("2026-03-15", "2026-03-01", "2026-03-15"),
    ]
