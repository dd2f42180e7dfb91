"""csv bytes to rows: encoding recognised strictly, separated by commas or tabs."""

from __future__ import annotations

import codecs
import csv
import re
from io import StringIO

from states.documents.rows import CALCULATED, Budget, Limits, Row, trimmed
from states.errors import Fault, Faulty

RESAVE = "请另存为“CSV UTF-8（逗号分隔）”后再试"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
GUARDED = re.compile(f"'+{CALCULATED}")


def read_delimited(content: bytes, name: str, limits: Limits) -> list[Row]:
    """Rows numbered as a spreadsheet numbers them; raises Faulty with the place of what cannot be read.

    An apostrophe that guards a formula-like text (see `writing.write_csv`) is taken off again.
    """
    text = _decoded(content, name)
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows: list[Row] = []
    budget = Budget(limits)
    line = 0
    try:
        for line, record in enumerate(reader, start=1):
            if cells := trimmed([_unguarded(cell) for cell in record]):
                if refusal := budget.take(line, cells):
                    raise _faulty(name, refusal)
                rows.append(Row(line, cells))
    except csv.Error as error:
        raise _faulty(f"{name} 第{line + 1}行", "引号没有配对，或有一格内容过长；请检查该行的引号") from error
    return rows


def _decoded(content: bytes, name: str) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\x00" in content:
        raise _faulty(name, f"含有空字符（NUL），不是正常的文本表格；{RESAVE}")
    else:
        encoding = _encoding(content)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _faulty(
            f"{name} 第{line}行", f"有无法识别的字节，不是 UTF-8 也不是 GB18030 编码；{RESAVE}"
        ) from error


def _encoding(content: bytes) -> str:
    """`utf-8-sig` or `gb18030`. A UTF-8 file with a bad byte in it must not pass as GB18030 by chance."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        lenient = content.decode("utf-8", errors="replace")
        mostly_utf8 = len(CHINESE.findall(lenient)) > lenient.count("\ufffd")
        return "utf-8-sig" if mostly_utf8 or content.startswith(codecs.BOM_UTF8) else "gb18030"
    return "utf-8-sig"


def _delimiter(text: str) -> str:
    head = next((line for line in text[:65_536].splitlines() if "," in line or "\t" in line), "")
    return "\t" if head.count("\t") > head.count(",") else ","


def _unguarded(cell: str) -> str:
    return cell[1:] if GUARDED.match(cell) else cell


def _faulty(place: str, says: str) -> Faulty:
    return Faulty([Fault(place, says)])
