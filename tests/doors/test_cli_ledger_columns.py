"""A ledger with the columns of its plan: out to a workbook under their titles, and back in, cell by cell."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document
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
ledger:
  columns: [存在问题, 整改措施, 责任领导, 责任单位, 完成时限, 整改成效]
  rows:
    - no: 1
      project: 收费
      problem: 多收
      measures: [退费]
      departments: [医政科]
      leaders: [局长, 分管副局长]
      more: {整改成效: 尚未开始}
      due: 12月底前
"""
HEADER = ("序号", "问题", "整改措施", "责任领导", "责任单位", "完成时限", "整改成效", "联系电话")
ROW = (2, "少退", "补退", "示例副局长", "医政科", "12月底前", "已补退3笔", "无")


@pytest.fixture
def folder(at_home: Path) -> Path:
    begin(at_home, UNITS, PLAN, clock.now().date().replace(month=1, day=1))
    return at_home


def exported(folder: Path) -> Any:
    duban("ledger", "export", "1", "-o", str(folder / "台账.xlsx"), "--force")
    return load_workbook(folder / "台账.xlsx")


def cell(book: Any, line: int, title: str) -> Any:
    page = book.worksheets[0]
    return page.cell(line, {one.value: one.column for one in page[3]}[title])


def put(folder: Path, book: Any, *more: str, code: int = 0) -> Any:
    book.save(folder / "台账.xlsx")
    return duban("ledger", "import", "1", str(folder / "台账.xlsx"), *more, code=code)


def said(no: int) -> dict[str, str]:
    found: dict[str, str] = data("ledger", "show", "1", str(no))["more"]
    return found


def test_the_workbook_has_the_columns_of_the_plan_and_takes_back_what_is_written_there(folder: Path) -> None:
    book = exported(folder)
    titles = [one.value for one in book.worksheets[0][3]]
    assert titles[2:11] == [
        *(
            "项目名称",
            "存在问题",
            "整改措施",
            "责任领导",
            "牵头部门",
            "责任单位",
            "完成时限",
            "整改成效",
            "到期日",
        )
    ]
    assert cell(book, 4, "责任领导").value == "局长、分管副局长"
    cell(book, 4, "整改成效").value = "已退12笔"
    tried = put(folder, book).stdout
    assert "1.整改成效" in tried
    assert "已退12笔" in tried
    put(folder, book, "--apply")
    assert said(1) == {"责任领导": "局长、分管副局长", "整改成效": "已退12笔"}
    last = data("ledger", "show", "1", "1")["history"][-1]
    assert last["more"]["changes"] == {"整改成效": ["尚未开始", "已退12笔"]}
    two_who_fill_in_the_same_cell_are_a_conflict(folder, book)


def two_who_fill_in_the_same_cell_are_a_conflict(folder: Path, book: Any) -> None:
    cell(book, 4, "整改成效").value = "已退9笔"
    cell(book, 4, "责任领导").value = None
    done = put(folder, book, "--apply").stdout
    assert "改动 1 格" in done
    assert "冲突 1 格" in done
    assert said(1) == {"整改成效": "已退12笔"}
    put(folder, book, "--apply", "--take", "1.整改成效")
    assert said(1) == {"整改成效": "已退9笔"}


def test_another_table_brings_the_same_columns_and_what_it_has_beside_them_is_named(folder: Path) -> None:
    book = Workbook()
    for line in (HEADER, ROW):
        book.active.append(line)
    done = put(folder, book, "--apply")
    assert "文件中的“联系电话”这本台账没有，没有取" in done.stderr
    assert said(2) == {"责任领导": "示例副局长", "整改成效": "已补退3笔"}
    word = Document()
    table = word.add_table(rows=2, cols=len(HEADER))
    for place, (title, text) in enumerate(zip(HEADER, (3, "漏记", *ROW[2:]), strict=True)):
        table.cell(0, place).text, table.cell(1, place).text = title, str(text)
    content = BytesIO()
    word.save(content)
    (folder / "附表.docx").write_bytes(content.getvalue())
    duban("ledger", "import", "1", str(folder / "附表.docx"), "--apply")
    assert said(3) == said(2)


def test_a_problem_is_written_down_with_texts_in_columns_that_there_are(folder: Path) -> None:
    words = ("--unit", "SX-H01", "--project", "甲", "--problem", "乙", "--measure", "丙", "--due", "12月底前")
    add = ("ledger", "add", "1", *words, "--found-by", "自查", "--more")
    assert "没有“备注”这一栏；另设的栏目有 责任领导、整改成效" in duban(*add, "备注=急", code=1).stderr
    assert "应写作 栏目=文字" in duban(*add, "备注", code=2).stderr
    duban(*add, "责任领导=局长")
    assert said(2) == {"责任领导": "局长"}
