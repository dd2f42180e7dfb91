"""A campaign below starts from the dates that its owner has above, not from everybody else's."""

from __future__ import annotations

from typing import Any

import pytest

from states.records import (
    campaigns,
    deciding,
    granting,
    laying,
    levels,
    local_events,
    prolonging,
    proposing,
)
from states.records.columns import obligation_id
from states.records.deciding import Decision
from states.records.granting import Request
from states.records.levels import Adoption
from states.records.prolonging import Amount
from states.records.tables import Campaign, LevelChange, LocalWindow, Milestone

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
    rows = stage.rows(Milestone, Milestone.campaign_id == child, Milestone.local == False)  # noqa: E712
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


def grant(stage: Any, requirement: str, code: str, until: str, now: str, **decision: Any) -> None:
    """More time above for what a unit owes there."""
    about = stage.milestone(requirement, campaign=1)
    key = obligation_id(about.id, stage.ids[code])
    with stage.store.write() as session:
        campaign, at = campaigns.running(session, 1), stage.at(now)
        number = granting.ask(session, campaign, Request(key, until, "抗洪抢险"), at, code).id
        deciding.decide(session, campaign, number, Decision(True, **decision), at, "test")


@pytest.mark.parametrize("more", [{}, {"whom": "under", "under": "R1"}])
def test_more_time_that_the_owner_alone_is_granted_is_proposed_below(
    stage: Any, parent: int, more: dict[str, Any]
) -> None:
    child = adopt(stage, parent)
    grant(stage, "report", "R1", "2026-04-02", "2026-03-04 08:30", **more)
    stage.cycle("2026-03-04 09:30")
    (made,) = stage.rows(LevelChange, LevelChange.campaign_id == child)
    moved = {one["key"]: one["after"] for one in made.items}
    assert moved == {"report": "2026-03-30 18:00"}, "2 April less three working days"
    with stage.store.write() as session:
        proposing.accept(session, child, made.id, stage.at("2026-03-04 10:00"), "test")
    assert due(stage, child)["report"] == "2026-03-30 18:00"


def test_more_time_of_before_is_there_from_the_beginning_and_that_of_another_nowhere(
    stage: Any, parent: int
) -> None:
    grant(stage, "report", "R1", "2026-04-02", "2026-03-03 08:10")
    child = adopt(stage, parent)
    assert due(stage, child)["report"] == "2026-03-30 18:00"
    grant(stage, "early", "R2", "2026-04-02", "2026-03-04 08:30")
    with stage.store.read() as session:
        assert proposing.to_look_at(session) == []
    grant(stage, "early", "R1", "2026-03-27", "2026-03-04 08:40")
    with stage.store.read() as session:
        assert proposing.to_look_at(session) == [child]


def test_days_to_correct_what_was_returned_are_no_more_time_for_those_below(stage: Any, parent: int) -> None:
    stage.act(1, "early", "R1", "submit", "2026-03-19 09:00")
    stage.act(1, "early", "R1", "return", "2026-03-19 16:00", reason="缺附件")
    assert stage.local(stage.owed("early", "R1", campaign=1).due_at) > "2026-03-23"
    with stage.store.write() as session:
        now = stage.at("2026-03-19 16:30")
        child = levels.adopt(session, parent, Adoption("R1", past="keep"), now, "test")
    assert due(stage, child)["early"] == "2026-03-17 18:00"


def own(stage: Any, child: int, requirement: str, code: str, period: str = "") -> str | None:
    found = stage.owed(requirement, code, period, child).due_at
    return None if found is None else str(stage.local(found))


def test_windows_and_events_of_units_below_the_owner_hold_in_the_campaign_below(
    stage: Any, parent: int
) -> None:
    lay(stage, "R1-H1", "2026-04-15", "2026-03-03 08:00")
    lay(stage, "R2-H1", "2026-04-15", "2026-03-03 08:00")
    with stage.store.write() as session:
        at = stage.at("2026-03-03 08:05")
        local_events.record(session, campaigns.running(session, 1), "收到转办", "R1-H2", at, at, "test")
    with stage.store.trial() as session:
        tried = levels.draft(session, parent, Adoption("R1"), stage.at(NOW))
        assert (
            tried.draft.warnings[-1]
            == "上级为示例甲县人民医院另定的期限（“自查自纠”阶段到2026-04-15）随之带入"
        )
    child = adopt(stage, parent)
    (row,) = stage.rows(LocalWindow, LocalWindow.campaign_id == child)
    assert (row.unit_id, stage.local(row.closes_at), row.reason) == (
        stage.ids["R1-H1"],
        "2026-04-15 18:00",
        "上级已另定，随承接带入：洪涝灾害",
    )
    assert own(stage, child, "report", "R1-H1") == "2026-04-07 18:00"  # above 10 April: 9 8 7
    assert own(stage, child, "report", "R1-H2") is None, "as for everybody: 23 March"
    assert own(stage, child, "answer", "R1-H2") == "2026-03-19 18:00"  # above 24 March: 23 20 19
    assert own(stage, child, "answer", "R1-H1") is None
    stage.cycle("2026-04-06 00:00")
    assert own(stage, child, "weekly", "R1-H1", "2026-W15") == "2026-04-07 18:00"
    stage.cycle("2026-04-08 09:10")
    told = {one.unit_id for one in stage.notices() if one.campaign_id == child and one.name == "催办"}
    assert stage.ids["R1-H1"] in told


def test_what_was_carried_moves_with_the_whole_and_a_date_of_its_own_level_stays(
    stage: Any, parent: int
) -> None:
    lay(stage, "R1-H1", "2026-04-15", "2026-03-03 08:00")
    with stage.store.write() as session:
        wanted = Adoption("R1", fills={"early.due": "2026-03-12"})
        child = levels.adopt(session, parent, wanted, stage.at(NOW), "test")
        campaign = campaigns.running(session, child)
        amount = Amount("7d", stage.at("2026-03-20 00:00").date(), "顺延")
        prolonging.prolong(session, campaign, amount, stage.at("2026-03-03 10:00"), "test")
    assert own(stage, child, "report", "R1-H1") == "2026-04-14 18:00"
    assert due(stage, child)["early"] == "2026-03-12 18:00"
    assert own(stage, child, "early", "R1-H1") is None
