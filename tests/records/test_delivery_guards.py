"""Histories of the small world told by name: one for each guard of the delivery, and those in which something was found.

What is right is said by `delivery_rules`, the same as for the histories that nobody chose. The first dates are Friday
6 March (report) and Saturday 7 March (list); 提醒 falls on the 5th and the 6th, 催办 on Monday the 9th.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from delivery_play import Play
from delivery_world import address, at, people
from states.records.session import connect

SQLITE = pytest.mark.parametrize("shaped_url", ["sqlite"], indirect=True)
CALM = ("2026-03-02 09:00", "2026-03-03 09:00", "2026-03-04 09:00")


@pytest.fixture
def play(shaped_url: str) -> Iterator[Play]:
    made = connect(shaped_url)
    people(made)
    made.close()
    play = Play(shaped_url)
    assert play.world.launch()
    yield play.ticks(*CALM)
    play.world.close()


def held(play: Play, *states: str) -> set[str]:
    return {one.key for one in play.before.mail if one.state in states}


def arrivals(play: Play) -> Counter[str]:
    return Counter(one.key for one in play.world.tries if one.arrived)


def test_what_bounces_for_two_offices_of_one_person_reaches_that_person_once(play) -> None:
    """The key of a notice is unique: in H2 liaison and head of department are refused, above them one person is both."""
    play.ticks("2026-03-05 09:00", "2026-03-06 09:00", "2026-03-06 16:00")
    play.until("2026-03-09 09:00").tick(
        {address(role, "H2"): "refused" for role in ("liaison", "department_head")}
    )
    play.judge()
    play.ticks("2026-03-10 09:00", "2026-03-11 09:00")


def test_who_has_lost_its_lease_leaves_the_mail_to_its_new_holder(play) -> None:
    """The first sender hangs for eleven minutes and is told 450 after the second has begun with the same mail."""
    play.until("2026-03-05 09:00")
    play.begins(1, "remind").finish()
    slow = play.to_its_mail(0)
    play.world.passes(timedelta(minutes=11))
    second = play.to_its_mail(1)
    play.goes_on(slow, "busy")
    play.judge()
    play.world.passes(timedelta(minutes=2))
    third = play.begins(2, "deliver")
    while third.place == "commit":
        third.go()
        play.judge()
    play.judge()
    play.goes_on(second)
    play.judge()


@SQLITE
def test_of_the_mails_of_a_sender_that_is_killed_only_the_one_in_its_hands_comes_again(play) -> None:
    """Each mark is a transaction of its own."""
    play.until("2026-03-05 09:00")
    play.begins(1, "remind").finish()
    sender = play.to_its_mail(0)
    for _ in range(2):  # the mail is taken, the mark is made
        play.goes_on(sender)
        play.goes_on(sender)
        play.judge()
    play.goes_on(sender, "taken", doom="before")
    assert sender.killed
    play.judge()
    play.ticks("2026-03-05 09:11", "2026-03-05 09:30")
    assert arrivals(play).most_common(2)[0][1] == 2
    assert [number for number in arrivals(play).values() if number > 1] == [2]


@SQLITE
def test_what_is_handed_in_while_its_mail_lies_ready_is_not_spoken_of(play) -> None:
    play.until("2026-03-05 09:00")
    play.begins(1, "remind").finish()
    sender = play.judge().begins(0, "deliver")
    assert sender.place == "commit", "composed, and not yet looked at again"
    for code in ("R1", "H1"):
        play.acts(play.duty("report", code), "submit")
    sender.finish()
    play.judge()
    said = {duty for one in play.world.tries for duty, _ in one.said}
    assert said == {play.duty("report", "H2").id}


@SQLITE
def test_after_days_without_rounds_only_the_highest_rung_owed_is_decided(play) -> None:
    play.ticks("2026-03-05 09:00", "2026-03-10 09:00", "2026-03-10 09:01")
    names = {one.name for one in play.before.notice if one.obligation_id == play.duty("report", "H1").id}
    assert names == {"提醒", "督促"}


@SQLITE
def test_after_days_without_rounds_a_slow_mailbox_makes_nobody_else_hear_a_lower_rung(play) -> None:
    """Found here: one unit whose reminder still waited kept the lower rung alive for all."""
    slow = {address("liaison", "H1"): "busy"}
    play.ticks("2026-03-05 09:00", "2026-03-10 09:00", answers=slow)


@SQLITE
def test_who_is_put_off_longer_than_those_around_it_is_not_forgotten(play) -> None:
    """Found here: H1 has lost two days and the others one. When 督促 came to them, H1 was put off for good."""
    play.ticks("2026-03-05 09:00", answers={address("liaison", "H1"): "busy"})
    play.ticks("2026-03-09 09:00", answers=["blocked"])
    play.ticks(
        "2026-03-10 09:00", "2026-03-10 10:00", "2026-03-11 09:00", "2026-03-11 14:00", "2026-03-12 09:00"
    )
    told = {one.obligation_id for one in play.before.notice if one.name == "督促"}
    assert told >= {play.duty("report", code).id for code in ("R1", "H1", "H2")}


@SQLITE
def test_days_without_a_mail_server_are_given_back_before_the_next_demand(play) -> None:
    play.ticks("2026-03-05 09:00", "2026-03-06 09:00", "2026-03-06 16:00")
    for day in (9, 10, 11):
        play.ticks(f"2026-03-{day:02} 09:00", f"2026-03-{day:02} 14:00", answers=["blocked"])
    play.ticks("2026-03-12 09:00", "2026-03-12 14:00", "2026-03-13 09:00")
    told = {
        one.name: one.at for one in play.before.notice if one.obligation_id == play.duty("report", "H1").id
    }
    assert told["催办"] == at("2026-03-09 09:00")
    assert told["督促"] == at("2026-03-13 09:00"), "10 March and three working days"


@SQLITE
def test_a_mail_that_was_taken_without_our_hearing_of_it_comes_again_as_the_same(play) -> None:
    play.ticks("2026-03-05 09:00", answers=["dropped"])
    play.ticks("2026-03-05 09:02")
    assert set(arrivals(play).values()) <= {1, 2}
    assert 2 in arrivals(play).values()


@pytest.mark.parametrize("doom", ["before", "after"])
def test_whichever_commit_of_a_round_is_its_last_everybody_is_told_once(play, doom: str) -> None:
    """Each round of the day dies at its first commit, at its second, and so on; the next one goes on from there."""
    play.until("2026-03-05 09:00")
    for nth in range(8):
        for job in ("remind", "deliver"):
            worker = play.begins(0, job)
            for _ in range(nth):
                if worker.place != "idle":
                    play.goes_on(worker)
                    play.judge()
            if worker.place != "idle":
                play.goes_on(worker, doom=doom)
            if worker.place != "idle":
                play.goes_on(worker, "die")
            play.judge()
            if worker.place != "idle":
                worker.go("die")
        play.world.passes(timedelta(minutes=11))
    play.until_quiet()
