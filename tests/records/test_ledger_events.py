"""Dates of ledger items that count from what happened to one unit or county, or from an end of its own."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from states.records import (
    calendar,
    happening,
    laying,
    ledger_adding,
    ledger_items,
    ledger_moving,
    local_events,
    prolonging,
    reading_events,
    redating,
)
from states.records.campaigns import running
from states.records.dispatch import Notice, Timer
from states.records.happening import Happened
from states.records.ledger_adding import Found
from states.records.ledger_items import Which
from states.records.prolonging import Amount
from states.workdays import published

TEXT = """
ends: 4月30日
ladder: main
ladders: {main: {rungs: [{at: -1wd, name: 提醒, to: [liaison]}, {at: +1wd, name: 催办, to: [liaison]}]}}
ledger:
  columns: [问题]
  types:
    - {key: heavy, name: 重大, steps: [{key: plan, name: 措施, due: 收到转办后5个工作日内}, {key: cure, name: 整改, due: 启动后60日内}]}
  rows:
    - {no: 1, project: 甲, problem: 一, measures: [改], departments: [办公室, 监督处], due: 收到转办之日起10个工作日内}
    - {no: 2, project: 乙, problem: 二, measures: [改], departments: [监督处], due: 3月20日前}
"""
HANDED, ASKED, END = "收到转办后15日内", "督导组要求后10个工作日内", "行动结束前5个工作日"


@pytest.fixture
def begun(stage: Any) -> Any:
    """Rows 1 and 2 of the plan; 3 to 7 found in county R1, 8 and 9 in R2; 4 is closed, 5 has no date yet."""
    stage.launch(stage.template(TEXT))
    stage.cycle("2026-03-02 09:00")
    add(stage, "R1-H1", HANDED, HANDED, ASKED, None, END)
    add(stage, "R2-H1", HANDED, ASKED)
    for name in ("claim", "close"):
        with stage.store.write() as session:
            ledger_moving.move(session, running(session, 1), 4, name, stage.at("2026-03-03 11:00"), "test")
    return stage


def add(stage: Any, code: str, *words: str | None, now: str = "2026-03-03 10:00") -> None:
    found = [
        Found(
            *(code, "收费", f"问题{n}", ("退费",)),
            due=due,
            type=None if due else "重大",
            undated=True,
            reported_at=stage.at("2026-03-03 09:00"),
        )
        for n, due in enumerate(words)
    ]
    with stage.store.write() as session:
        ledger_adding.add(session, running(session, 1), found, stage.at(now), "test")


def happens(
    stage: Any, code: str | None, name: str = "收到转办", at: str = "2026-03-09 10:00", **more: Any
) -> Happened:
    with stage.store.write() as session:
        about = (session, running(session, 1), name)
        moment = stage.at(at)
        if code is None:
            return happening.record(*about, moment, moment, "test", **more)
        return local_events.record(*about, code, moment, moment, "test", **more)


def dates(stage: Any) -> dict[str, str | None]:
    """By number and step, of those that were found."""
    with stage.store.read() as session:
        rows = session.execute(
            ledger_items.sa.select(
                ledger_items.milestone.c.requirement,
                ledger_items.milestone.c.period,
                ledger_items.milestone.c.due_at,
            )
            .where(ledger_items.milestone.c.requirement.startswith("found-"))
            .order_by(ledger_items.milestone.c.id)
        ).all()
    return {f"{name[6:]}{step}": stage.local(at)[5:10] if at else None for name, step, at in rows}


BEFORE = {
    "3": "03-18",
    "4": "03-18",
    "5": None,
    "6plan": "03-10",
    "6cure": "05-02",
    "7": "04-23",
    "8": "03-18",
    "9": None,
}


def test_problems_of_the_county_follow_its_event_and_no_others(begun: Any) -> None:
    assert dates(begun) == BEFORE
    made = happens(begun, "R1")
    assert [
        (one.name, begun.local(one.before)[5:10], begun.local(one.after)[5:10]) for one in made.dated
    ] == [
        ("台账第3项（收费）", "03-18", "03-24"),
        ("台账第6项·措施", "03-10", "03-16"),
    ]
    assert dates(begun) == {**BEFORE, "3": "03-24", "6plan": "03-16"}, "4 is closed, 8 is elsewhere"
    lines = begun.journal("ledger.redated")
    assert {(one.payload["no"], one.reason) for one in lines} == {
        (no, f"“收到转办”：{happening.DATED}") for no in (3, 6)
    }
    assert begun.milestone("found-3").original_due_at == begun.at("2026-03-18 18:00")
    told = begun.cycle("2026-03-19 09:00", "2026-03-23 09:00", "2026-03-25 09:00").notices(
        Notice.kind == "rung", Notice.milestone_id == begun.milestone("found-3").id
    )
    assert [(begun.local(one.at)[5:10], one.name) for one in told] == [("03-23", "提醒"), ("03-25", "催办")]


def test_what_has_no_date_gets_one_when_it_happens_and_later_problems_count_from_it(begun: Any) -> None:
    add(begun, "R2-H1", "发现后14日内")
    with begun.store.read() as session:
        waiting = {
            one["name"]: one["milestones"] for one in reading_events.listed(session, running(session, 1))
        }
    assert waiting == {
        "收到转办": ["台账第1项（甲）", "台账登记的问题 4 处期限"],
        "督导组要求": ["台账登记的问题 2 处期限"],
    }
    happens(begun, "R1-H1", "督导组要求")
    assert dates(begun) == {**BEFORE, "5": "03-23", "10": "03-17"}
    add(begun, "R1-H1", ASKED, now="2026-03-10 10:00")
    add(begun, "R1-H2", ASKED, now="2026-03-10 10:00")
    assert (dates(begun)["11"], dates(begun)["12"]) == ("03-23", None)


def test_the_nearest_counts_also_when_it_happens_to_everybody_later(begun: Any) -> None:
    happens(begun, "R1", at="2026-03-06 10:00")
    happens(begun, "R1-H1")
    assert begun.timers(Timer.local_id > 0) == [], "each problem has a date of its own, not one of its place"
    happens(begun, None, at="2026-03-10 10:00")
    assert (dates(begun)["3"], dates(begun)["8"]) == ("03-24", "03-25")
    happens(begun, "R1-H1", at="2026-03-11 10:00", again=True)
    assert (dates(begun)["3"], dates(begun)["8"]) == ("03-26", "03-25")


def test_a_date_that_was_put_off_with_the_whole_campaign_stays(begun: Any) -> None:
    with begun.store.write() as session:
        amount = Amount("30d", date(2026, 3, 1), "顺延")
        prolonging.prolong(session, running(session, 1), amount, begun.at("2026-03-04 10:00"), "test")
    assert dates(begun)["3"] == "04-17"
    happens(begun, "R1")
    assert dates(begun)["3"] == "04-17"


def test_a_calendar_reads_them_again_from_the_event_of_their_place(begun: Any) -> None:
    happens(begun, "R1-H1", "督导组要求")
    begun.put(ledger_items.milestone, ledger_items.milestone.c.requirement == "found-5", provisional=True)
    days = {day: works for day, works in published()[0].items() if day.year == 2026}
    now = begun.at("2026-03-10 10:00")
    with begun.store.write() as session:
        calendar.load_year(session, 2026, {**days, date(2026, 3, 20): False}, "示例", now)
        redating.apply(session, now, "test")
    assert dates(begun)["5"] == "03-24"


def test_a_trial_says_the_same_and_writes_nothing(begun: Any) -> None:
    before, now = begun.everything(), begun.at("2026-03-09 10:00")
    with begun.store.trial() as session:
        tried = local_events.record(session, running(session, 1), "收到转办", "R1", now, now, "x")
    assert begun.everything() == before
    assert tried.dated == happens(begun, "R1").dated


def test_a_row_of_the_plan_follows_the_event_of_the_department_that_answers(begun: Any) -> None:
    made = happens(begun, "R-D2")
    assert [(one.name, one.units) for one in made.dated] == [("台账第1项（甲）", 1)]
    own = {code: begun.owed("ledger-1", code).due_at for code in ("R-D1", "R-D2")}
    assert own == {"R-D1": None, "R-D2": begun.at("2026-03-23 18:00")}

    def numbers(**which: Any) -> list[int]:
        now = begun.at("2026-03-24 10:00")
        with begun.store.read() as session:
            chosen = ledger_items.conditions(session, Which(**which), now)
            return [one.no for one in ledger_items.items(session, running(session, 1), chosen=chosen)]

    assert numbers(undated=True) == [5, 9]
    assert 1 in numbers(overdue=True)
    told = begun.cycle("2026-03-20 09:00", "2026-03-24 09:00").notices(
        Notice.kind == "rung", Notice.milestone_id == begun.milestone("ledger-1").id
    )
    assert {(one.name, one.unit_id) for one in told} == {
        (name, begun.ids["R-D2"]) for name in ("提醒", "催办")
    }


def test_problems_whose_words_count_from_the_end_go_with_the_end_of_their_place(begun: Any) -> None:
    with begun.store.write() as session:
        laid = laying.lay(session, 1, None, "R1", "2026-05-29", begun.at("2026-03-09 10:00"), "t", "洪涝灾害")
        assert [(one.milestone.requirement, one.obligations) for one in laid.shifted] == [("found-7", 1)]
    assert dates(begun) == {**BEFORE, "7": "05-22"}
    add(begun, "R1-H2", END)
    assert dates(begun)["10"] == "05-22"
