"""A Word file (.docx) -> paragraphs with their automatic numbers, and tables with merged cells spread out.

Every part is inflated under a cap and scanned before it is parsed; text that was deleted or moved away (tracked) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from defusedxml.ElementTree import fromstring

from states.documents.partscan import PartScan
from states.documents.wordfile import DAMAGED, W
from states.documents.wordnumbers import Numbers
from states.documents.zipping import BROKEN
from states.drafts import Manuscript, from_parts
from states.errors import Fault, Faulty

DOCUMENT, NUMBERING = "word/document.xml", "word/numbering.xml"
WRAPPERS = {f"{W}{name}" for name in ("sdt", "sdtContent", "ins", "customXml")}
# Where text stood before it was moved; and what is said once more for programs that are too old for what stands beside it.
SAID_ELSEWHERE = (f"{W}moveFrom", "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback")
MOST_BYTES = 20 * 1024 * 1024
MOST_ELEMENTS = 1_000_000
Table = tuple[tuple[str, ...], ...]
DEEPEST = 200  # Word itself nests tables, boxes and fields a few dozen times
OLD_FORMAT = b"\xd0\xcf\x11\xe0"
OLD = "是旧版 Word 文档（.doc）；请用 Word 或 WPS 另存为 .docx 或纯文本"
HUGE = "解压后大得不正常，已拒绝读取"


def read(content: bytes, name: str) -> Manuscript:
    """The text and the tables of a Word file; raises Faulty with one sentence for any other file."""
    reading = _reading(content, name)
    return from_parts(reading.paragraphs, reading.tables)


def in_order(content: bytes, name: str) -> list[str | Table]:
    """Paragraphs and tables as they follow each other. Raises Faulty like `read`."""
    return _reading(content, name).blocks


def _reading(content: bytes, name: str) -> _Reading:
    if content.startswith(OLD_FORMAT):
        raise Faulty([Fault(name, OLD)])
    try:
        with ZipFile(BytesIO(content)) as archive:
            root = _part(archive, DOCUMENT, name)
            numbered = NUMBERING in archive.namelist()
            numbers = Numbers(_part(archive, NUMBERING, name) if numbered else None)
    except BROKEN as error:
        raise Faulty([Fault(name, DAMAGED)]) from error
    body = root.find(f"{W}body")
    if body is None:
        raise Faulty([Fault(name, DAMAGED)])
    reading = _Reading(numbers)
    reading.take(body)
    return reading


def _part(archive: ZipFile, part: str, name: str) -> Element:
    with archive.open(part) as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Faulty([Fault(name, HUGE)])
    scan = PartScan(name, most=MOST_ELEMENTS)
    scan.feed(content)
    scan.feed(b"")
    root: Element = fromstring(content)
    if _deeper(root, DEEPEST):
        raise Faulty([Fault(name, HUGE)])
    return root


def _deeper(root: Element, most: int) -> bool:
    """Whether elements lie in each other more than so many times: what is read by going down would not come to its end."""
    level = [root]
    for _ in range(most):
        level = [child for one in level for child in one]
    return bool(level)


class _Reading:
    """Paragraphs and tables in the order of the document."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.paragraphs: list[str] = []
        self.tables: list[Table] = []
        self.blocks: list[str | Table] = []

    def take(self, parent: Element) -> None:
        for child in parent:
            if child.tag == f"{W}p":
                lines = self._paragraph(child).split("\n")
                self.paragraphs += lines
                self.blocks += lines
            elif child.tag == f"{W}tbl":
                table = tuple(self._rows(child))
                self.tables.append(table)
                self.blocks.append(table)
            elif child.tag in WRAPPERS:
                self.take(child)

    def _paragraph(self, element: Element) -> str:
        return self.numbers.before(element) + "".join(_text(element))

    def _rows(self, table: Element) -> Iterator[tuple[str, ...]]:
        above: dict[int, str] = {}
        for row in _children(table, "tr"):
            cells: list[str] = [""] * _before(row)
            for cell in _children(row, "tc"):
                place, text = len(cells), self._cell(cell)
                if _goes_on(cell):
                    text = above.get(place, "")
                above[place] = text
                cells += [text] + [""] * (_width(cell) - 1)
            yield tuple(cells)

    def _cell(self, cell: Element) -> str:
        found = (self._paragraph(one).strip() for one in cell.iter(f"{W}p"))
        return "\n".join(one for one in found if one)


def _children(parent: Element, name: str) -> Iterator[Element]:
    """The children of that name; those of a table inside a cell are not of this one."""
    for child in parent:
        if child.tag == f"{W}{name}":
            yield child
        elif child.tag in WRAPPERS:
            yield from _children(child, name)


def _text(paragraph: Element) -> Iterator[str]:
    for one in paragraph:
        if one.tag == f"{W}t":
            yield one.text or ""
        elif one.tag == f"{W}tab":
            yield " "
        elif one.tag in (f"{W}br", f"{W}cr"):
            yield "\n"
        elif one.tag not in (f"{W}pPr", *SAID_ELSEWHERE):
            yield from _text(one)


def _goes_on(cell: Element) -> bool:
    """The lower part of a cell merged downwards."""
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    return merge is not None and merge.get(f"{W}val", "continue") == "continue"


def _width(cell: Element) -> int:
    return max(_number(cell.find(f"{W}tcPr/{W}gridSpan")), 1)


def _before(row: Element) -> int:
    """Columns that the first cell of a row stands away from the edge."""
    return _number(row.find(f"{W}trPr/{W}gridBefore"))


def _number(found: Element | None) -> int:
    value = found.get(f"{W}val", "") if found is not None else ""
    return min(int(value), 60) if value.isascii() and value.isdigit() and len(value) < 9 else 0
