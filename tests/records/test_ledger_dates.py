"""Dates of ledger items that become others: an extension for one of two, the whole campaign, and who is late by which."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from states.records import (
    calendar,
    deciding,
    granting,
    ledger_adding,
    ledger_items,
    ledger_moving,
    ledger_rates,
    prolonging,
    redating,
)
from states.records.campaigns import running
from states.records.deciding import Decision
from states.records.dispatch import Timer
from states.records.granting import Request
from states.records.ledger_adding import Found
from states.records.prolonging import Amount
from states.records.tables import LedgerItem

TEXT = """
phases:
  - {key: mend, name: 集中整治, window: 为期12周}
ladder: main
ladders: {main: {rungs: [{at: -1wd, name: 提醒, to: [liaison]}, {at: +1wd, name: 催办, to: [liaison]}]}}
ledger:
  columns: [问题]
  rows:
    - {no: 1, project: 甲, problem: 一, measures: [改], departments: [办公室, 监督处], due: 3月20日前}
    - {no: 2, project: 乙, problem: 二, measures: [改], departments: [监督处], due: 3月6日前并长期坚持}
"""
WHY = "抗洪抢险"
TODAY = "2026-03-09 10:00"


@pytest.fixture
def begun(stage: Any) -> Any:
    """Rows 1 and 2 of the plan; 3 found in a hospital, due on the 20th; 4 closed by then; 5 rests on a calendar to come."""
    stage.launch(stage.template(TEXT))
    words = ("发现后14日内", "发现后14日内", "发现后230个工作日内")
    found = [Found("R1-H1", "收费", f"问题{n}", ("退费",), due=due) for n, due in enumerate(words)]
    with stage.store.write() as session:
        ledger_adding.add(session, running(session, 1), found, stage.at("2026-03-06 10:00"), "test")
    for name in ("claim", "close"):
        with stage.store.write() as session:
            ledger_moving.move(session, running(session, 1), 4, name, stage.at("2026-03-06 11:00"), "test")
    return stage


def dates(stage: Any) -> dict[str, str]:
    names = ("ledger-1", "ledger-2", "found-3", "found-4", "found-5")
    return {name: stage.local(stage.milestone(name).due_at)[5:10] for name in names}


def late(stage: Any, now: str) -> tuple[list[int], int]:
    """Numbers of the items that are late, and how many the figures count."""
    with stage.store.read() as session:
        campaign, at = running(session, 1), stage.at(now)
        chosen = ledger_items.conditions(session, ledger_items.Which(overdue=True), at)
        rows = ledger_items.items(session, campaign, None, chosen)
        return [one.no for one in rows], ledger_rates.count(session, campaign, at)["whole"]["overdue"]


def test_an_item_is_extended_for_those_who_asked_and_is_late_by_the_date_in_force(begun: Any) -> None:
    assert late(begun, "2026-03-23 10:00") == ([1, 2, 3], 3)
    key = begun.owed("found-3", "R1-H1").id
    with begun.store.write() as session:
        campaign = running(session, 1)
        made = granting.ask(session, campaign, Request(key, "+5wd", WHY), begun.at(TODAY), "x")
        deciding.decide(session, campaign, made.id, Decision(True), begun.at(TODAY), "王示例")
    assert late(begun, "2026-03-23 10:00") == ([1, 2], 2)
    assert late(begun, "2026-03-30 10:00") == ([1, 2, 3], 3)
    with begun.store.read() as session:
        shown = {one.no: one.due_on for one in ledger_items.items(session, running(session, 1))}
    assert (shown[1], shown[3]) == (date(2026, 3, 20), date(2026, 3, 27))
    begun.cycle("2026-03-19 10:00", "2026-03-23 10:00", "2026-03-26 10:00", "2026-03-30 10:00")
    to = begun.address("liaison", "R1-H1")
    told = [
        (begun.local(when)[5:10], line.rung) for when, one in begun.post if one.to == to for line in one.lines
    ]
    assert told == [("03-19", "延期"), ("03-26", "提醒"), ("03-30", "催办")]


def test_what_is_returned_is_not_late_before_it_is_due_anew(begun: Any) -> None:
    for name, when, more in (
        ("claim", "2026-03-19 10:00", {}),
        ("return", "2026-03-23 10:00", {"reason": "材料不全"}),
    ):
        with begun.store.write() as session:
            ledger_moving.move(session, running(session, 1), 3, name, begun.at(when), "test", **more)
    assert 3 not in late(begun, "2026-03-24 10:00")[0]
    assert 3 in late(begun, "2026-03-27 10:00")[0]


def test_the_whole_campaign_extended_puts_off_the_rows_of_the_plan_and_what_was_found(begun: Any) -> None:
    assert dates(begun) == {
        "ledger-1": "03-20",
        "ledger-2": "03-06",
        "found-3": "03-20",
        "found-4": "03-20",
        "found-5": "02-04",
    }
    with begun.store.write() as session:
        amount = Amount("5wd", date(2026, 3, 9), WHY)
        made = prolonging.prolong(session, running(session, 1), amount, begun.at(TODAY), "王示例")
    assert dates(begun) == {
        "ledger-1": "03-27",
        "ledger-2": "03-06",
        "found-3": "03-27",
        "found-4": "03-20",
        "found-5": "02-11",
    }, "what is over, and what is closed, stays"
    assert [one.name for one in made.dates] == ["台账第1项（甲）", "台账第3项（收费）", "台账第5项（收费）"]
    found = begun.milestone("found-3")
    assert begun.local(found.original_due_at)[5:10] == "03-20"
    waiting = [one for one in begun.timers(Timer.milestone_id == found.id) if one.done_at is None]
    assert [begun.local(one.fire_at)[5:10] for one in waiting] == ["03-26", "03-30"]
    facts = begun.journal("ledger.redated")
    assert [(one.payload["no"], one.reason) for one in facts] == [
        (3, f"行动延期（5wd）：{WHY}"),
        (5, f"行动延期（5wd）：{WHY}"),
    ]
    assert facts[0].item_id == begun.one(LedgerItem, LedgerItem.no == 3).id
    begun.cycle("2026-03-10 10:00")
    (told,) = [one for one in begun.lines(begun.address("liaison", "R2-H1")) if one[0] == "延期"]
    assert told[2].endswith("行动中登记的问题期限同样顺延；抗洪抢险")
    assert "台账第3项" not in told[2], "nobody reads of another unit's problems"


def test_a_calendar_that_arrives_leaves_a_date_that_was_put_off(begun: Any) -> None:
    with begun.store.write() as session:
        amount = Amount("5wd", date(2026, 3, 9), WHY)
        prolonging.prolong(session, running(session, 1), amount, begun.at(TODAY), "王示例")
    before = begun.milestone("found-5").due_at
    with begun.store.write() as session:
        off = {date(2027, 1, day): False for day in range(1, 16)}
        calendar.load_year(session, 2027, off, "示例通知", begun.at(TODAY))
        redating.apply(session, begun.at(TODAY), "test")
    assert begun.milestone("found-5").due_at == before
