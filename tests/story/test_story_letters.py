"""The standard plan from a missed date to a letter and its answer.

动员会 is due on Monday 30 November 2026; 约谈 is proposed five working days later, on Monday 7 December, and asks for a reply
within three working days.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from states.records import confirming, confirming_many, replying
from states.records.access import EVERYTHING
from states.records.campaigns import running
from states.records.confirming_many import Decision, Which
from states.records.dispatch import Proposal
from states.records.papers import LetterRow

HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例市卫生健康委员会", "authority", "市", None, "coordinator office group_leader principal"),
    ("H1", "示例人民医院", "hospital", "二级", "R", HELD),
    ("H2", "示例中医院", "tcm_hospital", "二级", "R", HELD),
)


def confirm(story: Any) -> Any:
    def do(now: datetime) -> None:
        met = story.owed("H1", "kick-off-meeting").id
        (one,) = story.rows(Proposal, Proposal.obligation_id == met, Proposal.state == "proposed")
        assert one.name == "约谈"
        with story.store.write() as session:
            campaign = running(session, story.campaign)
            confirming.confirm(session, campaign, one.id, "王示例", "会议至今未开", now, "test")

    return do


def urge(story: Any) -> Any:
    """One of the other kinds that the standard plan lists, in place of the one that the rung names."""

    def do(now: datetime) -> None:
        with story.store.write() as session:
            campaign = running(session, story.campaign)
            which, decision = Which(name="约谈"), Decision(True, "王示例", "先提醒", letter="urging")
            made = confirming_many.decide(session, EVERYTHING, campaign, which, decision, now, "test")
        assert {one.name for one in made.letters} == {"提醒敦促函"}
        assert [one.number for one in made.letters] == ["〔2026〕1号", "〔2026〕2号", "〔2026〕3号"]

    return do


def receive(story: Any) -> Any:
    def do(now: datetime) -> None:
        letter = story.rows(LetterRow)[0]
        with story.store.write() as session:
            campaign = running(session, story.campaign)
            replying.receive(session, campaign, letter.id, "李示例", None, now, "test")

    return do


def test_a_missed_meeting_ends_in_letter_no_1_received_and_answered(story: Any) -> None:
    story.people(UNITS).launch(story.order("standard-four-phase", "2026-11-23"), "2026-11-23 08:30")
    story.live(
        "2026-12-14 18:00",
        [
            ("2026-12-07 10:00", confirm(story)),
            ("2026-12-07 11:00", urge(story)),
            ("2026-12-08 15:00", receive(story)),
            ("2026-12-11 10:00", story.act("H1", "letter-1", "submit")),
            ("2026-12-11 16:00", story.act("H1", "letter-1", "accept")),
        ],
    )
    letter_no_1_says_what_was_missed_and_reaches_the_leaders(story)
    the_reply_is_owed_reminded_of_once_and_accepted(story)


def letter_no_1_says_what_was_missed_and_reaches_the_leaders(story: Any) -> None:
    letter = story.rows(LetterRow)[0]
    assert (letter.name, letter.number, story.local(letter.handed_at)) == (
        "约谈通知书",
        "〔2026〕1号",
        "2026-12-07 10:00",
    )
    assert letter.facts["情况"].startswith(
        "“动员会”应于2026年11月30日18:00前办结，截至2026年12月7日已逾期5个工作日"
    )
    carried = {one.to for one in story.mails if one.kind == "urgent"}
    leaders = {
        f"{role}.{unit}@example.org" for role in ("principal", "deputy-leader") for unit in ("h1", "h2")
    }
    assert carried == leaders


def the_reply_is_owed_reminded_of_once_and_accepted(story: Any) -> None:
    reply = "对约谈通知书〔2026〕1号的回复"
    assert story.dates()[reply] == "2026-12-11 18:00", "three working days after the receipt on the 8th"
    heard = [
        (story.local(one.at)[:10], rung)
        for one in story.mails
        for rung, _, what in one.lines
        if what == reply
    ]
    assert heard == [("2026-12-10", "提醒")], "the day before; answered in time, nothing more"
    assert story.owed("H1", "letter-1").status == "accepted"
