"""A plan without phases says itself who hears of its beginning; one with phases says it there."""

from __future__ import annotations

import pytest

from states.errors import Faulty
from states.reading import load

WHOLE = """
key: whole
version: 1
title: 示例专项行动
announce: [liaison]
requirements:
  - {key: plan, name: 工作方案}
"""
PHASED = WHOLE + "phases:\n  - {key: first, name: 自查, window: 6月}\n"


def test_a_plan_without_phases_is_announced_as_a_whole() -> None:
    assert [role.value for role in load(WHOLE).begun("run").announce] == ["liaison"]


def test_a_plan_with_phases_is_announced_phase_by_phase() -> None:
    with pytest.raises(Faulty) as faulty:
        load(PHASED)
    assert [(fault.place, "写在各阶段里" in fault.says) for fault in faulty.value.faults] == [
        ("announce", True)
    ]
