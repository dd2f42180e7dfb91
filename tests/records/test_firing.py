"""Rungs whose time has come: each once, the highest alone, and none for who has answered."""

from __future__ import annotations

from collections import Counter

import pytest

from states import ladder
from states.records import core, rounds
from states.records.dispatch import Notice, Proposal, Timer


def ladder_missed() -> str:
    return ladder.MISSED_AT_OPENING


def test_a_milestone_has_one_timer_a_rung_for_all_its_units(stage, campaign) -> None:
    rows = [(one.rung, stage.local(one.fire_at), one.obligation_id) for one in stage.timers()]
    assert rows == [
        (1, "2026-03-05 09:00", 0),
        (2, "2026-03-11 09:00", 0),
        (3, "2026-03-13 09:00", 0),
        (4, "2026-03-17 09:00", 0),
        (5, "2026-03-19 09:00", 0),
        (6, "2026-03-23 09:00", 0),
    ]


def test_nothing_fires_before_its_instant(stage, campaign) -> None:
    assert stage.fire("2026-03-05 08:59") == 0
    assert stage.fire("2026-03-05 09:00") == 6


def test_each_rung_reaches_its_own_audience(stage, campaign) -> None:
    stage.fire("2026-03-05 09:00", "2026-03-11 09:00", "2026-03-13 09:00", "2026-03-17 09:00")
    units = stage.participants
    liaisons = [stage.address("liaison", code) for code in units]
    expected = [("提醒", one) for one in liaisons] + [("再提醒", one) for one in liaisons]
    expected += [
        ("催办", stage.address(role, code)) for role in ("liaison", "department_head") for code in units
    ]
    expected += [("督促", stage.address("deputy_leader", code)) for code in units]
    expected += [("督促", stage.address("office", "R"))] * 6
    assert stage.told() == sorted(expected)


def test_reminders_and_demands_are_two_rounds(stage, campaign) -> None:
    assert rounds.fire(stage.store, stage.at("2026-03-13 09:00"), after_due=False) == 0
    assert stage.outcomes()[2] == ladder.MUTED_BY_HIGHER
    assert rounds.fire(stage.store, stage.at("2026-03-13 09:00"), after_due=True) == 6


def test_after_an_outage_only_the_highest_rung_speaks_and_the_others_are_recorded(stage, campaign) -> None:
    stage.fire("2026-03-18 11:00")
    assert {name for name, _ in stage.told()} == {"督促"}
    muted = ladder.MUTED_BY_HIGHER
    assert stage.outcomes() == {1: muted, 2: muted, 3: muted, 4: "fired", 5: None, 6: None}
    facts = {(one.payload["rung"], one.after) for one in stage.journal("rung.done")}
    assert facts == {(1, muted), (2, muted), (3, muted), (4, "fired")}


@pytest.mark.parametrize("acts", [["submit"], ["nil"], ["submit", "accept"], ["waive"]])
def test_who_has_answered_hears_nothing_more(stage, acts) -> None:
    text = stage.template(
        stage.one_report.replace("启动后10日内}", "启动后10日内, nil: true, review: true}"), stage.ladders
    )
    key = stage.launch(text)
    for act in acts:
        stage.act(key, "report", "R1-H1", act, "2026-03-04 10:00", reason="已说明")
    stage.fire(
        "2026-03-05 09:00",
        "2026-03-11 09:00",
        "2026-03-13 09:00",
        "2026-03-17 09:00",
        "2026-03-19 09:00",
    )
    mine = stage.ids["R1-H1"]
    assert stage.notices(Notice.kind == "rung", Notice.unit_id == mine) == []
    assert stage.rows(Proposal, Proposal.unit_id == mine) == []
    assert len(stage.notices(Notice.kind == "rung", Notice.unit_id != mine)) == 5 * (1 + 1 + 2 + 2)


def test_what_was_decided_just_before_the_answer_is_taken_back(stage, campaign) -> None:
    stage.fire("2026-03-05 09:00")
    stage.act(campaign, "report", "R1-H1", "submit", "2026-03-05 09:00")
    assert stage.counted(Notice.state, Notice.kind == "rung") == {"pending": 5, "withdrawn": 1}


def test_what_was_returned_goes_on_by_timers_of_its_own_from_its_new_date(stage) -> None:
    key = stage.launch(
        stage.template(
            stage.one_report.replace("启动后10日内}", "启动后10日内, review: true}"), stage.ladders
        )
    )
    stage.act(key, "report", "R1-H1", "submit", "2026-03-11 10:00")
    stage.act(key, "report", "R1-H1", "return", "2026-03-12 10:00", reason="缺附件")
    owed = stage.owed("report", "R1-H1")
    assert stage.local(owed.due_at) == "2026-03-17 10:00"
    own = [
        (one.rung, stage.local(one.fire_at), one.cycle, one.outcome)
        for one in stage.timers(Timer.obligation_id == owed.id)
    ]
    assert own == [
        (1, "2026-03-10 09:00", 1, ladder_missed()),
        (2, "2026-03-16 09:00", 1, None),
        (3, "2026-03-18 09:00", 1, None),
        (4, "2026-03-20 09:00", 1, None),
        (5, "2026-03-24 09:00", 1, None),
        (6, "2026-03-26 09:00", 1, None),
    ]
    stage.fire("2026-03-13 09:00", "2026-03-16 09:00", "2026-03-17 09:00", "2026-03-18 09:00")
    mine = stage.told(Notice.unit_id == stage.ids["R1-H1"])
    assert [name for name, _ in mine] == ["催办", "催办", "再提醒"], "none by the date it no longer has"


def test_a_second_return_begins_a_second_cycle_and_the_first_one_falls_silent(stage) -> None:
    key = stage.launch(
        stage.template(
            stage.one_report.replace("启动后10日内}", "启动后10日内, review: true}"), stage.ladders
        )
    )
    for day in ("11", "13"):
        stage.act(key, "report", "R1-H1", "submit", f"2026-03-{day} 10:00")
        stage.act(key, "report", "R1-H1", "return", f"2026-03-{day} 11:00", reason="缺附件")
    owed = stage.owed("report", "R1-H1")
    live = [one for one in stage.timers(Timer.obligation_id == owed.id) if one.done_at is None]
    assert {one.cycle for one in live} == {2}
    stage.fire("2026-03-17 09:00", "2026-03-19 09:00")
    mine = stage.notices(Notice.obligation_id == owed.id)
    assert Counter(one.name for one in mine) == {"再提醒": 1, "催办": 2}


def test_a_suspended_unit_is_left_in_peace_and_hears_of_what_comes_after_it_resumed(stage, campaign) -> None:
    stage.move(campaign, "R1-H1", "suspend", "2026-03-04 10:00")
    stage.fire("2026-03-05 09:00")
    stage.move(campaign, "R1-H1", "resume", "2026-03-06 10:00")
    stage.fire("2026-03-11 09:00")
    assert stage.told(Notice.unit_id == stage.ids["R1-H1"]) == [("再提醒", stage.address("liaison", "R1-H1"))]


def test_what_was_proposed_before_a_suspension_is_still_proposed_after_it(stage, campaign) -> None:
    stage.fire("2026-03-17 09:00", "2026-03-19 09:00")
    stage.move(campaign, "R1-H1", "suspend", "2026-03-19 10:00")
    stage.move(campaign, "R1-H1", "resume", "2026-03-19 11:00")
    assert stage.counted(Proposal.state) == {"proposed": 6}


@pytest.mark.parametrize("state", ["check.suspended", "cancelled", "closed"])
def test_a_campaign_that_is_suspended_or_over_fires_nothing(stage, campaign, state) -> None:
    stage.put(core.campaign, core.campaign.c.id == campaign, state=state)
    assert stage.fire("2026-03-13 09:00") == 0
    assert stage.notices() == []


def test_a_campaign_that_resumes_says_only_the_highest_of_what_it_held_back(stage, campaign) -> None:
    stage.put(core.campaign, core.campaign.c.id == campaign, state="check.suspended")
    stage.fire("2026-03-05 09:00", "2026-03-11 09:00", "2026-03-13 09:00")
    stage.put(core.campaign, core.campaign.c.id == campaign, state="check")
    stage.fire("2026-03-13 10:00")
    assert {name for name, _ in stage.told()} == {"催办"}
