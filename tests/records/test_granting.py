"""A later date: asked for in time, decided once, for one unit, a subtree or all; what was first stays known."""

from __future__ import annotations

from typing import Any

import pytest

from states.errors import Conflict, Faulty, Refused
from states.records import deciding, granting
from states.records.campaigns import running
from states.records.deciding import Decided, Decision
from states.records.dispatch import Notice, Timer
from states.records.granting import Request
from states.records.respite import Extended, Extension
from states.records.rounds import Answer

PLAN = """
phases:
  - {key: check, name: 自查自纠, from: 2026年9月1日, until: 2026年10月23日}
  - {key: mend, name: 集中整治, opens: after_previous, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 2026年10月23日, review: true}
  - {key: list, name: 问题清单, phase: check, due: 2026年10月20日, extensions: {decide: 1}}
  - {key: mended, name: 整改报告, phase: mend, due: 阶段结束前3个工作日}
extensions: {before: 届满前20个工作日, limit: 2, total: 30d, decide: 2}
"""
WHY = "洪涝灾害，资料受损"
IN_TIME = "2026-09-16 10:00"


@pytest.fixture
def started(stage: Any) -> Any:
    stage.launch(stage.template(PLAN, stage.ladders), start="2026-09-01")
    return stage.cycle("2026-09-01 09:00")


def ask(
    stage: Any, code: str = "R1-H1", until: str = "2026-11-06", now: str = IN_TIME, **more: Any
) -> Extension:
    key = stage.owed(more.pop("requirement", "report"), code).id
    reason = more.pop("reason", WHY)
    with stage.store.write() as session:
        wanted = Request(key, until, reason, **more)
        return granting.ask(session, running(session, 1), wanted, stage.at(now), f"key:{code}")


def decide(stage: Any, number: int = 1, now: str = "2026-09-17 10:00", **more: Any) -> Decided:
    decision = Decision(more.pop("grant", True), **more)
    with stage.store.write() as session:
        return deciding.decide(session, running(session, 1), number, decision, stage.at(now), "王示例")


def due(stage: Any, requirement: str, code: str) -> str | None:
    own = stage.owed(requirement, code).due_at
    return None if own is None else stage.local(own)


def told(stage: Any, to: str, name: str) -> list[str]:
    """What somebody has read under this heading."""
    return [line.reason for _, one in stage.post if one.to == to for line in one.lines if line.rung == name]


def test_twenty_working_days_before_the_end_are_counted_over_the_holidays_and_their_working_weekends(
    started,
) -> None:
    """Back from Friday 23 October: 1–7 October and the Mid-Autumn days from the 25th to the 27th fall out, Saturday
    10 October and Sunday 20 September are worked, and that Sunday is the twentieth."""
    with pytest.raises(Refused) as refused:
        ask(started, now="2026-09-20 18:01")
    assert refused.value.refusals == ["延期须在届满前20个工作日申请，最迟2026-09-20 18:00，现已过"]
    made = ask(started, now="2026-09-20 18:00", evidence="县防汛办通知（2026）12号")
    assert [started.local(at) for at in (made.due_at, made.wanted_at, made.original_due)] == [
        "2026-10-23 18:00",
        "2026-11-06 18:00",
        "2026-10-23 18:00",
    ]
    assert (made.evidence, made.asked_by) == ("县防汛办通知（2026）12号", "key:R1-H1")
    assert started.local(made.decide_by) == "2026-09-22 18:00"  # two working days


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            {"requirement": "list", "now": "2026-10-20 18:01"},
            "期限（2026-10-20 18:00）已过，过期后不能再申请延期",
        ),
        ({"reason": " "}, "申请延期须写明理由"),
        ({"until": "2026-10-23"}, "申请的日期须晚于现在的期限（2026-10-23 18:00）"),
        ({"until": "2026-11-23"}, "这一项累计最多延期30日，不能再延31日"),
    ],
)
def test_what_can_not_be_asked_for_is_refused_with_a_sentence(started, more, says) -> None:
    with pytest.raises(Refused) as refused:
        ask(started, **more)
    assert says in refused.value.refusals
    assert started.rows(Extension) == []


def test_words_that_are_no_date_are_named_at_their_place(started) -> None:
    with pytest.raises(Faulty) as faulty:
        ask(started, until="过几天")
    assert [(one.place, "看不懂期限“过几天”" in one.says) for one in faulty.value.faults] == [("until", True)]
    with pytest.raises(Faulty) as faulty:
        ask(started, until="+3x")
    assert [(one.place, "看不懂偏移“+3x”" in one.says) for one in faulty.value.faults] == [("until", True)]


def test_a_grant_moves_one_unit_keeps_the_first_date_and_sets_its_rungs_anew(started) -> None:
    ask(started)
    assert decide(started, reason="属实").obligations == 1
    assert [due(started, "report", code) for code in ("R1-H1", "R1-H2", "R2")] == [
        "2026-11-06 18:00",
        None,
        None,
    ]
    assert started.local(started.milestone("report").original_due_at) == "2026-10-23 18:00"
    key = started.owed("report", "R1-H1").id
    rungs = {one.rung: started.local(one.fire_at) for one in started.timers(Timer.obligation_id == key)}
    assert (rungs[1], rungs[3]) == ("2026-10-30 09:00", "2026-11-09 09:00")
    started.cycle(*(f"2026-{day} 10:00" for day in ("09-17", "10-16", "10-22", "10-26", "10-30")))
    mine = started.address("liaison", "R1-H1")
    assert told(started, mine, "延期") == ["“自查报告”准予延期：期限由2026-10-23 18:00改为2026-11-06 18:00"]
    reminded = [says for says in told(started, mine, "提醒") if "自查报告" in says]
    assert reminded == ["“自查报告”应于11月6日18:00前办结，到期前7日，按方案提醒"]
    pressed = [told(started, started.address("liaison", code), "催办") for code in ("R1-H1", "R1-H2")]
    assert [any("自查报告" in says for says in one) for one in pressed] == [False, True]


def test_a_mail_on_its_way_does_not_press_for_a_date_that_is_no_longer_in_force(started) -> None:
    ask(started)
    mine = started.address("liaison", "R1-H1")
    started.answers[mine] = lambda _: Answer("temporary", "busy")
    started.cycle("2026-10-26 09:00")  # composed on the first working day after the date, and put off
    decide(started, now="2026-10-26 09:01")
    del started.answers[mine]
    started.cycle("2026-10-26 12:00")
    assert not any("自查报告" in says for says in told(started, mine, "催办"))
    assert any("自查报告" in says for says in told(started, started.address("liaison", "R1-H2"), "催办"))


def test_while_nobody_decides_the_rungs_go_on_and_the_coordinator_is_reminded(started) -> None:
    ask(started, requirement="list", until="2026-11-03")
    started.cycle(*(f"2026-{day} 10:00" for day in ("09-16", "09-17", "09-18", "09-21", "10-13", "10-21")))
    chief = started.address("coordinator", "R")
    assert [len(told(started, chief, name)) for name in ("延期申请", "延期待决定")] == [1, 4]
    assert "应于2026-09-17 18:00前决定，已逾期" in told(started, chief, "延期待决定")[0]
    mine = started.address("liaison", "R1-H1")
    assert (told(started, mine, "提醒"), told(started, mine, "催办")) != ([], [])
    decide(started, grant=False, reason="不属实", now="2026-10-21 11:00")
    started.cycle("2026-10-22 10:00", "2026-10-26 10:00")
    assert len(told(started, chief, "延期待决定")) == 4
    assert told(started, mine, "延期") == ["“问题清单”不准予延期，期限仍为2026-10-20 18:00：不属实"]


def test_a_reminder_ends_with_what_it_is_about(started) -> None:
    ask(started, requirement="list", until="2026-11-03")
    started.act(1, "list", "R1-H1", "submit", "2026-09-16 11:00")
    started.cycle("2026-09-18 10:00", "2026-09-25 10:00")
    assert told(started, started.address("coordinator", "R"), "延期申请") == []
    assert told(started, started.address("coordinator", "R"), "延期待决定") == []
    with pytest.raises(Refused, match="已办结，不必再延期"):
        decide(started, now="2026-09-18 11:00")


def test_a_subtree_takes_the_date_and_its_other_requests_are_settled_with_it(started) -> None:
    ask(started)
    ask(started, "R1-H2", until="2026-11-02")
    ask(started, "R2-H1", until="2026-11-02")
    made = decide(started, whom="under", under="R1")
    assert made.obligations == 3
    assert {code: due(started, "report", code) for code in ("R1", "R1-H2", "R2-H1")} == {
        "R1": "2026-11-06 18:00",
        "R1-H2": "2026-11-06 18:00",
        "R2-H1": None,
    }
    assert [one.state for one in started.rows(Extension)] == ["granted", "granted", "asked"]
    with pytest.raises(Refused, match="不在示例甲县卫生健康局之下"):
        decide(started, 3, whom="under", under="R1")


def test_a_grant_to_all_moves_the_common_date_and_who_opens_later_has_it(started) -> None:
    started.act(1, "report", "R2", "submit", "2026-09-10 10:00")
    started.act(1, "report", "R2", "return", "2026-09-10 11:00", reason="缺附件")
    ask(started)
    assert decide(started, whom="all", until="2026-11-13").obligations == 6
    row = started.milestone("report")
    assert [started.local(at) for at in (row.due_at, row.original_due_at)] == [
        "2026-11-13 18:00",
        "2026-10-23 18:00",
    ]
    assert row.held
    assert due(started, "report", "R2") == "2026-11-13 18:00"  # its own date was put off too
    assert due(started, "report", "R1-H1") is None
    assert len(started.rows(Extended)) == 6
    (line,) = started.journal("milestone.redated")
    assert line.reason == f"准予延期（第 1 号）：{WHY}"
    heard = {one.email for one in started.notices(Notice.kind == "extension")}
    assert heard == {started.address("liaison", code) for code in started.participants}


def test_the_caps_count_what_was_granted_to_each(started) -> None:
    ask(started)
    decide(started)
    ask(started, until="延长三个工作日", now="2026-09-20 09:00")
    decide(started, 2, now="2026-09-20 10:00")
    assert due(started, "report", "R1-H1") == "2026-11-11 18:00"
    with pytest.raises(Refused) as refused:
        ask(started, until="2026-12-01", now="2026-09-20 11:00")
    assert refused.value.refusals == [
        "这一项已延期2次，方案规定最多2次",
        "这一项累计最多延期30日，已用19日，不能再延20日",
    ]
    ask(started, "R1", now="2026-09-20 12:00", until="2026-11-12")
    made = decide(started, 3, now="2026-09-20 13:00", whom="under", under="R1")
    assert (made.obligations, made.notes) == (2, ("1 个单位的延期已到方案规定的次数或总时间，不在其中",))


def test_what_the_date_runs_into_is_told_before_it_is_granted(started) -> None:
    ask(started, until="2026-11-06")
    before = started.everything()
    with started.store.trial() as session:
        tried = deciding.decide(
            session, running(session, 1), 1, Decision(True), started.at("2026-09-17 10:00"), "x"
        )
        says = [one.says for one in tried.effects]
    assert started.everything() == before
    assert says == [
        "“自查自纠”阶段2026-10-23结束，早于新的期限",
        "“集中整治”阶段2026-10-24开始，届时这一项还没有到期",
        "后面的“整改报告”2026-11-03到期，不晚于新的期限",
    ]


def test_it_is_decided_once_and_the_second_hears_what_was_decided(started) -> None:
    ask(started)
    with pytest.raises(Conflict, match="刚刚有改动（版本 1）"):
        decide(started, version=7)
    decide(started, until="2026-11-03", version=1)
    with pytest.raises(Conflict) as conflict:
        decide(started, grant=False, reason="不属实", now="2026-09-17 11:00", version=1)
    assert conflict.value.detail == (
        "第 1 号延期申请已由 王示例 于2026-09-17 10:00决定：已准予，延至2026-11-03 18:00"
    )
    assert due(started, "report", "R1-H1") == "2026-11-03 18:00"
    assert len(started.rows(Extended)) == 1
    assert len(started.journal("extension.granted")) == 1
