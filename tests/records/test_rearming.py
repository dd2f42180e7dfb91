"""A date moves after rungs have spoken: a little later nothing is said twice; much later the ladder begins anew, from below."""

from __future__ import annotations

from typing import Any

import pytest

from states.records import ledger_adding, ledger_amending, ledger_moving, renewed
from states.records.campaigns import running
from states.records.ledger_adding import Found
from states.records.renewing import Version


def heard(stage: Any, what: str = "自查报告") -> list[tuple[str, str]]:
    """Day and rung of every line that reached the liaison of one hospital, or its leaders."""
    roles = ("liaison", "deputy_leader", "principal")
    whom = {stage.address(role, "R1-H1") for role in roles}
    mails = [(at, one) for at, one in stage.post if one.to in whom]
    found = {
        (stage.local(at)[:10], line.rung) for at, one in mails for line in one.lines if line.what == what
    }
    return sorted(one for one in found if one[1] != "下发")


def renew(stage: Any, days: int, now: str) -> None:
    text = stage.template().replace("version: 1", "version: 2").replace("启动后10日内", f"启动后{days}日内")
    with stage.store.write() as session:
        renewed.renew(session, 1, Version(text, recompute=("report",)), stage.at(now), "test")


@pytest.fixture
def overdue(stage: Any) -> Any:
    """Due on Thursday 12 March; reminded twice and asked for on Friday."""
    stage.launch()
    stage.cycle("2026-03-02 09:00", "2026-03-05 09:00", "2026-03-11 09:00", "2026-03-13 09:00")
    assert heard(stage) == [("2026-03-05", "提醒"), ("2026-03-11", "再提醒"), ("2026-03-13", "催办")]
    return stage


def test_a_date_that_is_put_off_far_is_spoken_of_anew_from_the_lowest_rung(overdue: Any) -> None:
    renew(overdue, 24, "2026-03-13 10:00")
    days = ("19", "20", "23", "25", "27", "31")
    overdue.cycle(*(f"2026-03-{day} 09:00" for day in days))
    assert heard(overdue)[3:] == [
        ("2026-03-19", "提醒"),
        ("2026-03-25", "再提醒"),
        ("2026-03-27", "催办"),
        ("2026-03-31", "督促"),
    ]


def test_a_date_that_moves_by_a_few_days_repeats_no_reminder_of_before(stage: Any) -> None:
    stage.launch()
    stage.cycle("2026-03-02 09:00", "2026-03-05 09:00")
    renew(stage, 15, "2026-03-06 10:00")
    stage.cycle(*(f"2026-03-{day} 09:00" for day in ("09", "10", "11", "12", "13", "16", "18")))
    assert heard(stage) == [("2026-03-05", "提醒"), ("2026-03-16", "再提醒"), ("2026-03-18", "催办")]


def test_what_was_returned_climbs_its_whole_ladder_again(overdue: Any) -> None:
    overdue.act(1, "report", "R1-H1", "submit", "2026-03-13 11:00")
    overdue.act(1, "report", "R1-H1", "return", "2026-03-13 14:00", reason="缺附件")
    days = ("17", "18", "19", "20", "23")
    overdue.cycle(*(f"2026-03-{day} 09:00" for day in days))
    assert heard(overdue)[3:] == [("2026-03-17", "再提醒"), ("2026-03-19", "催办"), ("2026-03-23", "督促")]


def test_an_item_whose_date_is_corrected_after_it_was_asked_for_is_asked_for_again(overdue: Any) -> None:
    found = Found("R1-H1", "收费", "重复收费", ("退费",), due="3月17日前")
    with overdue.store.write() as session:
        ledger_adding.add(session, running(session, 1), [found], overdue.at("2026-03-13 10:00"), "test")
    overdue.cycle("2026-03-16 09:00", "2026-03-18 09:00")
    with overdue.store.write() as session:
        here = running(session, 1)
        item = ledger_moving.locked(session, here, 1, None, None)
        ledger_amending.amend(
            session, here, item, {"due": "4月10日前"}, overdue.at("2026-03-18 10:00"), "test"
        )
    overdue.cycle("2026-04-03 09:00", "2026-04-09 09:00", "2026-04-13 09:00")
    rungs = [rung for _day, rung in heard(overdue, "台账第1项（收费）")]
    assert rungs == ["再提醒", "催办", "提醒", "再提醒", "催办"]
