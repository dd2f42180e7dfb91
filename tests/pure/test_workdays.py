"""The working-day calendar against the printed one and against counting day by day."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from states.errors import Faulty
from states.workdays import Workdays, published

MOVED, YEARS = published()
CALENDAR = Workdays.of(MOVED, YEARS)
DAY = timedelta(days=1)


def naive_is_workday(day: date) -> bool:
    if day.year in YEARS:
        return MOVED.get(day, day.weekday() < 5)
    return day.weekday() < 5 and not naive_is_fixed(day)


def naive_is_fixed(day: date) -> bool:
    """A holiday that the law puts on this very date, as far as the years of these tests go."""
    always = [(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)]
    return (day.month, day.day) in ([*always, (5, 2)] if day.year >= 2025 else always)


def naive_add(day: date, n: int) -> date:
    step = DAY if n > 0 else -DAY
    for _ in range(abs(n)):
        day += step
        while not naive_is_workday(day):
            day += step
    return day


def naive_between(a: date, b: date) -> int:
    if b < a:
        return -naive_between(b, a)
    return sum(naive_is_workday(a + DAY * i) for i in range(1, (b - a).days + 1))


days = st.dates(date(2001, 1, 1), date(2031, 12, 31))
fixed_days = st.builds(
    lambda year, day: date(year, *day),
    st.integers(2027, 2060),
    st.sampled_from([(1, 1), (5, 1), (5, 2), (10, 1), (10, 3)]),
)
busy_days = st.one_of(
    days, fixed_days, st.sampled_from(sorted(MOVED)), st.dates(date(2026, 9, 1), date(2027, 2, 1))
)


@settings(deadline=None)
@given(busy_days, st.integers(-400, 400))
def test_adding_equals_counting_day_by_day(day: date, n: int) -> None:
    assert CALENDAR.add(day, n) == naive_add(day, n)


@settings(deadline=None)
@given(busy_days, st.integers(-500, 500))
def test_between_equals_counting_day_by_day(day: date, distance: int) -> None:
    other = day + timedelta(days=distance)
    assert CALENDAR.between(day, other) == naive_between(day, other)


@settings(deadline=None)
@given(
    st.dictionaries(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.booleans(), max_size=200),
    st.dates(date(2025, 11, 1), date(2028, 2, 1)),
    st.integers(-60, 60),
)
def test_any_table_of_moved_days_counts_like_day_by_day(moved: dict[date, bool], day: date, n: int) -> None:
    calendar = Workdays.of(moved, [2026])
    expected = day
    for _ in range(abs(n)):
        expected += DAY if n > 0 else -DAY
        while not (
            moved.get(expected, expected.weekday() < 5)
            if expected.year == 2026
            else expected.weekday() < 5 and not naive_is_fixed(expected)
        ):
            expected += DAY if n > 0 else -DAY
    assert calendar.add(day, n) == expected


@settings(deadline=None)
@given(busy_days, st.integers(1, 300))
def test_n_days_forward_are_n_working_days(day: date, n: int) -> None:
    assert CALENDAR.between(day, CALENDAR.add(day, n)) == n


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        # National Day 2026: 1–7 October off, Sunday 20 September and Saturday 10 October worked
        ("2026-09-30", 1, "2026-10-08"),
        ("2026-10-09", 1, "2026-10-10"),
        ("2026-10-09", 2, "2026-10-12"),
        ("2026-10-12", -1, "2026-10-10"),
        ("2026-10-08", -1, "2026-09-30"),
        ("2026-09-18", 1, "2026-09-20"),
        ("2026-10-03", 1, "2026-10-08"),
        ("2026-10-03", -1, "2026-09-30"),
        # Spring Festival 2026: 15–23 February off, Saturdays 14 and 28 February worked
        ("2026-02-13", 2, "2026-02-24"),
        ("2026-02-27", 1, "2026-02-28"),
        # National Day 2017: 1–8 October off, Saturday 30 September worked
        ("2017-09-29", 2, "2017-10-09"),
        # turn of the year into a year that is not published: Monday to Friday, New Year's Day (a Friday) off
        ("2026-12-31", 1, "2027-01-04"),
        ("2026-12-31", 2, "2027-01-05"),
        ("2027-01-04", -1, "2026-12-31"),
        # 1 October 2027 is a Friday, 2 May 2028 a Tuesday after a Monday; what is moved around them is not known
        ("2027-09-30", 1, "2027-10-04"),
        ("2028-04-28", 1, "2028-05-03"),
        ("2026-10-01", 0, "2026-10-01"),
    ],
)
def test_the_printed_calendar(day: str, n: int, expected: str) -> None:
    assert CALENDAR.add(date.fromisoformat(day), n) == date.fromisoformat(expected)


def test_a_worked_sunday_is_a_working_day_and_a_holiday_is_not() -> None:
    assert CALENDAR.is_workday(date(2026, 9, 20))
    assert not CALENDAR.is_workday(date(2026, 10, 1))
    assert CALENDAR.is_workday(date(2026, 9, 30))
    assert not CALENDAR.is_workday(date(2026, 9, 19))


def test_days_off_go_to_the_nearest_working_day() -> None:
    assert CALENDAR.on_or_after(date(2026, 10, 3)) == date(2026, 10, 8)
    assert CALENDAR.on_or_before(date(2026, 10, 3)) == date(2026, 9, 30)
    assert (
        CALENDAR.on_or_after(date(2026, 10, 10))
        == CALENDAR.on_or_before(date(2026, 10, 10))
        == date(2026, 10, 10)
    )


def test_the_package_covers_2004_to_2026_and_no_more() -> None:
    assert tuple(range(2004, 2027)) == YEARS
    assert not CALENDAR.provisional(date(2026, 12, 31))
    assert CALENDAR.provisional(date(2027, 1, 1))
    assert CALENDAR.provisional(date(2003, 12, 31))


def test_published_lists_only_days_that_differ_from_monday_to_friday() -> None:
    assert MOVED[date(2026, 10, 10)] is True
    assert MOVED[date(2026, 10, 1)] is False
    assert date(2026, 10, 3) not in MOVED  # a Saturday inside the holiday is off anyway
    assert all(works != (day.weekday() < 5) for day, works in MOVED.items())


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("2026-12-30", "2026-12-31", False),
        ("2026-12-31", "2027-01-01", True),
        ("2027-01-01", "2026-12-31", True),
        ("2003-06-01", "2028-06-01", True),
    ],
)
def test_a_span_is_provisional_when_any_of_its_years_is(a: str, b: str, expected: bool) -> None:
    assert CALENDAR.spans_provisional(date.fromisoformat(a), date.fromisoformat(b)) is expected


def test_a_gap_between_published_years_is_seen() -> None:
    calendar = Workdays.of({}, [2025, 2027])
    assert calendar.spans_provisional(date(2025, 12, 1), date(2027, 1, 5))


def test_moved_days_of_an_unpublished_year_do_not_count() -> None:
    calendar = Workdays.of({date(2027, 1, 4): False, date(2027, 1, 1): True}, [2026])
    assert calendar.is_workday(date(2027, 1, 4))
    assert calendar.add(date(2026, 12, 31), 1) == date(2027, 1, 4)


@pytest.mark.parametrize("day", ["01-01", "05-01", "05-02", "10-01", "10-02", "10-03"])
def test_what_the_law_puts_on_a_date_is_off_before_the_year_is_published_and_still_provisional(
    day: str,
) -> None:
    for year in range(2027, 2041):
        fixed = date.fromisoformat(f"{year}-{day}")
        assert not CALENDAR.is_workday(fixed)
        assert CALENDAR.provisional(fixed)


def test_a_published_year_is_as_published_and_what_moves_is_not_guessed() -> None:
    worked = Workdays.of({date(2026, 1, 3): True}, [2026])
    assert worked.is_workday(date(2026, 1, 1)), "as the arrangement says, which here names no holiday"
    off = [date(2027, 1, 1) + DAY * i for i in range(365)]
    found = [day for day in off if day.weekday() < 5 and not CALENDAR.is_workday(day)]
    assert found == [date(2027, 1, 1), date(2027, 10, 1)], (
        "春节 and the days moved for others wait for the notice"
    )


@pytest.mark.parametrize(("day", "off"), [("1998-10-02", True), ("1997-10-03", False), ("2002-05-02", False)])
def test_a_holiday_is_one_from_the_year_in_which_the_law_names_it(day: str, off: bool) -> None:
    assert CALENDAR.is_workday(date.fromisoformat(day)) is not off


def test_the_calendar_does_not_follow_later_changes_of_its_input() -> None:
    days = {date(2026, 3, 2): False}
    calendar = Workdays.of(days, [2026])
    days[date(2026, 3, 3)] = False
    assert calendar.add(date(2026, 3, 1), 1) == date(2026, 3, 3)


@pytest.mark.parametrize(("day", "n"), [(date(9999, 12, 30), 30), (date(1, 1, 3), -9)])
def test_leaving_the_calendar_says_so(day: date, n: int) -> None:
    with pytest.raises(Faulty, match="超出可计算的日期"):
        CALENDAR.add(day, n)
