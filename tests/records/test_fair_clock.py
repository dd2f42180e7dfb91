"""No rung before the one before it was handed to the mail server; time lost through us is given back."""

from __future__ import annotations

import pytest

from states.records import core, foretell, health
from states.records.dispatch import Notice, Proposal, Timer
from states.records.papers import Credit, PutOff
from states.records.rounds import Answer

DUE_12 = """
phases:
  - {key: check, name: 自查自纠, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内}
"""
DOWN = Answer("temporary", "连不上邮件服务器", ours=True)
BEFORE = ("2026-03-02 09:00", "2026-03-05 09:00", "2026-03-11 09:00")
# The report is due on Thursday 12 March; 催办 13 Fri, 督促 17 Tue, 约谈 19 Thu, 通报 23 Mon.
STOPPED = [f"2026-03-{day} {hour}" for day in (13, 16, 17, 18, 19) for hour in ("09:00", "12:00", "17:00")]


@pytest.fixture
def campaign(stage) -> int:
    key = stage.launch(stage.template(DUE_12, stage.ladders))
    stage.cycle(*BEFORE)
    return key


def stop(stage) -> None:
    """The mail server is down: nobody's mail is taken."""
    stage.answers = dict.fromkeys(people(stage), lambda _: DOWN)


def people(stage) -> set[str]:
    with stage.store.read() as session:
        return set(session.execute(core.contact.select().with_only_columns(core.contact.c.email)).scalars())


def rungs(stage, to: str) -> list[tuple[str, str]]:
    """(day, rung) of what a person read, in its order."""
    return [
        (stage.local(when)[:10], line.rung) for when, one in stage.post if one.to == to for line in one.lines
    ]


def live(stage, *days: int) -> None:
    for day in days:
        stage.cycle(f"2026-03-{day:02} 09:00", f"2026-03-{day:02} 09:05")


def test_five_days_without_a_mail_server_are_given_back_before_any_further_rung(stage, campaign) -> None:
    stop(stage)
    stage.cycle(*STOPPED)
    assert {one.name for one in stage.notices(Notice.kind == "rung")} == {"提醒", "再提醒", "催办"}
    assert stage.rows(Proposal) == [], "nobody has been asked to answer for what was never mailed"
    waiting = stage.rows(PutOff)
    assert {one.fire_at for one in waiting} == {None}
    assert len(waiting) == 2 * 6, "督促 and 约谈 of six units"
    stage.answers = {}
    stage.cycle("2026-03-20 09:00")  # Friday: five working days after Friday the 13th
    live(stage, 23, 24, 25, 26, 27, 30, 31)
    liaison, deputy = stage.address("liaison", "R1-H1"), stage.address("deputy_leader", "R1-H1")
    assert rungs(stage, liaison)[-1] == ("2026-03-20", "催办")
    assert rungs(stage, deputy) == [("2026-03-24", "督促")], "17 March and five working days"
    proposed = {(one.name, stage.local(one.at)) for one in stage.rows(Proposal)}
    assert proposed == {("约谈", "2026-03-26 09:00"), ("通报", "2026-03-30 09:00")}
    assert stage.rows(PutOff) == []
    assert {(one.outcome, one.served) for one in stage.timers(Timer.after_due, Timer.rung > 2)} == {
        ("fired", 6)
    }


def test_what_was_given_back_stands_in_the_journal_of_each_unit(stage, campaign) -> None:
    stop(stage)
    stage.cycle(*STOPPED)
    stage.answers = {}
    stage.cycle("2026-03-20 09:00")
    facts = stage.journal("clock.credited")
    assert {one.unit_id for one in facts} == {stage.ids[code] for code in stage.participants}
    assert len(facts) == 6, "once, however many people the rung went to"
    assert {one.payload["days"] for one in facts} == {5}
    assert facts[0].reason == "邮件迟至2026-03-20才交给邮件服务器，5个工作日不计入逾期升级"
    found = health.look(stage.store, stage.at("2026-03-20 09:10")).figures
    assert (found["credited_obligations"], found["credited_days"], found["rungs_put_off"]) == (6, 30, 12)


def test_a_server_that_comes_back_before_the_next_rung_shifts_it_all_the_same(stage, campaign) -> None:
    stop(stage)
    stage.cycle("2026-03-13 09:00")
    stage.answers = {}
    live(stage, 16, 17, 18)
    assert rungs(stage, stage.address("deputy_leader", "R1-H1")) == [("2026-03-18", "督促")], "one day later"


def test_one_address_that_is_slow_holds_back_its_own_unit_alone(stage, campaign) -> None:
    slow = stage.address("department_head", "R1-H1")
    stage.answers[slow] = lambda _: Answer("temporary", "450 mailbox busy")
    live(stage, 13, 16, 17)
    told = {code for code in stage.participants if rungs(stage, stage.address("deputy_leader", code))}
    assert told == set(stage.participants) - {"R1-H1"}
    (kept,) = stage.rows(PutOff)
    assert kept.obligation_id == stage.owed("report", "R1-H1").id
    del stage.answers[slow]
    live(stage, 18, 19, 20)
    stage.cycle("2026-03-20 12:00")
    assert rungs(stage, stage.address("deputy_leader", "R1-H1")) == [("2026-03-20", "督促")]


def test_who_answers_meanwhile_hears_no_more_and_keeps_no_timer_waiting(stage, campaign) -> None:
    stop(stage)
    stage.cycle(*STOPPED)
    for code in stage.participants:
        stage.act(campaign, "report", code, "submit", "2026-03-19 18:00")
    stage.answers = {}
    live(stage, 20, 23, 24, 25, 26, 27)
    assert stage.rows(Proposal) == []
    assert stage.rows(PutOff) == []
    assert [one for one in stage.timers() if one.done_at is None] == []


def test_a_clock_that_stood_still_sends_the_highest_demand_and_gives_the_days_back(stage, campaign) -> None:
    stage.cycle(
        "2026-03-20 09:00", "2026-03-20 09:05"
    )  # no round since the 11th: 17 Tue to 20 Fri are three days
    assert {one.name for one in stage.notices(Notice.kind == "rung")} == {"提醒", "再提醒", "督促"}
    assert stage.rows(Proposal) == []
    live(stage, 23, 24)
    assert {(one.name, stage.local(one.at)) for one in stage.rows(Proposal)} == {("约谈", "2026-03-24 09:00")}
    assert {one.reason for one in stage.journal("clock.credited")} == {
        "“督促”迟至2026-03-20才发出，3个工作日不计入逾期升级"
    }


def test_a_late_reminder_takes_nothing_from_the_time_before_the_due_date(stage) -> None:
    stage.launch(stage.template(DUE_12, stage.ladders))
    stage.cycle("2026-03-02 09:00")
    stop(stage)
    stage.cycle("2026-03-05 09:00", "2026-03-06 09:00")
    stage.answers = {}
    live(stage, 9, 10, 11, 12, 13, 16, 17)
    assert stage.rows(Credit) == []
    assert rungs(stage, stage.address("deputy_leader", "R1-H1")) == [("2026-03-17", "督促")]


def test_a_preview_knows_no_outage_but_reckons_with_the_one_there_is(stage, campaign) -> None:
    start, end = stage.at("2026-03-12 08:00"), stage.at("2026-03-31 18:00")
    calm = foretell.foretell(stage.store, start, end, stage.hours)
    deputy = stage.address("deputy_leader", "R1-H1")
    assert [stage.local(one.at)[:10] for one in calm if one.to == deputy] == ["2026-03-17"]
    stop(stage)
    stage.cycle(*STOPPED)
    after = foretell.foretell(stage.store, stage.at("2026-03-20 08:00"), end, stage.hours)
    assert [stage.local(one.at)[:10] for one in after if one.to == deputy] == ["2026-03-24"]
    assert stage.rows(Credit) == [], "only looked at"


def test_what_was_given_back_on_an_old_date_delays_nothing_of_a_new_one(stage, campaign) -> None:
    stop(stage)
    stage.cycle(*STOPPED)
    stage.answers = {}
    stage.cycle("2026-03-20 09:00")
    stage.act(campaign, "report", "R1-H1", "submit", "2026-03-20 10:00")
    stage.act(campaign, "report", "R1-H1", "return", "2026-03-23 10:00", reason="缺附件")
    live(stage, 26, 27)  # due anew on Thursday the 26th at ten, three working days after it was returned
    assert rungs(stage, stage.address("department_head", "R1-H1"))[-1] == ("2026-03-27", "催办")
