"""An event of one unit and those below it: its dates, rungs and journal; what it opens; the listing."""

from __future__ import annotations

from typing import Any

import pytest

from states.errors import Faulty, Refused
from states.records import happening, local_events, reading_events
from states.records.dispatch import Notice, Timer
from states.records.happening import Happened
from states.records.tables import Obligation

TEXT = """
requirements:
  - {key: answer, name: 转办答复, due: 收到转办之日起3个工作日内}
  - {key: meeting, name: 专题会, opens: 收到转办之日起1个工作日内, due: 3月底前}
  - {key: note, name: 督导反馈, due: 督导组要求后2小时内}
  - {key: fixed, name: 自查报告, due: 启动后20日内}
"""
LADDER = """
ladder: main
ladders:
  main:
    rungs:
      - {at: -1wd, name: 提醒, to: [liaison]}
      - {at: +1wd, name: 催办, to: [liaison]}
"""
NOW = "2026-03-05 10:00"
INSIDE = ("R1", "R1-H1", "R1-H2")


def record(
    stage: Any, code: str | None, at: str = NOW, now: str = "", name: str = "收到转办", **more: Any
) -> Happened:
    with stage.store.write() as session:
        campaign, instants = stage.campaign(session, 1), (stage.at(at), stage.at(now or at))
        if code is None:
            return happening.record(session, campaign, name, *instants, "test", **more)
        return local_events.record(session, campaign, name, code, *instants, "test", **more)


@pytest.fixture
def waiting(stage: Any) -> Any:
    stage.launch(stage.template(TEXT, LADDER))
    stage.cycle("2026-03-02 09:00")
    return stage


def dates(stage: Any, requirement: str = "answer") -> dict[str, str]:
    """Who has a date of its own."""
    codes = {key: code for code, key in stage.ids.items()}
    rows = stage.rows(Obligation, Obligation.milestone_id == stage.milestone(requirement).id)
    return {codes[one.unit_id]: stage.local(one.due_at) for one in rows if one.due_at}


def test_it_dates_what_the_unit_and_those_below_it_owe_and_nobody_elses(waiting) -> None:
    made = record(waiting, "R1")
    assert [(one.name, one.before, one.units) for one in made.dated] == [
        ("转办答复", None, 3),
        ("专题会", waiting.at("2026-03-31 18:00"), 0),
    ]
    assert dates(waiting) == dict.fromkeys(INSIDE, "2026-03-10 18:00")
    assert waiting.milestone("answer").due_at is None
    assert dates(waiting, "fixed") == {}
    told = waiting.cycle("2026-03-09 09:00", "2026-03-11 09:00").notices(
        Notice.milestone_id == waiting.milestone("answer").id
    )
    assert {(one.name, one.unit_id) for one in told if one.kind == "rung"} == {
        (name, waiting.ids[code]) for name in ("提醒", "催办") for code in INSIDE
    }
    assert "应于3月10日18:00前办结" in told[0].reason


def test_one_timer_a_rung_serves_all_of_them(waiting) -> None:
    record(waiting, "R1")
    about = waiting.timers(Timer.milestone_id == waiting.milestone("answer").id)
    assert [(one.obligation_id, one.rung, waiting.local(one.fire_at)) for one in about] == [
        (0, 1, "2026-03-09 09:00"),
        (0, 2, "2026-03-11 09:00"),
    ]


def test_the_nearest_counts_and_the_whole_campaigns_is_for_who_has_none(waiting) -> None:
    record(waiting, "R1")
    record(waiting, "R1-H1", "2026-03-06 10:00")
    record(waiting, None, "2026-03-09 10:00")
    assert dates(waiting) == {**dict.fromkeys(INSIDE, "2026-03-10 18:00"), "R1-H1": "2026-03-11 18:00"}
    assert waiting.local(waiting.milestone("answer").due_at) == "2026-03-12 18:00"
    assert waiting.milestone("answer").original_due_at == waiting.milestone("answer").due_at
    told = waiting.cycle("2026-03-13 09:00").notices(Notice.name == "催办", Notice.kind == "rung")
    assert {one.unit_id for one in told} == {waiting.ids[code] for code in waiting.participants}
    assert len(told) == len(waiting.participants)


def test_what_it_opens_is_handed_out_to_these_and_to_others_when_it_happens_to_them(waiting) -> None:
    def having() -> set[str]:
        codes = {key: code for code, key in waiting.ids.items()}
        key = waiting.milestone("meeting").id
        return {codes[one.unit_id] for one in waiting.rows(Obligation, Obligation.milestone_id == key)}

    record(waiting, "R1-H1")
    assert having() == set()
    waiting.cycle("2026-03-05 11:00")
    assert having() == {"R1-H1"}
    record(waiting, "R2", "2026-03-06 10:00")
    waiting.cycle("2026-03-06 11:00")
    assert having() == {"R1-H1", "R2", "R2-H1", "R2-C1"}
    record(waiting, None, "2026-03-09 10:00")
    waiting.cycle("2026-03-09 11:00")
    assert having() == set(waiting.participants)
    assert waiting.milestone("meeting").expected == len(waiting.participants)
    told = waiting.cycle("2026-03-30 09:00").notices(Notice.milestone_id == waiting.milestone("meeting").id)
    assert sorted(one.unit_id for one in told if one.name == "提醒" and one.kind == "rung") == sorted(
        waiting.ids[code] for code in waiting.participants
    )


def test_it_is_journalled_with_its_unit_and_a_line_each(waiting) -> None:
    made = record(waiting, "R1", reason="转办函已签收")
    (fact,) = waiting.journal("event.recorded")
    assert (fact.unit_id, fact.before, fact.reason) == (waiting.ids["R1"], None, "转办函已签收")
    assert fact.payload["dates"] == {str(one.id): one.after.isoformat() for one in made.dated}
    lines = waiting.journal("obligation.redated")
    assert {(one.unit_id, one.before, one.after) for one in lines} == {
        (waiting.ids[code], None, "2026-03-10T10:00:00+00:00") for code in INSIDE
    }


def test_recorded_anew_its_date_moves_and_the_first_instant_stays(waiting) -> None:
    record(waiting, "R1")
    with pytest.raises(Refused, match="“收到转办”已记录在 2026-03-05 10:00；时间确有变化的，请加 again"):
        record(waiting, "R1", "2026-03-06 10:00")
    waiting.cycle("2026-03-09 09:00")
    record(waiting, "R1", "2026-03-09 10:00", "2026-03-09 11:00", again=True)
    assert dates(waiting) == dict.fromkeys(INSIDE, "2026-03-12 18:00")
    with waiting.store.read() as session:
        told = reading_events.listed(session, waiting.campaign(session, 1))[0]
    assert [(one["unit"]["code"], one["at"][:10], one["first_at"][:10]) for one in told["below"]] == [
        ("R1", "2026-03-09", "2026-03-05")
    ]
    told = waiting.cycle("2026-03-11 09:00", "2026-03-13 09:00").notices(
        Notice.milestone_id == waiting.milestone("answer").id, Notice.kind == "rung"
    )
    mine = [(waiting.local(one.at), one.name) for one in told if one.unit_id == waiting.ids["R1-H1"]]
    assert mine == [("2026-03-09 09:00", "提醒"), ("2026-03-11 09:00", "提醒"), ("2026-03-13 09:00", "催办")]


def test_what_is_over_when_it_is_recorded_is_demanded_at_once(waiting) -> None:
    record(waiting, "R1-H1", "2026-03-03 10:00", "2026-03-10 10:00")
    assert dates(waiting) == {"R1-H1": "2026-03-06 18:00"}
    told = waiting.cycle("2026-03-10 10:05").notices(Notice.kind == "rung")
    assert [(one.name, one.unit_id) for one in told] == [("催办", waiting.ids["R1-H1"])]


@pytest.mark.parametrize(
    ("code", "name", "at", "error", "says"),
    [
        ("R9", "收到转办", NOW, Faulty, "单位表中没有这个代码"),
        ("R1", "收到通知", NOW, Faulty, "没有期限从“收到通知”算起"),
        ("R1", "收到转办", "2026-03-05 10:06", Faulty, "还没有发生"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_no_trace(waiting, code, name, at, error, says) -> None:
    before = waiting.everything()
    with pytest.raises(error, match=says):
        record(waiting, code, at, NOW, name=name)
    assert waiting.everything() == before


def test_a_unit_of_somebody_else_is_refused(waiting) -> None:
    waiting.launch(waiting.template(TEXT), owner="R1")
    at = waiting.at(NOW)
    with waiting.store.write() as session:
        campaign = waiting.campaign(session, 2)
        with pytest.raises(Refused, match="示例乙县卫生健康局不属示例甲县卫生健康局管辖"):
            local_events.record(session, campaign, "收到转办", "R2", at, at, "t")
