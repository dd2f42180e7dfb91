"""Turns of a recurrence against a calendar worked out by hand.

2026: 25–27 September (Mid-Autumn) and 1–7 October are off, Saturday 10 October is worked; 2027 is not published.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from states.dates import DatesError, Every, cadence, occurrences, parse_cadence
from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Workdays.of(*published())


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def turns(every: Every | str, start: str, end: str) -> list[tuple[str, str, str]]:
    found = parse_cadence(every) if isinstance(every, str) else every
    return [
        (turn.label, shown(turn.opens), shown(turn.due))
        for turn in occurrences(found, local(start), local(end), CALENDAR, ZONE)
    ]


def shown(instant: datetime) -> str:
    assert instant.tzinfo is UTC
    return instant.astimezone(ZONE).strftime("%m-%d %H:%M")


@pytest.mark.parametrize(
    ("words", "start", "end", "expected"),
    [
        # Friday 25 September is Mid-Autumn, Friday 2 October National Day: no shift was asked for
        (
            "每周五",
            "2026-09-21 09:00",
            "2026-10-10 18:00",
            [
                ("2026-W39", "09-21 09:00", "09-25 18:00"),
                ("2026-W40", "09-28 00:00", "10-02 18:00"),
                ("2026-W41", "10-05 00:00", "10-09 18:00"),
            ],
        ),
        (
            "每周五下班前，遇非工作日顺延",
            "2026-09-21 09:00",
            "2026-10-10 18:00",
            [
                ("2026-W39", "09-21 09:00", "09-28 17:30"),
                ("2026-W40", "09-28 00:00", "10-08 17:30"),
                ("2026-W41", "10-05 00:00", "10-09 17:30"),
            ],
        ),
        (
            "每周五，遇节假日提前",
            "2026-09-21 09:00",
            "2026-10-10 18:00",
            [
                ("2026-W39", "09-21 09:00", "09-24 18:00"),
                ("2026-W40", "09-28 00:00", "09-30 18:00"),
                ("2026-W41", "10-05 00:00", "10-09 18:00"),
            ],
        ),
        # ISO weeks over the turn of the year: 2026-W53 ends on Sunday 3 January 2027
        (
            "每周",
            "2026-12-25 00:00",
            "2027-01-10 18:00",
            [
                # Friday alone of W52 is no week
                ("2026-W53", "12-28 00:00", "01-03 18:00"),
                ("2027-W01", "01-04 00:00", "01-10 18:00"),
            ],
        ),
        # a day that short months do not have is their last day
        (
            "每月31日前",
            "2026-01-15 00:00",
            "2026-04-30 18:00",
            [
                ("2026-01", "01-15 00:00", "01-31 18:00"),
                ("2026-02", "02-01 00:00", "02-28 18:00"),
                ("2026-03", "03-01 00:00", "03-31 18:00"),
                ("2026-04", "04-01 00:00", "04-30 18:00"),
            ],
        ),
        (
            "每半月",
            "2026-02-10 00:00",
            "2026-03-01 00:00",
            # five of the eleven working days of the first half are left
            [("2026-02-H2", "02-16 00:00", "02-28 18:00")],
        ),
        (
            "每旬",
            "2026-01-31 00:00",
            "2026-02-28 18:00",
            [
                # a Saturday is no ten days
                ("2026-02-T1", "02-01 00:00", "02-10 18:00"),
                ("2026-02-T2", "02-11 00:00", "02-20 18:00"),
                ("2026-02-T3", "02-21 00:00", "02-28 18:00"),
            ],
        ),
        (
            "每季度",
            "2026-08-20 00:00",
            "2026-12-31 18:00",
            # less than half of the third quarter is left
            [("2026-Q4", "10-01 00:00", "12-31 18:00")],
        ),
        (
            "每季度第2个月10日前",
            "2026-08-20 00:00",
            "2026-12-31 18:00",
            [("2026-Q4", "10-01 00:00", "11-10 18:00")],
        ),
        (
            "每半年",
            "2026-03-01 00:00",
            "2027-01-31 00:00",
            [("2026-H1", "03-01 00:00", "06-30 18:00"), ("2026-H2", "07-01 00:00", "12-31 18:00")],
        ),
        ("每年6月30日前", "2026-03-01 00:00", "2027-01-31 00:00", [("2026", "03-01 00:00", "06-30 18:00")]),
        ("每年", "2026-03-01 00:00", "2027-01-31 00:00", [("2026", "03-01 00:00", "12-31 18:00")]),
        (
            "每个工作日16:00前",
            "2026-09-30 00:00",
            "2026-10-09 18:00",
            [
                ("2026-09-30", "09-30 00:00", "09-30 16:00"),
                ("2026-10-08", "10-08 00:00", "10-08 16:00"),
                ("2026-10-09", "10-09 00:00", "10-09 16:00"),
            ],
        ),
        (
            "每天16:00前",
            "2026-10-01 17:00",
            "2026-10-03 15:59",
            [("2026-10-02", "10-02 00:00", "10-02 16:00")],
        ),
        (
            "3月15日前、9月25日12:00前、6月15日前",
            "2026-04-01 00:00",
            "2027-03-20 00:00",
            [
                ("2026-06-15", "04-01 00:00", "06-15 18:00"),
                ("2026-09-25", "06-16 00:00", "09-25 12:00"),
                ("2027-03-15", "09-26 00:00", "03-15 18:00"),
            ],
        ),
    ],
)
def test_turns_fall_where_the_calendar_puts_them(
    words: str, start: str, end: str, expected: list[tuple[str, str, str]]
) -> None:
    assert turns(words, start, end) == expected


def test_a_shift_never_carries_the_last_turn_out_of_the_window() -> None:
    """31 October 2026 is a Saturday and the campaign ends that day: Monday 2 November would be too late."""
    found = turns("每月底前，遇非工作日顺延", "2026-10-01 00:00", "2026-10-31 18:00")
    assert found == [("2026-10", "10-01 00:00", "10-30 18:00")]


def test_a_turn_brought_forward_into_the_window_belongs_to_it() -> None:
    """31 October 2026 is a Saturday; brought forward it is due on the Friday on which the window ends."""
    assert turns("每月底前，遇非工作日提前", "2026-10-09 00:00", "2026-10-30 18:00") == [
        ("2026-10", "10-09 00:00", "10-30 18:00")
    ]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=MONTHLY;BYMONTHDAY=25", [("2026-09", "09-01 00:00"), ("2026-10", "10-01 00:00")]),
        ("FREQ=WEEKLY;INTERVAL=3;BYDAY=FR", [("2026-W36", "09-01 00:00"), ("2026-W39", "09-21 00:00"),
                                             ("2026-W42", "10-12 00:00")]),
        ("FREQ=WEEKLY;BYDAY=TU,FR;COUNT=3", [("2026-09-01", "09-01 00:00"), ("2026-09-04", "09-02 00:00"),
                                             ("2026-09-08", "09-07 00:00")]),
        ("FREQ=MONTHLY;BYMONTHDAY=10,20", [("2026-09-10", "09-01 00:00"), ("2026-09-20", "09-11 00:00"),
                                           ("2026-10-10", "10-01 00:00"), ("2026-10-20", "10-11 00:00")]),
        ("FREQ=MONTHLY;BYDAY=-1FR", [("2026-09", "09-01 00:00"), ("2026-10", "10-01 00:00")]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", [("2026-09", "09-01 00:00"), ("2026-10", "10-01 00:00")]),
        ("FREQ=MONTHLY;BYDAY=FR;UNTIL=20260911", [("2026-09-04", "09-01 00:00"), ("2026-09-11", "09-05 00:00")]),
        ("FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=10", [("2026-09-10", "09-01 00:00")]),
        ("FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=10", [("2026", "09-01 00:00")]),
        ("rrule:freq=daily;interval=30", [("2026-09-01", "09-01 00:00"), ("2026-10-01", "10-01 00:00"),
                                          ("2026-10-31", "10-31 00:00")]),
    ],
)  # fmt: skip
def test_rules_are_laid_out_from_the_first_day_of_the_window(
    rule: str, expected: list[tuple[str, str]]
) -> None:
    found = turns(cadence(rule, None, "none"), "2026-09-01 00:00", "2026-10-31 18:00")
    assert [(label, opens) for label, opens, _ in found] == expected


def test_time_and_shift_of_a_rule_hold() -> None:
    every = cadence("FREQ=MONTHLY;BYMONTHDAY=3", "9:30", "next")
    assert turns(every, "2026-10-01 00:00", "2026-10-31 00:00") == [("2026-10", "10-01 00:00", "10-08 09:30")]


@pytest.mark.parametrize(
    ("words", "provisional"),
    [
        ("每月25日前", [False, True, True]),
        ("每月31日前，遇非工作日提前", [False, True]),
        ("每年1月1日前，遇非工作日提前", [True]),
    ],
)
def test_turns_in_an_unpublished_year_are_provisional(words: str, provisional: list[bool]) -> None:
    found = occurrences(parse_cadence(words), local("2026-12-01"), local("2027-02-26 00:00"), CALENDAR, ZONE)
    assert [turn.provisional for turn in found] == provisional


def test_a_turn_shifted_because_of_an_unpublished_year_is_provisional() -> None:
    """1 January 2028 is a Saturday: brought forward to the last day of 2027, as long as nobody publishes otherwise."""
    every, only_2027 = parse_cadence("每年1月1日前，遇非工作日提前"), Workdays.of({}, [2027])
    (turn,) = occurrences(every, local("2027-06-01"), local("2028-06-01"), only_2027, ZONE)
    assert (shown(turn.due), turn.provisional) == ("12-31 18:00", True)


def test_a_blank_recurrence_is_not_laid_out() -> None:
    every = parse_cadence("每月__日前")
    assert every.blank
    with pytest.raises(DatesError, match="频次“每月__日前”留空，须填写后才能排期"):
        occurrences(every, local("2026-01-01"), local("2026-12-31"), CALENDAR, ZONE)


def test_a_listed_day_that_its_year_does_not_have_is_refused() -> None:
    every = parse_cadence("2027年2月29日前、3月1日前")
    with pytest.raises(DatesError, match="2027年没有2月29日"):
        list(occurrences(every, local("2026-01-01"), local("2027-12-31"), CALENDAR, ZONE))


def test_more_turns_than_anybody_can_answer_are_refused() -> None:
    with pytest.raises(DatesError, match="在时间窗内超过5000次"):
        list(occurrences(parse_cadence("每天"), local("2026-01-01"), local("2046-01-01"), CALENDAR, ZONE))


def test_a_window_that_ends_before_it_begins_has_no_turns() -> None:
    assert turns("每天", "2026-10-10 00:00", "2026-10-01 00:00") == []
