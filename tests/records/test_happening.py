"""Events: what counts from them has no date until somebody records them; then dates and rungs, journalled."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from states.errors import Faulty, Refused
from states.records import calendar, campaigning, core, happening, reads, redating
from states.records.dispatch import Notice, Proposal, Timer
from states.records.happening import Dated
from states.records.tables import EventRow, Milestone

TEXT = """
phases:
  - {key: check, name: 全面排查}
  - {key: mend, name: 集中整治, opens: by_hand}
requirements:
  - {key: answer, name: 转办答复, due: 收到转办之日起3个工作日内}
  - {key: review, name: 转办复核, due: 收到转办之日起10个工作日内, scope: {kinds: [医院]}}
  - {key: later, name: 整治答复, phase: mend, due: 收到转办之日起20个工作日内}
  - {key: note, name: 督导反馈, due: 督导组要求后2小时内}
  - {key: opened, name: 专题会, opens: 收到转办之日起1个工作日内, due: 3月底前}
  - {key: phase, name: 阶段小结, phase: check, due: 在完成阶段工作5日内}
  - {key: fixed, name: 自查报告, due: 启动后20日内}
"""
LADDER = """
ladder: main
ladders:
  main:
    rungs:
      - {at: -1wd, name: 提醒, to: [liaison]}
      - {at: +1wd, name: 催办, to: [liaison]}
      - {at: +2wd, name: 约谈, to: [principal], confirm: true, letter: 约谈通知书}
"""
NOW = "2026-03-05 10:00"


@pytest.fixture
def waiting(stage):
    stage.launch(stage.template(TEXT, LADDER))
    return stage


def record(stage, name: str = "收到转办", at: str = NOW, now: str = "", **more):
    with stage.store.write() as session:
        campaign = stage.campaign(session, 1)
        return happening.record(session, campaign, name, stage.at(at), stage.at(now or at), "test", **more)


def due(stage, requirement: str) -> str | None:
    at = stage.milestone(requirement).due_at
    return stage.local(at) if at else None


def rungs(stage, requirement: str) -> list[tuple[int, int, str, str | None]]:
    rows = stage.timers(Timer.milestone_id == stage.milestone(requirement).id, Timer.obligation_id == 0)
    return [(one.cycle, one.rung, stage.local(one.fire_at), one.outcome) for one in rows]


def test_until_it_happens_nothing_has_a_date_and_nobody_is_reminded(waiting) -> None:
    assert {one.requirement: one.due_at for one in waiting.rows(Milestone) if one.requirement != "fixed"} == {
        "answer": None,
        "review": None,
        "later": None,
        "note": None,
        "opened": waiting.at("2026-03-31 18:00"),
        "phase": None,
    }
    assert rungs(waiting, "answer") == []
    with waiting.store.read() as session:
        found = happening.awaited(session, waiting.campaign(session, 1))
    assert [(one.name, one.at, one.milestones) for one in found] == [
        ("收到转办", None, ("转办答复", "转办复核", "整治答复", "专题会")),
        ("督导组要求", None, ("督导反馈",)),
        ("全面排查完成", None, ("阶段小结",)),
    ]


def test_what_counts_from_it_takes_its_date_and_its_rungs(waiting) -> None:
    made = record(waiting)
    assert [(one.name, one.units) for one in made.dated] == [
        ("转办答复", 6),
        ("转办复核", 2),
        ("整治答复", 0),
        ("专题会", 0),
    ]
    assert due(waiting, "answer") == "2026-03-10 18:00"  # Thursday the 5th; Friday, Monday, Tuesday
    assert due(waiting, "review") == "2026-03-19 18:00"
    assert due(waiting, "later") == "2026-04-02 18:00"
    assert (due(waiting, "note"), due(waiting, "phase")) == (None, None)
    assert waiting.milestone("answer").original_due_at == waiting.at("2026-03-10 18:00")
    assert rungs(waiting, "answer") == [
        (0, 1, "2026-03-09 09:00", None),
        (0, 2, "2026-03-11 09:00", None),
        (0, 3, "2026-03-12 09:00", None),
    ]
    assert rungs(waiting, "later") == []  # nobody owes it yet
    assert waiting.local(waiting.milestone("opened").opens_at) == NOW
    waiting.cycle("2026-03-09 09:00", "2026-03-11 09:00")
    told = {one.name for one in waiting.notices(Notice.milestone_id == waiting.milestone("answer").id)}
    assert told == {"提醒", "催办"}


def test_hours_count_from_the_instant(waiting) -> None:
    record(waiting, "督导组要求", "2026-03-05 10:20")
    assert due(waiting, "note") == "2026-03-05 12:20"


def test_the_end_of_a_phase_without_a_window_is_recorded_too(waiting) -> None:
    record(waiting, "全面排查完成", "2026-03-20 17:00")
    assert due(waiting, "phase") == "2026-03-25 18:00"


def test_the_recorded_end_of_a_phase_goes_before_its_window_only_for_what_comes_after_it(stage) -> None:
    text = """
phases: [{key: check, name: 排查, window: 为期2周}]
requirements:
  - {key: after, name: 小结, phase: check, due: 在完成阶段工作5日内}
  - {key: before, name: 汇总, phase: check, due: 阶段结束前3个工作日}
"""
    stage.launch(stage.template(text))
    assert (due(stage, "after"), due(stage, "before")) == ("2026-03-20 18:00", "2026-03-11 18:00")
    made = record(stage, "排查完成", "2026-03-11 17:00")
    assert [(one.name, stage.local(one.before)) for one in made.dated] == [("小结", "2026-03-20 18:00")]
    assert (due(stage, "after"), due(stage, "before")) == ("2026-03-16 18:00", "2026-03-11 18:00")


def test_what_is_opened_after_it_has_happened_has_its_date_and_rungs(waiting) -> None:
    record(waiting)
    with waiting.store.write() as session:
        campaigning.move(session, 1, "advance", waiting.at("2026-03-09 10:00"), "test")
    assert due(waiting, "later") == "2026-04-02 18:00"
    assert [(cycle, rung) for cycle, rung, *_ in rungs(waiting, "later")] == [(0, 1), (0, 2), (0, 3)]


def test_it_is_journalled_with_every_date_that_follows(waiting) -> None:
    made = record(waiting, reason="转办函已签收")
    (fact,) = waiting.journal("event.recorded")
    assert (fact.before, fact.after, fact.reason) == (None, "2026-03-05T02:00:00+00:00", "转办函已签收")
    assert fact.payload["event"] == "收到转办"
    assert fact.payload["dates"] == {str(one.id): one.after.isoformat() for one in made.dated}
    redated = [(one.payload["milestone"], one.after) for one in waiting.journal("milestone.redated")]
    assert redated == [(one.id, one.after.isoformat()) for one in made.dated if one.units]


def test_twice_is_refused_unless_it_is_said_that_it_is_anew(waiting) -> None:
    record(waiting)
    before = waiting.everything()
    with pytest.raises(Refused, match="“收到转办”已记录在 2026-03-05 10:00；时间确有变化的，请加 again"):
        record(waiting, at="2026-03-06 10:00")
    with pytest.raises(Refused, match="与现在所写相同"):
        record(waiting, at=NOW, now="2026-03-06 10:00", again=True)
    assert waiting.everything() == before


def test_dated_anew_everything_follows_and_the_original_stays(waiting) -> None:
    record(waiting)
    waiting.cycle("2026-03-11 09:00")
    made = record(waiting, at="2026-03-09 10:00", now="2026-03-11 10:00", again=True)
    assert waiting.local(made.before) == NOW
    assert due(waiting, "answer") == "2026-03-12 18:00"
    assert waiting.milestone("answer").original_due_at == waiting.at("2026-03-10 18:00")
    assert rungs(waiting, "answer") == [
        (0, 1, "2026-03-09 09:00", "更高一级已到时间，本级并入其中"),
        (0, 2, "2026-03-11 09:00", "fired"),
        (0, 3, "2026-03-12 09:00", "“收到转办”：事项另行记录，期限改变"),
        (1, 1, "2026-03-11 09:00", "下达时已过这一提醒的时间"),
        (1, 2, "2026-03-13 09:00", None),
        (1, 3, "2026-03-16 09:00", None),
    ]
    (row,) = waiting.rows(EventRow)
    assert (row.first_at, row.at) == (waiting.at(NOW), waiting.at("2026-03-09 10:00"))
    waiting.cycle("2026-03-13 09:00")
    fired = [
        one
        for one in waiting.notices(Notice.name == "催办", Notice.kind == "rung")
        if one.at == waiting.at("2026-03-13 09:00")
    ]
    assert len(fired) == 6


def test_dated_anew_what_hung_on_the_old_date_is_withdrawn_and_the_status_forgets_its_rung(waiting) -> None:
    record(waiting)
    waiting.cycle("2026-03-11 09:00", "2026-03-12 09:00")
    assert waiting.counted(Proposal.state) == {"proposed": 6}
    assert escalation(waiting, "2026-03-12 09:30") == "催办"
    record(waiting, at="2026-03-12 08:00", now="2026-03-12 10:00", again=True)
    assert waiting.counted(Proposal.state) == {"withdrawn": 6}
    assert escalation(waiting, "2026-03-12 10:00") is None
    waiting.cycle("2026-03-18 09:00")
    assert escalation(waiting, "2026-03-18 09:30") == "催办"


def test_what_has_a_date_of_its_own_keeps_it_with_what_hangs_on_it(waiting) -> None:
    record(waiting)
    waiting.act(1, "answer", "R1-H1", "submit", "2026-03-06 10:00")
    waiting.act(1, "answer", "R1-H1", "return", "2026-03-06 10:00", reason="不全")
    waiting.cycle("2026-03-12 09:00", "2026-03-13 09:00")
    assert waiting.counted(Proposal.state) == {"proposed": 6}
    record(waiting, at="2026-03-13 08:00", now="2026-03-13 10:00", again=True)
    (kept,) = waiting.rows(Proposal, Proposal.state == "proposed")
    assert kept.unit_id == waiting.ids["R1-H1"]
    assert waiting.local(waiting.owed("answer", "R1-H1").due_at) == "2026-03-11 10:00"


def test_a_date_that_a_person_decided_on_stays_and_what_is_withdrawn_is_not_asked_for(waiting) -> None:
    waiting.put(core.milestone, core.milestone.c.requirement == "answer", held=True)
    waiting.put(core.milestone, core.milestone.c.requirement == "review", withdrawn_at=waiting.at(NOW))
    made = record(waiting)
    assert [one.name for one in made.dated] == ["整治答复", "专题会"]
    assert (due(waiting, "answer"), due(waiting, "review")) == (None, None)
    with waiting.store.read() as session:
        first = happening.awaited(session, waiting.campaign(session, 1))[0]
    assert first.milestones == ("转办答复", "整治答复", "专题会")


def escalation(stage, now: str) -> str | None:
    with stage.store.read() as session:
        _unit, run = reads.unit_in(session, stage.campaign(session, 1), "R1-H1", stage.at(now))
    return run["escalation"]["name"] if run["escalation"] else None


def test_what_has_been_handed_in_is_asked_for_no_more(waiting) -> None:
    waiting.act(1, "answer", "R1-H1", "submit", "2026-03-04 10:00")
    record(waiting)
    waiting.cycle("2026-03-11 09:00")
    about = waiting.notices(Notice.milestone_id == waiting.milestone("answer").id, Notice.kind == "rung")
    assert waiting.ids["R1-H1"] not in {one.unit_id for one in about}
    assert len({one.unit_id for one in about}) == 5


def test_what_was_due_before_it_was_recorded_is_demanded_at_once(waiting) -> None:
    record(waiting, at="2026-03-03 10:00", now="2026-03-10 10:00")
    assert due(waiting, "answer") == "2026-03-06 18:00"
    assert rungs(waiting, "answer") == [
        (0, 1, "2026-03-05 09:00", "下达时已过这一提醒的时间"),
        (0, 2, "2026-03-10 10:00", None),
        (0, 3, "2026-03-10 09:00", "下达时已过这一提醒的时间"),
    ]


@pytest.mark.parametrize(
    ("name", "at", "error", "says"),
    [
        (
            "收到通知",
            NOW,
            Faulty,
            "没有期限从“收到通知”算起；可以记录的有 收到转办、督导组要求、全面排查完成",
        ),
        ("收到转办", "2026-03-05 10:06", Faulty, "“收到转办”还没有发生：所写时间在现在之后"),
    ],
)
def test_what_nothing_counts_from_or_has_not_happened_is_refused(waiting, name, at, error, says) -> None:
    before = waiting.everything()
    with pytest.raises(error, match=says):
        record(waiting, name, at, now=NOW)
    assert waiting.everything() == before


def test_a_campaign_that_is_over_takes_no_events(waiting) -> None:
    with waiting.store.write() as session:
        campaigning.move(session, 1, "cancel", waiting.at(NOW), "test", reason="撤销")
    with pytest.raises(Refused, match="专项行动已经办结或取消，不再记录事项"):
        record(waiting)


def test_a_calendar_that_changes_moves_what_an_event_dated(waiting) -> None:
    record(waiting)
    with waiting.store.write() as session:
        calendar.load_year(session, 2026, {date(2026, 3, 9): False}, "示例", waiting.at("2026-03-05 11:00"))
        redating.apply(session, waiting.at("2026-03-05 11:00"), "test")
    assert due(waiting, "answer") == "2026-03-11 18:00"


def test_rounds_after_it_leave_the_dates_alone(waiting) -> None:
    record(waiting)
    dates = {one.requirement: one.due_at for one in waiting.rows(Milestone)}
    waiting.cycle("2026-03-05 12:00", "2026-03-12 12:00")
    assert {one.requirement: one.due_at for one in waiting.rows(Milestone)} == dates


def test_a_few_minutes_ahead_of_our_clock_is_now(waiting) -> None:
    with waiting.store.write() as session:
        at = waiting.at(NOW)
        made = happening.record(
            session, waiting.campaign(session, 1), "督导组要求", at + timedelta(minutes=4), at, "test"
        )
    assert made.dated == (
        Dated(
            waiting.milestone("note").id,
            "督导反馈",
            "督导组要求后2小时内",
            None,
            waiting.at("2026-03-05 12:04"),
            6,
        ),
    )


@pytest.mark.parametrize("window", ["", ", window: 3月2日-3月31日"])
def test_what_waits_for_an_event_does_not_open_with_its_phase(stage, window) -> None:
    text = f"""
phases:
  - {{key: check, name: 全面排查{window}}}
requirements:
  - {{key: meeting, name: 专题会, phase: check, opens: 收到转办之日起1个工作日内, due: 3月底前}}
  - {{key: report, name: 自查报告, phase: check, due: 启动后20日内}}
"""
    stage.launch(stage.template(text, LADDER))
    stage.cycle("2026-03-02 09:00", "2026-03-04 09:00")
    assert stage.milestone("report").opened_at is not None
    meeting = stage.milestone("meeting")
    assert (meeting.opens_at, meeting.opened_at, meeting.expected) == (None, None, 0)
    record(stage)
    stage.cycle("2026-03-06 09:00")
    assert stage.local(stage.milestone("meeting").opens_at) == "2026-03-05 10:00"
    assert stage.milestone("meeting").expected == 6
