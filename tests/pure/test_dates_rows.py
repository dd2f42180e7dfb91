"""One table of the ways in which plans speak of time: each is read, printed, read again, and falls on its instant.

Worked out by hand for a campaign from Monday 2 March 2026, its notice issued on Friday 27 February. 2026: off
15–23 February, 4–6 April, 1–5 May, 19–21 June, 25–27 September, 1–7 October; Saturdays 14 and 28 February and 10
October worked. 2027 is not published.
"""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from states.dates import (
    Anchors,
    DatesError,
    Due,
    parse,
    parse_window,
    resolve,
    resolve_window,
    window_words,
)
from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Workdays.of(*published())


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


ANCHORS = Anchors(
    launch=local("2026-03-02 09:00"),
    issued=date(2026, 2, 27),
    year=2026,
    phase=(local("2026-03-02 00:00"), local("2026-06-30 18:00")),
    begins=local("2026-03-02 00:00"),
    ends=local("2026-12-31 18:00"),
    events={"收到通知": local("2026-03-04 15:20"), "事项发生": local("2026-03-06 17:00")},
    periods={
        "暑期": (date(2026, 7, 11), date(2026, 8, 31)),
        "放假": (date(2026, 7, 11), None),
        "考核期": (date(2026, 1, 1), date(2028, 12, 31)),
        "主题教育": (date(2026, 3, 16), date(2026, 5, 31)),
        "集中整治阶段": (date(2026, 4, 1), date(2026, 5, 20)),
    },
)
BARE = replace(ANCHORS, issued=None, phase=(None, None), begins=None, ends=None, events={}, periods={})


def shown(due: Due | None) -> str | None:
    """Local instant, and what is special about it; why there is none otherwise."""
    if due is None:
        return None
    marks = (due.soft and "soft", due.standing and "standing", due.provisional and "provisional")
    at = due.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") if due.at else f"无：{due.missing}"
    return " ".join([at, *(mark for mark in marks if mark)])


DEADLINES = [
    ("8月15日前", "8月15日前", "2026-08-15 18:00"),
    ("2月18日12:00前", "2月18日12:00前", "2026-02-18 12:00"),
    ("2月10日下班前", "2月10日下班前", "2026-02-10 17:30"),
    ("4月底前", "4月底前", "2026-04-30 18:00"),
    ("8月", "8月", "2026-08-31 18:00"),
    ("7月上、中旬", "7月上、中旬", "2026-07-20 18:00"),
    ("7月中下旬", "7月中、下旬", "2026-07-31 18:00"),
    ("4月起", "4月起", "无：只写了开始，没有写期限"),
    ("自2026年3月1日起用1年", "2026年3月1日起用1年", "2027-02-28 18:00 provisional"),
    ("自印发之日起用1年", "印发之日起用1年", "2027-02-26 18:00 provisional"),
    ("9月1日起，为期3个月", "9月1日起用3个月", "2026-11-30 18:00"),
    ("从3月16日起，利用2个月左右时间", "3月16日起用2个月左右", "2026-05-15 18:00 soft"),
    ("为期100天", "为期100日", "2026-06-09 18:00"),
    ("为期6个月", "为期6个月", "2026-09-01 18:00"),
    ("3个月左右", "为期3个月左右", "2026-06-01 18:00 soft"),
    ("原则上不超过3个月", "原则上为期3个月", "2026-06-01 18:00 soft"),
    ("考核期第2年10月上旬前", "考核期第2年10月上旬前", "2027-10-10 18:00 provisional"),
    ("考核期第二年底前", "考核期第2年年底前", "2027-12-31 18:00 provisional"),
    ("考核期第1年6月30日12:00前", "考核期第1年6月30日12:00前", "2026-06-30 12:00"),
    ("考核期第1年", "考核期第1年", "2026-12-31 18:00"),
    ("考核期满后30日内", "考核期满后30日内", "2029-01-30 18:00 provisional"),
    ("在完成阶段工作5日内", "阶段结束后5日内", "2026-07-05 18:00"),
    ("在完成阶段工作__日内", "阶段结束后__日内", "无：留空，须填写"),
    ("3个工作日内", "3个工作日内", "2026-03-11 18:00"),
    ("自印发之日起3个工作日内", "印发后3个工作日内", "2026-03-03 18:00"),
    ("收到通知后3个工作日内", "收到通知后3个工作日内", "2026-03-09 18:00"),
    ("超过4个工作日未处理", "4个工作日内", "2026-03-12 18:00"),
    ("届满前20个工作日", "届满前20个工作日", "2026-12-03 18:00"),
    ("期限届满20个工作日前提出", "届满前20个工作日", "2026-12-03 18:00"),
    ("集中整治阶段结束前3个工作日", "集中整治阶段结束前3个工作日", "2026-05-15 18:00"),
    ("集中整治阶段结束前", "集中整治阶段结束前", "2026-05-20 18:00"),
    ("集中整治阶段开始前", "集中整治阶段开始前", "2026-03-31 18:00"),
    ("2小时内", "2小时内", "2026-03-06 19:00"),
    ("2小时内电话报告", "2小时内", "2026-03-06 19:00"),
    ("收到通知3日内", "收到通知后3日内", "2026-03-07 18:00"),
    ("不晚于8月15日", "8月15日", "2026-08-15 18:00"),
    ("最迟不超过3月底", "3月底", "2026-03-31 18:00"),
    ("年度内", "年底前", "2026-12-31 18:00"),
    ("2小时内（含非工作时间）", "2小时内", "2026-03-06 19:00"),
    ("工作时间2小时内", "2个工作小时内", "2026-03-09 10:30"),
    ("2小时内（工作时间）", "2个工作小时内", "2026-03-09 10:30"),
    ("收到通知后8个办公小时内", "收到通知后8个工作小时内", "2026-03-05 16:50"),
    ("立行立改", "立行立改", "无：未注明日期"),
    ("及时上报", "及时", "无：未注明日期"),
    ("适时", "适时", "无：未注明日期"),
    ("第一时间", "第一时间", "无：未注明日期"),
    ("年底适时", "年底适时", "2026-12-31 18:00 soft"),
    ("长期坚持", "长期坚持", "无：长期坚持，不设期限 standing"),
    ("8月底前并长期坚持", "8月底前并长期坚持", "2026-08-31 18:00 standing"),
    (
        "12月底前取得明显成效并长期坚持",
        "12月底前取得明显成效并长期坚持",
        "2026-12-31 18:00 standing",
    ),
    ("端午", "端午", "2026-06-21 18:00"),
    ("端午节前", "端午前", "2026-06-18 18:00"),
    ("中秋节期间", "中秋", "2026-09-27 18:00"),
    ("国庆假期", "国庆", "2026-10-07 18:00"),
    ("国庆节前", "国庆前", "2026-09-30 18:00"),
    ("国庆节后5个工作日内", "国庆后5个工作日内", "2026-10-13 18:00"),
    ("国庆后第1周", "国庆后第1周", "2026-10-14 18:00"),
    ("春节前", "春节前", "2026-02-14 18:00"),
    ("春节前5个工作日", "春节前5个工作日", "2026-02-10 18:00"),
    ("2026年国庆前5个工作日", "2026年国庆前5个工作日", "2026-09-23 18:00"),
    ("2025年中秋前", "2025年中秋前", "2025-09-30 18:00"),  # one run of days off, 1–8 October 2025
    ("元旦前", "元旦前", "2025-12-31 18:00"),
    ("2027年元旦前", "2027年元旦前", "2026-12-31 18:00 provisional"),
    ("2027年端午前", "2027年端午前", "2027-06-08 18:00 provisional"),
    ("2041年端午前", "2041年端午前", "无：2041年的端午不在历表内（2004年至2040年），须填写"),
    ("国庆后2小时内", "国庆后2小时内", "无：国庆只有日期没有时刻，不能按小时计算，须改写"),
    ("暑期", "暑期", "2026-08-31 18:00"),
    ("暑假前", "暑期前", "2026-07-10 18:00"),
    ("暑期结束前", "暑期结束前", "2026-08-31 18:00"),
    ("暑期前10个工作日", "暑期前10个工作日", "2026-06-29 18:00"),
    ("放假前", "放假前", "2026-07-10 18:00"),
    ("主题教育期间", "主题教育期间", "2026-05-31 18:00"),
    ("原则上8月底前", "原则上8月底前", "2026-08-31 18:00 soft"),
    ("2月18日晚上8点前", "2月18日20:00前", "2026-02-18 20:00"),
    ("自发布之日起用1年", "印发之日起用1年", "2027-02-26 18:00 provisional"),
    ("为期一百天", "为期100日", "2026-06-09 18:00"),
    ("20__年__月__日", "20__年__月__日", "无：留空，须填写"),
    ("XX月", "__月", "无：留空，须填写"),
    ("20  年  月  日前", "20__年__月__日前", "无：留空，须填写"),
    ("　　月　　日前", "__月__日前", "无：留空，须填写"),
    ("8月  日前", "8月__日前", "无：留空，须填写"),
    ("8 月 15 日 前", "8月15日前", "2026-08-15 18:00"),
    ("8月15日（含）前", "8月15日前", "2026-08-15 18:00"),
    ("7月10前", "7月10前", "无：“7月10前”疑有笔误，须填写"),
    ("限期", "限期", "无：“限期”没有写明日期，须填写"),
    ("10月初", "10月初", "无：“10月初”没有写明日期，须填写"),
]


@pytest.mark.parametrize(("words", "canonical", "at"), DEADLINES)
def test_a_deadline_is_read_printed_and_falls_on_its_instant(words: str, canonical: str, at: str) -> None:
    deadline = parse(words)
    assert deadline.words() == canonical
    assert parse(canonical) == deadline
    assert shown(resolve(deadline, ANCHORS, CALENDAR, ZONE)) == at


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        ("暑期", "“暑期”的日期未给出，须由协调员填写"),
        ("放假前", "“放假”的日期未给出，须由协调员填写"),
        ("开学前", "“开学”的日期未给出，须由协调员填写"),
        ("主题教育期间", "“主题教育”的日期未给出，须由协调员填写"),
        ("考核期第2年10月上旬前", "“考核期”的日期未给出，须由协调员填写"),
        ("考核期满前", "待“考核期满”发生"),
        ("集中整治阶段结束前3个工作日", "待“集中整治阶段结束”发生"),
        ("收到通知后3个工作日内", "待“收到通知”发生"),
        ("放假前5个工作日", "待“放假”发生"),
        ("3个工作日内", "待事项发生"),
        ("2个工作小时内", "待事项发生"),
        ("印发之日起用1年", "印发日期未填"),
        ("届满前20个工作日", "行动结束时间未定"),
        ("阶段结束后5日内", "阶段结束时间未定"),
        ("集中行动期间", "行动结束时间未定"),
        ("为期100天", "起算时间未定"),
    ],
)
def test_an_anchor_that_is_not_there_is_named(words: str, missing: str) -> None:
    due = resolve(parse(words), BARE, CALENDAR, ZONE)
    assert (due.at, due.missing) == (None, missing)


@pytest.mark.parametrize(
    "words",
    [
        "20__年国庆前5个工作日",
        "20__年国庆",
        "暑期",
        "放假前",
        "考核期第2年",
        "主题教育期间",
        "限期",
        "10月初",
        "7月10前",
    ],
)
def test_what_only_a_person_can_date_counts_as_blank(words: str) -> None:
    assert parse(words).blank


@pytest.mark.parametrize(
    ("words", "period"), [("暑假", "暑期"), ("放假前", "放假"), ("考核期第2年", "考核期"), ("8月", None)]
)
def test_the_period_to_be_given_is_named(words: str, period: str | None) -> None:
    assert parse(words).period == period


@pytest.mark.parametrize(
    ("begins", "at"),
    [
        (date(2026, 1, 1), "2027-10-10 18:00 provisional"),
        (date(2026, 7, 1), "2027-10-10 18:00 provisional"),
        (
            date(2026, 11, 1),
            "无：“考核期第2年”按自然年算到2027-10-10，按周年算到2028-10-10，须填写日期",
        ),
    ],
)
def test_a_year_of_a_period_is_asked_for_where_it_can_be_read_two_ways(begins: date, at: str) -> None:
    anchors = replace(ANCHORS, periods={"考核期": (begins, None)})
    assert shown(resolve(parse("考核期第2年10月上旬前"), anchors, CALENDAR, ZONE)) == at


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("考核期第3年10月上旬前", "2028-10-10 18:00 provisional"),
        ("考核期第9年10月上旬前", "无：“考核期”到2028-12-31为止，没有第9年，须改写"),
        ("考核期第4年", "无：“考核期”到2028-12-31为止，没有第4年，须改写"),
    ],
)
def test_a_year_that_a_period_has_not_is_refused(words: str, at: str) -> None:
    assert shown(resolve(parse(words), ANCHORS, CALENDAR, ZONE)) == at


DASHES = [
    "2019年3月—9月",
    "2019年3月-9月",
    "2019年3月–9月",
    "2019年3月～9月",
    "2019年3月——9月",
    "2019年3月至9月",
]
WINDOWS = [
    *((words, "2019-03-01 00:00", "2019-09-30 18:00") for words in DASHES),
    ("2017-2019年", "2017-01-01 00:00", "2019-12-31 18:00"),
    ("2015年7月起至2017年底", "2015-07-01 00:00", "2017-12-31 18:00"),
    ("2025年11月-次年3月", "2025-11-01 00:00", "2026-03-31 18:00"),
    ("4月起", "2026-04-01 00:00", None),
    ("即日起至12月31日", "2026-03-02 09:00", "2026-12-31 18:00"),
    ("从即日起至20__年__月__日止", "2026-03-02 09:00", "无：留空，须填写"),
    ("自2026年8月1日起用1年", "2026-08-01 00:00", "2027-07-31 18:00 provisional"),
    ("自印发之日起用1年", "2026-02-27 00:00", "2027-02-26 18:00 provisional"),
    ("4月1日起，为期100天", "2026-04-01 00:00", "2026-07-09 18:00"),
    ("20__年__月开始，为期6个月", "无：留空，须填写", "无：留空，须填写"),
    ("为期6个月", None, "2026-09-01 18:00"),
    ("8月", "2026-08-01 00:00", "2026-08-31 18:00"),
    ("7月上旬至8月中旬", "2026-07-01 00:00", "2026-08-20 18:00"),
    ("国庆", "2026-10-01 00:00", "2026-10-07 18:00"),
    ("中秋至国庆", "2026-09-25 00:00", "2026-10-07 18:00"),
    ("暑期", "2026-07-11 00:00", "2026-08-31 18:00"),
    ("集中行动期间", "2026-03-02 00:00", "2026-12-31 18:00"),
    ("主题教育期间", "2026-03-16 00:00", "2026-05-31 18:00"),
    ("考核期第1年", "2026-01-01 00:00", "2026-12-31 18:00"),
    ("考核期第2年10月上旬前", None, "2027-10-10 18:00 provisional"),
    ("放假前", None, "2026-07-10 18:00"),
]


@pytest.mark.parametrize(("words", "opens", "closes"), WINDOWS)
def test_a_window_is_read_printed_and_runs_between_its_instants(
    words: str, opens: str | None, closes: str | None
) -> None:
    window = parse_window(words)
    assert tuple(shown(end) for end in resolve_window(window, ANCHORS, CALENDAR, ZONE)) == (opens, closes)
    assert all(end is None or parse(end.words()) == end for end in window)
    assert parse_window(window_words(window)) == window


@pytest.mark.parametrize(
    ("words", "canonical"),
    [
        ("2019年3月—9月", "2019年3月至2019年9月"),
        ("2015年7月起至2017年底", "2015年7月起至2017年底"),
        ("从即日起至20__年__月__日止", "即日起至20__年__月__日"),
        ("20__年__月开始，为期6个月", "20__年__月起，为期6个月"),
        ("自2026年8月1日起用1年", "2026年8月1日起，为期1年"),
        ("启动后2周内", "启动后2周内"),
        ("8月份", "8月"),
        ("4月起", "4月起"),
        ("8月15日前", "8月15日前"),
        ("集中行动期间", "行动期间"),
        ("12月中旬至次年1月上旬", "12月中旬至次年1月上旬"),
        ("11月─翌年2月底", "11月至次年2月底"),
        ("7月1日ー8月31日", "7月1日至8月31日"),
    ],
)
def test_a_window_is_printed_in_one_phrase(words: str, canonical: str) -> None:
    assert window_words(parse_window(words)) == canonical


def test_the_next_year_is_the_one_after_that_of_the_campaign_and_stands_only_behind_a_first_end() -> None:
    window = parse_window("11月26日至次年1月10日")
    shown_ends = tuple(shown(end) for end in resolve_window(window, ANCHORS, CALENDAR, ZONE))
    assert shown_ends == ("2026-11-26 00:00", "2027-01-10 18:00 provisional")
    for words in ("次年1月10日前", "次年1月至3月", "即日起至次年3月"):
        with pytest.raises(DatesError):
            parse_window(words)


def test_a_day_of_the_week_that_is_not_that_of_the_date_is_a_slip() -> None:
    right, wrong = parse("8月14日(星期五)下班前"), parse("8月14日（周四）12:00前")
    assert (right.words(), wrong.words()) == ("8月14日（周五）下班前", "8月14日（周四）12:00前")
    assert parse(right.words()) == right
    assert shown(resolve(right, ANCHORS, CALENDAR, ZONE)) == "2026-08-14 17:30"
    due = resolve(wrong, ANCHORS, CALENDAR, ZONE)
    assert (due.at, due.wrong, due.missing) == (None, True, "2026年8月14日是周五，与所写的不符，须核对")


@pytest.mark.parametrize("words", ["2月29日前", "2041年端午前", "国庆后2小时内", "考核期第9年"])
def test_a_day_that_is_not_there_is_told_from_one_that_is_not_known_yet(words: str) -> None:
    assert resolve(parse(words), ANCHORS, CALENDAR, ZONE).wrong
    assert not resolve(parse("收到转办后3日内"), ANCHORS, CALENDAR, ZONE).wrong
