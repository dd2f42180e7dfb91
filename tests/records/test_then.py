"""What was due when, as it stood at a past moment: dates that have moved since don't change what is told of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from states.records import (
    dating,
    deciding,
    granting,
    ledger_amending,
    ledger_moving,
    prolonging,
    weeks,
    working_out,
)
from states.records.campaigns import as_it_was, running
from states.records.deciding import Decision
from states.records.granting import Request
from states.records.ledger_adding import Found, add
from states.records.prolonging import Amount

PLAN = """
phases:
  - {key: check, name: 自查自纠, from: 2026年9月1日, until: 2026年10月23日}
  - {key: mend, name: 集中整治, opens: after_previous, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 2026年10月23日, review: true}
  - {key: list, name: 问题清单, phase: check, due: 2026年10月20日}
  - {key: mended, name: 整改报告, phase: mend, due: 阶段结束前3个工作日}
"""
WHY = "洪涝灾害"


def look(stage: Any, words: str) -> Any:
    """All that a work report and a weekly sheet say of a moment."""
    at = stage.at(words)
    monday = stage.at(words[:10] + " 00:00") - timedelta(days=at.weekday())
    with stage.store.read() as session:
        campaign = as_it_was(running(session, 1), at)
        return working_out.worked(session, campaign, at), weeks.lines(session, campaign, monday, at)


def do(stage: Any, now: str, act: Any, *words: Any) -> Any:
    with stage.store.write() as session:
        return act(session, running(session, 1), *words, stage.at(now), "test")


def grant(stage: Any, code: str, until: str, now: str, requirement: str = "report", **more: Any) -> None:
    wanted = Request(stage.owed(requirement, code).id, until, WHY)
    number = do(stage, now, granting.ask, wanted).id
    do(stage, now, deciding.decide, number, Decision(True, **more))


@pytest.fixture
def begun(stage: Any) -> Any:
    """An item with its date, one unit with a date of its own; then the middle of October."""
    stage.launch(stage.template(PLAN, stage.ladders), start="2026-09-01")
    stage.cycle("2026-09-01 09:00")
    found = [
        Found("R1-H1", "收费管理", "收费不公示", ("公示",), (), due="2026年10月14日", found_by="inspection")
    ]
    do(stage, "2026-09-02 10:00", add, found)
    grant(stage, "R1-H2", "2026-10-30", "2026-09-16 10:00")
    return stage


def test_dates_that_move_later_leave_a_past_report_as_it_was(begun: Any) -> None:
    before = look(begun, "2026-10-15 20:00")
    assert before[0].whole.items_overdue == 1
    do(begun, "2026-10-16 09:00", amend_due, "2026年11月30日")
    grant(begun, "R1-H2", "2026-11-20", "2026-10-16 10:00")
    grant(begun, "R2", "2026-11-13", "2026-10-16 11:00", whom="all")
    do(begun, "2026-10-16 12:00", dating.give, {"list.due": "2026年10月27日"})
    do(begun, "2026-10-16 13:00", prolonging.prolong, Amount("5wd", begun.at("2026-10-16 00:00").date(), WHY))
    assert look(begun, "2026-10-15 20:00") == before
    assert [(one.name, one.day.isoformat()) for one in before[0].coming][:2] == [
        ("问题清单", "2026-10-20"),
        ("自查报告", "2026-10-23"),
    ]
    begun.cycle("2026-11-04 09:00")
    late = look(begun, "2026-11-04 09:30")
    assert late[0].whole.handed.missing == 6, "the list, put off twice, is over; the report is not"
    begun.act(1, "list", "R2", "submit", "2026-11-04 10:00")
    begun.act(1, "report", "R2", "submit", "2026-11-04 10:00")
    begun.act(1, "report", "R2", "return", "2026-11-04 11:00", reason="缺附件")
    do(
        begun,
        "2026-11-04 12:00",
        prolonging.prolong,
        Amount("20wd", begun.at("2026-11-05 00:00").date(), WHY),
    )
    assert look(begun, "2026-11-04 09:30") == late
    assert look(begun, "2026-10-15 20:00") == before


WAYS = ("nestloop",), ("nestloop", "hashjoin"), ("nestloop", "mergejoin"), ("hashjoin", "mergejoin")


@pytest.mark.parametrize("shut", WAYS, ids="-".join)
def test_a_look_back_reads_no_other_word_as_a_date_whichever_way_the_database_goes(
    begun: Any, shut: tuple[str, ...]
) -> None:
    """PostgreSQL may read a column of all rows of the journal before it looks at their kind."""
    before = look(begun, "2026-10-15 20:00")
    grant(begun, "R1-H2", "2026-11-20", "2026-10-16 10:00")
    grant(begun, "R2", "2026-11-13", "2026-10-16 11:00", whom="all")
    begun.act(1, "list", "R2", "submit", "2026-10-16 12:00")
    with begun.store.read() as session:
        if session.get_bind().dialect.name == "postgresql":
            for one in shut:
                session.execute(sa.text(f"SET LOCAL enable_{one} = off"))
        at = begun.at("2026-10-15 20:00")
        assert working_out.worked(session, as_it_was(running(session, 1), at), at) == before[0]


def amend_due(session: Any, campaign: Any, words: str, now: Any, actor: str) -> None:
    item = ledger_moving.locked(session, campaign, 1, None, None)
    ledger_amending.amend(session, campaign, item, {"due": words}, now, actor)
