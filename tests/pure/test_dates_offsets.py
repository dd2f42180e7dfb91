"""Offsets of ladder rungs: `-7d`, `+5wd`, `+2h` from a due instant."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from states.dates import DatesError, Offset, Unit, parse_offset, shift_instant, spoken_offset
from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Workdays.of(*published())


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("-7d", Offset(-7, Unit.DAY), "前7日"),
        ("+5wd", Offset(5, Unit.WORKDAY), "后5个工作日"),
        ("+2h", Offset(2, Unit.HOUR), "后2小时"),
        ("-1w", Offset(-1, Unit.WEEK), "前1周"),
        ("+12m", Offset(12, Unit.MONTH), "后12个月"),
        ("+0d", Offset(0, Unit.DAY), "当时"),
    ],
)
def test_an_offset_is_read_and_printed(text: str, offset: Offset, words: str) -> None:
    assert parse_offset(text) == offset
    assert str(offset) == text
    assert offset.words() == words


@pytest.mark.parametrize("text", ["7d", "+7", "+5 wd", "+1y", "+1000d", "-wd", "", "+1.5h"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(DatesError) as refused:
        parse_offset(text)
    assert f"看不懂偏移“{text}”" in str(refused.value)
    assert "-7d" in str(refused.value)


@pytest.mark.parametrize(
    ("at", "offset", "moved"),
    [
        ("2026-10-12 18:00", "-7d", "2026-10-05 18:00"),
        ("2026-10-12 18:00", "-1wd", "2026-10-10 18:00"),
        ("2026-10-12 18:00", "-4wd", "2026-09-30 18:00"),
        ("2026-09-30 18:00", "+1wd", "2026-10-08 18:00"),
        ("2026-10-03 17:30", "+1wd", "2026-10-08 17:30"),
        ("2026-12-31 18:00", "+3wd", "2027-01-06 18:00"),
        ("2026-10-12 18:00", "+2w", "2026-10-26 18:00"),
        ("2026-08-31 18:00", "+1m", "2026-09-30 18:00"),
        ("2026-10-12 23:00", "+2h", "2026-10-13 01:00"),
        ("2026-10-12 18:00", "-0d", "2026-10-12 18:00"),
    ],
)
def test_an_instant_moves_as_the_calendar_says(at: str, offset: str, moved: str) -> None:
    found = shift_instant(local(at), parse_offset(offset), CALENDAR, ZONE)
    assert found == local(moved)
    assert found.tzinfo is UTC


def test_days_are_local_days_whatever_zone_the_instant_comes_in() -> None:
    at = datetime(2026, 9, 30, 16, 30, tzinfo=UTC)  # 00:30 on 1 October in Shanghai, a holiday
    assert shift_instant(at, parse_offset("+1wd"), CALENDAR, ZONE) == local("2026-10-08 00:30")


def test_days_keep_the_time_of_day_and_hours_do_not_across_summer_time() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    at = datetime(2026, 3, 28, 18, 0, tzinfo=berlin)
    assert shift_instant(at, parse_offset("+1d"), CALENDAR, berlin) == datetime(
        2026, 3, 29, 18, 0, tzinfo=berlin
    )
    assert shift_instant(at, parse_offset("+24h"), CALENDAR, berlin) == datetime(
        2026, 3, 29, 17, 0, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("3个工作日", "+3wd"),
        ("延长十个工作日", "+10wd"),
        ("再延期 5 个工作日", "+5wd"),
        ("推迟两周", "+2w"),
        ("7天", "+7d"),
        ("1个月后", "+1m"),
        ("5 个自然日", "+5d"),
        ("延长15日", "+15d"),
        ("半个月", "+15d"),
        ("15日", None),
        ("12月15日", None),
        ("3月", None),
        ("__天", None),
        ("下周五", None),
    ],
)
def test_people_say_how_much_longer_in_their_own_words(text: str, short: str | None) -> None:
    assert spoken_offset(text) == (parse_offset(short) if short else None)
