"""`duban campaign tally`: numbers of departments and persons from the command line, one unit's or all together."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from command_line import begin, data, duban
from states import clock

UNITS = """单位代码,单位名称,类别,上级代码
SX,示例县卫生健康局,行政部门,
SX-H01,示例县人民医院,医院,SX
"""
PLAN = """
key: sample
version: 1
title: 示例专项行动
requirements:
  - {key: pledge, name: 承诺书, due: 启动后10日内, per: persons}
"""


@pytest.fixture
def started(at_home: Path) -> None:
    begin(at_home, UNITS, PLAN, (clock.now() - timedelta(days=1)).date())


def sums() -> Any:
    return data("campaign", "tally", "1")


@pytest.mark.usefixtures("started")
def test_numbers_are_told_for_a_unit_and_summed_for_the_campaign() -> None:
    assert [(one["told"], one["units"], one["expected"], one["done"]) for one in sums()] == [(0, 1, 0, 0)]
    said = duban("campaign", "tally", "1", "SX-H01", "pledge", "--expected", "120", "--done", "90").stdout
    assert said == "SX-H01：pledge 应办 120，已办 90\n"
    assert [(one["told"], one["units"], one["expected"], one["done"]) for one in sums()] == [(1, 1, 120, 90)]
    assert "90/120" in duban("campaign", "status", "1").stdout
    assert "还差" in duban("campaign", "tally", "1").stdout


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("SX-H01", "pledge", "--expected", "1", "--done", "2"), 1, "已办 2 多于应办 1"),
        (("SX-H01", "pledge", "--expected", "1"), 2, "报数要写明 UNIT REQUIREMENT"),
        (("SX-H01", "oath", "--expected", "1", "--done", "1"), 1, "按科室或个人报数的有 pledge"),
    ],
)
def test_what_cannot_be_counted_is_refused_and_changes_nothing(
    words: tuple[str, ...], code: int, says: str
) -> None:
    done = duban("campaign", "tally", "1", *words, code=code)
    assert says in done.stderr
    assert sums()[0]["told"] == 0
