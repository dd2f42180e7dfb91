"""One table of the ways in which plans say again and again: each is read, printed, read again and laid out over 2026."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from states.dates import DatesError, occurrences, parse_cadence, parse_cadences
from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Workdays.of(*published())
YEAR = (datetime(2026, 1, 1, tzinfo=ZONE), datetime(2026, 12, 31, 23, 59, tzinfo=ZONE))
CADENCES = [  # words, canonical, how many turns in 2026, the first two
    ("每天16:00前", "每天16:00前", 365, ["01-01 16:00", "01-02 16:00"]),
    ("以后每月25日前报送", "每月25日前", 12, ["01-25 18:00", "02-25 18:00"]),
    ("每月不少于1次", "每月不少于1次", 12, ["01-31 18:00", "02-28 18:00"]),
    ("原则上每月1次", "原则上每月不少于1次", 12, ["01-31 18:00", "02-28 18:00"]),
    ("每月原则上不少于1次", "原则上每月不少于1次", 12, ["01-31 18:00", "02-28 18:00"]),
    ("每季度至少召开1次联席会议", "每季度不少于1次", 4, ["03-31 18:00", "06-30 18:00"]),
    ("每日调度", "每天", 365, ["01-01 18:00", "01-02 18:00"]),
    ("每个工作日报送", "每个工作日", 248, ["01-04 18:00", "01-05 18:00"]),
    ("每月一报", "每月", 12, ["01-31 18:00", "02-28 18:00"]),
    ("每季度抽查不少于10家", "每季度不少于10家", 4, ["03-31 18:00", "06-30 18:00"]),
    ("日报告", "每天", 365, ["01-01 18:00", "01-02 18:00"]),
    ("每旬末", "每旬", 36, ["01-10 18:00", "01-20 18:00"]),
    ("每周五", "每周五前", 52, ["01-02 18:00", "01-09 18:00"]),
    ("每周一、四", "每周一、四前", 105, ["01-01 18:00", "01-05 18:00"]),
    ("每月15日和月底前", "每月15日、底前", 24, ["01-15 18:00", "01-31 18:00"]),
    ("每月上旬", "每月10日前", 12, ["01-10 18:00", "02-10 18:00"]),
    ("每月通报", "每月", 12, ["01-31 18:00", "02-28 18:00"]),
    ("每季度", "每季度", 4, ["03-31 18:00", "06-30 18:00"]),
    ("每半年", "每半年", 2, ["06-30 18:00", "12-31 18:00"]),
    ("每年", "每年", 1, ["12-31 18:00"]),
    ("一年一次", "每年", 1, ["12-31 18:00"]),
    ("3月15日、6月15日和9月20日前", "3月15日、6月15日、9月20日前", 3, ["03-15 18:00", "06-15 18:00"]),
    ("3、6、9月底前", "3月底前、6月底前、9月底前", 3, ["03-31 18:00", "06-30 18:00"]),
    ("2026年3月15日、20日前", "2026年3月15日、2026年3月20日前", 2, ["03-15 18:00", "03-20 18:00"]),
    ("每年6月、12月", "6月、12月", 2, ["06-30 18:00", "12-31 18:00"]),
    ("每年12月上旬", "每年12月上旬", 1, ["12-10 18:00"]),
    ("端午、中秋、国庆", "端午、中秋、国庆", 3, ["06-21 18:00", "09-27 18:00"]),
    (
        "元旦、春节、清明、五一等重要节日前",
        "元旦前、春节前、清明前、五一前",
        4,
        ["02-14 18:00", "04-03 18:00"],  # and 30 April, and 31 December before the next 元旦
    ),
    ("每年国庆前", "每年国庆前", 1, ["09-30 18:00"]),
]


@pytest.mark.parametrize(("words", "canonical", "count", "first"), CADENCES)
def test_a_recurrence_is_read_printed_and_laid_out(
    words: str, canonical: str, count: int, first: list[str]
) -> None:
    every = parse_cadence(words)
    assert every.words() == canonical
    assert parse_cadence(canonical) == every
    turns = list(occurrences(every, *YEAR, CALENDAR, ZONE))
    assert len(turns) == count
    assert [f"{turn.due.astimezone(ZONE):%m-%d %H:%M}" for turn in turns[:2]] == first


def test_again_and_again_without_a_period_is_a_blank() -> None:
    every = parse_cadence("定期召开例会")
    assert (every.words(), every.blank) == ("定期", True)
    with pytest.raises(DatesError, match="频次“定期”留空，须填写后才能排期"):
        list(occurrences(every, *YEAR, CALENDAR, ZONE))


def test_a_quota_is_a_recurrence_with_a_count() -> None:
    every = parse_cadence("每季度拟对各单位至少开展1次专项督查")
    assert (every.words(), every.minimum) == ("每季度不少于1次", 1)


@pytest.mark.parametrize(
    ("words", "each"),
    [
        ("一周一调度，一月一通报", ["每周", "每月"]),
        ("周报送、月总结", ["每周", "每月"]),
        ("每季度、每半年、每年", ["每季度", "每半年", "每年"]),
        ("每周一、四", ["每周一、四前"]),
    ],
)
def test_recurrences_said_in_one_breath_are_told_apart(words: str, each: list[str]) -> None:
    assert [every.words() for every in parse_cadences(words)] == each


def test_one_bad_recurrence_among_several_is_refused() -> None:
    with pytest.raises(DatesError, match="看不懂频次“常常”"):
        parse_cadences("一周一调度，常常")
