"""Phases that belong to a level: everybody walks the row, and each owes only what is asked of its own."""

from __future__ import annotations

from typing import Any

import pytest

from states.errors import Refused
from states.records import core, figures, mass, moving
from states.records.dispatch import Notice
from states.records.tables import Obligation

LEVELS = """
phases:
  - {key: own, name: 自查, window: 3月2日-3月20日, scope: {kinds: [医院, 中医院]}, announce: [liaison]}
  - {key: county, name: 复核, window: 3月9日-3月27日, review: true, scope: {kinds: [行政部门]}, announce: [liaison]}
  - {key: top, name: 抽查, window: 3月28日-4月10日, scope: {codes: [R2-H1]}}
requirements:
  - {key: report, name: 自查报告, phase: own, due: 阶段结束前1个工作日}
  - {key: east, name: 甲县自查补充, phase: own, due: 3月18日前, scope: {under: [R1]}}
  - {key: week, name: 自查周报, phase: own, every: 每周五}
  - {key: checked, name: 复核报告, phase: county, due: 阶段结束前1个工作日, review: true}
  - {key: drawn, name: 抽查材料, phase: top, due: 4月8日前}
  - {key: desk, name: 监督处汇总, phase: county, due: 3月26日前, scope: {departments: [监督处]}}
"""


@pytest.fixture
def started(stage: Any) -> Any:
    stage.launch(stage.template(LEVELS, stage.ladders))
    stage.cycle("2026-03-02 09:00")
    return stage


def owing(stage: Any, requirement: str, period: str = "") -> set[str]:
    milestone = stage.milestone(requirement, period)
    codes = {key: code for code, key in stage.ids.items()}
    return {codes[one.unit_id] for one in stage.rows(Obligation, Obligation.milestone_id == milestone.id)}


def test_what_a_phase_asks_is_owed_where_both_scopes_meet(started) -> None:
    started.cycle("2026-03-09 00:00", "2026-03-28 00:00")
    assert owing(started, "report") == {"R1-H1", "R1-H2", "R2-H1"}
    assert owing(started, "east") == {"R1-H1", "R1-H2"}
    assert owing(started, "week", "2026-W11") == {"R1-H1", "R1-H2", "R2-H1"}
    assert owing(started, "checked") == {"R1", "R2"}
    assert owing(started, "drawn") == {"R2-H1"}


def test_a_department_that_is_named_owes_it_whatever_the_level_of_the_phase(started) -> None:
    started.cycle("2026-03-09 00:00")
    assert owing(started, "desk") == {"R-D2"}


def test_who_is_outside_passes_at_once_while_the_others_are_held_by_what_is_still_to_come(started) -> None:
    assert started.milestone("week", "2026-W12").opened_at is None
    started.cycle("2026-03-09 00:00")
    states = started.states(1)
    assert {code for code in started.participants if states[code] == "county"} == {"R1", "R2", "R2-C1"}
    assert {code for code in started.participants if states[code] == "own"} == {"R1-H1", "R1-H2", "R2-H1"}


def test_who_is_outside_passes_a_review_unseen_and_who_is_inside_does_not(started) -> None:
    started.cycle("2026-03-09 00:00", "2026-03-16 00:00", "2026-03-28 00:00")
    states = started.states(1)
    assert states["R2-C1"] == "top"
    assert (states["R1"], states["R2"]) == ("county", "county")
    started.act(1, "checked", "R1", "submit", "2026-03-28 10:00")
    assert started.states(1)["R1"] == "county.review"


def test_a_straggler_passes_through_phases_that_are_not_its_own(started) -> None:
    started.cycle("2026-03-09 00:00", "2026-03-16 00:00", "2026-03-28 00:00", "2026-03-30 09:00")
    assert started.states(1)["R1-H1"] == "own"
    for requirement, periods in (
        ("report", [""]),
        ("east", [""]),
        ("week", ["2026-W10", "2026-W11", "2026-W12"]),
    ):
        for period in periods:
            key = started.owed(requirement, "R1-H1", period).id
            with started.store.write() as session:
                campaign = started.campaign(session, 1)
                moving.act(session, campaign, key, "submit", started.at("2026-03-30 10:00"), "test")
    assert started.states(1)["R1-H1"] == "top"  # the review of the county's phase is none of its business
    line = [one for one in started.journal("unit.moved") if one.unit_id == started.ids["R1-H1"]][-1]
    assert (line.before, line.after, line.reason) == ("county.review", "top", moving.NOTHING_OWED)


def test_one_by_one_the_guard_says_what_the_mass_move_does(started) -> None:
    started.cycle("2026-03-09 00:00")
    for code, allowed in (("R2-H1", False), ("R2-C1", True)):
        started.put(core.run, core.run.c.unit_id == started.ids[code], state="own", ord=1)
        with started.store.trial() as session:
            campaign = started.campaign(session, 1)
            chosen = [core.run.c.unit_id == started.ids[code]]
            now = started.at("2026-03-10 10:00")
            made = mass.mass_move(session, campaign, "submit", chosen, now, "test", dry_run=True)
            assert made.moved == int(allowed)
            if allowed:
                moving.move(session, campaign, started.ids[code], "submit", now, "test")
            else:
                with pytest.raises(Refused, match="自查周报"):
                    moving.move(session, campaign, started.ids[code], "submit", now, "test")


def test_only_those_whose_phase_it_is_are_told_that_it_begins(started) -> None:
    started.cycle("2026-03-09 00:00")
    told: dict[str, set[int]] = {}
    for one in started.notices(Notice.kind == "phase"):
        told.setdefault(one.reason, set()).add(one.unit_id)
    assert told == {
        "“自查”阶段开始": {started.ids[code] for code in ("R1-H1", "R1-H2", "R2-H1")},
        "“复核”阶段开始": {started.ids[code] for code in ("R1", "R2", "R-D2")},  # the section that it asks
    }


def test_nobody_is_behind_in_a_phase_that_is_not_its_own(started) -> None:
    started.cycle("2026-03-09 00:00", "2026-03-28 00:00", "2026-04-09 09:00")
    with started.store.read() as session:
        found = figures.tally(session, started.campaign(session, 1), started.at("2026-04-09 09:00"))
    assert found.behind == 5  # three hospitals in their own check, two counties in theirs; the clinic in none
