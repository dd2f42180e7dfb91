"""Moves of a unit and acts on what it owes: what is refused and why, and what stays for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from states.errors import Conflict, Faulty, NotFound, Refused
from states.records import core, moving, settling
from states.records.dispatch import Timer
from states.records.tables import Milestone, Obligation

DAY = "2026-03-04 10:00"
REVIEWED = """
phases:
  - {key: check, name: 自查自纠, window: 为期2周}
  - {key: mend, name: 集中整治, opens: after_previous, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内, review: true, nil: true}
  - {key: extra, name: 补充材料, phase: check, due: 启动后10日内, required: false}
  - {key: mended, name: 整改报告, phase: mend, due: 阶段结束前3个工作日}
"""


@pytest.fixture
def campaign(stage) -> int:
    return stage.launch()


@pytest.fixture
def reviewed(stage) -> int:
    return stage.launch(stage.template(REVIEWED, stage.ladders))


def choices(stage, key: int, code: str):
    with stage.store.read() as session:
        found = moving.choices(session, stage.campaign(session, key), stage.ids[code])
    return {one.move: one for one in found}


# -- moves ---------------------------------------------------------------------------------------------


def test_every_move_is_open_or_says_every_reason_why_not(stage, campaign) -> None:
    found = choices(stage, campaign, "R1-H1")
    assert {name for name, one in found.items() if one.open} == {"override", "suspend", "exempt"}
    assert found["submit"].refusals == ("还有2项未报送：自查报告、问题清单",)
    assert all(one.refusals for one in found.values() if not one.open)


def test_a_move_refuses_with_the_sentences_of_its_choice(stage, campaign) -> None:
    offered = choices(stage, campaign, "R1-H1")
    for name, one in offered.items():
        if not one.open:
            with pytest.raises(Refused) as caught:
                stage.move(campaign, "R1-H1", name, DAY, reason="情况属实")
            assert caught.value.refusals == list(one.refusals)


def test_a_refused_move_leaves_no_trace(stage, campaign) -> None:
    before = stage.everything()
    with pytest.raises(Refused):
        stage.move(campaign, "R1-H1", "submit", DAY)
    assert stage.everything() == before


@pytest.mark.parametrize("move", ["override", "exempt"])
@pytest.mark.parametrize("reason", [None, "", "  "])
def test_moves_of_weight_need_a_reason(stage, campaign, move, reason) -> None:
    with pytest.raises(Refused, match="须写明理由"):
        stage.move(campaign, "R1-H1", move, DAY, reason=reason)


def test_a_move_is_one_fact_with_its_reason(stage, campaign) -> None:
    moved = stage.move(campaign, "R1-H1", "override", DAY, reason="情况属实")
    assert (moved.before, moved.after) == ("check", "mend")
    row = stage.run("R1-H1")
    assert (row.state, row.ord, row.version, stage.local(row.since)) == ("mend", 2, 2, DAY)
    (fact,) = stage.journal("unit.moved")
    assert (fact.unit_id, fact.before, fact.after, fact.reason, fact.actor) == (
        stage.ids["R1-H1"],
        "check",
        "mend",
        "情况属实",
        "test",
    )


def test_who_has_seen_an_old_version_is_told_to_look_again(stage, campaign) -> None:
    stage.move(campaign, "R1-H1", "suspend", DAY, version=1)
    with pytest.raises(Conflict, match="版本 2"):
        stage.move(campaign, "R1-H1", "exempt", DAY, reason="情况属实", version=1)
    assert stage.run("R1-H1").state == "check.suspended"


def test_of_several_doors_with_the_same_version_one_wins(stage, campaign) -> None:
    def suspend(_number: int) -> str:
        try:
            stage.move(campaign, "R1-H1", "suspend", DAY, version=1)
        except Refused:
            return "refused"
        return "moved"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(suspend, range(4))) == ["moved", "refused", "refused", "refused"]
    assert stage.run("R1-H1").version == 2
    assert len(stage.journal("unit.moved")) == 1


def test_an_unknown_move_and_an_unknown_unit_say_so(stage, campaign) -> None:
    with pytest.raises(Faulty, match="override"):
        stage.move(campaign, "R1-H1", "jump", DAY)
    with pytest.raises(NotFound):
        stage.move(campaign, "R-D1", "suspend", DAY)


def test_an_outcome_must_be_one_of_the_template(stage, campaign) -> None:
    stage.cycle("2026-03-30 00:00")
    for code, phase in (("R1-H1", "sum"),):
        stage.put(core.run, core.run.c.unit_id == stage.ids[code], state=phase, ord=3)
    with pytest.raises(Refused, match="没有“保留”这种结果"):
        stage.move(campaign, "R1-H1", "override", "2026-04-01 10:00", reason="情况属实", outcome="保留")
    stage.move(campaign, "R1-H1", "override", "2026-04-01 10:00", reason="情况属实")
    assert (stage.run("R1-H1").state, stage.run("R1-H1").outcome) == ("closed", "办结")
    stage.move(campaign, "R1-H1", "reopen", "2026-04-02 10:00", reason="回头看")
    assert (stage.run("R1-H1").state, stage.run("R1-H1").outcome) == ("sum", None)


def test_in_a_suspended_campaign_nobody_moves(stage, campaign) -> None:
    stage.put(core.campaign, core.campaign.c.id == campaign, state="check.suspended")
    with pytest.raises(Refused, match="已暂停"):
        stage.move(campaign, "R1-H1", "override", DAY, reason="情况属实")


def test_an_exempted_unit_owes_nothing_and_is_asked_for_nothing(stage, campaign) -> None:
    stage.move(campaign, "R1-H1", "exempt", DAY, reason="已撤并")
    mine = stage.rows(Obligation, Obligation.unit_id == stage.ids["R1-H1"])
    assert {one.status for one in mine} == {"waived"}
    assert {one.reason for one in stage.journal("obligation.waive")} == {"已撤并"}
    stage.cycle("2026-03-05 09:00", "2026-03-13 09:00", "2026-03-16 09:00")
    assert stage.lines(stage.address("liaison", "R1-H1")) == []


# -- follow -----------------------------------------------------------------------------------------------


def test_a_unit_follows_when_its_last_matter_is_settled_and_the_campaign_is_ahead(stage, reviewed) -> None:
    stage.cycle("2026-03-16 00:00")
    stage.act(reviewed, "report", "R1-H1", "submit", "2026-03-17 10:00")
    assert stage.run("R1-H1").state == "check"
    stage.act(reviewed, "report", "R1-H1", "accept", "2026-03-18 10:00")
    assert stage.run("R1-H1").state == "mend"
    facts = [(one.before, one.after, one.actor) for one in stage.journal("unit.moved")]
    assert facts == [("check", "mend", "system")]


def test_a_unit_waits_for_the_campaign_and_goes_with_it(stage, reviewed) -> None:
    stage.act(reviewed, "report", "R1-H1", "nil", DAY)
    assert stage.run("R1-H1").state == "check"
    stage.cycle("2026-03-16 00:00")
    assert stage.run("R1-H1").state == "mend"


def test_what_is_not_required_holds_nobody_back(stage, reviewed) -> None:
    stage.cycle("2026-03-16 00:00")
    stage.act(reviewed, "report", "R1-H1", "waive", "2026-03-17 10:00", reason="情况属实")
    assert stage.owed("extra", "R1-H1").status == "open"
    assert stage.run("R1-H1").state == "mend"


def test_a_unit_goes_into_review_when_everything_is_handed_in(stage, campaign) -> None:
    stage.act(campaign, "report", "R1-H1", "submit", DAY)
    assert stage.run("R1-H1").state == "check"
    stage.act(campaign, "list", "R1-H1", "submit", DAY)
    assert stage.run("R1-H1").state == "check.review"
    with pytest.raises(Refused, match="还有1项未办结：问题清单"):
        stage.move(campaign, "R1-H1", "approve", DAY)


# -- acts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        (["submit"], "submitted"),
        (["submit", "accept"], "accepted"),
        (["nil"], "nil"),
        (["waive"], "waived"),
        (["submit", "return"], "returned"),
        (["nil", "return"], "returned"),
        (["submit", "accept", "return"], "returned"),
        (["submit", "return", "submit"], "submitted"),
    ],
)
def test_an_obligation_goes_where_its_acts_lead(stage, reviewed, steps, status) -> None:
    for step in steps:
        stage.act(reviewed, "report", "R1-H1", step, DAY, reason="情况属实")
    row = stage.owed("report", "R1-H1")
    assert (row.status, row.version) == (status, 1 + len(steps))
    assert (row.settled_at is not None) == (status in settling.SETTLED)


@pytest.mark.parametrize(
    ("steps", "act", "said"),
    [
        ([], "return", "“自查报告”待办，不能再退回"),
        (["submit"], "submit", "“自查报告”已报送待审核，不能再报送"),
        ([], "accept", "“自查报告”还没有报送，不能通过"),
        (["submit", "return"], "accept", "“自查报告”退回后还没有重新报送，不能通过"),
        (["submit", "accept"], "accept", "“自查报告”已办结，不能再通过"),
        (["nil"], "waive", "“自查报告”零报告，不能再免报"),
        (["waive"], "return", "“自查报告”已免报，不能再退回"),
    ],
)
def test_what_cannot_be_done_says_why(stage, reviewed, steps, act, said) -> None:
    for step in steps:
        stage.act(reviewed, "report", "R1-H1", step, DAY, reason="情况属实")
    before = stage.everything()
    with pytest.raises(Refused) as caught:
        stage.act(reviewed, "report", "R1-H1", act, DAY, reason="情况属实")
    assert caught.value.refusals == [said]
    assert stage.everything() == before


@pytest.mark.parametrize("act", ["return", "waive"])
def test_acts_of_weight_need_a_reason(stage, reviewed, act) -> None:
    if act == "return":
        stage.act(reviewed, "report", "R1-H1", "submit", DAY)
    with pytest.raises(Refused, match="须写明理由"):
        stage.act(reviewed, "report", "R1-H1", act, DAY, reason=" ")


def test_nothing_to_report_is_an_answer_only_where_the_plan_takes_it(stage, campaign) -> None:
    stage.act(campaign, "report", "R1-H1", "nil", DAY)
    with pytest.raises(Refused, match="不接受零报告"):
        stage.act(campaign, "list", "R1-H1", "nil", DAY)


def test_an_unknown_act_names_those_there_are(stage, campaign) -> None:
    with pytest.raises(Refused, match="submit"):
        stage.act(campaign, "report", "R1-H1", "burn", DAY)


def test_an_obligation_of_another_campaign_is_not_found_here(stage, campaign) -> None:
    other = stage.launch()
    key = stage.owed("report", "R1-H1", campaign=other).id
    with stage.store.write() as session, pytest.raises(NotFound):
        moving.act(session, stage.campaign(session, campaign), key, "submit", stage.at(DAY), "test")


def test_an_act_on_an_old_version_is_a_conflict(stage, campaign) -> None:
    stage.act(campaign, "list", "R1-H1", "submit", DAY, version=1)
    with pytest.raises(Conflict, match="版本 2"):
        stage.act(campaign, "list", "R1-H1", "accept", DAY, version=1)


def test_of_several_doors_one_hands_in(stage, campaign) -> None:
    def submit(_number: int) -> bool:
        try:
            stage.act(campaign, "report", "R1-H1", "submit", DAY)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(submit, range(4))) == 1
    assert len(stage.journal("obligation.submit")) == 1


# -- late and original dates -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "late"), [("2026-03-12 17:59", False), ("2026-03-12 18:00", False), ("2026-03-12 18:01", True)]
)
@pytest.mark.parametrize("act", ["submit", "nil"])
def test_late_begins_after_the_instant(stage, reviewed, act, when, late) -> None:
    stage.act(reviewed, "report", "R1-H1", act, when)
    assert stage.owed("report", "R1-H1").late == late


def test_waiving_is_never_late(stage, reviewed) -> None:
    stage.act(reviewed, "report", "R1-H1", "waive", "2026-03-20 10:00", reason="情况属实")
    assert not stage.owed("report", "R1-H1").late


def test_late_stays_for_ever(stage, reviewed) -> None:
    stage.act(reviewed, "report", "R1-H1", "submit", "2026-03-13 10:00")
    stage.act(reviewed, "report", "R1-H1", "return", "2026-03-13 11:00", reason="缺附件")
    stage.act(reviewed, "report", "R1-H1", "submit", "2026-03-13 12:00")
    stage.act(reviewed, "report", "R1-H1", "accept", "2026-03-13 13:00")
    assert stage.owed("report", "R1-H1").late


def test_what_is_returned_is_due_at_its_own_date_or_three_working_days_later_whichever_is_later(
    stage, reviewed
) -> None:
    due = {}
    for code, day in (("R1-H1", "2026-03-04"), ("R1-H2", "2026-03-12")):
        stage.act(reviewed, "report", code, "submit", f"{day} 09:00")
        stage.act(reviewed, "report", code, "return", f"{day} 10:00", reason="缺附件")
        due[code] = stage.local(stage.owed("report", code).due_at)
    assert due == {"R1-H1": "2026-03-12 18:00", "R1-H2": "2026-03-17 10:00"}


def test_a_resubmission_is_judged_by_the_date_it_was_given(stage, reviewed) -> None:
    stage.act(reviewed, "report", "R1-H1", "submit", "2026-03-12 09:00")
    stage.act(reviewed, "report", "R1-H1", "return", "2026-03-12 10:00", reason="缺附件")
    stage.act(reviewed, "report", "R1-H1", "submit", "2026-03-17 10:00")
    assert not stage.owed("report", "R1-H1").late
    stage.act(reviewed, "report", "R1-H1", "return", "2026-03-17 11:00", reason="缺附件")
    stage.act(reviewed, "report", "R1-H1", "submit", "2026-03-20 11:01")
    assert stage.owed("report", "R1-H1").late


def test_the_original_due_date_never_changes(stage, reviewed) -> None:
    before = {one.id: one.original_due_at for one in stage.rows(Milestone)}
    stage.act(reviewed, "report", "R1-H1", "submit", "2026-03-12 09:00")
    stage.act(reviewed, "report", "R1-H1", "return", "2026-03-12 10:00", reason="缺附件")
    stage.cycle("2026-03-16 00:00")
    assert {one.id: one.original_due_at for one in stage.rows(Milestone)} == before
    assert stage.milestone("report").due_at == stage.milestone("report").original_due_at


def test_an_obligation_without_a_date_can_be_returned_and_has_no_rungs(stage) -> None:
    text = stage.template(REVIEWED.replace("due: 启动后10日内, review", "review"), stage.ladders)
    key = stage.launch(text)
    stage.act(key, "report", "R1-H1", "submit", DAY)
    stage.act(key, "report", "R1-H1", "return", DAY, reason="缺附件")
    assert stage.owed("report", "R1-H1").due_at is None
    assert stage.timers(Timer.obligation_id == stage.owed("report", "R1-H1").id) == []


def test_every_act_is_one_fact_that_names_the_obligation(stage, reviewed) -> None:
    for step in ("submit", "return", "submit", "accept"):
        stage.act(reviewed, "report", "R1-H1", step, DAY, reason="情况属实")
    owed = stage.owed("report", "R1-H1").id
    facts = [
        (one.kind, one.before, one.after, one.payload["obligation"])
        for kind in ("submit", "return", "accept")
        for one in stage.journal(f"obligation.{kind}")
    ]
    assert facts == [
        ("obligation.submit", "open", "submitted", owed),
        ("obligation.submit", "returned", "submitted", owed),
        ("obligation.return", "submitted", "returned", owed),
        ("obligation.accept", "submitted", "accepted", owed),
    ]
