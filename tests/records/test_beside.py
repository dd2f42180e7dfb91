"""Phases beside the row: they open by their dates or by hand, come again, ask their own, and move nobody."""

from __future__ import annotations

from typing import Any

import pytest

from states.errors import NotFound, Refused
from states.records import campaigning, figures
from states.records.dispatch import Notice
from states.records.tables import Campaign, Journal, Milestone, Obligation, PhaseRow, UnitRun

PLAN = """
phases:
  - {key: check, name: 自查自纠, window: 为期2周}
  - {key: tour, name: 督导检查, parallel: true, from: 3月9日, until: 3月27日, announce: [liaison], scope: {kinds: [医院]}}
  - {key: mend, name: 集中整治, opens: after_previous, window: 为期2周}
  - {key: look, name: 明察暗访, parallel: true, opens: by_hand, window: 为期1周, announce: [liaison]}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内}
  - {key: visit, name: 督导材料, phase: tour, due: 阶段结束前3个工作日}
  - {key: seen, name: 暗访整改, phase: look, due: 阶段开始后5日内}
  - {key: mended, name: 整改报告, phase: mend, due: 阶段结束前3个工作日}
"""
AGAIN = """
ends: 2026年6月30日
phases:
  - {key: check, name: 自查自纠, window: 为期2周}
  - {key: spot, name: 季度督查, parallel: true, every: 每季度, announce: [liaison]}
requirements:
  - {key: result, name: 督查结果, phase: spot, due: 阶段结束前5个工作日}
  - {key: list, name: 督查清单, phase: spot, every: 每月25日前}
"""


def open_by_hand(stage: Any, key: int, phase: str, now: str, **more: Any) -> None:
    with stage.store.write() as session:
        campaigning.open_beside(session, key, phase, stage.at(now), "test", **more)


def phase(stage: Any, key: str) -> PhaseRow:
    return stage.one(PhaseRow, PhaseRow.key == key)


def owing(stage: Any, requirement: str, period: str = "") -> set[str]:
    milestone = stage.milestone(requirement, period)
    codes = {key: code for code, key in stage.ids.items()}
    return {codes[one.unit_id] for one in stage.rows(Obligation, Obligation.milestone_id == milestone.id)}


def test_a_phase_beside_the_row_opens_on_its_day_and_moves_neither_campaign_nor_units(stage) -> None:
    stage.launch(stage.template(PLAN))
    before = stage.states(1)
    assert phase(stage, "tour").ord is None
    stage.cycle("2026-03-08 23:59")
    assert phase(stage, "tour").opened_at is None
    stage.cycle("2026-03-09 00:00")
    assert stage.local(phase(stage, "tour").opened_at) == "2026-03-09 00:00"
    assert (stage.one(Campaign).state, stage.one(Campaign).ord) == ("check", 1)
    assert stage.states(1) == before
    assert owing(stage, "visit") == {"R1-H1", "R2-H1"}
    assert stage.local(stage.milestone("visit").due_at) == "2026-03-24 18:00"


def test_the_row_goes_on_past_a_phase_that_stands_beside_it(stage) -> None:
    stage.launch(stage.template(PLAN))
    stage.cycle("2026-03-09 00:00", "2026-03-16 00:00")
    assert (stage.one(Campaign).state, stage.one(Campaign).ord) == ("mend", 2)
    assert phase(stage, "mend").ord == 2
    for code in stage.participants:
        stage.act(1, "report", code, "submit", "2026-03-16 10:00")
    assert set(stage.states(1).values()) == {"mend"}  # what the other phase asks holds nobody back


def test_its_announcement_reaches_those_of_its_scope_alone(stage) -> None:
    stage.launch(stage.template(PLAN))
    stage.cycle("2026-03-09 00:00")
    told = {one.unit_id for one in stage.notices(Notice.kind == "phase")}
    assert told == {stage.ids["R1-H1"], stage.ids["R2-H1"]}


def test_by_hand_it_opens_when_a_person_says_so_and_its_dates_count_from_then(stage) -> None:
    stage.launch(stage.template(PLAN))
    stage.cycle("2026-03-20 09:00")
    assert phase(stage, "look").opened_at is None
    open_by_hand(stage, 1, "look", "2026-03-20 10:00", reason="群众反映")
    assert stage.local(stage.milestone("seen").due_at) == "2026-03-25 18:00"
    assert stage.local(phase(stage, "look").closes_at) == "2026-03-26 18:00"
    assert owing(stage, "seen") == set(stage.participants)
    (line,) = [one for one in stage.journal("phase.opened") if one.after == "明察暗访"]
    assert (line.actor, line.reason) == ("test", "群众反映")
    stage.cycle("2026-03-20 10:01")
    assert len([one for one in stage.notices(Notice.kind == "phase") if "明察暗访" in one.reason]) == 6


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("mend", "“集中整治”不是并行阶段，请用专项行动的动作 advance（进入下一阶段）"),
        ("tour", "“督导检查”已于2026-03-09 00:00开始"),
    ],
)
def test_what_cannot_be_opened_by_hand_is_refused_in_words(stage, key: str, says: str) -> None:
    stage.launch(stage.template(PLAN))
    stage.cycle("2026-03-09 00:00")
    with pytest.raises(Refused) as refused:
        open_by_hand(stage, 1, key, "2026-03-10 10:00")
    assert refused.value.refusals == [says]
    with pytest.raises(NotFound, match="没有“tuor”这个阶段"):
        open_by_hand(stage, 1, "tuor", "2026-03-10 10:00")


@pytest.mark.parametrize("asleep", ["suspend", "close", "cancel"])
def test_nothing_opens_beside_a_campaign_that_does_not_run(stage, asleep: str) -> None:
    stage.launch(stage.template(PLAN))
    stage.cycle("2026-03-16 00:00")
    with stage.store.write() as session:
        campaigning.move(session, 1, asleep, stage.at("2026-03-17 09:00"), "test", reason="示例")
    with pytest.raises(Refused, match="进行之中才能开始并行阶段"):
        open_by_hand(stage, 1, "look", "2026-03-17 10:00")


def test_before_the_campaign_has_begun_nothing_opens_beside_it(stage) -> None:
    text = stage.template(PLAN.replace("name: 自查自纠,", "name: 自查自纠, opens: by_hand,"))
    stage.launch(text, start="2026-03-10", now="2026-03-10 08:30")
    stage.cycle("2026-03-11 09:00")
    assert {one.opened_at for one in stage.rows(PhaseRow)} == {None}
    with pytest.raises(Refused, match="现为“待启动”"):
        open_by_hand(stage, 1, "look", "2026-03-11 10:00")
    with stage.store.write() as session:
        campaigning.move(session, 1, "advance", stage.at("2026-03-12 09:00"), "test")
    assert {one.key for one in stage.rows(PhaseRow) if one.opened_at} == {"check", "tour"}


def test_a_phase_that_comes_again_is_a_row_and_a_set_of_milestones_each_time(stage) -> None:
    stage.launch(stage.template(AGAIN), start="2026-01-05")
    rows = [one for one in stage.rows(PhaseRow) if one.base == "spot"]
    assert [(one.key, one.period, one.name) for one in rows] == [
        ("spot-2026-Q1", "2026-Q1", "季度督查（2026年第一季度）"),
        ("spot-2026-Q2", "2026-Q2", "季度督查（2026年第二季度）"),
    ]
    found = {(one.requirement, one.period): one for one in stage.rows(Milestone)}
    assert set(found) == {
        ("result", "2026-Q1"),
        ("result", "2026-Q2"),
        *(("list", f"2026-{month:02}") for month in range(1, 7)),
    }
    assert stage.local(found["result", "2026-Q1"].due_at) == "2026-03-24 18:00"
    assert found["list", "2026-05"].phase == "spot-2026-Q2"


def test_each_occurrence_opens_in_its_time_and_is_announced(stage) -> None:
    stage.launch(stage.template(AGAIN), start="2026-01-05")
    stage.cycle("2026-01-05 09:00", "2026-03-31 23:59")
    assert [one.period for one in stage.rows(PhaseRow) if one.period and one.opened_at] == ["2026-Q1"]
    assert stage.milestone("result", "2026-Q2").opened_at is None
    stage.cycle("2026-04-01 00:00")
    assert owing(stage, "result", "2026-Q2") == set(stage.participants)
    reasons = {one.reason for one in stage.notices(Notice.kind == "phase")}
    assert reasons == {"“季度督查（2026年第一季度）”阶段开始", "“季度督查（2026年第二季度）”阶段开始"}


def test_occurrences_follow_when_the_row_lasts_longer_than_was_known(stage) -> None:
    text = AGAIN.replace("ends: 2026年6月30日\n", "").replace(
        "  - {key: spot", "  - {key: mend, name: 集中整治, opens: by_hand, window: 为期6个月}\n  - {key: spot"
    )
    stage.launch(stage.template(text), start="2026-03-23")
    assert [one.period for one in stage.rows(PhaseRow) if one.period] == ["2026-Q1"]
    with stage.store.write() as session:
        campaigning.move(session, 1, "advance", stage.at("2026-04-06 09:00"), "test")
    assert [one.period for one in stage.rows(PhaseRow) if one.period] == ["2026-Q1", "2026-Q2", "2026-Q3"]
    assert stage.milestone("result", "2026-Q3").phase == "spot-2026-Q3"


def test_units_behind_are_counted_by_the_row_alone(stage) -> None:
    stage.launch(stage.template(PLAN))
    stage.cycle("2026-03-09 00:00", "2026-03-16 00:00", "2026-04-10 09:00")
    with stage.store.read() as session:
        found = figures.tally(session, stage.campaign(session, 1), stage.at("2026-04-10 09:00"))
    assert found.units == len(stage.participants)
    assert found.behind == 6
    assert {one.state for one in stage.rows(UnitRun)} == {"check"}


def test_the_campaign_enters_nothing_beside_the_row(stage) -> None:
    stage.launch(stage.template(PLAN))
    stage.cycle("2026-03-09 00:00", "2026-03-16 00:00", "2026-04-01 00:00")
    moved = [one.after for one in stage.rows(Journal) if one.kind == "campaign.moved"]
    assert moved == ["check", "mend"]
