"""A blank that the plan prints once and means in several places is asked for once and fills them all; 定期 asks."""

from __future__ import annotations

from datetime import date

import pytest

from states.errors import Faulty
from states.plan import Plan, plan
from states.reading import load
from states.workdays import Workdays

TEXT = """
key: printed
version: 1
title: 示例专项行动
begins: 2026-09-01
ends: 2026-12-31
same:
  - [paper.due, report.first]
  - [workstream-blood.due, units.due]
workstreams:
  - {key: blood, name: 采供血, lead: [办公室], due: __月底前}
requirements:
  - {key: paper, name: 实施方案, due: __月__日前}
  - {key: report, name: 开展情况, first: __月__日前, every: 每月5日前}
  - {key: units, name: 采供血（各单位）, due: __月底前}
  - {key: session, name: 例会, every: 定期}
"""
CALENDAR = Workdays.of({}, (2026,))


def planned(**fills: str) -> Plan:
    given = {name.replace("__", "-").replace("_", ".", 1): words for name, words in fills.items()}
    return plan(load(TEXT), date(2026, 9, 1), given, CALENDAR)


def due(found: Plan, requirement: str, period: str = "") -> str | None:
    (one,) = [one for one in found.milestones if (one.requirement, one.period) == (requirement, period)]
    return f"{one.due_at:%m-%d}" if one.due_at else None


def test_one_printed_blank_is_asked_for_once_and_names_what_it_is_for() -> None:
    found = [(one.place, one.name) for one in planned().blanks]
    assert found == [
        ("paper.due", "实施方案、开展情况（首次）"),
        ("workstream-blood.due", "采供血（各单位）、采供血"),
        ("session.every", "例会"),
    ]


@pytest.mark.parametrize("place", ["paper_due", "report_first"])
def test_filled_in_any_of_its_places_it_is_filled_in_all(place: str) -> None:
    found = planned(**{place: "10月20日前"})
    assert [one.place for one in found.blanks] == ["workstream-blood.due", "session.every"]
    assert (due(found, "paper"), due(found, "report", "首次")) == ("10-20", "10-20")


def test_a_place_with_words_of_its_own_keeps_them() -> None:
    found = planned(paper_due="10月20日前", report_first="10月25日前")
    assert (due(found, "paper"), due(found, "report", "首次")) == ("10-20", "10-25")


@pytest.mark.parametrize(
    ("same", "says"),
    [
        ("[[paper.due, nothing.due]]", "方案里没有“nothing.due”这一处"),
        ("[[paper.due]]", "一组至少写两处"),
        ("[[paper.due, units.due], [units.due, report.first]]", "“units.due”写了两次"),
    ],
)
def test_groups_that_cannot_be_are_refused(same: str, says: str) -> None:
    text = TEXT.replace(
        "same:\n  - [paper.due, report.first]\n  - [workstream-blood.due, units.due]", f"same: {same}"
    )
    with pytest.raises(Faulty, match=says):
        load(text)


def test_an_interval_that_the_plan_leaves_open_is_asked_for_and_may_be_none() -> None:
    assert "session.every" in [one.place for one in planned().blanks]
    monthly = planned(session_every="每月25日前")
    assert [one.period for one in monthly.milestones if one.requirement == "session"] == [
        f"2026-{month:02}" for month in (9, 10, 11, 12)
    ]
    found = planned(session_every="不定期")
    assert "session.every" not in [one.place for one in found.blanks]
    (one,) = [one for one in found.milestones if one.requirement == "session"]
    assert (one.period, one.due_at, one.words, one.filled) == ("", None, "定期", "不定期")
