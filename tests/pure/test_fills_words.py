"""A date given by a person stands beside the words of the plan, never in their place."""

from __future__ import annotations

from datetime import date

import pytest

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
