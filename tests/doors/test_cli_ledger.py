"""duban ledger …: written down, moved, out to a workbook and back in, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from command_line import begin, data, duban
from states import clock

UNITS = """单位代码,单位名称,类别,上级代码
SX,示例县卫生健康局,行政部门,
SX-D1,医政科,科室,SX
SX-H01,示例县人民医院,医院,SX
"""
PLAN = """
key: sample
version: 1
title: 示例专项行动
requirements:
  - {key: report, name: 报告, due: 启动后10日内}
"""
TABLE = (
    ("示例县问题台账", None, None, None, None),
    ("序号", "问题", "整改措施", "责任科室", "完成时限"),
    (1, "重复收费", "1.退费\n2.培训", "医政科", "12月底前"),
    (2, "台账不全", "补齐", "医政科", "尽早抓一下"),
    (3, "流程不清", "公示", "不存在科", "长期坚持"),
)


@pytest.fixture
def folder(at_home: Path) -> Path:
    book = Workbook()
    for row in TABLE:
        book.active.append(row)
    book.save(at_home / "台账.xlsx")
    begin(at_home, UNITS, PLAN, clock.now().date())
    return at_home


def items() -> list[tuple[int, str, str]]:
    return [(one["no"], one["problem"], one["state"]) for one in data("ledger", "list", "1")]


def test_a_real_table_is_tried_first_and_what_is_unclear_is_named_with_its_cell(folder: Path) -> None:
    file = str(folder / "台账.xlsx")
    tried = duban("ledger", "import", "1", file, code=1)
    assert "台账.xlsx E4：看不懂期限“尽早抓一下”" in tried.stderr
    assert "台账.xlsx D5：责任部门“不存在科”不在单位表中" in tried.stderr
    assert "什么都没有写入" in tried.stdout
    refused = duban("ledger", "import", "1", file, "--apply", code=1)
    assert "看不懂期限" in refused.stderr
    assert items() == []
    done = duban("ledger", "import", "1", file, "--apply", "--due", "2=2026-12-31", "--stand-in")
    assert "已写入：新增 3 项" in done.stdout
    assert items() == [(1, "重复收费", "open"), (2, "台账不全", "open"), (3, "流程不清", "open")]


def test_a_copy_goes_out_and_comes_back(folder: Path) -> None:
    duban("ledger", "import", "1", str(folder / "台账.xlsx"), "--apply", "--undated", "--stand-in")
    out = folder / "导出.xlsx"
    duban("ledger", "export", "1", "-o", str(out))
    assert "已经存在" in duban("ledger", "export", "1", "-o", str(out), code=1).stderr
    book = load_workbook(out)
    page = book.worksheets[0]
    column = {cell.value: cell.column for cell in page[3]}["状态"]
    page.cell(4, column).value = "已申报销号"
    book.save(out)
    tried = duban("ledger", "import", "1", str(out))
    assert "试算：新增 0 项，改动 1 格" in tried.stdout
    assert items()[0][2] == "open"
    duban("ledger", "import", "1", str(out), "--apply")
    assert items()[0][2] == "claimed"
    assert "1.退费" in duban("ledger", "show", "1", "1").stdout


def test_a_problem_is_written_down_and_moved(folder: Path) -> None:
    words = (
        "--unit",
        "SX-H01",
        "--project",
        "收费",
        "--problem",
        "多收",
        "--measure",
        "退费",
        "--due",
        "10个工作日内",
    )
    assert duban("ledger", "add", "1", *words, "--found-by", "自查").stdout == "已登记为台账第1项\n"
    assert (
        "没有“听说”这种发现途径" in duban("ledger", "add", "1", *words, "--found-by", "听说", code=1).stderr
    )
    assert "现为“待整改”，不能销号" in duban("ledger", "move", "1", "1", "close", code=1).stderr
    assert duban("ledger", "move", "1", "1", "claim").stdout == "台账第1项：已申报销号\n"
    assert duban("ledger", "move", "1", "1", "close").stdout == "台账第1项：已销号\n"
    told = json.loads(duban("ledger", "rates", "1", "--json").stdout)
    assert (told["whole"]["items"], told["whole"]["rate"]) == (1, 1.0)
    assert "100.0%" in duban("ledger", "rates", "1").stdout
    assert [
        one["what"]["key"]
        for one in json.loads(duban("ledger", "show", "1", "1", "--json").stdout)["history"]
    ] == [
        "added",
        "claim",
        "close",
    ]


def test_evidence_is_handed_in_a_hand_over_is_kept_and_what_is_wrong_is_withdrawn(folder: Path) -> None:
    duban("ledger", "import", "1", str(folder / "台账.xlsx"), "--apply", "--undated", "--stand-in")
    proof = folder / "退费凭证.pdf"
    proof.write_bytes(b"%PDF-1.7\n%%EOF\n")
    assert "已报送待审核" in duban("submit", "1", "SX-D1", "found-1", str(proof)).stdout
    told = json.loads(duban("ledger", "show", "1", "1", "--json").stdout)
    assert told["state"]["key"] == "claimed"
    assert [(one["unit"]["code"], one["submissions"]) for one in told["answers"]] == [("SX-D1", 1)]
    over = ("ledger", "handover", "1", "2", "--to", "示例县医疗保障局")
    assert (
        duban(*over, "--number", "移〔2026〕3号").stdout
        == "台账第2项已移交示例县医疗保障局（移〔2026〕3号）\n"
    )
    assert "移交" in duban("ledger", "show", "1", "2").stdout
    assert "请写明移交给哪个机关" in duban("ledger", "handover", "1", "2", "--to", " ", code=1).stderr
    assert "须写明理由" in duban("ledger", "move", "1", "3", "withdraw", code=1).stderr
    assert duban("ledger", "move", "1", "3", "withdraw", "--reason", "写错").stdout == "台账第3项：已撤销\n"
    whole = json.loads(duban("ledger", "rates", "1", "--json").stdout)["whole"]
    assert (whole["items"], whole["standing"], whole["rate"]) == (2, 0, 0.0)


def test_cells_that_are_merged_hold_for_every_row_that_they_cover(folder: Path) -> None:
    book = Workbook()
    page = book.active
    for row in (
        ("示例县问题台账", None, None, None, None, None),
        ("序号", "项目", "问题", "整改措施", "责任科室", "完成时限"),
        (1, "收费", "多收", "退费", "医政科", "12月底前"),
        (2, None, "少退", "补退", None, None),
        (3, "采购", "不公开", "公开", "医政科", "11月底前"),
        (None, None, None, "2.培训", "医政科", None),
    ):
        page.append(row)
    for merged in ("A1:F1", "B3:B4", "E3:E4", "F3:F4", "A5:A6", "C5:C6", "F5:F6"):
        page.merge_cells(merged)
    book.save(folder / "合并.xlsx")
    duban("ledger", "import", "1", str(folder / "合并.xlsx"), "--apply")
    found = data("ledger", "list", "1")
    assert [(one["project"], one["problem"], one["departments"], one["due"]) for one in found] == [
        ("收费", "多收", ["医政科"], "12月底前"),
        ("收费", "少退", ["医政科"], "12月底前"),
        ("采购", "不公开", ["医政科"], "11月底前"),
    ]
    assert found[2]["measures"] == ["公开", "2.培训"]
