"""Phases beside the row and windows of some units over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

PLAN = """
key: beside
version: 1
title: 示例督导行动
phases:
  - {key: self-check, name: 自查自纠, from: 2026年11月2日, until: 2026年11月27日}
  - {key: tour, name: 督导检查, parallel: true, opens: by_hand, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: self-check, due: 阶段结束前3个工作日}
  - {key: visit, name: 督导材料, phase: tour, due: 阶段开始后5日内}
outcomes: [保留, 整改]
"""


@pytest.fixture
def number(world: Any) -> int:
    started = world.post("/campaigns", {"text": PLAN, "start": "2026-11-02"})
    assert started.status_code == 201, started.text
    return int(started.json()["id"])


def window(world: Any, number: int, **more: Any) -> Any:
    body = {"phase": "self-check", "under": "B", "until": "2026-12-11", "reason": "洪涝灾害", **more}
    return world.post(
        f"/campaigns/{number}/windows", body, **({"key": more.pop("key")} if "key" in more else {})
    )


def test_a_phase_beside_the_row_is_opened_and_told(world: Any, number: int) -> None:
    told = world.get(f"/campaigns/{number}").json()["phases"]
    assert [(one["key"], one["ord"], one["opened_at"]) for one in told][1] == ("tour", None, None)
    world.hands.at += timedelta(minutes=30)
    opened = world.post(f"/campaigns/{number}/phases/tour/open", {"reason": "群众反映"}).json()
    assert (opened["phase"]["key"], opened["milestones"]) == ("tour", ["督导材料"])
    (beside,) = world.get(f"/campaigns/{number}/summary").json()["beside"]
    assert (beside["opened"], beside["open"], beside["overdue"]) == (True, 6, 0)
    again = world.post(f"/campaigns/{number}/phases/tour/open", {})
    assert again.status_code == 409
    assert again.json()["refusals"] == ["“督导检查”已于2026-11-02 09:30开始"]
    assert world.post(f"/campaigns/{number}/phases/tuor/open", {}).status_code == 404


def test_a_window_is_tried_first_and_laid_when_that_is_said(world: Any, number: int) -> None:
    tried = window(world, number).json()
    (shift,) = tried["shifts"]
    assert (tried["dry_run"], tried["obligations"], shift["obligations"]) == (True, 3, 3)
    assert (shift["before"], shift["after"]) == ("2026-11-24T18:00:00+08:00", "2026-12-08T18:00:00+08:00")
    assert world.get(f"/campaigns/{number}/windows").json()["items"] == []
    assert window(world, number, dry_run=False).json()["window"]["author"] == "key:all"
    (kept,) = world.get(f"/campaigns/{number}/windows").json()["items"]
    assert (kept["unit"]["code"], kept["closes_at"], kept["reason"]) == (
        "B",
        "2026-12-11T18:00:00+08:00",
        "洪涝灾害",
    )
    owed = world.get(f"/campaigns/{number}/units/B-H1").json()["obligations"]
    assert {one["due"] for one in owed} == {"2026-12-08T18:00:00+08:00"}


def test_without_a_phase_it_is_the_whole_where_a_plan_has_none(world: Any, number: int) -> None:
    refused = window(world, number, phase=None)
    assert refused.status_code == 422
    assert "请写明阶段" in refused.text
    text = "key: whole\nversion: 1\ntitle: 示例行动\nends: 2026-11-30\nrequirements:\n"
    text += "  - {key: report, name: 总结, due: 行动结束前3个工作日}\n"
    whole = world.post("/campaigns", {"text": text, "start": "2026-11-02"}).json()["id"]
    laid = window(world, whole, phase=None).json()
    assert laid["window"]["planned"] == "2026-11-30T18:00:00+08:00"
    assert [one["after"] for one in laid["shifts"]] == ["2026-12-08T18:00:00+08:00"]


def test_only_who_runs_the_campaign_may_and_only_who_may_write(world: Any, number: int) -> None:
    body = {"phase": "self-check", "under": "B", "until": "2026-12-11", "reason": "洪涝灾害"}
    for key in (world.key("county", write=True, under="B"), world.key("reader")):
        assert world.post(f"/campaigns/{number}/windows", body, key=key).status_code == 403
        assert world.post(f"/campaigns/{number}/phases/tour/open", {}, key=key).status_code == 403


def test_units_are_counted_by_how_they_ended(world: Any, number: int) -> None:
    for code, outcome in (("A-H1", "整改"), ("B-H1", "保留"), ("B-H2", "整改")):
        body = {"move": "override", "reason": "示例", "outcome": outcome}
        assert world.post(f"/campaigns/{number}/units/{code}/moves", body).status_code == 200
    told = world.get(f"/campaigns/{number}/summary").json()["outcomes"]
    assert told == [{"outcome": "保留", "units": 1}, {"outcome": "整改", "units": 2}]
    body = {"move": "suspend", "outcome": "整改"}
    refused = world.post(f"/campaigns/{number}/units/A-C1/moves", body)
    assert (refused.status_code, refused.json()["refusals"]) == (409, ["“暂停”不是办结，不写结果"])
