"""Who hears a rung: its roles, whoever stands in for a vacant one, or a person who must confirm it first."""

from __future__ import annotations

from states.records import core
from states.records.dispatch import Notice, Proposal
from states.records.tables import Vacancy

MORE = """
ladder: main
ladders:
  main:
    rungs:
      - {at: -1wd, name: 提醒, to: [liaison, principal], cc: [office]}
      - {at: +1wd, name: 督办, to: [group_leader], urgent: true}
"""


HOURLY = """
ladder: main
ladders:
  main:
    rungs:
      - {at: -3h, name: 提醒, to: [liaison]}
      - {at: +2h, name: 催办, to: [liaison]}
"""


def test_a_vacant_role_climbs_to_the_unit_above_and_is_recorded_once(empty_stage) -> None:
    stage = empty_stage.people(without=[("R1-H1", "liaison"), ("R2-H1", "liaison"), ("R2", "liaison")])
    stage.launch(stage.template(stage.one_report, stage.ladders))
    stage.fire("2026-03-05 09:00", "2026-03-11 09:00")
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
    stage.launch(stage.template(stage.one_report, stage.ladders))
    stage.fire("2026-03-05 09:00")
    (one,) = stage.notices(Notice.unit_id == stage.ids["R1-H1"])
    assert (one.email, one.role, one.via_unit_id) == (
        stage.address("coordinator", "R"),
        "liaison",
        stage.ids["R1-H1"],
    )


def test_what_nobody_can_be_told_stays_as_a_row_and_is_not_lost_in_silence(empty_stage) -> None:
    gone = [(code, "liaison") for code in ("R1-H1", "R1", "R")] + [("R", "coordinator")]
    stage = empty_stage.people(without=gone)
    stage.launch(stage.template(stage.one_report, stage.ladders))
    stage.fire("2026-03-05 09:00")
    (one,) = stage.notices(Notice.unit_id == stage.ids["R1-H1"])
    assert (one.state, one.email) == ("vacant", "")
    assert (stage.ids["R"], "coordinator") in {(row.unit_id, row.role) for row in stage.rows(Vacancy)}


def test_figures_that_no_coordinator_can_be_given_stay_as_a_row(empty_stage) -> None:
    stage = empty_stage.people(without=[("R", "coordinator")])
    stage.launch(stage.template(stage.one_report, stage.ladders))
    stage.fire("2026-03-05 09:00")
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
    stage.launch(stage.template(stage.one_report, stage.ladders), owner="R1")
    stage.fire("2026-03-05 09:00")
    (one,) = stage.notices(Notice.unit_id == stage.ids["R1-H1"])
    assert one.email == "c.r1@example.org"


def test_somebody_who_holds_two_of_the_roles_hears_it_once(empty_stage) -> None:
    stage = empty_stage.people()
    same = core.contact.c.email == stage.address("principal", "R1-H1")
    stage.put(core.contact, same, email=stage.address("liaison", "R1-H1"))
    stage.launch(stage.template(stage.one_report, MORE))
    stage.fire("2026-03-11 09:00")
    mine = [one.email for one in stage.notices(Notice.unit_id == stage.ids["R1-H1"])]
    assert mine == [stage.address("liaison", "R1-H1"), stage.address("office", "R")]


def test_a_notice_says_why_and_by_when(stage, campaign) -> None:
    stage.fire("2026-03-13 09:00")
    reasons = {one.reason for one in stage.notices(Notice.kind == "rung")}
    assert reasons == {"“自查报告”应于3月12日18:00前办结，逾期1个工作日，按方案催办"}


def test_rungs_counted_in_hours_fire_on_the_clock(stage) -> None:
    stage.launch(stage.template(stage.one_report, HOURLY))
    assert stage.fire("2026-03-12 14:59") == 0
    assert stage.fire("2026-03-12 15:00") == 6
    stage.posted("2026-03-12 15:00")
    assert stage.fire("2026-03-12 20:00") == 6


def test_a_rung_on_a_day_off_moves_back_before_the_date_and_forward_after_it(stage) -> None:
    """Due on 9 October 2026; the days 1–7 October are off, Saturday the 10th is worked."""
    stage.launch(stage.template(stage.one_report, stage.ladders), start="2026-09-29")
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


def test_rungs_with_consequences_are_proposed_and_tell_nobody_but_the_coordinator(stage, campaign) -> None:
    stage.fire("2026-03-17 09:00", "2026-03-19 09:00")
    assert stage.told(Notice.rung == 5) == []
    rows = stage.rows(Proposal)
    assert {(one.name, one.state, one.letter, tuple(one.audience)) for one in rows} == {
        ("约谈", "proposed", "约谈通知书", ("principal",))
    }
    assert sorted(one.unit_id for one in rows) == sorted(stage.ids[code] for code in stage.participants)
    figures = stage.notices(Notice.kind == "figures")
    assert ("约谈", stage.address("coordinator", "R")) in [(one.name, one.email) for one in figures]


def test_a_higher_proposal_takes_the_place_of_a_lower_one(stage, campaign) -> None:
    stage.fire("2026-03-17 09:00", "2026-03-19 09:00", "2026-03-23 09:00")
    assert stage.counted(Proposal.state, Proposal.name == "约谈") == {"superseded": 6}
    assert stage.counted(Proposal.state, Proposal.name == "通报") == {"proposed": 6}


def test_an_answer_takes_back_what_was_proposed(stage, campaign) -> None:
    stage.fire("2026-03-17 09:00", "2026-03-19 09:00")
    stage.act(campaign, "report", "R1-H1", "submit", "2026-03-19 10:00")
    stage.fire("2026-03-23 09:00")
    assert stage.counted(Proposal.state, Proposal.unit_id == stage.ids["R1-H1"]) == {"withdrawn": 1}
