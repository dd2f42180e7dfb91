"""Who owes nothing in a phase follows the campaign through it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa

from states.records import core, launch, rounds, sample
from states.records.launch import Order
from states.records.session import Store

PLAN = """
key: idle
version: 1
title: 示例行动
phases:
  - {key: check, name: 自查自纠, review: true, window: 为期2周}
  - {key: rectify, name: 集中整治, opens: after_previous, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 阶段结束前}
ledger:
  columns: [问题]
  rows:
    - {no: 1, project: 示例, problem: 甲, measures: [乙], departments: [医政医管处], due: 阶段结束前}
""".replace("阶段结束前}\n", "启动后10日内}\n")
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)


def test_a_department_is_not_held_up_by_a_review_of_nothing(store: Store) -> None:
    with store.write() as session:
        sample.build(session, 4, START)
    with store.write() as session:
        launch.launch(session, Order(PLAN, date(2026, 3, 2), {}), START, "test")
    rounds.open_due(store, LATER)
    with store.read() as session:
        found = session.execute(
            sa.select(core.unit.c.kind, core.run.c.state)
            .join(core.run, core.run.c.unit_id == core.unit.c.id)
            .distinct()
        )
        states = {(kind == "department", state) for kind, state in found.tuples()}
    assert states == {(True, "rectify"), (False, "check")}
