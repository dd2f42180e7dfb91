"""xlsx bytes to rows: checked first (`archive`), then read by openpyxl in its streaming mode."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from io import BytesIO
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.reader.excel import ExcelReader
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from states.documents import archive
from states.documents.partscan import DAMAGED, SheetScan
from states.documents.rows import CELL_CHARACTERS, Budget, Limits, Row, cell_place, trimmed
from states.errors import Fault, Faulty

FAULTS_SHOWN = 50
DIGITS_KEPT = 10**15
ESCAPED = re.compile("_x00(0[0-9A-Fa-f]|1[0-9A-Fa-f]|5[Ff])_")
VALUELESS = "公式没有计算结果；请用 Excel 或 WPS 打开并保存一次，或改填数值"


def read_workbook(content: bytes, name: str, limits: Limits, *, spread: bool = False) -> list[Row]:
    """The first visible worksheet; raises Faulty when the file or a cell in it cannot be trusted. `spread`: what is merged
    downwards stands in each of its rows.
    """
    scans = archive.check(content, name, limits)
    book = _open(content, name)
    try:
        sheet = _first_sheet(book, name)
        scan = scans.get(sheet._worksheet_path)
        if scan is None:
            raise Faulty([Fault(name, DAMAGED)])
        rows = _rows(sheet, scan, name)
        return _spread(rows, scan, name) if spread and scan.merged else rows
    finally:
        book.close()


def visible(content: bytes) -> list[str]:
    """Names of the worksheets that people see in a workbook that `read_workbook` has taken; the first is the one it read."""
    reader: Any = ExcelReader(BytesIO(content), read_only=True, keep_links=False)
    reader.read_manifest()
    reader.read_workbook()
    found = reader.parser.find_sheets()
    return [one.name for one, part in found if one.state == "visible" and part.Type.endswith("/worksheet")]


def _open(content: bytes, name: str) -> Workbook:
    """Whatever openpyxl stumbles over in an odd workbook, the reader is told one thing: what to do about it."""
    try:
        return load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    except Exception as error:
        raise Faulty([Fault(name, DAMAGED)]) from error


def _first_sheet(book: Workbook, name: str) -> Any:
    """The first visible ReadOnlyWorksheet; `Any`, since the stubs know neither its part nor how it passes rows."""
    sheets = [sheet for sheet in book.worksheets if isinstance(sheet, ReadOnlyWorksheet)]
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    if not sheets:
        raise Faulty([Fault(name, "工作簿里没有工作表")])
    return (visible or sheets)[0]


def _rows(sheet: Any, scan: SheetScan, name: str) -> list[Row]:
    faults = [Fault(cell_place(name, line, column), VALUELESS) for line, column in scan.valueless]
    budget = Budget(scan.limits)
    rows = []
    for line, cells in enumerate(_cells(sheet, scan, name), start=1):
        texts = trimmed([_text(cell, name, faults) if cell.value is not None else "" for cell in cells])
        if refusal := budget.take(line, texts):
            raise Faulty([Fault(name, refusal)])
        if texts:
            rows.append(Row(line, texts))
    if faults:
        raise Faulty(_first(faults, name))
    return rows


def _spread(rows: list[Row], scan: SheetScan, name: str) -> list[Row]:
    """Rows as a reader sees them: what stands in the top cell of a merged one holds for those below it."""
    lines = {row.line: list(row.cells) for row in rows}
    left = scan.limits.cells
    for first, last, column in scan.merged:
        text = lines[first][column - 1] if first in lines and len(lines[first]) >= column else ""
        below = range(first + 1, min(last, scan.last_row) + 1) if text else ()
        left -= len(below)
        if left < 0:
            raise Faulty([Fault(name, DAMAGED)])
        for line in below:
            if (cells := lines.get(line)) is not None:
                cells += [""] * (column - len(cells))
                cells[column - 1] = cells[column - 1] or text
    return [Row(row.line, tuple(lines[row.line])) for row in rows]


def _cells(sheet: Any, scan: SheetScan, name: str) -> Iterator[tuple[ReadOnlyCell, ...]]:
    """Rows 1 to the last that holds something; what the file claims as its dimension is not asked."""
    if not scan.last_row:
        return
    passing = sheet.iter_rows(min_row=1, max_row=scan.last_row, min_col=1, max_col=scan.last_column)
    try:
        for _ in range(scan.last_row):
            yield next(passing)
    except Exception as error:
        raise Faulty([Fault(name, DAMAGED)]) from error


def _text(cell: ReadOnlyCell, name: str, faults: list[Fault]) -> str:
    """A filled cell as text; one that has no honest text goes to `faults` and comes back empty."""
    if complaint := _complaint(cell):
        faults.append(Fault(cell_place(name, cell.row, cell.column), complaint))
        return ""
    return _unescaped(cell.value) if isinstance(cell.value, str) else _written(cell.value, cell)


def _unescaped(text: str) -> str:
    """Control characters are stored as `_x000D_` and the like."""
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x00" in text else text


def _complaint(cell: ReadOnlyCell) -> str | None:
    value = cell.value
    if cell.data_type == "e":
        return f"单元格是错误值 {value}；请改正后再导入"
    if isinstance(value, str):
        return f"内容超过{CELL_CHARACTERS}字；请缩短" if len(value) > CELL_CHARACTERS else None
    if isinstance(value, int | float) and not abs(value) < DIGITS_KEPT:
        return "数字超过15位，表格软件已丢失末尾数字；请把该列设为“文本”格式后重新填写"
    return None


def _written(value: object, cell: ReadOnlyCell) -> str:
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number(value, cell)
        case datetime():
            return _moment(value)
        case time():
            return value.strftime("%H:%M:%S").removesuffix(":00")
    return str(value)


def _number(value: float, cell: ReadOnlyCell) -> str:
    if value != int(value):
        return format(value, ".15g")
    digits = str(int(value))
    shape = cell.number_format or ""
    return digits.zfill(len(shape)) if set(shape) == {"0"} else digits


def _moment(value: datetime) -> str:
    """To the second; a midnight is a plain date."""
    rounded = (value + timedelta(milliseconds=500)).replace(microsecond=0)
    if rounded.time() == time():
        return rounded.date().isoformat()
    return rounded.isoformat(sep=" ").removesuffix(":00")


def _first(faults: list[Fault], name: str) -> list[Fault]:
    more = len(faults) - FAULTS_SHOWN
    rest = [Fault(name, f"另有{more}个单元格有同类问题")] if more > 0 else []
    return [*faults[:FAULTS_SHOWN], *rest]
