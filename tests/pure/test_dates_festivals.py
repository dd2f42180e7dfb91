"""The days of festivals against the holidays that were arranged, and against the moon."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from chinese_calendar import constants

from states.dates.festivals import FIRST_KNOWN, LAST_KNOWN, Festival, day_of, days_off
from states.workdays import Workdays, published

CALENDAR = Workdays.of(*published())
ARRANGED = {
    Festival.NEW_YEAR: "New Year's Day",
    Festival.SPRING: "Spring Festival",
    Festival.QINGMING: "Tomb-sweeping Day",
    Festival.LABOUR: "Labour Day",
    Festival.DRAGON_BOAT: "Dragon Boat Festival",
    Festival.MID_AUTUMN: "Mid-autumn Festival",
    Festival.NATIONAL: "National Day",
}
SHARED = {Festival.MID_AUTUMN, Festival.NATIONAL}  # in some years one arrangement covers both


@pytest.mark.parametrize("festival", Festival)
def test_every_festival_since_2008_lies_in_the_days_off_arranged_for_it(festival: Festival) -> None:
    names = {ARRANGED[one] for one in (SHARED if festival in SHARED else {festival})}
    for year in range(2008, 2027):
        off = [
            day for day, holiday in constants.holidays.items() if day.year == year and str(holiday) in names
        ]
        day = day_of(festival, year)
        assert day is not None
        assert not CALENDAR.is_workday(day)
        assert min(off) <= day <= max(off)


@pytest.mark.parametrize("festival", Festival)
def test_the_days_off_of_a_festival_are_one_run_with_worked_days_around_it(festival: Festival) -> None:
    for year in range(2008, 2027):
        first, last = days_off(festival, year, CALENDAR) or (date.min, date.min)
        assert first <= (day_of(festival, year) or date.max) <= last
        assert not any(CALENDAR.is_workday(first + timedelta(n)) for n in range((last - first).days + 1))
        assert CALENDAR.is_workday(first - timedelta(1))
        assert CALENDAR.is_workday(last + timedelta(1))


def test_years_of_the_moon_have_twelve_or_thirteen_months() -> None:
    springs = [day_of(Festival.SPRING, year) for year in range(FIRST_KNOWN, LAST_KNOWN + 1)]
    for one, following in pairwise(springs):
        assert one is not None
        assert following is not None
        assert (following - one).days in {353, 354, 355, 383, 384, 385}


@pytest.mark.parametrize("year", range(FIRST_KNOWN, LAST_KNOWN + 1))
def test_festivals_of_the_moon_keep_their_distance(year: int) -> None:
    """端午 is 4 moons and 4 days after 春节, 中秋 3 moons and 10 days after 端午, or a leap moon more."""
    spring, boat, autumn = (
        day_of(one, year) for one in (Festival.SPRING, Festival.DRAGON_BOAT, Festival.MID_AUTUMN)
    )
    assert spring is not None
    assert boat is not None
    assert autumn is not None
    moon = 29.53
    assert min(abs((boat - spring).days - 4 - n * moon) for n in (4, 5)) < 1.5
    assert min(abs((autumn - boat).days - 10 - n * moon) for n in (3, 4)) < 1.5


def test_a_festival_beyond_the_table_has_no_day() -> None:
    assert day_of(Festival.MID_AUTUMN, LAST_KNOWN + 1) is None
    assert days_off(Festival.MID_AUTUMN, LAST_KNOWN + 1, CALENDAR) is None
    assert day_of(Festival.NATIONAL, LAST_KNOWN + 1) == date(LAST_KNOWN + 1, 10, 1)


def test_a_festival_that_is_worked_stands_for_itself() -> None:
    weekdays = Workdays.of({}, range(2020, 2030))
    assert days_off(Festival.NATIONAL, 2026, weekdays) == (date(2026, 10, 1), date(2026, 10, 1))
