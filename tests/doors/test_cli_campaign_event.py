"""`duban campaign event`: what dates count from, listed, tried, recorded and recorded anew from the command line."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from command_line import begin, data, duban
from states import clock

CHINA = ZoneInfo("Asia/Shanghai")
UNITS = """单位代码,单位名称,类别,上级代码
SX,示例县卫生健康局,行政部门,
SX-H01,示例县人民医院,医院,SX
"""
PLAN = """
key: sample
version: 1
title: 示例专项行动
requirements:
  - {key: answer, name: 转办答复, due: 收到转办之日起2小时内}
  - {key: fixed, name: 报告, due: 启动后60日内}
"""
pytestmark = pytest.mark.usefixtures("started")


@pytest.fixture
def started(at_home: Path) -> None:
    begin(at_home, UNITS, PLAN, (clock.now() - timedelta(days=2)).date())


def yesterday(hour: int) -> str:
    return f"{clock.now().astimezone(CHINA) - timedelta(days=1):%Y-%m-%d}T{hour:02}:00"


def waiting() -> Any:
    (one,) = data("campaign", "event", "1")
    return one


def test_events_that_are_waited_for_are_listed() -> None:
    assert waiting() == {
        "name": "收到转办",
        "at": None,
        "first_at": None,
        "milestones": ["转办答复"],
        "below": [],
    }
    assert "转办答复" in duban("campaign", "event", "1").stdout


def test_before_the_start_it_is_said_what_is_waited_for(tmp_path: Path) -> None:
    words = ("campaign", "start", str(tmp_path / "plan.yaml"), "--start", yesterday(0)[:10], "--dry-run")
    assert {one["requirement"]: one["event"] for one in data(*words)["milestones"]} == {
        "answer": "收到转办",
        "fixed": None,
    }
    assert "待“收到转办”" in duban(*words).stdout


def test_tried_it_shows_what_takes_its_date_and_records_nothing() -> None:
    tried = data("campaign", "event", "1", "收到转办", "--at", yesterday(9), "--dry-run")
    assert (tried["dry_run"], [(one["name"], one["before"], one["units"]) for one in tried["dated"]]) == (
        True,
        [("转办答复", None, 1)],
    )
    assert datetime.fromisoformat(tried["dated"][0]["after"]).hour == 11
    assert waiting()["at"] is None
    said = duban("campaign", "event", "1", "收到转办", "--dry-run").stdout
    assert said.endswith("试算完毕，什么都没有写入；去掉 --dry-run 即记录\n")
    assert waiting()["at"] is None


def test_recorded_it_stays_until_it_is_recorded_anew() -> None:
    made = data("campaign", "event", "1", "收到转办", "--at", yesterday(9))
    assert waiting()["at"] == made["at"]
    refused = duban("campaign", "event", "1", "收到转办", "--at", yesterday(10), code=1)
    assert "时间确有变化的，请加 again（--again）重新记录" in refused.stderr
    again = data("campaign", "event", "1", "收到转办", "--at", yesterday(10), "--again")
    assert (again["before"], again["dated"][0]["before"]) == (made["at"], made["dated"][0]["after"])
    assert waiting()["first_at"] == made["at"]


def test_what_nothing_counts_from_is_named_with_what_can_be_recorded() -> None:
    assert "可以记录的有 收到转办" in duban("campaign", "event", "1", "收到通知", code=1).stderr


def test_a_date_is_given_on_the_command_line_tried_first() -> None:
    words = ("campaign", "date", "1", "--set", "fixed.due=启动后70日内", "--reason", "示例理由")
    tried = data(*words, "--dry-run")
    ((one,), tried["dated"]) = (tried["dated"], [])
    assert (tried, one["name"], one["units"]) == ({"dry_run": True, "dated": []}, "报告", 1)
    assert data(*words)["dated"] == [one]
    said = duban(*words).stdout
    assert "没有期限因此改变" in said
    assert "nothing" in duban("campaign", "date", "1", "--set", "nothing.due=3月1日前", code=1).stderr


def test_an_event_of_one_unit_is_tried_recorded_and_listed() -> None:
    words = ("campaign", "event", "1", "收到转办", "--under", "SX-H01", "--at", yesterday(9))
    tried = data(*words, "--dry-run")
    assert waiting()["below"] == []
    made = data(*words)
    assert (made["under"], made["dated"]) == ("SX-H01", tried["dated"])
    assert [one["unit"]["code"] for one in waiting()["below"]] == ["SX-H01"]
    assert "示例县人民医院" in duban("campaign", "event", "1").stdout
    again = ("campaign", "event", "1", "收到转办", "--under", "SX-H01", "--at", yesterday(10), "--again")
    assert "示例县人民医院及其下级：收到转办" in duban(*again).stdout
