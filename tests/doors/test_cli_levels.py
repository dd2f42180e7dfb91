"""Levels, versions and repeats from the command line: tried by default, made when asked, refused in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from command_line import begin, data, duban
from flows.commands.foresight import what_of
from states import clock
from states.records.foretell import Foretold

UNITS = """单位代码,单位名称,类别,级别,上级代码,联络员,联络员邮箱,协调员,协调员邮箱
SS,示例市卫生健康委员会,行政部门,市,,,,钱示例,qian@example.org
SX,示例县卫生健康局,行政部门,县,SS,李示例,li@example.org,孙示例,sun@example.org
SX-H01,示例县人民医院,医院,县,SX,周示例,zhou@example.org,,
SY-H01,示例市人民医院,医院,市,SS,吴示例,wu@example.org,,
"""
TODAY = clock.now().date()


def day(after: int) -> str:
    at: date = TODAY + timedelta(days=after)
    return f"{at.year}年{at.month}月{at.day}日"


PLAN = f"""
key: sample
version: 1
title: 示例专项行动
phases:
  - {{key: check, name: 自查自纠, from: {day(-1)}, until: {day(60)}}}
requirements:
  - {{key: report, name: 自查报告, phase: check, due: {day(40)}}}
"""


@pytest.fixture
def started(at_home: Path) -> Path:
    """A city's campaign with one requirement, due in forty days."""
    later = PLAN.replace("version: 1", "version: 2").replace(day(40), day(47))
    (at_home / "plan2.yaml").write_text(later, encoding="utf-8")
    begin(at_home, UNITS, PLAN, TODAY - timedelta(days=1), "--kinds", "医院,行政部门")
    return at_home


def test_a_county_tries_and_adopts(started: Path) -> None:
    looked = data("campaign", "adopt", "1", "--owner", "SX", "--dry-run")
    assert (looked["dry_run"], looked["handed_down"], looked["participants"]["total"]) == (True, 1, 1)
    assert "试算完毕" in duban("campaign", "adopt", "1", "--owner", "SX", "--dry-run").stdout
    assert data("campaign", "adopt", "1", "--owner", "SX") == {
        "campaign": 2,
        "parent": 1,
        "units": 1,
        "handed_down": 1,
    }
    status = data("campaign", "status", "1")
    assert [(one["source"]["campaign"], one["units"]) for one in status["children"]] == [(2, 1)]
    assert "下级承接" in duban("campaign", "status", "1").stdout


def test_additions_with_faults_name_file_line_and_what_to_do(started: Path) -> None:
    (started / "more.yaml").write_text(
        "requirements:\n  - {key: report, due: 2030年1月1日}\n", encoding="utf-8"
    )
    said = duban("campaign", "adopt", "1", "--owner", "SX", "--template", "more.yaml", code=1).stderr
    assert "第2行 requirements[0].due" in said
    assert "另立一项换个 key" in said


def test_a_version_is_tried_by_default_and_needs_a_decision(started: Path) -> None:
    said = duban("campaign", "renew", "1", "--template", "plan2.yaml", code=1)
    assert "照新版请写 --recompute report，不改请写 --keep report" in said.stderr
    looked = data("campaign", "renew", "1", "--template", "plan2.yaml", "--recompute", "report", "--units")
    assert (looked["dry_run"], looked["after"]) == (True, 2)
    assert {one["code"] for one in looked["units"]} == {"SX", "SX-H01", "SY-H01"}
    assert data("campaign", "list")[0]["id"] == 1
    duban(
        "campaign",
        "renew",
        "1",
        "--template",
        "plan2.yaml",
        "--recompute",
        "report",
        "--apply",
        "--reason",
        "来文",
    )
    assert "现行的是第 2 版" in duban("campaign", "renew", "1", "--template", "plan2.yaml", code=1).stderr


def test_a_change_above_is_listed_tried_and_accepted_below(started: Path) -> None:
    duban("campaign", "adopt", "1", "--owner", "SX")
    assert "上级没有变化" in duban("campaign", "changes", "2").stdout
    duban("campaign", "renew", "1", "--template", "plan2.yaml", "--recompute", "report", "--apply")
    assert "上级刚有改动" in duban("campaign", "changes", "2").stdout
    duban("tick")
    (change,) = data("campaign", "changes", "2")
    assert (change["state"], change["items"][0]["key"]) == ("proposed", "report")
    assert "待决定" in duban("campaign", "changes", "2").stdout
    number = str(change["id"])
    assert data("campaign", "accept", "2", number, "--dry-run")["dry_run"]
    assert data("campaign", "changes", "2")[0]["state"] == "proposed"
    assert "现行第 2 版" in duban("campaign", "accept", "2", number).stdout
    assert "已接受" in duban("campaign", "decline", "2", number, "--reason", "不", code=1).stderr


def test_declining_needs_a_reason(started: Path) -> None:
    duban("campaign", "decline", "1", "1", code=2)


def test_the_same_again_takes_the_newest_version_and_the_same_units(started: Path) -> None:
    duban("campaign", "renew", "1", "--template", "plan2.yaml", "--keep", "report", "--apply")
    looked = data("campaign", "repeat", "1", "--start", TODAY.isoformat())
    assert (looked["dry_run"], looked["campaign"], looked["version"]) == (True, None, 2)
    assert looked["participants"]["kinds"] == {"authority": 1, "hospital": 2}
    assert len(data("campaign", "list")) == 1
    assert data("campaign", "repeat", "1", "--start", TODAY.isoformat(), "--apply")["campaign"] == 2
    duban("campaign", "adopt", "1", "--owner", "SX")
    assert (
        "用 duban campaign adopt 承接"
        in duban("campaign", "repeat", "3", "--start", TODAY.isoformat(), code=1).stderr
    )


def test_a_preview_says_once_what_a_mail_says_of_two_campaigns_or_several_units() -> None:
    lines = (
        ("提醒", "示例甲县卫生健康局", "周报"),
        ("提醒", "示例甲县卫生健康局", "周报"),
        ("催办", "示例乙县", "总结"),
    )
    mail = Foretold(clock.now(), "k", "digest", "a@example.org", "王示例", lines, ())
    assert what_of(mail) == "提醒·周报（2 项）；催办·总结"
    more = replace(mail, lines=(*lines, ("催办", "示例乙县", "台账")))
    assert what_of(more) == "提醒·周报（2 项）；催办·总结 等 4 项"
