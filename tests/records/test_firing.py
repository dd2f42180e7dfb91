"""Rungs: who hears what at which moment, what stays silent and why, and that nobody hears it twice."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from states import ladder
from states.records import core, firing, rounds
from states.records.dispatch import Notice, Proposal, Timer
from states.records.tables import Vacancy

MORE = """
ladder: main
ladders:
  main:
    rungs:
      - {at: -1wd, name: 提醒, to: [liaison, principal], cc: [office]}
      - {at: +1wd, name: 督办, to: [group_leader], urgent: true}
"""
DUE_12 = """
phases:
  - {key: check, name: 自查自纠, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内}
"""
HOURLY = """
ladder: main
ladders:
  main:
    rungs:
      - {at: -3h, name: 提醒, to: [liaison]}
      - {at: +2h, name: 催办, to: [liaison]}
"""


def fire(stage, *moments: str) -> int:
    return sum(
        rounds.fire(stage.store, stage.at(moment), after_due=after)
        for moment in moments
        for after in (False, True)
    )


def told(stage, *where) -> list[tuple[str, str]]:
    """(rung, address) of the notices of rungs, sorted."""
    return sorted((one.name, one.email) for one in stage.notices(Notice.kind == "rung", *where))


def outcomes(stage, requirement: str = "report", obligation: int = 0) -> dict[int, str | None]:
    about = Timer.milestone_id == stage.milestone(requirement).id
    return {one.rung: one.outcome for one in stage.timers(about, Timer.obligation_id == obligation)}


@pytest.fixture
def campaign(stage) -> int:
    """One report due on Thursday 12 March 18:00, of six units, with the ladder of `conftest`."""
    return stage.launch(stage.template(DUE_12, stage.ladders))


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
    assert fire(stage, "2026-03-05 08:59") == 0
    assert fire(stage, "2026-03-05 09:00") == 6


def test_each_rung_reaches_its_own_audience(stage, campaign) -> None:
    fire(stage, "2026-03-05 09:00", "2026-03-11 09:00", "2026-03-13 09:00", "2026-03-17 09:00")
    units = stage.participants
    liaisons = [stage.address("liaison", code) for code in units]
    expected = [("提醒", one) for one in liaisons] + [("再提醒", one) for one in liaisons]
    expected += [
        ("催办", stage.address(role, code)) for role in ("liaison", "department_head") for code in units
    ]
    expected += [("督促", stage.address("deputy_leader", code)) for code in units]
    expected += [("督促", stage.address("office", "R"))] * 6
    assert told(stage) == sorted(expected)


def test_reminders_and_demands_are_two_rounds(stage, campaign) -> None:
    assert rounds.fire(stage.store, stage.at("2026-03-13 09:00"), after_due=False) == 0
    assert outcomes(stage)[2] == ladder.MUTED_BY_HIGHER
    assert rounds.fire(stage.store, stage.at("2026-03-13 09:00"), after_due=True) == 6


def test_after_an_outage_only_the_highest_rung_speaks_and_the_others_are_recorded(stage, campaign) -> None:
    fire(stage, "2026-03-18 11:00")
    assert {name for name, _ in told(stage)} == {"督促"}
    muted = ladder.MUTED_BY_HIGHER
    assert outcomes(stage) == {1: muted, 2: muted, 3: muted, 4: "fired", 5: None, 6: None}
    facts = {(one.payload["rung"], one.after) for one in stage.journal("rung.done")}
    assert facts == {(1, muted), (2, muted), (3, muted), (4, "fired")}


@pytest.mark.parametrize("act", ["submit", "nil", "accept", "waive"])
def test_who_has_answered_hears_nothing_more(stage, act) -> None:
    text = stage.template(
        DUE_12.replace("启动后10日内}", "启动后10日内, nil: true, review: true}"), stage.ladders
    )
    key = stage.launch(text)
    stage.act(key, "report", "R1-H1", act, "2026-03-04 10:00", reason="已说明")
    fire(
        stage,
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
    fire(stage, "2026-03-05 09:00")
    stage.act(campaign, "report", "R1-H1", "submit", "2026-03-05 09:00")
    assert stage.counted(Notice.state, Notice.kind == "rung") == {"pending": 5, "withdrawn": 1}


def test_what_was_returned_goes_on_by_timers_of_its_own_from_its_new_date(stage) -> None:
    key = stage.launch(
        stage.template(DUE_12.replace("启动后10日内}", "启动后10日内, review: true}"), stage.ladders)
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
    fire(stage, "2026-03-13 09:00", "2026-03-16 09:00", "2026-03-17 09:00", "2026-03-18 09:00")
    mine = told(stage, Notice.unit_id == stage.ids["R1-H1"])
    assert [name for name, _ in mine] == ["催办", "催办", "再提醒"], "none by the date it no longer has"


def ladder_missed() -> str:
    return ladder.MISSED_AT_OPENING


def test_a_second_return_begins_a_second_cycle_and_the_first_one_falls_silent(stage) -> None:
    key = stage.launch(
        stage.template(DUE_12.replace("启动后10日内}", "启动后10日内, review: true}"), stage.ladders)
    )
    for day in ("11", "13"):
        stage.act(key, "report", "R1-H1", "submit", f"2026-03-{day} 10:00")
        stage.act(key, "report", "R1-H1", "return", f"2026-03-{day} 11:00", reason="缺附件")
    owed = stage.owed("report", "R1-H1")
    live = [one for one in stage.timers(Timer.obligation_id == owed.id) if one.done_at is None]
    assert {one.cycle for one in live} == {2}
    fire(stage, "2026-03-17 09:00", "2026-03-19 09:00")
    mine = stage.notices(Notice.obligation_id == owed.id)
    assert Counter(one.name for one in mine) == {"再提醒": 1, "催办": 2}


def test_a_suspended_unit_is_left_in_peace_and_hears_of_what_comes_after_it_resumed(stage, campaign) -> None:
    stage.move(campaign, "R1-H1", "suspend", "2026-03-04 10:00")
    fire(stage, "2026-03-05 09:00")
    stage.move(campaign, "R1-H1", "resume", "2026-03-06 10:00")
    fire(stage, "2026-03-11 09:00")
    assert told(stage, Notice.unit_id == stage.ids["R1-H1"]) == [
        ("再提醒", stage.address("liaison", "R1-H1"))
    ]


def test_what_was_proposed_before_a_suspension_is_still_proposed_after_it(stage, campaign) -> None:
    fire(stage, "2026-03-19 09:00")
    stage.move(campaign, "R1-H1", "suspend", "2026-03-19 10:00")
    stage.move(campaign, "R1-H1", "resume", "2026-03-19 11:00")
    assert stage.counted(Proposal.state) == {"proposed": 6}


@pytest.mark.parametrize("state", ["check.suspended", "cancelled", "closed"])
def test_a_campaign_that_is_suspended_or_over_fires_nothing(stage, campaign, state) -> None:
    stage.put(core.campaign, core.campaign.c.id == campaign, state=state)
    assert fire(stage, "2026-03-13 09:00") == 0
    assert stage.notices() == []
    with stage.store.read() as session:
        assert firing.waiting(session, stage.at("2026-03-13 09:00")) == 0


def test_a_campaign_that_resumes_says_only_the_highest_of_what_it_held_back(stage, campaign) -> None:
    stage.put(core.campaign, core.campaign.c.id == campaign, state="check.suspended")
    fire(stage, "2026-03-05 09:00", "2026-03-11 09:00", "2026-03-13 09:00")
    stage.put(core.campaign, core.campaign.c.id == campaign, state="check")
    fire(stage, "2026-03-13 10:00")
    assert {name for name, _ in told(stage)} == {"催办"}


# -- audience -----------------------------------------------------------------------------------------


def test_a_vacant_role_climbs_to_the_unit_above_and_is_recorded_once(empty_stage) -> None:
    stage = empty_stage.people(without=[("R1-H1", "liaison"), ("R2-H1", "liaison"), ("R2", "liaison")])
    stage.launch(stage.template(DUE_12, stage.ladders))
    fire(stage, "2026-03-05 09:00", "2026-03-11 09:00")
    hospital = stage.notices(Notice.unit_id == stage.ids["R1-H1"], Notice.rung == 1)
    assert [(one.email, one.role, one.via_unit_id) for one in hospital] == [
        (stage.address("liaison", "R1"), "liaison", stage.ids["R1-H1"])
    ]
    farther = stage.notices(Notice.unit_id == stage.ids["R2-H1"], Notice.rung == 1)
    assert [one.email for one in farther] == [stage.address("liaison", "R")]
    found = {(one.unit_id, one.role): stage.local(one.since) for one in stage.rows(Vacancy)}
    vacant = ("R1-H1", "R2-H1", "R2")
    assert found == {(stage.ids[code], "liaison"): "2026-03-05 09:00" for code in vacant}


def test_where_the_whole_line_is_vacant_the_coordinator_stands_in(empty_stage) -> None:
    gone = [(code, "liaison") for code in ("R1-H1", "R1", "R")]
    stage = empty_stage.people(without=gone)
    stage.launch(stage.template(DUE_12, stage.ladders))
    fire(stage, "2026-03-05 09:00")
    (one,) = stage.notices(Notice.unit_id == stage.ids["R1-H1"])
    assert (one.email, one.role, one.via_unit_id) == (
        stage.address("coordinator", "R"),
        "liaison",
        stage.ids["R1-H1"],
    )


def test_what_nobody_can_be_told_stays_as_a_row_and_is_not_lost_in_silence(empty_stage) -> None:
    gone = [(code, "liaison") for code in ("R1-H1", "R1", "R")] + [("R", "coordinator")]
    stage = empty_stage.people(without=gone)
    stage.launch(stage.template(DUE_12, stage.ladders))
    fire(stage, "2026-03-05 09:00")
    (one,) = stage.notices(Notice.unit_id == stage.ids["R1-H1"])
    assert (one.state, one.email) == ("vacant", "")
    assert (stage.ids["R"], "coordinator") in {(row.unit_id, row.role) for row in stage.rows(Vacancy)}


def test_figures_that_no_coordinator_can_be_given_stay_as_a_row(empty_stage) -> None:
    stage = empty_stage.people(without=[("R", "coordinator")])
    stage.launch(stage.template(DUE_12, stage.ladders))
    fire(stage, "2026-03-05 09:00")
    (one,) = stage.notices(Notice.kind == "figures")
    assert (one.state, one.role, one.unit_id) == ("vacant", "coordinator", stage.ids["R"])


def test_the_climb_ends_at_the_unit_that_runs_the_campaign(empty_stage) -> None:
    """A county's own campaign is none of the city's business: its coordinator stands in."""
    stage = empty_stage.people(without=[("R1-H1", "liaison"), ("R1", "liaison")])
    with stage.store.write() as session:
        from states.records.tables import Contact

        session.add(
            Contact(unit_id=stage.ids["R1"], role="coordinator", name="王示例", email="c.r1@example.org")
        )
    stage.launch(stage.template(DUE_12, stage.ladders), owner="R1")
    fire(stage, "2026-03-05 09:00")
    (one,) = stage.notices(Notice.unit_id == stage.ids["R1-H1"])
    assert one.email == "c.r1@example.org"


def test_somebody_who_holds_two_of_the_roles_hears_it_once(empty_stage) -> None:
    stage = empty_stage.people()
    same = core.contact.c.email == stage.address("principal", "R1-H1")
    stage.put(core.contact, same, email=stage.address("liaison", "R1-H1"))
    stage.launch(stage.template(DUE_12, MORE))
    fire(stage, "2026-03-11 09:00")
    mine = [one.email for one in stage.notices(Notice.unit_id == stage.ids["R1-H1"])]
    assert mine == [stage.address("liaison", "R1-H1"), stage.address("office", "R")]


def test_a_notice_says_why_and_by_when(stage, campaign) -> None:
    fire(stage, "2026-03-13 09:00")
    reasons = {one.reason for one in stage.notices(Notice.kind == "rung")}
    assert reasons == {"“自查报告”应于3月12日18:00前办结，逾期1个工作日，按方案催办"}


def test_rungs_counted_in_hours_fire_on_the_clock(stage) -> None:
    stage.launch(stage.template(DUE_12, HOURLY))
    assert fire(stage, "2026-03-12 14:59") == 0
    assert fire(stage, "2026-03-12 15:00") == 6
    assert fire(stage, "2026-03-12 20:00") == 6


def test_a_rung_on_a_day_off_moves_back_before_the_date_and_forward_after_it(stage) -> None:
    """Due on 9 October 2026; the days 1–7 October are off, Saturday the 10th is worked."""
    stage.launch(stage.template(DUE_12, stage.ladders), start="2026-09-29")
    rows = {one.rung: stage.local(one.fire_at) for one in stage.timers()}
    assert stage.local(stage.milestone("report").due_at) == "2026-10-09 18:00"
    assert rows == {
        1: "2026-09-30 09:00",
        2: "2026-10-08 09:00",
        3: "2026-10-10 09:00",
        4: "2026-10-13 09:00",
        5: "2026-10-15 09:00",
        6: "2026-10-19 09:00",
    }


# -- proposals ----------------------------------------------------------------------------------------


def test_rungs_with_consequences_are_proposed_and_tell_nobody_but_the_coordinator(stage, campaign) -> None:
    fire(stage, "2026-03-19 09:00")
    assert told(stage, Notice.rung == 5) == []
    rows = stage.rows(Proposal)
    assert {(one.name, one.state, one.letter, tuple(one.audience)) for one in rows} == {
        ("约谈", "proposed", "约谈通知书", ("principal",))
    }
    assert sorted(one.unit_id for one in rows) == sorted(stage.ids[code] for code in stage.participants)
    figures = stage.notices(Notice.kind == "figures")
    assert ("约谈", stage.address("coordinator", "R")) in [(one.name, one.email) for one in figures]


def test_a_higher_proposal_takes_the_place_of_a_lower_one(stage, campaign) -> None:
    fire(stage, "2026-03-19 09:00", "2026-03-23 09:00")
    assert stage.counted(Proposal.state, Proposal.name == "约谈") == {"superseded": 6}
    assert stage.counted(Proposal.state, Proposal.name == "通报") == {"proposed": 6}


def test_an_answer_takes_back_what_was_proposed(stage, campaign) -> None:
    fire(stage, "2026-03-19 09:00")
    stage.act(campaign, "report", "R1-H1", "submit", "2026-03-19 10:00")
    fire(stage, "2026-03-23 09:00")
    assert stage.counted(Proposal.state, Proposal.unit_id == stage.ids["R1-H1"]) == {"withdrawn": 1}


# -- slices, repeats, several at once -------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7])
def test_a_cohort_served_in_slices_is_told_the_same_as_in_one_go(stage, campaign, monkeypatch, size) -> None:
    monkeypatch.setattr(firing, "SLICE", size)
    assert fire(stage, "2026-03-05 09:00", "2026-03-19 09:00") == 12
    everybody = [("提醒", stage.address("liaison", code)) for code in stage.participants]
    assert told(stage) == sorted(everybody)
    assert stage.counted(Proposal.unit_id) == {stage.ids[code]: 1 for code in stage.participants}
    assert {one.served for one in stage.timers(Timer.outcome == "fired")} == {6}


@pytest.mark.parametrize("size", [1, 2])
def test_a_timer_of_one_obligation_ends_whatever_the_slice(stage, monkeypatch, size) -> None:
    key = stage.launch(
        stage.template(DUE_12.replace("启动后10日内}", "启动后10日内, review: true}"), stage.ladders)
    )
    stage.act(key, "report", "R1-H1", "submit", "2026-03-11 10:00")
    stage.act(key, "report", "R1-H1", "return", "2026-03-12 10:00", reason="缺附件")
    monkeypatch.setattr(firing, "SLICE", size)
    fire(stage, "2026-03-16 09:00")
    assert outcomes(stage, "report", stage.owed("report", "R1-H1").id)[2] == "fired"


@pytest.mark.parametrize("size", [1, 4])
def test_an_announcement_in_slices_reaches_every_unit_once(stage, monkeypatch, size) -> None:
    monkeypatch.setattr(firing, "SLICE", size)
    stage.launch()
    fire(stage, "2026-03-02 08:30")
    told_of = Counter(one.email for one in stage.notices(Notice.kind == "phase"))
    assert told_of == {stage.address("liaison", code): 1 for code in stage.participants}
    assert len(stage.notices(Notice.kind == "figures")) == 1


def test_a_round_that_dies_between_slices_goes_on_where_it_stopped(stage, campaign, monkeypatch) -> None:
    monkeypatch.setattr(firing, "SLICE", 2)
    with stage.store.write() as session:
        firing.fire_next(session, stage.at("2026-03-05 09:00"), after_due=False, claimed=[])
    assert len(told(stage)) == 2
    fire(stage, "2026-03-05 09:05")
    assert len(told(stage)) == len(set(told(stage))) == 6


def test_a_slice_that_fails_leaves_nothing_of_itself(stage, campaign, monkeypatch) -> None:
    before = stage.everything()

    def fail(*_args, **_more):
        raise RuntimeError("power cut")

    monkeypatch.setattr(firing, "tell_coordinator", fail)
    with pytest.raises(ExceptionGroup):
        rounds.fire(stage.store, stage.at("2026-03-05 09:00"), after_due=False)
    assert stage.everything() == before


def test_firing_again_says_nothing_again(stage, campaign) -> None:
    fire(stage, "2026-03-05 09:00")
    before = stage.everything()
    assert fire(stage, "2026-03-05 09:00", "2026-03-05 09:01") == 0
    assert stage.everything() == before


def test_a_timer_set_back_by_hand_finds_its_notices_there(stage, campaign) -> None:
    fire(stage, "2026-03-05 09:00", "2026-03-19 09:00")
    told_once, proposed = told(stage), len(stage.rows(Proposal))
    stage.put(core.timer, core.timer.c.rung.in_([1, 5]), done_at=None, cursor=0, outcome=None)
    stage.put(core.timer, core.timer.c.rung > 1, fire_at=stage.at("2026-04-01 09:00"))
    fire(stage, "2026-03-05 09:02")
    assert told(stage) == told_once
    assert len(stage.rows(Proposal)) == proposed


def test_four_at_once_tell_everybody_once(stage, monkeypatch) -> None:
    monkeypatch.setattr(firing, "SLICE", 2)
    for _ in range(3):
        stage.launch()
    moments = ["2026-03-05 09:00", "2026-03-13 09:00", "2026-03-19 09:00"]
    for moment in moments:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(fire, [stage] * 4, [moment] * 4))
    keys = [one.key for one in stage.notices()]
    assert len(keys) == len(set(keys))
    liaisons = Counter(one.email for one in stage.notices(Notice.rung == 3, Notice.role == "liaison"))
    assert set(liaisons.values()) == {3}, "report, in each of three campaigns; the list is due a day later"
    served = [(one.milestone_id, one.rung, one.served) for one in stage.timers(Timer.outcome == "fired")]
    assert {number for _, _, number in served} == {6}
    done = Counter((one.payload["timer"], one.after) for one in stage.journal("rung.done"))
    assert set(done.values()) == {1}


def test_a_broken_timer_does_not_stop_the_others_and_is_reported(stage) -> None:
    broken, sound = (stage.launch(stage.template(DUE_12, stage.ladders)) for _ in range(2))
    stage.spoil(broken)
    with pytest.raises(ExceptionGroup) as caught:
        rounds.fire(stage.store, stage.at("2026-03-05 09:00"), after_due=False)
    assert len(caught.value.exceptions) == 1
    assert {one.campaign_id for one in stage.notices()} == {sound}
    left = stage.timers(Timer.campaign_id == broken, Timer.rung == 1)
    assert [one.done_at for one in left] == [None], "it is tried again by the next round"
