"""Columns of a ledger as plans head them: known ones under another title, and those of the plan's own."""

from __future__ import annotations

import pytest

from states.documents import ledgercolumns
from states.documents.ledgerfacts import FIELDS, Item, stamp, stamped
from states.drafts import ledgerheads
from states.errors import Faulty
from states.reading import load, shipped
from states.template_ledger import LedgerPreset

ITEM = Item(1, 1, "A", "示例县", "收费", "多收", ("退费",), None, (), "8月底前", "open", more={"备注": "急"})


def of(*names: str) -> ledgercolumns.Columns:
    return ledgercolumns.of(LedgerPreset(columns=names))


def test_a_plan_heads_its_columns_in_its_own_words_and_has_columns_of_its_own() -> None:
    found = of("序号", "存在问题", "整改措施", "责任领导", "责任单位", "完成时限", "状态", "备注")
    named = {key: found.title(key) for key in ("problem", "measures", "departments", "due", "lead", "state")}
    assert named == {
        "problem": "存在问题",
        "measures": "整改措施",
        "departments": "责任单位",
        "due": "完成时限",
        "lead": "牵头部门",
        "state": "状态",
    }
    assert (found.own, found.leaders) == (("责任领导", "备注"), "责任领导")
    assert found.ordered(("序号", "problem", "measures", "departments", "due", "state")) == [
        *("序号", "problem", "measures", "责任领导", "departments", "due", "备注", "state")
    ]


def test_every_shipped_ledger_has_its_columns_once() -> None:
    for text in shipped().values():
        ledger = load(text).ledger
        found = ledgercolumns.of(ledger)
        titles = [found.title(name) for name in (*FIELDS, *found.own)]
        assert len(set(titles)) == len(titles)
        assert ledger is None or {*ledger.columns} <= {*titles}


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("问题来源 问题类别 存在问题 整改措施", [None, "project", "problem", "measures"]),
        ("问题类别 整改措施", ["problem", "measures"]),
        ("序号 问题 措施 责任单位及责任人 责任人", ["no", "problem", "measures", "departments", "leaders"]),
        ("问题清单 具体措施 整改成效", ["problem", "measures", None]),
    ],
)
def test_a_header_is_told_by_its_words(header: str, parts: list[str | None]) -> None:
    cells = header.split()
    found = ledgerheads.parts_of(cells)
    assert [found.get(place) for place in range(len(cells))] == parts


def test_of_columns_that_the_plan_had_not_yet_a_stamp_says_nothing() -> None:
    before = stamp(ITEM, ("备注",))
    assert set(stamped(before, ("备注",)) or ()) == {*FIELDS, "备注"}
    assert set(stamped(before, ("备注", "成效")) or ()) == set(FIELDS)
    assert stamped(before[:-1], ("备注",)) is None


def test_a_row_says_nothing_in_a_column_that_the_ledger_has_not() -> None:
    row = (
        "{no: 1, project: 甲, problem: 乙, measures: [丙], departments: [丁], due: 8月底前, more: {成效: 好}}"
    )
    text = f"key: x\nversion: 1\ntitle: 示例\nledger:\n  columns: [问题, 备注]\n  rows: [{row}]\n"
    with pytest.raises(Faulty, match="“columns”里没有“成效”这一栏；有 问题、备注"):
        load(text)
