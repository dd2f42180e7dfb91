"""Deadlines of plans against the calendar on the wall: every expected instant is worked out by hand.

2026: Sunday 20 September and Saturday 10 October are worked, 25–27 September and 1–7 October are off; 2027 is
not published. 2025: 28 September and 11 October worked, 1–8 October off. 2017: 30 September worked, 1–8 October off.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from states.dates import Anchors, Due, parse, resolve, start_of
from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Workdays.of(*published())


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


AUTUMN = Anchors(  # Monday 21 September 2026; its phase ends on Saturday 31 October
    launch=local("2026-09-21 09:00"),
    issued=date(2026, 9, 18),
    year=2026,
    phase=(local("2026-09-21 00:00"), local("2026-10-31 18:00")),
    begins=local("2026-09-21 00:00"),
    ends=local("2026-12-31 18:00"),
    events={
        "收到通知": local("2026-09-24 15:20"),
        "制作完成": local("2026-12-30 10:00"),
        "事项发生": local("2026-10-01 20:00"),
    },
)
WINTER = replace(AUTUMN, launch=local("2026-12-30 08:00"), ends=local("2027-01-04 18:00"))
NEW_YEAR = replace(AUTUMN, ends=local("2027-01-01 18:00"))
Y2025 = Anchors(launch=local("2025-09-26 09:00"), issued=date(2025, 9, 30), year=2025)
Y2017 = Anchors(launch=local("2017-09-28 09:00"), issued=date(2017, 8, 22), year=2017)


def shown(due: Due) -> tuple[str, bool, bool, bool]:
    assert due.at is not None, due.missing
    assert due.at.tzinfo is UTC
    assert due.missing is None
    return due.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M"), due.provisional, due.soft, due.standing


PROVISIONAL, SOFT, STANDING = (True, False, False), (False, True, False), (False, False, True)
PLAIN = (False, False, False)


@pytest.mark.parametrize(
    ("words", "anchors", "at", "flags"),
    [
        # days: the day named is included, office end at 18:00, leaving at 17:30
        ("8月15日前", AUTUMN, "2026-08-15 18:00", PLAIN),
        ("2026年3月5日前", Y2017, "2026-03-05 18:00", PLAIN),
        ("2月18日12:00前", AUTUMN, "2026-02-18 12:00", PLAIN),
        ("2月10日下班前", AUTUMN, "2026-02-10 17:30", PLAIN),
        ("12月31日24:00前", AUTUMN, "2027-01-01 00:00", PLAIN),
        ("10月3日前", AUTUMN, "2026-10-03 18:00", PLAIN),
        ("8月15日左右", AUTUMN, "2026-08-15 18:00", SOFT),
        ("原则上8月15日前", AUTUMN, "2026-08-15 18:00", SOFT),
        ("2027年3月5日前", AUTUMN, "2027-03-05 18:00", PROVISIONAL),
        # no year written: the campaign's year, never the next one, though it is past at launch
        ("3月1日前", AUTUMN, "2026-03-01 18:00", PLAIN),
        # months end on their last day; 前 without 底 is before the month begins
        ("8月", AUTUMN, "2026-08-31 18:00", PLAIN),
        ("4月底前", AUTUMN, "2026-04-30 18:00", PLAIN),
        ("9月底", AUTUMN, "2026-09-30 18:00", PLAIN),
        ("2028年2月底前", AUTUMN, "2028-02-29 18:00", PROVISIONAL),
        ("8月前", Y2017, "2017-07-31 18:00", PLAIN),
        ("1月前", AUTUMN, "2025-12-31 18:00", PLAIN),
        ("年底前", AUTUMN, "2026-12-31 18:00", PLAIN),
        ("2019年底前", AUTUMN, "2019-12-31 18:00", PLAIN),
        ("第三季度", AUTUMN, "2026-09-30 18:00", PLAIN),
        ("上半年", AUTUMN, "2026-06-30 18:00", PLAIN),
        ("7月上旬", AUTUMN, "2026-07-10 18:00", PLAIN),
        ("7月中旬", AUTUMN, "2026-07-20 18:00", PLAIN),
        ("7月下旬", AUTUMN, "2026-07-31 18:00", PLAIN),
        ("2月下旬", AUTUMN, "2026-02-28 18:00", PLAIN),
        ("7月上、中旬", AUTUMN, "2026-07-20 18:00", PLAIN),
        ("10月上旬前", AUTUMN, "2026-10-10 18:00", PLAIN),
        # standing duties with an interim date
        ("8月底前并长期坚持", Y2017, "2017-08-31 18:00", STANDING),
        ("8月并长期坚持", Y2017, "2017-08-31 18:00", STANDING),
        ("8月前并长期坚持", Y2017, "2017-07-31 18:00", STANDING),
        ("长期坚持，11月底前取得明显成效", AUTUMN, "2026-11-30 18:00", STANDING),
        # working days over National Day: 22 23 24 28 29 30 September, 8 9 10 12 October
        ("启动后10个工作日内", AUTUMN, "2026-10-12 18:00", PLAIN),
        ("启动后9个工作日内", AUTUMN, "2026-10-10 18:00", PLAIN),
        ("阶段开始后5个工作日内", AUTUMN, "2026-09-29 18:00", PLAIN),
        ("印发后3个工作日内", AUTUMN, "2026-09-22 18:00", PLAIN),
        ("收到通知后5个工作日内", AUTUMN, "2026-10-09 18:00", PLAIN),
        ("启动后3个工作日内", Y2025, "2025-09-30 18:00", PLAIN),
        ("印发后3个工作日内", Y2025, "2025-10-11 18:00", PLAIN),
        ("印发后3个工作日内", Y2017, "2017-08-25 18:00", PLAIN),
        ("启动后5个工作日内", Y2017, "2017-10-11 18:00", PLAIN),
        # days, weeks and months run through days off
        ("启动后15日内", AUTUMN, "2026-10-06 18:00", PLAIN),
        ("启动后2周内", AUTUMN, "2026-10-05 18:00", PLAIN),
        ("启动后1个月内", AUTUMN, "2026-10-21 18:00", PLAIN),
        ("启动后3个月左右", AUTUMN, "2026-12-21 18:00", SOFT),
        ("启动后1年内", AUTUMN, "2027-09-21 18:00", PROVISIONAL),
        ("阶段结束后5日内", AUTUMN, "2026-11-05 18:00", PLAIN),
        ("启动后2个月内", replace(AUTUMN, launch=local("2025-12-31 09:00")), "2026-02-28 18:00", PLAIN),
        # backwards; the anchor's own day is not counted
        ("阶段结束前3个工作日", AUTUMN, "2026-10-28 18:00", PLAIN),
        ("阶段结束前5日", AUTUMN, "2026-10-26 18:00", PLAIN),
        ("行动结束前5个工作日", AUTUMN, "2026-12-24 18:00", PLAIN),
        ("届满前20个工作日", AUTUMN, "2026-12-03 18:00", PLAIN),
        # anchors themselves
        ("即日起", AUTUMN, "2026-09-21 09:00", PLAIN),
        ("阶段结束前", AUTUMN, "2026-10-31 18:00", PLAIN),
        ("行动结束前", AUTUMN, "2026-12-31 18:00", PLAIN),
        ("印发之日", AUTUMN, "2026-09-18 18:00", PLAIN),
        # hours are clock hours from the instant, off duty or not
        ("2小时内", AUTUMN, "2026-10-01 22:00", PLAIN),
        ("收到通知后48小时内", AUTUMN, "2026-09-26 15:20", PLAIN),
        ("行动结束前24小时", AUTUMN, "2026-12-30 18:00", PLAIN),
        # durations: the first day counts
        ("为期60日", AUTUMN, "2026-11-19 18:00", PLAIN),
        ("为期2周", AUTUMN, "2026-10-04 18:00", PLAIN),
        ("为期10个工作日", AUTUMN, "2026-10-10 18:00", PLAIN),
        ("为期6个月", AUTUMN, "2027-03-20 18:00", PROVISIONAL),
        ("为期2个月", replace(AUTUMN, phase=(None, None)), "2026-11-20 18:00", PLAIN),
        ("启动后第1周", AUTUMN, "2026-09-27 18:00", PLAIN),
        ("启动后第8周", AUTUMN, "2026-11-15 18:00", PLAIN),
        ("启动后第2个月", AUTUMN, "2026-11-20 18:00", PLAIN),
        # the turn of the year: 31 December, then 1 January 2027 counts as a plain Friday, provisionally
        ("制作完成后3个工作日内", AUTUMN, "2027-01-05 18:00", PROVISIONAL),
        ("制作完成后1个工作日内", AUTUMN, "2026-12-31 18:00", PLAIN),
        ("启动后5个工作日内", WINTER, "2027-01-07 18:00", PROVISIONAL),
        ("启动后5日内", WINTER, "2027-01-04 18:00", PROVISIONAL),
        ("届满前3个工作日", WINTER, "2026-12-29 18:00", PROVISIONAL),
        ("届满前5日", WINTER, "2026-12-30 18:00", PLAIN),
        ("届满前3个工作日", NEW_YEAR, "2026-12-29 18:00", PLAIN),
        ("启动后1个工作日内", replace(AUTUMN, launch=local("2003-12-31 09:00")), "2004-01-02 18:00", PLAIN),
    ],
)
def test_a_deadline_falls_where_the_calendar_puts_it(
    words: str, anchors: Anchors, at: str, flags: tuple[bool, bool, bool]
) -> None:
    due = resolve(parse(words), anchors, CALENDAR, ZONE)
    assert shown(due) == (at, *flags)
    assert due.words == parse(words).words()


BARE = Anchors(launch=local("2026-09-21 09:00"), issued=None, year=2026)


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        ("__月__日前", "留空，须填写"),
        ("20__年3月5日前", "留空，须填写"),
        ("2023年XX月15日前", "留空，须填写"),
        ("XX月", "留空，须填写"),
        ("__月底前并长期坚持", "留空，须填写"),
        ("启动后__个工作日内", "留空，须填写"),
        ("在完成阶段工作__日内", "留空，须填写"),
        ("7月10前", "“7月10前”疑有笔误，须填写"),
        ("收到通知后3个工作日内", "待“收到通知”发生"),
        ("2小时内", "待事项发生"),
        ("立行立改", "未注明日期"),
        ("及时", "未注明日期"),
        ("适时", "未注明日期"),
        ("长期坚持", "长期坚持，不设期限"),
        ("4月起", "只写了开始，没有写期限"),
        ("印发后3个工作日内", "印发日期未填"),
        ("阶段开始后5日内", "阶段开始时间未定"),
        ("阶段结束前", "阶段结束时间未定"),
        ("行动开始后5日内", "行动开始时间未定"),
        ("届满前20个工作日", "行动结束时间未定"),
        ("为期6个月", "起算时间未定"),
        ("2月29日前", "2026年没有2月29日，须改写"),
    ],
)
def test_what_has_no_date_says_why_and_is_never_guessed(words: str, missing: str) -> None:
    due = resolve(parse(words), BARE, CALENDAR, ZONE)
    assert (due.at, due.missing, due.provisional) == (None, missing, False)


def test_standing_and_soft_are_told_even_without_a_date() -> None:
    assert resolve(parse("立行立改并长期坚持"), BARE, CALENDAR, ZONE).standing
    assert resolve(parse("原则上__月底前"), BARE, CALENDAR, ZONE).soft


def test_an_issue_date_has_no_hour_to_count_from() -> None:
    due = resolve(parse("印发后2小时内"), AUTUMN, CALENDAR, ZONE)
    assert (due.at, due.missing) == (None, "印发只有日期没有时刻，不能按小时计算，须改写")


def test_a_naive_instant_is_a_mistake_of_the_caller() -> None:
    anchors = replace(BARE, launch=datetime(2026, 9, 21, 9))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        resolve(parse("启动后3日内"), anchors, CALENDAR, ZONE)


@pytest.mark.parametrize(
    ("words", "at", "provisional"),
    [
        ("8月", "2026-08-01 00:00", False),
        ("8月15日前", "2026-08-15 00:00", False),
        ("4月起", "2026-04-01 00:00", False),
        ("7月中、下旬", "2026-07-11 00:00", False),
        ("第四季度", "2026-10-01 00:00", False),
        ("2027年", "2027-01-01 00:00", True),
        ("9月底", "2026-09-30 00:00", False),
        ("即日起", "2026-09-21 09:00", False),
        ("启动后2周内", "2026-09-21 09:00", False),
        ("制作完成后3个工作日内", "2026-12-30 10:00", False),
        ("印发之日起", "2026-09-18 00:00", False),
        ("启动后第3周", "2026-10-05 00:00", False),
        ("阶段结束前3个工作日", "2026-10-28 00:00", False),
        ("为期6个月", "2026-09-21 00:00", False),
    ],
)
def test_words_begin_at_their_first_instant(words: str, at: str, provisional: bool) -> None:
    due = start_of(parse(words), AUTUMN, CALENDAR, ZONE)
    assert shown(due)[:2] == (at, provisional)


def test_a_first_day_found_by_counting_over_an_unpublished_year_is_provisional() -> None:
    assert shown(start_of(parse("届满前3个工作日"), WINTER, CALENDAR, ZONE))[:2] == ("2026-12-29 00:00", True)


def test_a_duration_counts_from_its_phase_rather_than_from_the_campaign() -> None:
    anchors = replace(AUTUMN, phase=(local("2026-11-02 00:00"), None))
    assert shown(resolve(parse("为期2周"), anchors, CALENDAR, ZONE))[0] == "2026-11-15 18:00"


def test_a_blank_has_no_first_instant_either() -> None:
    assert start_of(parse("__月__日"), AUTUMN, CALENDAR, ZONE).missing == "留空，须填写"


def test_days_are_those_of_the_campaign_zone() -> None:
    late = replace(AUTUMN, launch=datetime(2026, 9, 21, 17, 0, tzinfo=UTC))  # 01:00 on the 22nd in Shanghai
    assert shown(resolve(parse("启动后1日内"), late, CALENDAR, ZONE))[0] == "2026-09-23 18:00"
    urumqi = resolve(parse("8月15日前"), AUTUMN, CALENDAR, ZoneInfo("Asia/Urumqi"))
    assert urumqi.at == datetime(2026, 8, 15, 12, 0, tzinfo=UTC)


def test_hours_are_counted_on_the_clock_across_a_change_of_summer_time() -> None:
    berlin = ZoneInfo("Europe/Berlin")  # clocks go from 02:00 to 03:00 on 29 March 2026
    anchors = replace(BARE, events={"事项发生": datetime(2026, 3, 29, 1, 0, tzinfo=berlin)})
    due = resolve(parse("2小时内"), anchors, CALENDAR, berlin)
    assert due.at == datetime(2026, 3, 29, 2, 0, tzinfo=UTC)
    assert due.at.astimezone(berlin).hour == 4


# the deadline words of a real ledger of 2017: month and day, standing
LEDGER = [
    ("8月", "08-31", False),
    ("9月", "09-30", False),
    ("8月底前并长期坚持", "08-31", True),
    ("11月", "11-30", False),
    ("8月并长期坚持", "08-31", True),
    ("9月并长期坚持", "09-30", True),
    ("8月前并长期坚持", "07-31", True),
    ("9月底", "09-30", False),
    ("12月", "12-31", False),
]


@pytest.mark.parametrize(("words", "day", "standing"), LEDGER)
def test_ledger_words_fall_due_on_the_last_day_they_allow(words: str, day: str, standing: bool) -> None:
    assert shown(resolve(parse(words), Y2017, CALENDAR, ZONE)) == (
        f"2017-{day} 18:00",
        False,
        False,
        standing,
    )


@settings(deadline=None)
@given(st.integers(1, 60), st.dates(date(2026, 7, 1), date(2027, 2, 1)), st.booleans())
def test_working_day_deadlines_equal_the_naive_count(n: int, day: date, backwards: bool) -> None:
    at = datetime(day.year, day.month, day.day, 18, tzinfo=ZONE)
    anchors = replace(AUTUMN, launch=at, ends=at)
    due = resolve(
        parse(f"届满前{n}个工作日" if backwards else f"启动后{n}个工作日内"), anchors, CALENDAR, ZONE
    )
    counted, seen_unpublished, ordinal = 0, False, day.toordinal()
    while counted < n:
        ordinal += -1 if backwards else 1
        seen_unpublished |= date.fromordinal(ordinal).year == 2027
        counted += CALENDAR.is_workday(date.fromordinal(ordinal))
    assert due.at is not None
    assert due.at.astimezone(ZONE).date() == date.fromordinal(ordinal)
    assert due.provisional == seen_unpublished
