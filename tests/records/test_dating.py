"""Dates given while a campaign runs: to what has none, with what follows, tried first, journalled."""

from __future__ import annotations

import pytest

from states.errors import Faulty, Refused
from states.records import dating
from states.records.dispatch import Timer
from states.records.tables import Campaign, Journal

TEXT = """
phases:
  - {key: check, name: 自查自纠}
  - {key: mend, name: 集中整治, opens: by_hand}
requirements:
  - {key: meeting, name: 调度会议}
  - {key: report, name: 自查报告, phase: check, due: 阶段结束前3个工作日}
  - {key: plan, name: 整治方案, phase: mend}
  - {key: fixed, name: 名单, due: 启动后5日内}
ladder: main
ladders:
  main:
    rungs:
      - {at: -1wd, name: 提醒, to: [liaison]}
      - {at: +1wd, name: 催办, to: [liaison]}
"""
NOW = "2026-03-05 10:00"


@pytest.fixture
def running(stage):
    stage.launch(stage.template(TEXT))
    return stage


def give(stage, now: str = NOW, reason: str | None = None, **fills: str):
    places = {name.replace("_", "."): words for name, words in fills.items()}
    with stage.store.write() as session:
        return dating.give(session, stage.campaign(session, 1), places, stage.at(now), "test", reason)


def due(stage, requirement: str) -> str | None:
    at = stage.milestone(requirement).due_at
    return stage.local(at) if at else None


def test_what_the_plan_leaves_undated_takes_the_date_it_is_given_and_its_rungs(running) -> None:
    assert due(running, "meeting") is None
    (made,) = give(running, meeting_due="3月20日前", reason="主任办公会定")
    assert (made.name, made.before, running.local(made.after), made.units) == (
        "调度会议",
        None,
        "2026-03-20 18:00",
        len(running.participants),
    )
    assert due(running, "meeting") == "2026-03-20 18:00"
    rungs = running.rows(Timer, Timer.milestone_id == running.milestone("meeting").id)
    assert [running.local(one.fire_at) for one in rungs] == ["2026-03-19 09:00", "2026-03-23 09:00"]
    running.cycle("2026-03-19 09:00")
    lines = running.lines(running.address("liaison", "R1-H1"))
    assert [(rung, what) for rung, _unit, what in lines] == [("提醒", "调度会议"), ("催办", "名单")]


def test_a_date_given_to_a_phase_moves_what_counts_from_it(running) -> None:
    assert due(running, "report") is None
    (made,) = give(running, check_until="3月31日")
    assert (made.name, running.local(made.after)) == ("自查报告", "2026-03-26 18:00")


def test_a_phase_can_not_be_made_to_end_before_it_begins(running) -> None:
    with pytest.raises(Refused, match="“自查自纠”阶段的结束（2026-02-20）早于开始") as caught:
        give(running, check_until="2026-02-20")
    assert caught.value.places == ["check.until"]


def test_a_date_in_the_past_is_refused_with_its_place(running) -> None:
    with pytest.raises(Refused) as caught:
        give(running, meeting_due="2026-03-03")
    assert caught.value.places == ["meeting.due"]


def test_what_is_not_open_yet_takes_its_date_when_it_opens(running) -> None:
    assert give(running, plan_due="4月10日前")[0].units == 0
    assert running.rows(Timer, Timer.milestone_id == running.milestone("plan").id) == []
    assert due(running, "plan") == "2026-04-10 18:00"


def test_a_date_can_be_given_again_and_the_first_one_is_kept(running) -> None:
    give(running, meeting_due="3月20日前")
    (made,) = give(running, now="2026-03-06 10:00", meeting_due="3月27日前")
    assert running.local(made.before) == "2026-03-20 18:00"
    milestone = running.milestone("meeting")
    assert running.local(milestone.original_due_at) == "2026-03-20 18:00"
    live = running.rows(Timer, Timer.milestone_id == milestone.id, Timer.done_at == None)  # noqa: E711
    assert [running.local(one.fire_at) for one in live] == ["2026-03-26 09:00", "2026-03-30 09:00"]


def test_the_journal_says_who_gave_which_date_and_why(running) -> None:
    give(running, meeting_due="3月20日前", reason="主任办公会定")
    row = running.one(Journal, Journal.kind == "campaign.dated")
    assert (row.actor, row.reason) == ("test", "主任办公会定")
    assert row.payload["fills"] == {"before": {"meeting.due": None}, "after": {"meeting.due": "3月20日前"}}
    assert running.one(Campaign).fills == {"meeting.due": "3月20日前"}


@pytest.mark.parametrize(
    ("fills", "says"),
    [
        ({"nothing_due": "3月20日前"}, "nothing"),
        ({"meeting_due": "某日"}, "某日"),
        ({}, "请写明"),
    ],
)
def test_a_place_that_is_not_there_or_words_without_a_date_are_refused(running, fills, says) -> None:
    with pytest.raises(Faulty) as caught:
        give(running, **fills)
    assert says in str(caught.value)
    assert running.one(Campaign).fills == {}


def test_a_date_already_past_is_refused(running) -> None:
    with pytest.raises(Refused, match="调度会议"):
        give(running, meeting_due="3月4日前")
    assert due(running, "meeting") is None


def test_a_date_that_is_filled_does_not_touch_what_has_its_own(running) -> None:
    before = due(running, "fixed")
    give(running, meeting_due="3月20日前")
    assert due(running, "fixed") == before


def test_nothing_is_dated_any_more_once_the_campaign_is_over(running) -> None:
    with running.store.write() as session:
        row = session.get(Campaign, 1)
        row.closed_at = running.at(NOW)
        session.add(row)
    with pytest.raises(Refused, match="办结或取消"):
        give(running, meeting_due="3月20日前")


def test_a_day_that_is_not_there_is_refused_and_nothing_is_written(running) -> None:
    before = running.everything()
    with pytest.raises(Refused, match="2026年没有2月29日") as caught:
        give(running, meeting_due="2026-02-29")
    assert caught.value.places == ["meeting.due"]
    assert running.everything() == before
