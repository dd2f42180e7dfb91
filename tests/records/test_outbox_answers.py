"""What the server answers: tried again, given up, refused, and who hears it instead."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from states.records import core, rounds
from states.records.dispatch import Mail, Notice
from states.records.outbox import MailHours
from states.records.rounds import Answer
from states.records.tables import Contact, Vacancy

URGENT = """
ladder: main
ladders:
  main:
    rungs:
      - {at: -20h, name: 提醒, to: [liaison]}
      - {at: +5h, name: 急办, to: [principal], urgent: true}
"""
DECIDED = "2026-03-05 09:00"
ENDED = {"mailed", "withdrawn", "vacant"}


def no(kind: str, detail: str = "550 no such user"):
    return lambda _message: Answer(kind, detail)


def test_a_passing_fault_is_tried_again_ever_later_under_the_same_key(stage, campaign) -> None:
    to = stage.address("liaison", "R1-H1")
    stage.answers[to] = no("temporary", "451 try later")
    stage.decide(DECIDED)
    now, waits, keys = stage.at(DECIDED), [], set()
    always = MailHours(stage.hours.zone, time.min, time.max)
    stage.put(core.calendar_day, core.calendar_day.c.day >= date(2026, 3, 1), working=True)
    for _ in range(11):
        rounds.deliver(stage.store, stage.sender(now), now, "one", always)
        row = stage.mail_to(to)
        keys.add(row.key)
        waits.append((row.next_try_at - now) / timedelta(minutes=1))
        now = row.next_try_at
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240]
    assert keys == {f"d:2026-03-05:{to}"}
    assert (row.tries, row.error) == (11, "451 try later")
    del stage.answers[to]
    rounds.deliver(stage.store, stage.sender(now), now, "one", always)
    assert stage.mail_to(to).state == "sent"


@pytest.mark.parametrize("night", ["2026-03-05 17:40", "2026-03-06 03:00", "2026-03-07 10:00"])
def test_a_digest_put_off_or_left_behind_by_day_is_not_sent_by_night(stage, campaign, night) -> None:
    stage.answers[stage.address("liaison", "R1")] = no("temporary")
    stage.decide("2026-03-05 17:25")
    stage.claim("2026-03-05 17:25", "killed", 3)
    stage.deliver("2026-03-05 17:26")
    before = len(stage.post)
    stage.answers.clear()
    assert stage.deliver(night).sent == 0
    assert stage.deliver("2026-03-09 09:00").sent == 7 - before


def test_an_urgent_mail_put_off_is_sent_by_night(stage) -> None:
    stage.launch(stage.template(stage.one_report, URGENT))
    stage.answers[stage.address("principal", "R1")] = no("temporary")
    stage.cycle("2026-03-12 23:00")
    stage.answers.clear()
    stage.cycle("2026-03-12 23:05")
    assert stage.mail_to(stage.address("principal", "R1")).state == "sent"


def test_a_fault_of_more_than_a_week_is_given_up_loudly(stage, campaign) -> None:
    to = stage.address("liaison", "R1-H1")
    stage.answers[to] = no("temporary", "451 try later")
    stage.decide(DECIDED)
    for hour in ("09:00", "09:01", "09:03", "09:07", "09:15", "09:31", "10:03", "11:07", "13:15"):
        stage.deliver(f"2026-03-05 {hour}")
    stage.deliver("2026-03-12 09:00")
    assert stage.mail_to(to).state == "queued"
    stage.deliver("2026-03-12 14:00")
    assert stage.mail_to(to).state == "failed"
    (fact,) = stage.journal("mail.failed")
    assert fact.reason == "451 try later"


def test_a_week_in_which_nothing_ran_gives_up_no_mail(stage, campaign) -> None:
    to = stage.address("liaison", "R1-H1")
    stage.answers[to] = no("temporary", "451 try later")
    stage.decide(DECIDED)
    stage.deliver(DECIDED)
    stage.deliver("2026-03-16 09:00")
    assert stage.mail_to(to).state == "queued"
    del stage.answers[to]
    stage.deliver("2026-03-16 09:30")
    assert stage.mail_to(to).state == "sent"


def test_a_fault_of_one_address_does_not_hold_up_the_others(stage, campaign) -> None:
    stage.answers[stage.address("liaison", "R1")] = no("temporary")
    stage.decide(DECIDED)
    done = stage.deliver(DECIDED)
    assert (done.sent, done.deferred) == (6, 1)


def test_a_refused_address_is_a_vacancy_and_the_unit_above_hears_it_instead(stage, campaign) -> None:
    to = stage.address("liaison", "R1-H1")
    stage.answers[to] = no("permanent")
    stage.cycle(DECIDED, "2026-03-05 09:05", "2026-03-06 09:00")
    assert stage.mail_to(to).state == "refused"
    holder = stage.one(Contact, Contact.email == to)
    assert (stage.local(holder.bounced_at), holder.bounce) == (DECIDED, "550 no such user")
    assert (stage.ids["R1-H1"], "liaison") in {(one.unit_id, one.role) for one in stage.rows(Vacancy)}
    assert stage.lines(stage.address("liaison", "R1")) == [
        ("提醒", "示例甲县卫生健康局", "自查报告"),
        ("提醒", "示例甲县人民医院", "自查报告"),
    ]
    assert [one.reason for one in stage.journal("address.bounced")] == ["550 no such user"]


def test_a_refused_address_gets_nothing_more(stage, campaign) -> None:
    to = stage.address("liaison", "R1-H1")
    stage.answers[to] = no("permanent")
    stage.cycle(DECIDED, "2026-03-06 09:00", "2026-03-11 09:00", "2026-03-13 09:00")
    assert len(stage.rows(Mail, Mail.email == to)) == 1


def test_where_somebody_else_holds_the_role_too_nobody_above_is_bothered(stage, campaign) -> None:
    with stage.store.write() as session:
        session.add(Contact(unit_id=stage.ids["R1-H1"], role="liaison", name="李示例", email="b@example.org"))
    stage.answers[stage.address("liaison", "R1-H1")] = no("permanent")
    stage.cycle(DECIDED, "2026-03-06 09:00")
    assert len(stage.lines("b@example.org")) == 1
    assert stage.lines(stage.address("liaison", "R1")) == [("提醒", "示例甲县卫生健康局", "自查报告")]


def test_refusals_all_the_way_up_end_with_a_row_that_says_nobody_heard(empty_stage) -> None:
    stage = empty_stage.people()
    stage.launch(stage.template(stage.one_report, stage.ladders))
    for role, code in (("liaison", "R1-H1"), ("liaison", "R1"), ("liaison", "R"), ("coordinator", "R")):
        stage.answers[stage.address(role, code)] = no("permanent")
    stage.cycle(*(f"2026-03-{day:02} 09:00" for day in (5, 6, 9, 10)), "2026-03-10 09:30")
    unheard = stage.notices(Notice.state == "vacant", Notice.unit_id == stage.ids["R1-H1"])
    assert [(one.kind, one.rung) for one in unheard] == [("rung", 1)]
    assert {one.state for one in stage.notices()} <= ENDED


def test_a_settled_matter_does_not_climb_when_its_mail_bounces(stage, campaign) -> None:
    other = stage.launch(stage.template(stage.one_report, stage.ladders))
    to = stage.address("liaison", "R1-H1")
    stage.decide(DECIDED)
    stage.act(campaign, "report", "R1-H1", "submit", DECIDED)
    stage.answers[to] = no("permanent")
    stage.deliver(DECIDED)
    climbed = stage.notices(Notice.via_unit_id == stage.ids["R1-H1"])
    assert {one.campaign_id for one in climbed} == {other}
