"""From notices to mails: one a person and day, at the right hours, claimed by one at a time."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from one_round import cycle
from states.letters import Message
from states.records import core, health, outbox, rounds
from states.records.dispatch import Mail, Notice
from states.records.tables import Contact

URGENT = """
ladder: main
ladders:
  main:
    rungs:
      - {at: -20h, name: 提醒, to: [liaison]}
      - {at: +5h, name: 急办, to: [principal], urgent: true}
"""
DECIDED = "2026-03-05 09:00"


def test_a_person_gets_one_mail_a_day_across_two_campaigns(stage) -> None:
    for title in ("示例行动甲", "示例行动乙"):
        stage.launch(stage.template(stage.one_report, stage.ladders, title=title))
    stage.cycle(DECIDED, "2026-03-05 09:01", "2026-03-05 15:00")
    to = stage.address("liaison", "R1-H1")
    (message,) = [one for _, one in stage.post if one.to == to]
    assert sorted(line.campaign for line in message.lines) == ["示例行动乙", "示例行动甲"]
    assert message.key == f"d:2026-03-05:{to}"


def test_what_comes_after_todays_digest_waits_for_tomorrows(stage) -> None:
    stage.launch(stage.template(stage.one_report, stage.ladders))
    stage.cycle(DECIDED)
    stage.launch(stage.template(stage.one_report, stage.ladders.replace("-7d", "-166h")))
    stage.cycle("2026-03-05 20:00", "2026-03-06 08:59", "2026-03-06 09:00")
    to = stage.address("liaison", "R1-H1")
    assert [when for when, who in stage.mails() if who == to] == ["2026-03-05 09:00", "2026-03-06 09:00"]


def test_who_has_had_todays_digest_holds_up_nobody_who_has_not(stage, monkeypatch) -> None:
    """Composing goes by slices; those whose notices wait for tomorrow must not fill them."""
    stage.launch(stage.template(stage.one_report, stage.ladders))
    stage.cycle(DECIDED)
    stage.launch(stage.template(stage.one_report, stage.ladders.replace("-7d", "-170h")))
    now = stage.at("2026-03-05 16:00")
    rounds.fire(stage.store, now, after_due=False)
    pending = core.notice.c.state == "pending"
    late = sa.and_(pending, core.notice.c.email == stage.address("liaison", "R2-H1"))
    stage.put(core.notice, late, email="zhang@example.org")
    monkeypatch.setattr(outbox, "AT_ONCE", 1)
    assert rounds.compose(stage.store, now, stage.hours) == 1
    assert stage.one(Mail, Mail.email == "zhang@example.org").key == "d:2026-03-05:zhang@example.org"
    assert stage.notices(pending) != []


def test_a_person_with_several_units_still_gets_one_mail(empty_stage) -> None:
    stage = empty_stage.people(without=[("R1-H1", "liaison"), ("R1-H2", "liaison")])
    stage.launch(stage.template(stage.one_report, stage.ladders))
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
    stage.launch(stage.template(stage.one_report, URGENT))
    stage.cycle("2026-03-12 23:00")
    assert {when for when, _ in stage.mails()} == {"2026-03-12 23:00"}
    keys = [one.key for _, one in stage.post]
    assert len(keys) == len(set(keys)) == 6
    assert all(
        one.kind == "urgent" and key.startswith("u:r:")
        for (_, one), key in zip(stage.post, keys, strict=True)
    )


def test_an_urgent_notice_leaves_the_digest_of_the_day_alone(stage) -> None:
    stage.launch(stage.template(stage.one_report, URGENT.replace("to: [principal]", "to: [liaison]")))
    stage.launch(stage.template(stage.one_report.replace("10日", "14日"), stage.ladders))
    stage.cycle("2026-03-11 22:00", "2026-03-12 09:00", "2026-03-12 23:00", "2026-03-13 09:00")
    to = stage.address("liaison", "R1-H1")
    mails = [(stage.local(when), one.key[:2]) for when, one in stage.post if one.to == to]
    assert mails == [("2026-03-12 09:00", "d:"), ("2026-03-12 23:00", "u:"), ("2026-03-13 09:00", "d:")]


def test_of_two_rungs_about_one_matter_in_one_mail_only_the_higher_speaks(stage, campaign) -> None:
    """The mail stood still from Thursday to Wednesday, the reminders did not."""
    for moment in ("2026-03-05 09:00", "2026-03-11 09:00"):
        rounds.fire(stage.store, stage.at(moment), after_due=False)
    stage.cycle("2026-03-11 09:00")
    assert stage.lines(stage.address("liaison", "R1-H1")) == [("再提醒", "示例甲县人民医院", "自查报告")]
    assert stage.counted(Notice.state, Notice.rung == 1, Notice.kind == "rung") == {"withdrawn": 6}


def test_digests_wait_until_the_rungs_of_the_moment_are_decided(stage, campaign) -> None:
    other = stage.launch(stage.template(stage.one_report, stage.ladders))
    stage.put(core.timer, core.timer.c.campaign_id == other, fire_at=stage.at("2026-03-05 08:50"))
    rounds.fire(stage.store, stage.at("2026-03-05 08:55"), after_due=False)
    assert rounds.compose(stage.store, stage.at(DECIDED), stage.hours) == 0
    rounds.fire(stage.store, stage.at(DECIDED), after_due=False)
    rounds.fire(stage.store, stage.at(DECIDED), after_due=True)
    assert rounds.compose(stage.store, stage.at(DECIDED), stage.hours) > 0


def test_digests_wait_until_what_opens_at_the_moment_is_open(stage) -> None:
    stage.launch(stage.template(stage.one_report, stage.ladders))
    stage.launch(start="2026-03-06", now="2026-03-02 10:00")
    rounds.fire(stage.store, stage.at(DECIDED), after_due=False)
    stage.put(core.phase, core.phase.c.opened_at.is_(None), opens_at=stage.at("2026-03-05 08:30"))
    assert rounds.compose(stage.store, stage.at(DECIDED), stage.hours) == 0
    assert rounds.compose(stage.store, stage.at("2026-03-05 09:59"), stage.hours) == 0, "decided at nine"
    assert rounds.compose(stage.store, stage.at("2026-03-05 10:01"), stage.hours) > 0, "but not for ever"


def test_after_a_stop_of_days_digests_wait_until_all_that_was_missed_is_decided(stage, campaign) -> None:
    """Somebody died between two rungs: what was decided does not go out without the rest, which would come a day later."""
    other = stage.launch(stage.template(stage.one_report, stage.ladders))
    for moment in ("2026-03-09 09:00", "2026-03-09 09:59"):
        stage.put(core.timer, core.timer.c.campaign_id == other, fire_at=stage.at("2026-03-20 09:00"))
        rounds.fire(stage.store, stage.at(moment), after_due=False)
        stage.put(core.timer, core.timer.c.campaign_id == other, fire_at=stage.at("2026-03-05 09:00"))
        assert rounds.compose(stage.store, stage.at(moment), stage.hours) == 0, moment
    assert rounds.compose(stage.store, stage.at("2026-03-09 10:01"), stage.hours) > 0, "but not for ever"


@pytest.mark.parametrize(
    ("missed", "decided", "ours"),
    [
        ("2026-03-05 09:00", "2026-03-09 10:30:02", "2026-03-09 10:30:01"),  # they read the time after us
        ("2026-03-05 09:00", "2026-03-09 10:30", "2026-03-09 10:27:30"),  # our clock is behind
        ("2026-03-05 09:00", "2026-03-09 10:30:10", "2026-03-09 09:30:20"),  # it was set back an hour
        (
            "2026-03-09 10:30",
            "2026-03-09 10:30",
            "2026-03-09 10:27:30",
        ),  # it has not come to what they decide
    ],
)
def test_who_composes_by_an_earlier_clock_waits_for_what_the_others_still_decide(
    stage, campaign, missed, decided, ours
) -> None:
    """Somebody has still to serve the second of two rungs when we look: one mail a person and day, and it must hold both."""
    other = stage.launch(stage.template(stage.one_report, stage.ladders))
    stage.put(core.timer, core.timer.c.campaign_id == other, fire_at=stage.at("2026-03-20 09:00"))
    rounds.fire(stage.store, stage.at(decided), after_due=False)
    stage.put(core.timer, core.timer.c.campaign_id == other, fire_at=stage.at(missed))
    assert rounds.compose(stage.store, stage.at(ours), stage.hours) == 0
    for after_due in (False, True):
        rounds.fire(stage.store, stage.at(decided), after_due=after_due)
    assert rounds.compose(stage.store, stage.at(ours), stage.hours) > 0
    assert list(stage.counted(Notice.state)) == ["mailed"]


def test_what_a_clock_far_ahead_has_decided_waits_for_nothing_that_is_still_to_come(stage, campaign) -> None:
    rounds.fire(stage.store, stage.at("2026-03-06 09:00"), after_due=False)
    stage.put(core.timer, core.timer.c.done_at.is_(None), fire_at=stage.at("2026-03-06 08:59"))
    assert rounds.compose(stage.store, stage.at(DECIDED), stage.hours) > 0


@pytest.mark.parametrize("ended", ["open_due", "remind", "escalate", "deliver"])
def test_who_delivers_first_after_a_stop_waits_for_whoever_decides_first(stage, campaign, ended) -> None:
    """What waited when all stood still goes out with what was missed meanwhile, in one mail a person and day."""
    stage.decide("2026-03-05 19:00")
    other = stage.launch(stage.template(stage.one_report, stage.ladders))
    stage.put(core.timer, core.timer.c.campaign_id == other, fire_at=stage.at("2026-03-06 09:00"))
    for name in outbox.ROUNDS:
        health.beat(stage.store, name, True, "", stage.at("2026-03-05 19:00"))
    back = stage.at("2026-03-12 09:30")
    assert rounds.compose(stage.store, back, stage.hours) == 0
    health.beat(stage.store, f"round:{ended}", True, "", back)
    assert rounds.compose(stage.store, back, stage.hours) > 0


def test_a_rung_that_has_been_broken_for_an_hour_holds_nobody_up(stage, campaign) -> None:
    broken = stage.launch(stage.template(stage.one_report, stage.ladders))
    stage.spoil(broken)
    with pytest.raises(ExceptionGroup):
        rounds.fire(stage.store, stage.at(DECIDED), after_due=False)
    assert rounds.compose(stage.store, stage.at("2026-03-05 10:00"), stage.hours) == 0
    assert rounds.compose(stage.store, stage.at("2026-03-05 10:01"), stage.hours) > 0


def test_a_claim_keeps_others_away_for_ten_minutes_and_no_longer(stage, campaign) -> None:
    stage.decide(DECIDED)
    mine = stage.claim(DECIDED, "killed")
    assert len(mine) == 7
    assert stage.claim("2026-03-05 09:09", "other") == []
    assert [one.id for one in stage.claim("2026-03-05 09:10", "other")] == [one.id for one in mine]


def test_what_a_killed_holder_had_claimed_is_sent_by_another(stage, campaign) -> None:
    stage.decide(DECIDED)
    stage.claim(DECIDED, "killed")
    assert stage.deliver("2026-03-05 09:05").sent == 0
    assert stage.deliver("2026-03-05 09:10").sent == 7
    assert Counter(stage.counted(Mail.state)) == {"sent": 7}


def test_how_long_the_mails_of_a_dead_process_wait_is_a_setting(stage, campaign) -> None:
    stage.decide(DECIDED)

    def dying(message: Message) -> rounds.Answer:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rounds.deliver(stage.store, dying, stage.at(DECIDED), "dead", stage.hours, timedelta(minutes=2))
    assert stage.deliver("2026-03-05 09:01").sent == 0
    assert stage.deliver("2026-03-05 09:02").sent == 7


def test_who_has_lost_the_lease_cannot_mark(stage, campaign) -> None:
    stage.decide(DECIDED)
    (first, *_) = stage.claim(DECIDED, "slow")
    (again, *_) = stage.claim("2026-03-05 09:10", "quick")
    assert first.id == again.id
    with stage.store.write() as session:
        assert not outbox.mark_sent(session, first, stage.at("2026-03-05 09:11"), "<late@example.org>")
        assert not outbox.mark_refused(session, first, stage.at("2026-03-05 09:11"), "550")
    assert stage.rows(Contact, Contact.bounced_at != None) == []  # noqa: E711
    with stage.store.write() as session:
        assert outbox.mark_sent(session, again, stage.at("2026-03-05 09:11"), "<right@example.org>")
    assert stage.one(Mail, Mail.id == first.id).message_id == "<right@example.org>"


def test_a_mail_that_left_after_its_lease_is_told_of(stage, campaign) -> None:
    stage.decide(DECIDED)

    def slow(message: Message) -> rounds.Answer:
        with stage.store.write() as session:
            session.execute(sa.update(Mail).values(claimed_by="quick"))
        return rounds.Answer("sent", "", "<late@example.org>")

    done = rounds.deliver(stage.store, slow, stage.at(DECIDED), "slow", stage.hours)
    assert done.notes[0] == rounds.LEASE_LOST
    assert {one.message_id for one in stage.rows(Mail)} != {"<late@example.org>"}


def test_what_is_sent_is_not_claimed_again(stage, campaign) -> None:
    stage.cycle(DECIDED)
    assert stage.claim("2026-03-06 09:00", "other") == []


def test_released_mails_are_at_once_anybodys_and_the_try_does_not_count(stage, campaign) -> None:
    stage.decide(DECIDED)
    mine = stage.claim(DECIDED, "one")
    with stage.store.write() as session:
        outbox.release(session, mine, stage.at(DECIDED))
    assert {one.tries for one in stage.rows(Mail)} == {0}
    assert len(stage.claim(DECIDED, "two")) == 7


def test_a_round_that_takes_too_long_gives_back_what_it_has_not_tried(stage, campaign, monkeypatch) -> None:
    stage.decide(DECIDED)
    seconds = iter(range(0, 10_000, 100))
    monkeypatch.setattr(rounds, "elapsed", lambda: float(next(seconds)))
    done = stage.deliver(DECIDED)
    assert 0 < done.sent < 7
    assert done.notes != []
    assert stage.counted(Mail.claimed_by, Mail.state == "queued") == {None: 7 - done.sent}
    monkeypatch.setattr(rounds, "elapsed", lambda: 0.0)
    assert stage.deliver("2026-03-05 09:01").sent == 7 - done.sent


def test_four_at_once_send_each_mail_once(stage) -> None:
    for _ in range(2):
        stage.launch()
    now = stage.at(DECIDED)

    def tick(number: int) -> None:
        cycle(stage.store, stage.sender(now), now, stage.hours, f"worker-{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tick, range(8)))
    stage.cycle("2026-03-05 09:01")
    assert Counter(one.key for _, one in stage.post) == {one.key: 1 for one in stage.rows(Mail)}
    assert {one.email for one in stage.rows(Mail)} == {one.to for _, one in stage.post}
    assert stage.notices(Notice.state == "pending") == []
