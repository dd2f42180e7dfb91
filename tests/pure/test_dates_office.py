"""Hours of the office, against a walk minute by minute."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from states.dates import LEAVING, OFFICE_HOURS
from states.dates.office import office_hours_after
from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Workdays.of(*published())
MINUTE = timedelta(minutes=1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def test_offices_are_open_from_nine_till_noon_and_from_two_till_leaving() -> None:
    assert ((time(9), time(12)), (time(14), LEAVING)) == OFFICE_HOURS


@pytest.mark.parametrize(
    ("at", "hours", "then"),
    [
        ("2026-03-04 09:00", 2, "2026-03-04 11:00"),
        ("2026-03-04 11:00", 1, "2026-03-04 12:00"),  # not 14:00
        ("2026-03-04 11:30", 1, "2026-03-04 14:30"),
        ("2026-03-04 12:40", 1, "2026-03-04 15:00"),
        ("2026-03-04 07:00", 1, "2026-03-04 10:00"),
        ("2026-03-04 16:30", 1, "2026-03-04 17:30"),  # not the next morning
        ("2026-03-06 17:00", 2, "2026-03-09 10:30"),  # Friday -> Monday
        ("2026-03-07 10:00", 2, "2026-03-09 11:00"),  # a Saturday off
        ("2026-02-14 17:00", 1, "2026-02-24 09:30"),  # over 春节, from a worked Saturday
        ("2026-03-04 10:00", -2, "2026-03-03 16:30"),
        ("2026-03-04 11:00", -2, "2026-03-04 09:00"),
        ("2026-03-08 10:00", -2, "2026-03-06 15:30"),
        ("2026-03-04 09:00", 13, "2026-03-05 17:30"),
    ],
)
def test_office_hours_run_only_while_offices_are_open(at: str, hours: int, then: str) -> None:
    assert office_hours_after(local(at), hours, CALENDAR) == local(then)


def open_at(instant: datetime) -> bool:
    """The minute that begins now is worked."""
    return CALENDAR.is_workday(instant.date()) and any(a <= instant.time() < b for a, b in OFFICE_HOURS)


@settings(max_examples=60, deadline=None)
@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 10, 31)), st.integers(1, 20))  # noqa: DTZ001
def test_office_hours_equal_a_walk_minute_by_minute(at: datetime, hours: int) -> None:
    start = at.replace(second=0, microsecond=0, tzinfo=ZONE)
    walked, left = start, hours * 60
    while left:
        left -= open_at(walked)
        walked += MINUTE
    assert office_hours_after(start, hours, CALENDAR) == walked
