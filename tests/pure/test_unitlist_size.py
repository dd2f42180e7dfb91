"""Unit lists with 等级 and 床位数: read from both kinds of sheet, kept where a cell says nothing, faults per row."""

from __future__ import annotations

import pytest

from states.documents.sheet import Row, read, write, write_csv
from states.documents.unitlist import UnitFacts, UnitList, diff, parse_units, units_sheet

HEAD = ("单位代码", "单位名称", "类别", "等级", "床位数")
KNOWN = {"H1": UnitFacts("示例县人民医院", "hospital", "县级", None, (), "二级甲等", 300)}


def parsed(*lines: str, existing: dict[str, UnitFacts] | None = None) -> UnitList:
    rows = [Row(number, tuple(line.split("|"))) for number, line in enumerate(lines, start=2)]
    return parse_units([Row(1, HEAD), *rows], existing or {})


def sizes(found: UnitList) -> list[tuple[str, int | None]]:
    assert found.faults == ()
    return [(unit.grade, unit.beds) for unit in found.units]


@pytest.mark.parametrize(
    ("cell", "beds"),
    [
        ("120", 120),
        ("0", 0),
        ("１２０", 120),
        ("1,200", 1200),
        ("120张", 120),
        ("120张床", 120),
        ("120.0", 120),
    ],
)
def test_a_number_of_beds_is_read_as_people_write_it(cell: str, beds: int) -> None:
    assert sizes(parsed(f"H1|示例县人民医院|医院|三级甲等|{cell}")) == [("三级甲等", beds)]


@pytest.mark.parametrize("cell", ["若干", "120.5", "-3", "100-200", "1234567", "三百"])
def test_what_is_no_number_of_beds_is_a_fault_of_its_row(cell: str) -> None:
    found = parsed("A|甲|诊所||", f"H1|示例县人民医院|医院|三级甲等|{cell}")
    assert [str(fault) for fault in found.faults] == [
        f"第3行 床位数：“{cell}”不是床位数；请填整数，如 120，不知道的留空"
    ]


def test_a_grade_that_a_spreadsheet_would_calculate_is_a_fault() -> None:
    (fault,) = parsed("H1|示例县人民医院|医院|=1+1|10").faults
    assert str(fault).startswith("第2行 等级：“=1+1”以“=”开头")


def test_an_empty_cell_keeps_what_is_known_and_wu_empties_it() -> None:
    assert sizes(parsed("H1|示例县人民医院", existing=KNOWN)) == [("二级甲等", 300)]
    assert sizes(parsed("H1|示例县人民医院||无|无", existing=KNOWN)) == [("", None)]
    assert sizes(parsed("A|甲|诊所")) == [("", None)]


def test_what_changes_is_told_with_before_and_after() -> None:
    (change,) = diff(parsed("H1|示例县人民医院||三级甲等|0", existing=KNOWN), KNOWN).changed
    assert [(one.field, one.before, one.after) for one in change.fields] == [
        ("grade", "二级甲等", "三级甲等"),
        ("beds", "300", "0"),
    ]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_recorded_sheet_brought_back_changes_nothing(kind: str) -> None:
    known = {
        **KNOWN,
        "C1": UnitFacts("示例诊所", "clinic", beds=0),
        "C2": UnitFacts("示例门诊部", "outpatient"),
    }
    sheet = units_sheet(known)
    content = write([sheet]) if kind == "xlsx" else write_csv(sheet)
    found = parse_units(read(content, f"单位名单.{kind}"), known)
    assert (found.faults, diff(found, known).empty) == ((), True)
    assert sizes(found) == [("二级甲等", 300), ("", 0), ("", None)]


@pytest.mark.parametrize("header", ["床位", "编制床位", "Beds", "实有床位数*"])
def test_the_header_may_be_written_otherwise(header: str) -> None:
    rows = [Row(1, ("代码", "名称", "类别", header)), Row(2, ("H1", "示例县人民医院", "医院", "99"))]
    assert [unit.beds for unit in parse_units(rows, {}).units] == [99]
