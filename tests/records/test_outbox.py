"""From notices to mails: one a person and day, at the right hours, each exactly once, and nothing lost on the way."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa

from states.records import core, drafting, outbox, rounds
from states.records.dispatch import Mail, Notice
from states.records.outbox import MailHours
from states.records.rounds import Answer
from states.records.tables import Contact, Journal, Vacancy

DUE_12 = """
phases:
  - {key: check, name: 自查自纠, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内}
"""
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


@pytest.fixture
def campaign(stage) -> int:
    """One report due on 12 March 18:00, first reminder on the 5th at nine."""
    return stage.launch(stage.template(DUE_12, stage.ladders))


def decide(stage, now: str) -> None:
    rounds.decide(stage.store, stage.at(now), stage.hours)


def deliver(stage, now: str, who: str = "one"):
    return rounds.deliver(stage.store, stage.sender(stage.at(now)), stage.at(now), who, stage.hours)


def claim(stage, now: str, who: str, limit: int = 50):
    with stage.store.write() as session:
        return outbox.claim(session, stage.at(now), who, limit)


def mail_to(stage, to: str) -> Mail:
    return stage.one(Mail, Mail.email == to)


# -- one digest a day ---------------------------------------------------------------------------------


def test_a_person_gets_one_mail_a_day_across_two_campaigns(stage) -> None:
    for title in ("示例行动甲", "示例行动乙"):
        stage.launch(stage.template(DUE_12, stage.ladders, title=title))
    stage.cycle(DECIDED, "2026-03-05 09:01", "2026-03-05 15:00")
    to = stage.address("liaison", "R1-H1")
    (message,) = [one for _, one in stage.post if one.to == to]
    assert sorted(line.campaign for line in message.lines) == ["示例行动乙", "示例行动甲"]
    assert message.key == f"d:2026-03-05:{to}"


def test_what_comes_after_todays_digest_waits_for_tomorrows(stage) -> None:
    stage.launch(stage.template(DUE_12, stage.ladders))
    stage.cycle(DECIDED)
    stage.launch(stage.template(DUE_12, stage.ladders.replace("-7d", "-166h")))
    stage.cycle("2026-03-05 20:00", "2026-03-06 08:59", "2026-03-06 09:00")
    to = stage.address("liaison", "R1-H1")
    assert [when for when, who in stage.mails() if who == to] == ["2026-03-05 09:00", "2026-03-06 09:00"]


def test_a_person_with_several_units_still_gets_one_mail(empty_stage) -> None:
    stage = empty_stage.people(without=[("R1-H1", "liaison"), ("R1-H2", "liaison")])
    stage.launch(stage.template(DUE_12, stage.ladders))
    stage.cycle(DECIDED)
    (message,) = [one for _, one in stage.post if one.to == stage.address("liaison", "R1")]
    assert sorted((line.unit, line.via) for line in message.lines) == sorted(
        [
            ("示例甲县卫生健康局", None),
            ("示例甲县人民医院", "示例甲县人民医院"),
            ("示例甲县中医院", "示例甲县中医院"),
        ],
        key=lambda pair: (pair[0], pair[1] or ""),
    )


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        ("2026-03-05 08:59", False),
        ("2026-03-05 09:00", True),
        ("2026-03-05 17:29", True),
        ("2026-03-05 17:30", False),
        ("2026-03-07 10:00", False),  # Saturday
        ("2026-09-20 10:00", True),  # a Sunday that is worked for National Day
        ("2026-10-01 10:00", False),  # National Day, a Thursday
        ("2026-10-07 10:00", False),  # its last day, a Wednesday
        ("2026-10-08 10:00", True),
        ("2026-10-10 10:00", True),  # a Saturday that is worked
        ("2026-10-11 10:00", False),  # a Sunday that is not
        ("2027-01-08 10:00", True),  # a Friday of a year without a calendar: Monday to Friday
        ("2027-01-01 10:00", False),  # such a Friday too, but off by law
    ],
)
def test_ordinary_mail_goes_out_in_the_hours_of_working_days_only(stage, campaign, moment, sent) -> None:
    rounds.fire(stage.store, stage.at(DECIDED), after_due=False)
    stage.put(core.timer, core.timer.c.done_at.is_(None), done_at=stage.at(DECIDED))
    assert (rounds.compose(stage.store, stage.at(moment), stage.hours) > 0) == sent


def test_the_day_of_a_digest_is_the_local_one(stage, campaign) -> None:
    rounds.fire(stage.store, stage.at(DECIDED), after_due=False)
    rounds.compose(stage.store, stage.at("2026-03-05 09:00"), stage.hours)
    assert {one.day.isoformat() for one in stage.rows(Mail)} == {"2026-03-05"}


def test_an_urgent_notice_goes_at_once_by_itself_at_any_hour(stage) -> None:
    stage.launch(stage.template(DUE_12, URGENT))
    stage.cycle("2026-03-12 23:00")
    assert {when for when, _ in stage.mails()} == {"2026-03-12 23:00"}
    keys = [one.key for _, one in stage.post]
    assert len(keys) == len(set(keys)) == 6
    assert all(
        one.kind == "urgent" and key.startswith("u:r:")
        for (_, one), key in zip(stage.post, keys, strict=True)
    )


def test_an_urgent_notice_leaves_the_digest_of_the_day_alone(stage) -> None:
    stage.launch(stage.template(DUE_12, URGENT.replace("to: [principal]", "to: [liaison]")))
    stage.launch(stage.template(DUE_12.replace("10日", "14日"), stage.ladders))
    stage.cycle("2026-03-11 22:00", "2026-03-12 09:00", "2026-03-12 23:00", "2026-03-13 09:00")
    to = stage.address("liaison", "R1-H1")
    mails = [(stage.local(when), one.key[:2]) for when, one in stage.post if one.to == to]
    assert mails == [("2026-03-12 09:00", "d:"), ("2026-03-12 23:00", "u:"), ("2026-03-13 09:00", "d:")]


def test_of_two_rungs_about_one_matter_in_one_mail_only_the_higher_speaks(stage, campaign) -> None:
    """The mail stood still from Wednesday to Friday, the rungs did not."""
    stage.put(core.timer, core.timer.c.rung == 1, done_at=stage.at(DECIDED))
    for moment in ("2026-03-11 09:00", "2026-03-13 09:00"):
        for after in (False, True):
            rounds.fire(stage.store, stage.at(moment), after_due=after)
    stage.cycle("2026-03-13 09:00")
    assert stage.lines(stage.address("liaison", "R1-H1")) == [("催办", "示例甲县人民医院", "自查报告")]
    assert stage.counted(Notice.state, Notice.rung == 2, Notice.kind == "rung") == {"withdrawn": 6}


# -- digests wait for the rounds of the moment ---------------------------------------------------------


def test_digests_wait_until_the_rungs_of_the_moment_are_decided(stage, campaign) -> None:
    other = stage.launch(stage.template(DUE_12, stage.ladders))
    stage.put(core.timer, core.timer.c.campaign_id == other, fire_at=stage.at("2026-03-05 08:50"))
    rounds.fire(stage.store, stage.at("2026-03-05 08:55"), after_due=False)
    assert rounds.compose(stage.store, stage.at(DECIDED), stage.hours) == 0
    rounds.fire(stage.store, stage.at(DECIDED), after_due=False)
    rounds.fire(stage.store, stage.at(DECIDED), after_due=True)
    assert rounds.compose(stage.store, stage.at(DECIDED), stage.hours) > 0


def test_digests_wait_until_what_opens_at_the_moment_is_open(stage) -> None:
    stage.launch(stage.template(DUE_12, stage.ladders))
    stage.launch(start="2026-03-06", now="2026-03-02 10:00")
    rounds.fire(stage.store, stage.at(DECIDED), after_due=False)
    stage.put(core.phase, core.phase.c.opened_at.is_(None), opens_at=stage.at("2026-03-05 08:30"))
    assert rounds.compose(stage.store, stage.at(DECIDED), stage.hours) == 0
    assert rounds.compose(stage.store, stage.at("2026-03-05 09:31"), stage.hours) > 0, "but not for ever"


def test_a_rung_that_has_been_broken_for_an_hour_holds_nobody_up(stage, campaign) -> None:
    broken = stage.launch(stage.template(DUE_12, stage.ladders))
    stage.spoil(broken)
    with pytest.raises(ExceptionGroup):
        rounds.fire(stage.store, stage.at(DECIDED), after_due=False)
    assert rounds.compose(stage.store, stage.at("2026-03-05 10:00"), stage.hours) == 0
    assert rounds.compose(stage.store, stage.at("2026-03-05 10:01"), stage.hours) > 0


# -- claims are leases ----------------------------------------------------------------------------------


def test_a_claim_keeps_others_away_for_ten_minutes_and_no_longer(stage, campaign) -> None:
    decide(stage, DECIDED)
    mine = claim(stage, DECIDED, "killed")
    assert len(mine) == 7
    assert claim(stage, "2026-03-05 09:09", "other") == []
    assert [one.id for one in claim(stage, "2026-03-05 09:10", "other")] == [one.id for one in mine]


def test_what_a_killed_holder_had_claimed_is_sent_by_another(stage, campaign) -> None:
    decide(stage, DECIDED)
    claim(stage, DECIDED, "killed")
    assert deliver(stage, "2026-03-05 09:05").sent == 0
    assert deliver(stage, "2026-03-05 09:10").sent == 7
    assert Counter(stage.counted(Mail.state)) == {"sent": 7}


def test_who_has_lost_the_lease_cannot_mark(stage, campaign) -> None:
    decide(stage, DECIDED)
    (first, *_) = claim(stage, DECIDED, "slow")
    (again, *_) = claim(stage, "2026-03-05 09:10", "quick")
    assert first.id == again.id
    with stage.store.write() as session:
        assert not outbox.mark_sent(session, first, stage.at("2026-03-05 09:11"), "<late@example.org>")
        assert not outbox.mark_refused(session, first, stage.at("2026-03-05 09:11"), "550")
    assert stage.rows(Contact, Contact.bounced_at != None) == []  # noqa: E711
    with stage.store.write() as session:
        assert outbox.mark_sent(session, again, stage.at("2026-03-05 09:11"), "<right@example.org>")
    assert stage.one(Mail, Mail.id == first.id).message_id == "<right@example.org>"


def test_what_is_sent_is_not_claimed_again(stage, campaign) -> None:
    stage.cycle(DECIDED)
    assert claim(stage, "2026-03-06 09:00", "other") == []


def test_released_mails_are_at_once_anybodys_and_the_try_does_not_count(stage, campaign) -> None:
    decide(stage, DECIDED)
    mine = claim(stage, DECIDED, "one")
    with stage.store.write() as session:
        outbox.release(session, mine, stage.at(DECIDED))
    assert {one.tries for one in stage.rows(Mail)} == {0}
    assert len(claim(stage, DECIDED, "two")) == 7


def test_a_round_that_takes_too_long_gives_back_what_it_has_not_tried(stage, campaign, monkeypatch) -> None:
    decide(stage, DECIDED)
    seconds = iter(range(0, 10_000, 100))
    monkeypatch.setattr(rounds, "elapsed", lambda: float(next(seconds)))
    done = deliver(stage, DECIDED)
    assert 0 < done.sent < 7
    assert done.notes != []
    assert stage.counted(Mail.claimed_by, Mail.state == "queued") == {None: 7 - done.sent}
    monkeypatch.setattr(rounds, "elapsed", lambda: 0.0)
    assert deliver(stage, "2026-03-05 09:01").sent == 7 - done.sent


def test_four_at_once_send_each_mail_once(stage) -> None:
    for _ in range(2):
        stage.launch()
    now = stage.at(DECIDED)

    def tick(number: int) -> None:
        rounds.cycle(stage.store, stage.sender(now), now, stage.hours, f"worker-{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tick, range(8)))
    stage.cycle("2026-03-05 09:01")
    assert Counter(one.key for _, one in stage.post) == {one.key: 1 for one in stage.rows(Mail)}
    assert {one.email for one in stage.rows(Mail)} == {one.to for _, one in stage.post}
    assert stage.notices(Notice.state == "pending") == []


# -- answers of the server ------------------------------------------------------------------------------


def test_a_passing_fault_is_tried_again_ever_later_under_the_same_key(stage, campaign) -> None:
    to = stage.address("liaison", "R1-H1")
    stage.answers[to] = no("temporary", "451 try later")
    decide(stage, DECIDED)
    now, waits, keys = stage.at(DECIDED), [], set()
    always = MailHours(stage.hours.zone, time.min, time.max)
    stage.put(core.calendar_day, core.calendar_day.c.day >= date(2026, 3, 1), working=True)
    for _ in range(11):
        rounds.deliver(stage.store, stage.sender(now), now, "one", always)
        row = mail_to(stage, to)
        keys.add(row.key)
        waits.append((row.next_try_at - now) / timedelta(minutes=1))
        now = row.next_try_at
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240]
    assert keys == {f"d:2026-03-05:{to}"}
    assert (row.tries, row.error) == (11, "451 try later")
    del stage.answers[to]
    rounds.deliver(stage.store, stage.sender(now), now, "one", always)
    assert mail_to(stage, to).state == "sent"


@pytest.mark.parametrize("night", ["2026-03-05 17:40", "2026-03-06 03:00", "2026-03-07 10:00"])
def test_a_digest_put_off_or_left_behind_by_day_is_not_sent_by_night(stage, campaign, night) -> None:
    stage.answers[stage.address("liaison", "R1")] = no("temporary")
    decide(stage, "2026-03-05 17:25")
    claim(stage, "2026-03-05 17:25", "killed", 3)
    deliver(stage, "2026-03-05 17:26")
    before = len(stage.post)
    stage.answers.clear()
    assert deliver(stage, night).sent == 0
    assert deliver(stage, "2026-03-09 09:00").sent == 7 - before


def test_an_urgent_mail_put_off_is_sent_by_night(stage) -> None:
    stage.launch(stage.template(DUE_12, URGENT))
    stage.answers[stage.address("principal", "R1")] = no("temporary")
    stage.cycle("2026-03-12 23:00")
    stage.answers.clear()
    stage.cycle("2026-03-12 23:05")
    assert mail_to(stage, stage.address("principal", "R1")).state == "sent"


def test_a_fault_of_more_than_a_week_is_given_up_loudly(stage, campaign) -> None:
    to = stage.address("liaison", "R1-H1")
    stage.answers[to] = no("temporary", "451 try later")
    decide(stage, DECIDED)
    deliver(stage, DECIDED)
    deliver(stage, "2026-03-12 09:00")
    assert mail_to(stage, to).state == "queued"
    deliver(stage, "2026-03-12 14:00")
    assert mail_to(stage, to).state == "failed"
    (fact,) = stage.journal("mail.failed")
    assert fact.reason == "451 try later"


def test_a_fault_of_one_address_does_not_hold_up_the_others(stage, campaign) -> None:
    stage.answers[stage.address("liaison", "R1")] = no("temporary")
    decide(stage, DECIDED)
    done = deliver(stage, DECIDED)
    assert (done.sent, done.deferred) == (6, 1)


def test_a_refused_address_is_a_vacancy_and_the_unit_above_hears_it_instead(stage, campaign) -> None:
    to = stage.address("liaison", "R1-H1")
    stage.answers[to] = no("permanent")
    stage.cycle(DECIDED, "2026-03-05 09:05", "2026-03-06 09:00")
    assert mail_to(stage, to).state == "refused"
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
    stage.launch(stage.template(DUE_12, stage.ladders))
    for role, code in (("liaison", "R1-H1"), ("liaison", "R1"), ("liaison", "R"), ("coordinator", "R")):
        stage.answers[stage.address(role, code)] = no("permanent")
    stage.cycle(*(f"2026-03-{day:02} 09:00" for day in (5, 6, 9, 10)), "2026-03-10 09:30")
    unheard = stage.notices(Notice.state == "vacant", Notice.unit_id == stage.ids["R1-H1"])
    assert [(one.kind, one.rung) for one in unheard] == [("rung", 1)]
    assert {one.state for one in stage.notices()} <= ENDED


def test_a_settled_matter_does_not_climb_when_its_mail_bounces(stage, campaign) -> None:
    other = stage.launch(stage.template(DUE_12, stage.ladders))
    to = stage.address("liaison", "R1-H1")
    decide(stage, DECIDED)
    stage.act(campaign, "report", "R1-H1", "submit", DECIDED)
    stage.answers[to] = no("permanent")
    deliver(stage, DECIDED)
    climbed = stage.notices(Notice.via_unit_id == stage.ids["R1-H1"])
    assert {one.campaign_id for one in climbed} == {other}


# -- judged again at the last moment ----------------------------------------------------------------------


def test_what_was_settled_between_composing_and_sending_is_left_out(stage, campaign) -> None:
    stage.launch(stage.template(DUE_12.replace("自查报告", "另一报告"), stage.ladders))
    decide(stage, DECIDED)
    stage.act(campaign, "report", "R1-H1", "submit", "2026-03-05 09:01")
    deliver(stage, "2026-03-05 09:02")
    assert stage.lines(stage.address("liaison", "R1-H1")) == [("提醒", "示例甲县人民医院", "另一报告")]
    mine = stage.notices(Notice.unit_id == stage.ids["R1-H1"], Notice.kind == "rung")
    assert sorted(one.state for one in mine) == ["mailed", "withdrawn"]


def test_a_mail_with_nothing_left_to_say_is_withdrawn(stage, campaign) -> None:
    decide(stage, DECIDED)
    stage.act(campaign, "report", "R1-H1", "submit", "2026-03-05 09:01")
    deliver(stage, "2026-03-05 09:02")
    to = stage.address("liaison", "R1-H1")
    assert mail_to(stage, to).state == "withdrawn"
    assert stage.lines(to) == []
    assert len(stage.journal("mail.withdrawn")) == 1


@pytest.mark.parametrize("move", ["suspend", "exempt"])
def test_a_unit_that_was_suspended_or_exempted_meanwhile_is_left_in_peace(stage, campaign, move) -> None:
    decide(stage, DECIDED)
    stage.move(campaign, "R1-H1", move, "2026-03-05 09:01", reason="已停业")
    deliver(stage, "2026-03-05 09:02")
    assert stage.lines(stage.address("liaison", "R1-H1")) == []


@pytest.mark.parametrize("state", ["check.suspended", "cancelled"])
def test_a_campaign_that_was_suspended_or_cancelled_meanwhile_says_nothing(stage, campaign, state) -> None:
    decide(stage, DECIDED)
    stage.put(core.campaign, core.campaign.c.id == campaign, state=state)
    deliver(stage, "2026-03-05 09:02")
    assert stage.post == []
    assert stage.counted(Mail.state) == {"withdrawn": 7}


def test_the_announcement_of_a_phase_says_what_is_owed_except_what_a_rung_says_already(stage) -> None:
    stage.launch(start="2026-03-05", fills={"report.due": "2026-03-12"})
    stage.cycle("2026-03-05 09:00")
    assert stage.lines(stage.address("liaison", "R1-H1")) == [
        ("下发", "示例甲县人民医院", "问题清单"),
        ("提醒", "示例甲县人民医院", "自查报告"),
    ]


def test_the_coordinator_gets_figures_and_a_sheet_in_one_mail(stage) -> None:
    stage.launch()
    stage.cycle("2026-03-05 09:00")
    (message,) = [one for _, one in stage.post if one.to == stage.address("coordinator", "R")]
    assert message.kind == "figures"
    assert [one.units for one in message.figures] == [6]
    assert [one.filename.rsplit(".", 1)[1] for one in message.attachments] == ["xlsx"]


# -- nothing is lost, nothing stops the others -------------------------------------------------------------


def test_over_a_whole_campaign_every_notice_comes_to_an_end(empty_stage) -> None:
    stage = empty_stage.people(without=[("R1-H1", "liaison"), ("R2-C1", "principal"), ("R", "office")])
    stage.launch(past="keep")
    stage.answers[stage.address("liaison", "R2")] = no("permanent")
    stage.answers[stage.address("deputy_leader", "R1")] = no("permanent")
    days = [
        f"2026-{month:02}-{day:02} {hour}"
        for month in (3, 4)
        for day in range(1, 31)
        for hour in ("00:00", "09:00", "09:30")
    ]
    stage.cycle(*[one for one in days if one >= "2026-03-02 08:30"])
    assert {one.state for one in stage.notices()} <= ENDED
    assert set(stage.counted(Mail.state)) <= {"sent", "refused", "withdrawn"}
    bound = {one.mail_id for one in stage.notices(Notice.state == "mailed")}
    assert bound <= {one.id for one in stage.rows(Mail)}
    told = Counter((one.key, one.email) for one in stage.notices())
    assert set(told.values()) == {1}


def test_a_mail_that_cannot_be_written_does_not_stop_the_others_and_is_tried_again(stage, campaign) -> None:
    def explode(_message):
        raise ValueError("no such glyph")

    to = stage.address("liaison", "R1")
    stage.answers[to] = explode
    decide(stage, DECIDED)
    done = deliver(stage, DECIDED)
    assert (done.sent, done.deferred) == (6, 1)
    assert "no such glyph" in mail_to(stage, to).error
    del stage.answers[to]
    assert deliver(stage, "2026-03-05 09:01").sent == 1


def test_mails_of_a_campaign_whose_template_no_longer_loads_do_not_stop_the_others(stage, campaign) -> None:
    sound = stage.launch(stage.template(DUE_12, stage.ladders), selection=chosen("R1-H1"))
    decide(stage, DECIDED)
    stage.spoil(campaign)
    stage.put(core.notice, core.notice.c.campaign_id == sound, email="only@example.org")
    stage.put(
        core.notice,
        sa.and_(core.notice.c.campaign_id == sound, core.notice.c.kind == "rung"),
        mail_id=None,
        state="pending",
    )
    rounds.compose(stage.store, stage.at("2026-03-05 09:01"), stage.hours)
    done = deliver(stage, "2026-03-05 09:01")
    assert stage.lines("only@example.org") == [("提醒", "示例甲县人民医院", "自查报告")]
    assert done.deferred == 7
    waiting = stage.rows(Mail, Mail.state == "queued")
    assert len(waiting) == 7
    assert all(one.error for one in waiting)


def chosen(*codes: str):
    from states.records.scopes import Selection

    return Selection(codes=codes)


def test_composing_by_several_at_once_binds_every_notice_to_one_mail(stage) -> None:
    for _ in range(3):
        stage.launch()
    now = stage.at(DECIDED)
    for after in (False, True):
        rounds.fire(stage.store, now, after_due=after)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: rounds.compose(stage.store, now, stage.hours), range(8)))
    assert sum(made) >= len(stage.rows(Mail)) == 7
    assert {one.state for one in stage.notices()} == {"mailed"}
    with stage.store.read() as session:
        keys = [one.id for one in stage.rows(Mail)]
        drafted = drafting.drafts(session, keys, now)
    assert all(one.message is not None for one in drafted.values())


def test_every_mail_that_ended_has_its_fact(stage, campaign) -> None:
    stage.answers[stage.address("liaison", "R1")] = no("permanent")
    stage.answers[stage.address("liaison", "R2")] = no("temporary")
    stage.cycle(DECIDED)
    facts = stage.counted(Journal.kind, Journal.kind.like("mail.%"))  # type: ignore[attr-defined]
    assert facts == {"mail.sent": 5, "mail.refused": 1, "mail.deferred": 1}
