"""举办性质: who owes what by it, what a launch says of units of which nobody has told it, and how it comes in."""

from __future__ import annotations

from typing import Any

import pytest

from states.documents.sheet import Row, read, write
from states.documents.unitlist import UnitFacts, UnitList, diff, parse_units, units_sheet
from states.errors import Faulty
from states.reading import load
from states.records import core, launch
from states.records.tables import Milestone, Obligation

TEXT = """
phases:
  - {key: own, name: 民营自查, window: 3月2日-3月31日, scope: {ownership: [民办]}}
requirements:
  - {key: private, name: 民营医院整改, scope: {kinds: [医院], ownership: [民营]}}
  - {key: public, name: 制度建设, scope: {ownership: [公立]}}
  - {key: within, name: 自查表, phase: own, scope: {under: [R1]}}
  - {key: direct, name: 设立警务室, scope: {kinds: [医院, 行政部门], direct: true}}
  - {key: everybody, name: 自查报告}
"""
HEAD = ("单位代码", "单位名称", "类别", "举办性质")
KNOWN = {"H1": UnitFacts("示例县人民医院", "hospital", ownership="公立")}


@pytest.fixture
def told(stage: Any) -> Any:
    for code, ownership in (("R1-H1", "民营"), ("R1-H2", "民营"), ("R2-H1", "公立")):
        stage.put(core.unit, core.unit.c.code == code, ownership=ownership)
    return stage


def test_ownership_decides_who_owes_and_the_unknown_are_in_neither(told) -> None:
    told.launch(told.template(TEXT))
    codes, names = (
        {key: code for code, key in told.ids.items()},
        {one.id: one.requirement for one in told.rows(Milestone)},
    )
    found: dict[str, set[str]] = {}
    for row in told.rows(Obligation):
        found.setdefault(names[row.milestone_id], set()).add(codes[row.unit_id])
    assert found == {
        "private": {"R1-H1"},
        "public": {"R2-H1"},
        "within": {"R1-H1", "R1-H2"},
        "direct": {"R1", "R2"},  # the hospitals stand below the two counties
        "everybody": set(told.participants),
    }


def test_a_launch_says_how_many_units_nobody_has_told_it_of(told) -> None:
    told.put(core.unit, core.unit.c.code == "R2-H1", ownership="")
    with told.store.read() as session:
        drafted = launch.draft(session, told.order(told.template(TEXT)), told.at("2026-03-02 08:30"))
    assert [one for one in drafted.warnings if "举办性质" in one] == [
        "“民营自查”按举办性质定范围，4 个单位没有登记举办性质，不在其中",
        "“民营医院整改”按举办性质定范围，1 个单位没有登记举办性质，不在其中",
        "“制度建设”按举办性质定范围，4 个单位没有登记举办性质，不在其中",
    ]


def parsed(*lines: str) -> UnitList:
    rows = [Row(number, tuple(line.split("|"))) for number, line in enumerate(lines, start=2)]
    return parse_units([Row(1, HEAD), *rows], KNOWN)


@pytest.mark.parametrize(
    ("cell", "ownership"),
    [("民营", "民营"), ("民办", "民营"), ("社会办", "民营"), ("公办", "公立"), ("", "公立"), ("无", "")],
)
def test_it_is_read_from_a_list_as_people_write_it(cell: str, ownership: str) -> None:
    found = parsed(f"H1|示例县人民医院|医院|{cell}")
    assert (found.faults, found.units[0].ownership) == ((), ownership)
    changes = [one.field for change in diff(found, KNOWN).changed for one in change.fields]
    assert changes == (["ownership"] if ownership != "公立" else [])


def test_what_it_cannot_be_is_a_fault_of_its_row_and_the_sheet_comes_back_the_same() -> None:
    (fault,) = parsed("H1|示例县人民医院|医院|合资").faults
    assert str(fault) == "第2行 举办性质：不认识举办性质“合资”；可用的有 公立、民营，不知道的留空"
    again = parse_units(read(write([units_sheet(KNOWN)]), "单位名单.xlsx"), KNOWN)
    assert (again.faults, diff(again, KNOWN).empty) == ((), True)


@pytest.mark.parametrize(
    ("scope", "says"),
    [
        ("{ownership: [合资]}", "没有“合资”这种举办性质；可用的有 公立、民营"),
        ("{departments: [办公室], ownership: [公立]}", "部门没有举办性质，请删去一种"),
    ],
)
def test_a_scope_that_nobody_is_in_is_refused(scope: str, says: str) -> None:
    with pytest.raises(Faulty, match=says):
        load(f"key: a\nversion: 1\ntitle: 示例\nrequirements: [{{key: b, name: 乙, scope: {scope}}}]\n")
