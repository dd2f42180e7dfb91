"""A date given by a person stands beside the words of the plan, never in their place."""

from __future__ import annotations

from datetime import date

import pytest

from states.errors import Faulty
from states.plan import plan
from states.reading import load
from states.workdays import Workdays

TEXT = """
key: filling
version: 1
title: 示例专项行动
begins: 2026-09-01
ends: 2026-12-31
requirements:
  - {key: named, name: 自查, due: 10月底前并长期坚持}
  - {key: blank, name: 巡查, due: __月__日前}
  - {key: bare, name: 总结}
  - {key: weekly, name: 周报, every: 每周五}
"""
FILLS = {
    "named.due": "2026年12月",
    "blank.due": "2026-11-30",
    "bare.due": "11月20日前",
    "weekly.every": "每周四",
}


@pytest.mark.parametrize(
    ("key", "words", "filled"),
    [
        ("named", "10月底前并长期坚持", "2026年12月"),
        ("blank", "__月__日前", "2026年11月30日前"),
        ("bare", "未注明日期", "11月20日前"),
        ("weekly", "每周五", "每周四"),
    ],
)
def test_the_words_of_the_plan_stay_where_a_date_is_filled_in(key: str, words: str, filled: str) -> None:
    found = plan(load(TEXT), date(2026, 9, 1), FILLS, Workdays.of({}, (2026,)))
    given = [one for one in found.milestones if one.requirement == key]
    assert {(one.words, one.filled) for one in given} == {(words, filled)}
    assert all(one.due_at is not None for one in given)


def test_nothing_counts_as_filled_where_nobody_filled_it() -> None:
    found = plan(load(TEXT), date(2026, 9, 1), {}, Workdays.of({}, (2026,)))
    assert {one.filled for one in found.milestones} == {""}


NO_SUCH_DAY = """
key: nowhere
version: 1
title: 示例专项行动
begins: 2月1日
ends: 2月29日
phases:
  - {key: check, name: 自查, window: 2月3日（周三）至2月29日}
requirements:
  - {key: leap, name: 名单, due: 2月29日前}
  - {key: weekday, name: 总结, phase: check, due: 2月10日（周五）下班前}
  - {key: report, name: 月报, opens: 2月29日, first: 2月29日前, every: 每月}
  - {key: waits, name: 反馈, due: 收到通知后3日内}
"""


def test_a_day_that_is_not_there_is_asked_for_wherever_it_is_printed() -> None:
    text = load(NO_SUCH_DAY)
    asked = {one.place: one for one in plan(text, date(2026, 2, 1), {}, Workdays.of({}, (2026,))).blanks}
    places = {"ends", "check.from", "check.until", "leap.due", "weekday.due", "report.opens", "report.first"}
    assert asked.keys() == places
    assert asked["leap.due"].says("方案") == (
        "“名单”的日期“2月29日前”不能用：2026年没有2月29日，须改写，请用 --set leap.due=日期 填写"
    )
    assert asked["weekday.due"].why == "2026年2月10日是周二，与所写的不符，须核对"
    fills = {**dict.fromkeys(places, "2026-02-10"), "ends": "2026-02-29", "report.first": "2026-02-12"}
    again = plan(text, date(2026, 2, 1), fills, Workdays.of({}, (2026,)))
    assert [one.place for one in again.blanks] == ["ends"], "what a person gives is looked at in the same way"


@pytest.mark.parametrize("words", ["2月30日前", "6月31日前", "13月", "2月3日前后"])
def test_what_is_in_no_year_is_refused_when_the_template_is_read(words: str) -> None:
    with pytest.raises(Faulty):
        load(f"key: x\nversion: 1\ntitle: 甲\nrequirements: [{{key: a, name: 乙, due: {words}}}]\n")
