"""Rows to xlsx or csv bytes. What begins like a formula stays text; equal rows give equal bytes."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

from states.documents.rows import CALCULATED, CELL_CHARACTERS
from states.errors import Fault, Faulty

Value = str | int | float | bool | Decimal | date | datetime | None

CREATED = datetime(2000, 1, 1, tzinfo=UTC)  # a fixed moment, so that the bytes depend on the rows alone
SPOOL_BEYOND = 300_000
MOST_ROWS = 1_048_575
CUT = "…（过长，已截断）"
NAME_CHARACTERS = 31
UNWRITABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
GUARD = re.compile(f"'*{CALCULATED}")
STYLES = {
    "head": {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#DDE6F0", "border": 1},
    "text": {"num_format": "@", "text_wrap": True, "valign": "top"},
    "number": {"valign": "top"},
    "date": {"num_format": "yyyy-mm-dd", "valign": "top"},
    "moment": {"num_format": "yyyy-mm-dd hh:mm", "valign": "top"},
}


@dataclass(frozen=True)
class Sheet:
    """A table to write: columns as (title, width in characters), rows in the same order."""

    name: str
    columns: Sequence[tuple[str, float]]
    rows: Sequence[Sequence[Value]]


def write(sheets: Sequence[Sheet], spool_beyond: int = SPOOL_BEYOND) -> bytes:
    """An xlsx with one worksheet a sheet; raises Faulty when a sheet has more rows than a worksheet can hold.

    With more than `spool_beyond` cells the library spools rows through a scratch file of its own: memory stays small.
    """
    import xlsxwriter  # here and not above: whoever writes no sheet starts without it

    buffer = BytesIO()
    large = sum(len(sheet.rows) * len(sheet.columns) for sheet in sheets) > spool_beyond
    book = xlsxwriter.Workbook(buffer, {"in_memory": not large, "constant_memory": large})
    book.set_properties({"created": CREATED})
    styles = {key: book.add_format(style) for key, style in STYLES.items()}
    for name, sheet in zip(_names(sheets), sheets, strict=True):
        if len(sheet.rows) > MOST_ROWS:
            raise Faulty(
                [Fault(sheet.name, f"有{len(sheet.rows)}行，超过一个工作表的上限{MOST_ROWS}行；请缩小范围")]
            )
        _fill(book.add_worksheet(name), sheet, styles)
    book.close()
    return buffer.getvalue()


def write_csv(sheet: Sheet) -> bytes:
    """The sheet as csv that Excel opens in Chinese and never calculates; `sheet.read` gives the texts back."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([_guarded(title) for title, _ in sheet.columns])
    for row in sheet.rows:
        writer.writerow([_csv_text(value) for value in row])
    return out.getvalue().encode("utf-8-sig", errors="replace")


def _fill(page: Any, sheet: Sheet, styles: dict[str, Any]) -> None:
    for column, (title, width) in enumerate(sheet.columns):
        page.set_column(column, column, width, styles["text"])
        page.write_string(0, column, clean(title), styles["head"])
    for line, row in enumerate(sheet.rows, start=1):
        for column, value in enumerate(row):
            put(page, line, column, value, styles)
    page.freeze_panes(1, 0)
    if sheet.columns:
        page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)


def put(page: Any, line: int, column: int, value: Value, styles: dict[str, Any]) -> None:
    """One cell with its own type; what a number or date cell cannot hold is written as text."""
    match value:
        case bool():
            page.write_boolean(line, column, value, styles["number"])
        case int() | float() | Decimal() if _fits(value):
            page.write_number(line, column, value, styles["number"])
        case datetime() if value.year >= 1900:
            page.write_datetime(line, column, value.replace(tzinfo=None), styles["moment"])
        case date() if value.year >= 1900:
            page.write_datetime(line, column, value, styles["date"])
        case _:
            if text := _text(value):
                page.write_string(line, column, clean(text), styles["text"])


def _fits(value: float | Decimal) -> bool:
    """Finite, and within the 15 digits that a spreadsheet keeps."""
    return math.isfinite(value) and abs(float(value)) < 10**15


def _text(value: Value) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case datetime():
            return value.replace(tzinfo=None).isoformat(sep=" ", timespec="minutes")
        case float() | Decimal() if not math.isfinite(value):
            return ""
    return str(value)


def _csv_text(value: Value) -> str:
    return _guarded(value) if isinstance(value, str) else _text(value)


def _guarded(text: str) -> str:
    """An apostrophe before anything a spreadsheet would calculate."""
    return f"'{text}" if GUARD.match(text) else text


def clean(text: str) -> str:
    """Without characters that XML cannot hold, and no longer than a cell."""
    text = UNWRITABLE.sub("\ufffd", text)
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - len(CUT)] + CUT


def _names(sheets: Sequence[Sheet]) -> list[str]:
    """Worksheet names as Excel allows them: 31 characters, none of []:*?/\\, each once."""
    names: list[str] = []
    taken = {"history"}
    for sheet in sheets:
        stem = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", UNWRITABLE.sub(" ", sheet.name)).strip(" '") or "表"
        name, count = stem[:NAME_CHARACTERS], 1
        while name.lower() in taken:
            count += 1
            name = f"{stem[: NAME_CHARACTERS - len(str(count)) - 2]}（{count}）"
        taken.add(name.lower())
        names.append(name)
    return names
