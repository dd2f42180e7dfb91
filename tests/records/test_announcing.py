"""A department hears that a phase begins which asks it for something."""

from __future__ import annotations

from typing import Any

from states.records.dispatch import Notice

ASKED = """
phases:
  - {key: check, name: 自查自纠, window: 为期2周, announce: [liaison]}
  - {key: mend, name: 集中整治, opens: after_previous, window: 为期2周, announce: [liaison]}
requirements:
  - {key: report, name: 自查报告, phase: check}
  - {key: visits, name: 明查暗访, phase: mend, scope: {departments: [监督处]}}
ledger:
  columns: [问题]
  rows:
    - {no: 1, project: 收费, problem: 乱收费, measures: [整改], departments: [办公室]}
"""
DEPARTMENTS = ("R-D1", "R-D2")


def told(stage: Any) -> set[str]:
    codes = {key: code for code, key in stage.ids.items()}
    return {codes[one.unit_id] for one in stage.notices(Notice.kind == "phase")}


def test_a_department_hears_of_the_phase_that_asks_it_and_not_of_its_ledger_rows(stage) -> None:
    stage.launch(stage.template(ASKED))
    stage.cycle("2026-03-02 09:00")
    assert told(stage) == set(stage.participants)
    assert not told(stage) & set(DEPARTMENTS)
    stage.cycle("2026-03-16 00:00", "2026-03-16 09:00")
    assert told(stage) == {*stage.participants, "R-D2"}
