"""A mail composed before everybody's date became another one: the old sentence is never said."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from states.records import (
    dating,
    deciding,
    granting,
    ledger_adding,
    ledger_amending,
    ledger_moving,
    prolonging,
)
from states.records.campaigns import running
from states.records.deciding import Decision
from states.records.granting import Request
from states.records.ledger_adding import Found
from states.records.prolonging import Amount

DECIDED, CHANGED, SENT = "2026-03-05 09:00", "2026-03-05 09:01", "2026-03-05 09:02"
WHY = "抗洪抢险"


def give(stage: Any, day: str) -> None:
    with stage.store.write() as session:
        dating.give(session, running(session, 1), {"report.due": day}, stage.at(CHANGED), "王示例")


def grant_to_all(stage: Any) -> None:
    key = stage.owed("report", "R1-H1").id
    with stage.store.write() as session:
        campaign = running(session, 1)
        made = granting.ask(session, campaign, Request(key, "2026-03-19", WHY), stage.at(CHANGED), "x")
        deciding.decide(session, campaign, made.id, Decision(True, whom="all"), stage.at(CHANGED), "王示例")


def prolong(stage: Any) -> None:
    with stage.store.write() as session:
        amount = Amount("5wd", date(2026, 3, 5), WHY)
        prolonging.prolong(session, running(session, 1), amount, stage.at(CHANGED), "王示例")


def reminded(stage: Any, what: str = "自查报告") -> list[tuple[str, str, str]]:
    """(day, rung, sentence) of what the liaison of one hospital has read."""
    to = stage.address("liaison", "R1-H1")
    return [
        (stage.local(when)[:10], line.rung, line.reason)
        for when, one in stage.post
        if one.to == to
        for line in one.lines
        if line.what == what
    ]


@pytest.mark.parametrize("change", [lambda stage: give(stage, "2026-03-19"), grant_to_all, prolong])
def test_a_reminder_of_the_old_date_is_left_out_and_comes_again_for_the_new_one(
    stage: Any, campaign: int, change: Any
) -> None:
    stage.decide(DECIDED)
    change(stage)
    stage.deliver(SENT)
    assert reminded(stage) == []
    stage.cycle("2026-03-06 09:00", "2026-03-12 09:00")
    assert reminded(stage) == [
        ("2026-03-12", "提醒", "“自查报告”应于3月19日18:00前办结，到期前7日，按方案提醒")
    ]


def test_where_the_date_comes_forward_the_reminder_says_the_new_one(stage: Any, campaign: int) -> None:
    stage.decide(DECIDED)
    give(stage, "2026-03-11")
    stage.deliver(SENT)
    assert reminded(stage) == [("2026-03-05", "提醒", "“自查报告”期限已改为3月11日18:00，按方案提醒")]


def test_a_demand_is_not_made_for_a_date_that_is_still_to_come_and_a_reminder_waits_for_it(
    stage: Any, campaign: int
) -> None:
    """An item of the ledger whose date is corrected: nobody is asked for it before its new date."""
    found = Found("R1-H1", "收费", "重复收费", ("退费",), due="3月12日前")
    with stage.store.write() as session:
        for _ in (1, 2):
            ledger_adding.add(session, running(session, 1), [found], stage.at("2026-03-03 10:00"), "test")

    def correct(no: int, when: str) -> None:
        with stage.store.write() as session:
            here = running(session, 1)
            item = ledger_moving.locked(session, here, no, None, None)
            ledger_amending.amend(session, here, item, {"due": "3月25日前"}, stage.at(when), "test")

    stage.decide(DECIDED)
    correct(1, CHANGED)
    stage.deliver(SENT)
    assert reminded(stage, "台账第1项（收费）") == [], "it comes again a week before the new date"
    stage.decide("2026-03-13 09:00")
    correct(2, "2026-03-13 09:01")
    stage.deliver("2026-03-13 09:02")
    assert [rung for _day, rung, _says in reminded(stage, "台账第2项（收费）")] == ["提醒"]
