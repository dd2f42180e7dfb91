"""A campaign below starts from the dates that its owner has above, not from everybody else's."""

from __future__ import annotations

from typing import Any

import pytest

from states.records import campaigns, laying, levels, local_events, proposing
from states.records.levels import Adoption
from states.records.tables import Campaign, LevelChange, Milestone

PLAN = """
phases:
  - {key: check, name: 自查自纠, window: 3月2日-3月31日}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 阶段结束前3个工作日}
  - {key: early, name: 动员情况, phase: check, due: 3月20日前}
  - {key: weekly, name: 周报, phase: check, every: 每周五, required: false}
  - {key: answer, name: 转办答复, due: 收到转办之日起15个工作日内, required: false}
"""
NOW = "2026-03-03 08:30"


@pytest.fixture
def parent(stage: Any) -> int:
    key = int(stage.launch(stage.template(PLAN, stage.ladders)))
    stage.cycle("2026-03-02 09:00")
    return key


def lay(stage: Any, code: str, until: str, now: str) -> None:
    with stage.store.write() as session:
        laying.lay(session, 1, "check", code, until, stage.at(now), "test", "洪涝灾害")


def adopt(stage: Any, parent: int) -> int:
    with stage.store.write() as session:
        return levels.adopt(session, parent, Adoption("R1"), stage.at(NOW), "test")


def due(stage: Any, child: int) -> dict[str, str]:
    rows = stage.rows(Milestone, Milestone.campaign_id == child)
    return {f"{one.requirement}{one.period}": stage.local(one.due_at) for one in rows if one.due_at}


@pytest.mark.parametrize(
    ("code", "until", "report"),
    [
        ("R1", "2026-04-15", "2026-04-07 18:00"),  # above 10 April: 9 8 7, behind 清明
        ("R1", "2026-03-25", "2026-03-17 18:00"),  # a shorter one binds too: above 20 March
        (
            "R1-H1",
            "2026-04-15",
            "2026-03-23 18:00",
        ),  # of somebody below: the owner's date is everybody's, 26 March
        ("R2", "2026-04-15", "2026-03-23 18:00"),  # of somebody else
    ],
)
def test_a_window_of_the_owner_binds_below(
    stage: Any, parent: int, code: str, until: str, report: str
) -> None:
    lay(stage, code, until, "2026-03-03 08:00")
    found = due(stage, adopt(stage, parent))
    assert (found["report"], found["early"]) == (report, "2026-03-17 18:00")
    assert ("weekly2026-W15" in found) == ((code, until) == ("R1", "2026-04-15")), "10 April"


def test_a_window_and_an_event_of_the_owner_later_are_proposed_below(stage: Any, parent: int) -> None:
    child = adopt(stage, parent)
    lay(stage, "R1", "2026-04-15", "2026-03-04 08:30")
    with stage.store.write() as session:
        about = (session, campaigns.running(session, parent), "收到转办", "R1")
        local_events.record(*about, stage.at("2026-03-04 09:00"), stage.at("2026-03-04 09:10"), "test")
    stage.cycle("2026-03-04 09:30")
    (made,) = stage.rows(LevelChange, LevelChange.campaign_id == child)
    moved = {one["key"]: one["after"] for one in made.items if one["what"] == "date"}
    assert moved == {"report": "2026-04-07 18:00", "answer": "2026-03-20 18:00"}  # above 25 March
    with stage.store.write() as session:
        proposing.accept(session, child, made.id, stage.at("2026-03-04 10:00"), "test")
    assert due(stage, child)["report"] == "2026-04-07 18:00"
    assert stage.one(Campaign, Campaign.id == child).template_version == 2


def test_a_window_of_somebody_else_proposes_nothing(stage: Any, parent: int) -> None:
    child = adopt(stage, parent)
    lay(stage, "R2", "2026-04-15", "2026-03-04 08:30")
    stage.cycle("2026-03-04 09:30")
    assert stage.rows(LevelChange, LevelChange.campaign_id == child) == []
