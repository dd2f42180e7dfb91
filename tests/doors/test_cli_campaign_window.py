"""`duban campaign window` and `open`: tried, done, listed, refused in words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from command_line import begin, data, duban
from states import clock

UNITS = """单位代码,单位名称,类别,级别,上级代码,联络员,联络员邮箱,协调员,协调员邮箱
SX,示例县卫生健康局,行政部门,县,,,,钱示例,qian@example.org
SX-H01,示例县人民医院,医院,县,SX,李示例,li@example.org,,
"""
PLAN = """
key: sample
version: 1
title: 示例专项行动
phases:
  - {key: check, name: 自查自纠, window: 为期8周}
  - {key: tour, name: 督导检查, parallel: true, opens: by_hand, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 阶段结束前5日}
  - {key: visit, name: 督导材料, phase: tour, due: 阶段开始后5日内}
outcomes: [保留, 整改]
"""


@pytest.fixture(autouse=True)
def started(at_home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A campaign in its first phase."""
    monkeypatch.setenv("DUBAN_DATABASE_URL", database_url)
    begin(at_home, UNITS, PLAN, (clock.now() - timedelta(days=1)).date())


def test_a_window_is_tried_laid_and_listed() -> None:
    day = str(clock.now().date() + timedelta(days=90))
    words = ("campaign", "window", "1", "check", "--under", "SX-H01", "--until", day, "--reason", "洪涝灾害")
    tried = duban(*words, "--dry-run").stdout
    assert "1 项改期" in tried
    assert "什么都没有写入" in tried
    assert "没有另定的期限" in duban("campaign", "window", "1").stdout
    laid = data(*words)
    assert (laid["obligations"], laid["shifts"][0]["name"]) == (1, "自查报告")
    (kept,) = data("campaign", "window", "1")
    assert (kept["unit"]["code"], kept["reason"], kept["closes_at"][:10]) == ("SX-H01", "洪涝灾害", day)


def test_a_window_wants_a_unit_a_date_and_a_reason() -> None:
    assert "还要写明单位和日期" in duban("campaign", "window", "1", "check", code=2).stderr
    day = str(clock.now().date() + timedelta(days=90))
    words = ("campaign", "window", "1", "check", "--under", "SX-H01", "--until", day)
    assert "另定期限须写明理由" in duban(*words, code=1).stderr


def test_a_plan_without_phases_wants_none_named(at_home: Path) -> None:
    ends = str(clock.now().date() + timedelta(days=30))
    text = f"""
key: whole
version: 1
title: 示例行动
ends: {ends}
requirements:
  - {{key: report, name: 总结, due: 行动结束前5日}}
"""
    (at_home / "whole.yaml").write_text(text, encoding="utf-8")
    duban("campaign", "start", "whole.yaml", "--start", str(clock.now().date()))
    day = str(clock.now().date() + timedelta(days=60))
    words = ("campaign", "window", "2", "--under", "SX-H01", "--until", day, "--reason", "洪涝灾害")
    assert "示例县人民医院及其下级：行动" in duban(*words, "--dry-run").stdout
    assert data(*words)["shifts"][0]["name"] == "总结"
    assert data("campaign", "window", "2")[0]["planned"][:10] == ends


def test_a_phase_beside_the_row_is_tried_and_opened() -> None:
    assert "下达 1 个节点：督导材料" in duban("campaign", "open", "1", "tour", "--dry-run").stdout
    opened = data("campaign", "open", "1", "tour", "--reason", "群众反映")
    assert (opened["phase"]["key"], opened["milestones"]) == ("tour", ["督导材料"])
    status = duban("campaign", "status", "1").stdout
    assert "督导检查" in status
    assert "已开始" in status
    assert "已于" in duban("campaign", "open", "1", "tour", code=1).stderr


def test_how_units_ended_is_counted() -> None:
    duban("move", "1", "SX-H01", "override", "--reason", "示例", "--outcome", "整改")
    assert data("campaign", "status", "1")["outcomes"] == [{"outcome": "整改", "units": 1}]
    assert "办结结果" in duban("campaign", "status", "1").stdout
