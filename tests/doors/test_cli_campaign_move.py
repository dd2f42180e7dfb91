"""`duban campaign move`: the campaign's own steps from the command line, each tried, made or refused in words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from command_line import begin, data, duban
from states import clock
from states.records.session import connect
from states.records.tables import Campaign, Journal, Milestone

UNITS = """单位代码,单位名称,类别,级别,上级代码,联络员,联络员邮箱,协调员,协调员邮箱
SX,示例县卫生健康局,行政部门,县,,,,钱示例,qian@example.org
SX-H01,示例县人民医院,医院,县,SX,李示例,li@example.org,,
"""
PLAN = """
key: sample
version: 1
title: 示例专项行动
phases:
  - {key: check, name: 自查自纠, window: 为期2周}
  - {key: mend, name: 集中整治, opens: by_hand, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内}
  - {key: mended, name: 整改报告, phase: mend, due: 阶段开始后10日内}
"""


class Kept:
    """What the database holds."""

    def __init__(self, url: str) -> None:
        self.url = url

    def rows(self, table: type[Any]) -> list[Any]:
        store = connect(self.url)
        try:
            with store.read() as session:
                return list(session.exec(select(table).order_by(table.id)))
        finally:
            store.close()

    @property
    def state(self) -> str:
        return str(self.rows(Campaign)[0].state)


@pytest.fixture
def kept(at_home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Kept:
    """A campaign in its first phase, on each kind of database."""
    monkeypatch.setenv("DUBAN_DATABASE_URL", database_url)
    begin(at_home, UNITS, PLAN, (clock.now() - timedelta(days=1)).date())
    made = Kept(database_url)
    assert made.state == "check"
    return made


def test_without_a_move_every_move_is_listed_with_its_refusals(kept: Kept) -> None:
    offered = {one["move"]: one for one in data("campaign", "move", "1")}
    assert [name for name, one in offered.items() if one["open"]] == ["advance", "suspend", "cancel"]
    assert offered["close"]["refusals"] == ["现为“自查自纠”，不能办结；只有“集中整治”可以"]
    assert offered["cancel"]["needs_reason"]
    assert "须写明理由" in duban("campaign", "move", "1").stdout


def test_a_dry_run_shows_what_would_open_and_writes_nothing(kept: Kept) -> None:
    before = len(kept.rows(Journal))
    looked = data("campaign", "move", "1", "advance", "--dry-run")
    assert (looked["dry_run"], looked["before"]["key"], looked["after"]["key"]) == (True, "check", "mend")
    assert looked["opened"] == ["整改报告"]
    assert (kept.state, len(kept.rows(Journal))) == ("check", before)
    assert "什么都没有写入" in duban("campaign", "move", "1", "advance", "--dry-run").stdout


def test_a_move_by_its_chinese_name_opens_the_next_phase(kept: Kept) -> None:
    made = data("campaign", "move", "1", "进入下一阶段", "--reason", "自查提前完成")
    assert (made["move"], made["dry_run"], made["opened"]) == ("advance", False, ["整改报告"])
    assert kept.state == "mend"
    assert all(one.opened_at is not None for one in kept.rows(Milestone))
    (told,) = [one for one in kept.rows(Journal) if one.kind == "campaign.explained"]
    assert (told.reason, told.actor.split(":")[0]) == ("自查提前完成", "cli")


def test_suspended_and_resumed_it_is_where_it_was(kept: Kept) -> None:
    assert "自查自纠（暂停）" in duban("campaign", "move", "1", "suspend").stdout
    assert data("campaign", "move", "1", "resume")["after"]["key"] == "check"
    assert kept.state == "check"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["close"], "不能办结"),
        (["cancel"], "“取消”须写明理由"),
        (["cancel", "--reason", "  "], "“取消”须写明理由"),
        (["cancel", "--dry-run"], "“取消”须写明理由"),
        (["suspend", "--version", "99"], "被他人改动"),
        (["frobnicate"], "没有“frobnicate”这个动作；可用的有 advance"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(kept: Kept, words: list[str], says: str) -> None:
    before = len(kept.rows(Journal))
    said = duban("campaign", "move", "1", *words, code=1).stderr
    assert says in said
    assert (kept.state, len(kept.rows(Journal))) == ("check", before)


def test_an_unknown_campaign_is_named(kept: Kept) -> None:
    assert "没有编号为 7 的专项行动" in duban("campaign", "move", "7", "close", code=1).stderr


def test_cancelling_with_a_reason_keeps_it_in_the_journal(kept: Kept) -> None:
    assert data("campaign", "move", "1", "取消", "--reason", "上级另行部署")["after"]["key"] == "cancelled"
    moved = [one for one in kept.rows(Journal) if one.kind == "campaign.moved"][-1]
    assert (moved.after, moved.reason) == ("cancelled", "上级另行部署")
