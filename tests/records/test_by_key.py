"""What units owe is found by the keys it has: nothing that is done of one campaign reads what all others asked for."""

from __future__ import annotations

from typing import Any

import pytest

from query_plans import asking, plans
from states.records import behind, busy_weeks, launch, mass, moving
from states.records.campaigns import running
from states.records.core import run

TEXT = """
phases:
  - {key: check, name: 自查自纠, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内}
ledger:
  columns: [问题]
  rows:
    - {no: 1, project: 甲, problem: 一, measures: [改], departments: [办公室], due: 4月}
"""
NOW = "2026-03-16 10:00"


def test_nothing_of_one_campaign_reads_all_that_is_owed(stage: Any) -> None:
    """Exempting, the sheet of what is overdue, the announcement of a phase, the look at busy weeks."""
    if not stage.store.sqlite:
        pytest.skip("a planner with few rows prefers to scan")
    key, now = stage.launch(stage.template(TEXT)), stage.at(NOW)
    one, other = (stage.ids[code] for code in ("R1-H1", "R1-H2"))
    with asking(stage.store.engine) as asked:
        stage.cycle("2026-03-02 09:00", NOW)
        with stage.store.write() as session:
            campaign = running(session, key)
            mass.mass_move(session, campaign, "exempt", [run.c.unit_id == one], now, "test", reason="示例")
            moving.move(session, campaign, other, "exempt", now, "test", reason="示例")
            behind.behind_sheet(session, campaign, now)
            order = stage.order(start="2026-03-16")
            busy_weeks.busy_weeks(session, launch.draft(session, order, now), order.selection, now)
    with stage.store.read() as session:
        found = plans(session.connection(), asked)
    assert [step for step in found if "SCAN obligation" in step] == []
    assert sum("SEARCH obligation" in step for step in found) > 5
