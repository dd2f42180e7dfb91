"""The last working day of a period, the last month of a quarter, several days in a row, 约: read, printed, dated, refused."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from states.dates import DatesError, occurrences, parse, parse_cadence, parse_window
from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Workdays.of(*published())


@pytest.mark.parametrize(
    ("words", "canonical"),
    [
        ("每月最后一个工作日", "每月最后一个工作日前"),
        ("每个月的最后一个工作日前报送", "每月最后一个工作日前"),
        ("每月最后1个工作日下班前", "每月最后一个工作日下班前"),
        ("每月最后一个工作日16:00前", "每月最后一个工作日16:00前"),
        ("每月末最后一个工作日", "每月最后一个工作日前"),
        ("每周最后一个工作日", "每周最后一个工作日前"),
        ("每季度最后一个工作日前", "每季度最后一个工作日前"),
        ("每半个月最后一个工作日", "每半月最后一个工作日前"),
        ("每半年最后一个工作日", "每半年最后一个工作日前"),
        ("每年最后一个工作日", "每年最后一个工作日前"),
        ("每月最后一天", "每月底前"),
        ("每月最后一日报送", "每月底前"),
        ("每季度最后一天前", "每季度底前"),
        ("每季度最后一个月25日前", "每季度第3个月25日前"),
        ("每周一至周五", "每周一、二、三、四、五前"),
        ("每周一到五16:00前", "每周一、二、三、四、五16:00前"),
        ("每星期二—星期四", "每周二、三、四前"),
    ],
)
def test_words_are_read_and_print_back(words: str, canonical: str) -> None:
    every = parse_cadence(words)
    assert every.words() == canonical
    assert parse_cadence(canonical) == every


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("每月最后两个工作日", "看不懂频次“每月最后两个工作日”"),
        ("每月最后一个工作日25:00前", "“25:00”不是一天里的时刻"),
        ("每月倒数第一个工作日", "看不懂频次“每月倒数第一个工作日”"),
        ("每季度最后一个月32日前", "“32日”不存在"),
        ("每周最后一天", "可以是周日，也可以是周五，请写“每周日前”“每周五前”或“每周最后一个工作日前”"),
        ("每周五至周一", "“每周五至周一”的结束早于开始"),
        ("每周一至周八", "看不懂频次“每周一至周八”"),
        (
            "每两周",
            "写“按规则 FREQ=WEEKLY;INTERVAL=2;BYDAY=FR”，从开始的那一周数起",
        ),
        ("每两周一次", "间隔几期一次"),
        ("约每月", "看不懂频次“约每月”"),
    ],
)
def test_what_has_no_one_meaning_is_refused_with_what_to_write(words: str, says: str) -> None:
    with pytest.raises(DatesError) as refused:
        parse_cadence(words)
    assert says in str(refused.value)
    assert len(refused.value.faults) == 1


def test_what_is_proposed_for_every_two_weeks_can_be_read() -> None:
    assert parse_cadence("按规则 FREQ=WEEKLY;INTERVAL=2;BYDAY=FR").rule == "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"


def turns(words: str, first: str, last: str) -> list[tuple[str, str, str]]:
    start, end = (datetime.fromisoformat(day).replace(tzinfo=ZONE) for day in (first, last))
    return [
        (one.label, *(f"{at.astimezone(ZONE):%m-%d %H:%M}" for at in (one.opens, one.due)))
        for one in occurrences(parse_cadence(words), start, end, CALENDAR, ZONE)
    ]


def test_the_last_working_day_of_a_month_is_that_of_the_calendar() -> None:
    assert turns("每月最后一个工作日", "2026-01-05", "2026-05-29 18:00") == [
        ("2026-01", "01-05 00:00", "01-30 18:00"),  # the 31st is a Saturday
        ("2026-02", "02-01 00:00", "02-28 18:00"),  # a Saturday that is worked
        ("2026-03", "03-01 00:00", "03-31 18:00"),
        ("2026-04", "04-01 00:00", "04-30 18:00"),
        ("2026-05", "05-01 00:00", "05-29 18:00"),  # the window ends on that Friday
    ]


def test_a_week_without_a_working_day_has_no_turn() -> None:
    found = turns("每周最后一个工作日下班前", "2026-02-09", "2026-03-06 18:00")
    assert [(label, due) for label, _opens, due in found] == [
        ("2026-W07", "02-14 17:30"),  # W08 lies in the Spring Festival
        ("2026-W09", "02-28 17:30"),
        ("2026-W10", "03-06 17:30"),
    ]


def test_a_window_that_ends_before_that_day_has_no_turn_for_it() -> None:
    assert [one[0] for one in turns("每季度最后一个工作日", "2026-05-06", "2026-09-29 18:00")] == ["2026-Q2"]


def test_each_day_of_a_row_is_a_turn() -> None:
    found = turns("每周一至周三", "2026-03-02", "2026-03-11 00:00")
    assert [label[-5:] for label, _opens, _due in found] == ["03-02", "03-03", "03-04", "03-09", "03-10"]


def test_a_day_of_an_unpublished_year_is_provisional() -> None:
    every = parse_cadence("每年最后一个工作日")
    start, end = (datetime(year, 1, 4, tzinfo=ZONE) for year in (2026, 2028))
    found = list(occurrences(every, start, end, CALENDAR, ZONE))
    assert [(one.label, one.provisional) for one in found] == [("2026", False), ("2027", True)]


@pytest.mark.parametrize(
    ("words", "same"),
    [
        ("约3个月", "3个月左右"),
        ("大约3个月", "3个月左右"),
        ("约8月底前", "8月底前左右"),
        ("约半年", "6个月左右"),
    ],
)
def test_about_may_stand_before_or_behind(words: str, same: str) -> None:
    found = parse(words)
    assert found == parse(same)
    assert found.soft
    assert parse(found.words()) == found


def test_about_as_long_is_a_window_and_a_talk_is_no_guess() -> None:
    assert parse_window("为期约3个月") == parse_window("为期3个月左右")
    talk = parse("约谈后3个工作日内")
    assert (talk.soft, talk.words()) == (False, "约谈后3个工作日内")
    with pytest.raises(DatesError, match="看不懂期限“约”"):
        parse("约")
