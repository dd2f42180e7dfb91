"""Who owes what by grade and number of beds, and what a launch says of units nobody has counted."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from states.documents.unitlist import UnitList, UnitRow
from states.records import core, figures, launch, roster
from states.records.tables import Milestone, Obligation, Unit

SIZED = """
requirements:
  - {key: guard, name: 配备保安, scope: {beds_from: 20}}
  - {key: small, name: 小单位, scope: {beds_to: 99}}
  - {key: none, name: 无床位, scope: {beds_to: 0}}
  - {key: top, name: 三甲, scope: {grades: [三级甲等]}}
  - {key: both, name: 二甲大院, scope: {kinds: [医院], grades: [二级甲等], beds_from: 300, beds_to: 300}}
coverage: [{name: 大医院, percent: 100, by: closed, scope: {beds_from: 500}}]
"""
SIZES = {"R1-H1": ("二级甲等", 300), "R2-H1": ("三级甲等", 800), "R2-C1": ("", 0)}


@pytest.fixture
def sized(stage):
    for code, (grade, beds) in SIZES.items():
        stage.put(core.unit, core.unit.c.code == code, grade=grade, beds=beds)
    return stage


def owing(stage) -> dict[str, set[str]]:
    names = {row.id: row.requirement for row in stage.rows(Milestone)}
    codes = {key: code for code, key in stage.ids.items()}
    found: dict[str, set[str]] = {name: set() for name in names.values()}
    for row in stage.rows(Obligation):
        found[names[row.milestone_id]].add(codes[row.unit_id])
    return found


def test_size_and_grade_decide_who_owes_and_unknown_beds_are_in_no_range(sized) -> None:
    sized.launch(sized.template(SIZED))
    assert owing(sized) == {
        "guard": {"R1-H1", "R2-H1"},
        "small": {"R2-C1"},
        "none": {"R2-C1"},
        "top": {"R2-H1"},
        "both": {"R1-H1"},
    }


def test_coverage_is_counted_over_the_units_of_its_size(sized) -> None:
    key = sized.launch(sized.template(SIZED))
    with sized.store.read() as session:
        (found,) = figures.tally(session, sized.campaign(session, key), sized.at("2026-03-02 09:00")).coverage
    assert (found.name, found.total) == ("大医院", 1)


def test_a_launch_says_how_many_units_have_no_number_of_beds(sized) -> None:
    with sized.store.read() as session:
        drafted = launch.draft(session, sized.order(sized.template(SIZED)), sized.at("2026-03-02 08:30"))
    said = [warning for warning in drafted.warnings if "床位数" in warning]
    assert said == [
        f"“{name}”按床位数定范围，3 个单位没有登记床位数，不在其中"
        for name in ("配备保安", "小单位", "无床位", "大医院")
    ]  # 甲县卫健局, 甲县中医院, 乙县卫健局; of the hospitals of second grade none is uncounted


def test_only_chosen_units_are_counted_as_without_beds(sized) -> None:
    order = sized.order(sized.template(SIZED), selection=launch.Selection(under=("R2",)))
    with sized.store.read() as session:
        drafted = launch.draft(session, order, sized.at("2026-03-02 08:30"))
    assert "“配备保安”按床位数定范围，1 个单位没有登记床位数，不在其中" in drafted.warnings


def test_where_everybody_is_counted_nothing_is_said(sized) -> None:
    sized.put(core.unit, core.unit.c.beds.is_(None), beds=5)
    with sized.store.read() as session:
        drafted = launch.draft(session, sized.order(sized.template(SIZED)), sized.at("2026-03-02 08:30"))
    assert [warning for warning in drafted.warnings if "床位数" in warning] == []


def test_grade_and_beds_are_written_changed_and_emptied_with_a_list(empty_stage) -> None:
    def listed(*sizes: tuple[str, int | None]) -> list[tuple[str, int | None]]:
        rows = [UnitRow(f"H{n}", "示例医院", "hospital", "", None, 1, *one) for n, one in enumerate(sizes)]
        with empty_stage.store.write() as session:
            found = roster.recorded(session)
            roster.apply(
                session, UnitList(tuple(rows), (), ()), found, empty_stage.at("2026-03-02 10:00"), "test"
            )
        with empty_stage.store.read() as session:
            return list(
                session.execute(
                    sa.select(core.unit.c.grade, core.unit.c.beds).order_by(core.unit.c.id)
                ).tuples()
            )

    assert listed(("三级甲等", 800), ("", None)) == [("三级甲等", 800), ("", None)]
    assert listed(("", None), ("一级", 0)) == [("", None), ("一级", 0)]
    assert len(empty_stage.rows(Unit)) == 2
