"""A streaming look at the XML parts of a workbook before any library builds objects from them.

Memory stays constant whatever the part holds: expat tells of elements as they pass, nothing is kept but counts,
the extent of the cells that hold something, and the formulas that hold no value.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from states.documents.rows import Limits
from states.errors import Fault, Faulty

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PLAIN_ELEMENTS = 100_000
ROW_ELEMENTS = 20_000
TEXT_BYTES = 4 * 1024 * 1024
DAMAGED = "内部结构不正常，文件可能已损坏；请用 Excel 或 WPS 打开，另存为 .xlsx 后再试"
MERGED = re.compile(r"(?P<column>[A-Z]{1,2})(?P<first>\d{1,7}):[A-Z]{1,3}(?P<last>\d{1,7})")
STRICT_NAMESPACE = "http://purl.oclc.org/ooxml/"
STRICT = "是“Strict Open XML”格式；请另存为普通的“Excel 工作簿（*.xlsx）”"
TOO_BUSY = "内容过于繁杂，无法安全读取；请新建一个工作簿，只粘贴数值后再试"


class PartScan:
    """Any part: no DTD, no more than `most` elements, no endless text.

    A part that is not `strict` may be ill-formed (old comment drawings are): whoever parses it later stops at
    the same byte where this scan stopped.
    """

    def __init__(self, place: str, most: int = PLAIN_ELEMENTS, strict: bool = True) -> None:
        self.place = place
        self.most = most
        self.strict = strict
        self.elements = 0
        self.silent_bytes = 0
        self.stopped = False
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.start

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes, an empty chunk at the end; raises Faulty when the part is not harmless."""
        if self.stopped:
            return
        before = self.elements
        try:
            self.parser.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            if self.strict:
                raise self.faulty(DAMAGED) from error
            self.stopped = True
        self.silent_bytes = self.silent_bytes + len(chunk) if self.elements == before else 0
        if self.silent_bytes > TEXT_BYTES:
            raise self.faulty(TOO_BUSY)

    def doctype(self, *_: object) -> None:
        raise self.faulty("文件内含 DTD 实体定义，可能是恶意构造的文件，已拒绝读取")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > self.most:
            raise self.faulty(TOO_BUSY)

    def faulty(self, says: str) -> Faulty:
        return Faulty([Fault(self.place, says)])


class ManifestScan(PartScan):
    """`[Content_Types].xml`: which part is declared to be what."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.types: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        super().start(name, attributes)
        if not name.endswith("}Override"):
            return
        part = attributes.get("PartName", "").removeprefix("/")
        if part in self.types:
            raise self.faulty(DAMAGED)
        self.types[part] = attributes.get("ContentType", "")


class SheetScan(PartScan):
    """A worksheet: rows in order and of bounded size, the extent of what is filled, formulas without a value.

    `last_row` and `last_column` count only cells that hold something: formatted emptiness and the declared
    dimension mean nothing. `merged`: first row, last row and column of what is merged downwards.
    """

    def __init__(self, place: str, limits: Limits) -> None:
        from openpyxl.utils import column_index_from_string

        super().__init__(place, most=PLAIN_ELEMENTS + 4 * limits.cells)
        self.column_of = column_index_from_string
        self.limits = limits
        self.last_row = self.last_column = self.cells = 0
        self.valueless: list[tuple[int, int]] = []
        self.merged: list[tuple[int, int, int]] = []
        self.row = self.column = self.row_elements = 0
        self.formula = self.answered = False
        self.in_data = self.data_seen = False
        self.cell_type = ""
        self.open: list[str] = []
        # Only the length of `open` counts, so taking out the first equal name is as good as the last.
        self.parser.EndElementHandler = self.open.remove
        self.handlers = {
            f"{MAIN}row": self._start_row,
            f"{MAIN}c": self._start_cell,
            f"{MAIN}v": self._start_value,
            f"{MAIN}is": self._start_value,
            f"{MAIN}f": self._start_formula,
            f"{MAIN}mergeCell": self._start_merged,
        }

    def start(self, name: str, attributes: dict[str, str]) -> None:
        super().start(name, attributes)
        self.open.append(name)
        if len(self.open) <= 2:
            self._start_section(name)
        elif self.in_data or not self.data_seen:
            self.row_elements += 1
            if self.row_elements > ROW_ELEMENTS:
                raise self.faulty(TOO_BUSY)
        if handler := self.handlers.get(name):
            handler(attributes)

    def _start_section(self, name: str) -> None:
        """The root and its children: one worksheet with one sheetData, whose rows alone are read."""
        if len(self.open) == 1 and name != f"{MAIN}worksheet":
            raise self.faulty(STRICT if name.startswith(STRICT_NAMESPACE) else DAMAGED)
        self.in_data = name == f"{MAIN}sheetData"
        if self.in_data and self.data_seen:
            raise self.faulty(DAMAGED)
        self.data_seen = self.data_seen or self.in_data

    def _start_row(self, attributes: dict[str, str]) -> None:
        self.settle()
        number = _whole(attributes.get("r"), self.row + 1)
        if not self.in_data or len(self.open) != 3 or number is None or number <= self.row:
            raise self.faulty(DAMAGED)
        self.row, self.column, self.row_elements = number, 0, 0

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self.settle()
        reference = attributes.get("r")
        try:
            self.column = self.column_of(reference.rstrip("0123456789")) if reference else self.column + 1
        except ValueError as error:
            raise self.faulty(DAMAGED) from error
        self.cell_type = attributes.get("t", "n")

    def _start_merged(self, attributes: dict[str, str]) -> None:
        found = MERGED.fullmatch(attributes.get("ref", ""))
        if found and int(found["first"]) < int(found["last"]):
            self.merged.append((int(found["first"]), int(found["last"]), self.column_of(found["column"])))

    def _start_formula(self, _: dict[str, str]) -> None:
        self.formula = True

    def _start_value(self, _: dict[str, str]) -> None:
        self.cells += 1
        if self.row > self.limits.rows:
            raise self.faulty(
                f"第{self.row}行有内容，超过上限{self.limits.rows}行；请删去多余的行，或分成几个文件"
            )
        if self.column > self.limits.columns:
            raise self.faulty(f"第{self.column}列有内容，超过上限{self.limits.columns}列；请删去多余的列")
        if self.cells > self.limits.cells:
            raise self.faulty(f"有内容的单元格超过上限{self.limits.cells}个；请分成几个文件")
        self.last_row = self.row
        self.last_column = max(self.last_column, self.column)
        if self.formula and self.cell_type in ("str", "inlineStr"):
            self.answered = True  # an empty text is an answer too
        elif self.formula:
            self.parser.CharacterDataHandler = self._answer

    def _answer(self, text: str) -> None:
        self.answered = self.answered or bool(text.strip())

    def settle(self) -> None:
        """The cell just passed is complete: note it when it is a formula that nobody has calculated."""
        if self.formula and not self.answered:
            self.valueless.append((self.row, self.column))
        if self.formula:
            self.parser.CharacterDataHandler = None
        self.formula = self.answered = False


def _whole(text: str | None, otherwise: int) -> int | None:
    if text is None:
        return otherwise
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
