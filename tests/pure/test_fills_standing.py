"""A date filled into `长期坚持，__月底前取得明显成效` is the interim date: the duty goes on as the plan says."""

from __future__ import annotations

from datetime import date

import pytest

from states.plan import PlannedMilestone, plan
from states.reading import load
from states.workdays import Workdays

TEXT = """
key: lasting
version: 1
title: 示例专项行动
requirements:
  - {key: lasting, name: 打击非法行为, due: "长期坚持，__月底前取得明显成效"}
  - {key: once, name: 巡查, due: __月底前}
"""


def planned(place: str, fill: str) -> PlannedMilestone:
    found = plan(load(TEXT), date(2026, 9, 1), {f"{place}.due": fill}, Workdays.of({}, (2026,)))
    return next(one for one in found.milestones if one.requirement == place)


def planned_blank(place: str) -> PlannedMilestone:
    found = plan(load(TEXT), date(2026, 9, 1), {}, Workdays.of({}, (2026,)))
    return next(one for one in found.milestones if one.requirement == place)


@pytest.mark.parametrize("fill", ["2026-11-30", "11月底前", "长期坚持，11月底前取得明显成效"])
def test_a_filled_date_leaves_the_duty_standing(fill: str) -> None:
    lasting = planned("lasting", fill)
    assert lasting.due_at is not None
    assert (lasting.due_at.date().isoformat(), lasting.standing) == ("2026-11-30", True)
    assert lasting.words == planned_blank("lasting").words, "the plan's own words stay"
    assert "11月30日" not in lasting.words
    assert lasting.filled == ("2026年11月30日前" if fill == "2026-11-30" else fill)


def test_a_filled_date_makes_nothing_standing_that_is_not() -> None:
    assert planned("once", "2026-11-30").standing is False
