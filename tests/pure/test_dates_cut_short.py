"""The first and the last period of a window that holds a part of them: asked for where the words ask once per period and half
of it lies inside, not where they name a day."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from states.dates import occurrences, parse_cadence, periods
from states.plan import plan
from states.reading import load
from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Workdays.of(*published())


@pytest.mark.parametrize(
    ("words", "last", "turn"),
    [
        ("一周一调度", date(2026, 6, 24), ("2026-W26", "2026-06-24 18:00")),  # three of five days
        ("一周一调度", date(2026, 6, 25), ("2026-W26", "2026-06-25 18:00")),
        ("一周一调度", date(2026, 6, 26), ("2026-W26", "2026-06-26 18:00")),
        ("每周", date(2026, 6, 23), None),
        ("每周五", date(2026, 6, 24), None),  # a Friday is named, and none comes any more
        ("一月一通报", date(2026, 6, 20), ("2026-06", "2026-06-20 18:00")),
        ("一月一通报", date(2026, 6, 10), None),
        ("每月25日前", date(2026, 6, 20), None),
        ("每月底前", date(2026, 6, 20), None),
        (
            "每周，遇非工作日提前",
            date(2026, 6, 27),
            ("2026-W26", "2026-06-26 18:00"),
        ),  # the window ends on a Saturday
    ],
)
def test_the_last_period_is_due_at_the_end_of_the_window(
    words: str, last: date, turn: tuple[str, str] | None
) -> None:
    start = datetime.combine(date(2026, 4, 1), time(), ZONE)
    end = datetime.combine(last, time(18), ZONE)
    found = list(occurrences(parse_cadence(words), start, end, CALENDAR, ZONE))[-1]
    told = found.label, f"{found.due.astimezone(ZONE):%Y-%m-%d %H:%M}"
    assert (told == turn) if turn else (found.due.astimezone(ZONE).date() < date(2026, 6, 22))


@pytest.mark.parametrize(
    ("words", "until", "says"),
    [
        ("一月一通报", "6月10日", ["“通报”不排2026年6月这一期：到结束时不足一期"]),
        ("每月25日前", "6月20日", ["“通报”不排2026年6月这一期：到结束时不足一期"]),
        ("每周五", "6月24日", ["“通报”不排2026年第26周这一期：到结束时不足一期"]),
        ("一月一通报", "6月20日", []),  # asked for at that end
        ("一月一通报", "6月30日", []),
        ("每周五", "6月28日", []),  # the Sunday of a week that had its Friday
        ("每周一、四", "6月24日", []),
        ("端午、中秋", "6月30日", []),
    ],
)
def test_a_last_period_that_is_not_asked_for_is_said(words: str, until: str, says: list[str]) -> None:
    text = f"""
key: cut
version: 1
title: 示例专项行动
begins: 4月1日
ends: {until}
requirements:
  - {{key: circular, name: 通报, every: {words}}}
"""
    assert list(plan(load(text), date(2026, 4, 1), {}, CALENDAR).warnings) == says


@pytest.mark.parametrize(
    ("words", "start", "first"),
    [
        ("一周一调度", date(2026, 6, 6), ("2026-W24", "06-08 00:00", "06-14 18:00")),  # a Saturday
        ("一周一调度", date(2026, 6, 5), ("2026-W24", "06-08 00:00", "06-14 18:00")),  # one of five days
        ("一周一调度", date(2026, 6, 3), ("2026-W23", "06-03 00:00", "06-07 18:00")),  # three of five
        ("周报", date(2026, 6, 1), ("2026-W23", "06-01 00:00", "06-07 18:00")),
        ("每周五", date(2026, 6, 6), ("2026-W24", "06-08 00:00", "06-12 18:00")),  # the next Friday
        (
            "每周五",
            date(2026, 6, 4),
            ("2026-W23", "06-04 00:00", "06-05 18:00"),
        ),  # a day is named, and it comes
        ("一月一通报", date(2026, 6, 20), ("2026-07", "07-01 00:00", "07-31 18:00")),
        ("一月一通报", date(2026, 6, 10), ("2026-06", "06-10 00:00", "06-30 18:00")),
        ("每月25日前", date(2026, 6, 20), ("2026-06", "06-20 00:00", "06-25 18:00")),
        ("每月最后一个工作日", date(2026, 6, 29), ("2026-06", "06-29 00:00", "06-30 18:00")),
        ("每季度至少开展1次", date(2026, 6, 29), ("2026-Q2", "06-29 00:00", "06-30 18:00")),  # a count
        (
            "每周至少1次",
            date(2026, 6, 6),
            ("2026-W24", "06-08 00:00", "06-14 18:00"),
        ),  # nobody works before it
        (
            "每周，遇非工作日提前",
            date(2026, 6, 6),
            ("2026-W24", "06-08 00:00", "06-12 18:00"),
        ),
    ],
)
def test_the_first_period_is_asked_for_when_half_of_it_is_left(
    words: str, start: date, first: tuple[str, str, str]
) -> None:
    begins = datetime.combine(start, time(), ZONE)
    end = datetime.combine(date(2026, 12, 31), time(18), ZONE)
    found = next(iter(occurrences(parse_cadence(words), begins, end, CALENDAR, ZONE)))
    opens, due = (f"{at.astimezone(ZONE):%m-%d %H:%M}" for at in (found.opens, found.due))
    assert (found.label, opens, due) == first


def test_of_a_window_too_short_for_a_whole_period_the_first_is_kept() -> None:
    begins = datetime.combine(date(2026, 6, 20), time(), ZONE)
    end = datetime.combine(date(2026, 7, 10), time(18), ZONE)
    found = list(occurrences(parse_cadence("一月一通报"), begins, end, CALENDAR, ZONE))
    assert [one.label for one in found] == ["2026-06"], "seven of twenty-one days, eight of twenty-three"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("一周一调度", ["“通报”不排2026年第14周这一期：开始时已不足半期，下一期起报"]),
        ("每周五前", []),
        ("一月一通报", []),
    ],
)
def test_a_first_period_that_is_not_asked_for_is_said(words: str, says: list[str]) -> None:
    text = f"""
key: cut
version: 1
title: 示例专项行动
begins: 4月3日
ends: 5月31日
requirements:
  - {{key: circular, name: 通报, every: {words}}}
"""
    assert list(plan(load(text), date(2026, 4, 3), {}, CALENDAR).warnings) == says


@pytest.mark.parametrize(
    ("label", "days"),
    [
        ("2026-W05", 7),
        ("2026-12-T3", 10),
        ("2026-12-H1", 15),
        ("2026-12", 30),
        ("2026-Q4", 90),
        ("2026-H2", 180),
        ("2026", 365),
        ("2026-12-05", 0),
        ("2026-端午", 0),
        ("首次", 0),
        ("", 0),
    ],
)
def test_a_label_tells_how_long_its_period_is(label: str, days: int) -> None:
    assert periods.days(label) == days


def test_a_turn_of_a_phase_that_is_left_out_is_said_too() -> None:
    text = """
key: cut
version: 1
title: 示例专项行动
begins: 4月23日
ends: 6月10日
phases:
  - {key: check, name: 自查, window: 4月23日-5月31日}
  - {key: look, name: 督查, parallel: true, every: 每月}
"""
    found = plan(load(text), date(2026, 4, 23), {}, CALENDAR)
    assert [one.period for one in found.phases if one.base == "look"] == ["2026-05"]
    assert list(found.warnings) == [
        "“督查”不排2026年4月这一期：开始时已不足半期，下一期起报",
        "“督查”不排2026年6月这一期：到结束时不足一期",
    ]
