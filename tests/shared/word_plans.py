"""A plan with its ledger as a Word file, made by a word processor's own library: paragraphs, a table over several pages with
its header on each, the project's cell merged over its rows, a paragraph for each measure and department."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from docx import Document

PLANS = Path(__file__).parents[1] / "plans"
HEADER = ("项目名称", "问题清单", "具体措施", "责任部门", "完成时限")
ON_A_PAGE = 7


def before_the_table(name: str) -> list[str]:
    """The paragraphs of a plan before its printed ledger."""
    lines = (PLANS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("\t"))
    return [line for line in lines[:first] if line.strip()]


def word_file(paragraphs: Sequence[str], rows: Sequence[Any]) -> bytes:
    """Rows have `project`, `problem`, `measures`, `departments` and `due`."""
    made = Document()
    for text in paragraphs:
        made.add_paragraph(text)
    table = made.add_table(rows=0, cols=len(HEADER))
    for start in range(0, len(rows), ON_A_PAGE):
        _write(table.add_row().cells, [(one,) for one in HEADER])
        _page(table, rows[start : start + ON_A_PAGE])
    buffer = BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def _page(table: Any, rows: Sequence[Any]) -> None:
    top: Any = None
    for place, row in enumerate(rows):
        cells = table.add_row().cells
        first = place == 0 or rows[place - 1].project != row.project
        parts = [(row.project,) if first else ("",), (row.problem,), row.measures, row.departments]
        _write(cells, [*parts, (row.due or "",)])
        if first:
            top = cells[0]
        else:
            top.merge(cells[0])


def _write(cells: Sequence[Any], parts: Sequence[Sequence[str]]) -> None:
    for cell, lines in zip(cells, parts, strict=True):
        cell.paragraphs[0].text = lines[0] if lines else ""
        for line in lines[1:]:
            cell.add_paragraph(line)
