"""A ledger printed at the end of a plan, as an office saves it from Word: a whole package with the plan's text before it.

One column is merged over several rows and said anew on each page, the header stands on every page again, the second half
is a table of its own; measures are numbered by hand, by Word, or broken over two lines; runs are torn as editing leaves
them, with a tracked deletion, a bookmark and a proofing mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEADER = ("项目\n名称", "问题清单", "具体措施", "责任\n部门", "完成\n时限")
WIDTHS = (1100, 3900, 5600, 1300, 1300)
BEFORE = (
    *("附件", "整治群众身边不正之风和“微腐败”问题专项行动工作台账"),
    "五、实施步骤",
    "（一）自查自纠（8月）。",
)
PLACED = (
    '<w:sectPr><w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/>'
    '<w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440"/></w:sectPr>'
)


@dataclass(frozen=True)
class Layout:
    """`pages`: numbers of the rows that begin a page; `said`: those whose project is printed, others are merged into the
    one above. `departments`, `measures`: cells printed otherwise than one name or measure a line, by number of the row.
    `numbered`: rows whose measures Word numbers by itself; `apart`: the row with which the second table begins.
    """

    pages: frozenset[int]
    said: frozenset[int]
    apart: int
    departments: Mapping[int, str] = field(default_factory=dict)
    measures: Mapping[int, str] = field(default_factory=dict)
    numbered: frozenset[int] = frozenset()


def annex(rows: Sequence[Any], layout: Layout, due: Mapping[int, str] | None = None) -> bytes:
    """The Word file. `due`: other deadlines than the rows have, by number."""
    first = [row for row in rows if row.no < layout.apart]
    second = [row for row in rows if row.no >= layout.apart]
    tables = [_table(some, layout, due or {}) for some in (first, second)]
    body = "".join(_paragraph(words) for words in BEFORE) + _paragraph("").join(tables) + PLACED
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, content in _parts(body):
            archive.writestr(name, content)
    return buffer.getvalue()


def _table(rows: Iterable[Any], layout: Layout, due: Mapping[int, str]) -> str:
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in WIDTHS)
    lines = []
    for row in rows:
        if row.no in layout.pages:
            lines.append(_row(map(_cell, HEADER, WIDTHS), "<w:trPr><w:tblHeader/></w:trPr>"))
        lines.append(_row(_cells(row, layout, due), "<w:trPr><w:cantSplit/></w:trPr>"))
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="4"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    return f"<w:tbl><w:tblPr><w:tblBorders>{sides}</w:tblBorders></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(lines)}</w:tbl>"


def _cells(row: Any, layout: Layout, due: Mapping[int, str]) -> Iterable[str]:
    said = row.no in layout.said
    merged = '<w:vMerge w:val="restart"/>' if said else "<w:vMerge/>"
    measures = layout.measures.get(row.no, "\n".join(row.measures))
    departments = layout.departments.get(row.no, "\n".join(row.departments))
    yield _cell(row.project if said else "", WIDTHS[0], merged)
    yield _cell(row.problem, WIDTHS[1], torn=True)
    yield _cell(measures, WIDTHS[2], counted=row.no in layout.numbered)
    yield _cell(departments, WIDTHS[3], '<w:vAlign w:val="center"/>')
    yield _cell(due.get(row.no, row.due or ""), WIDTHS[4], torn=True)


def _row(cells: Iterable[str], properties: str) -> str:
    return f"<w:tr>{properties}{''.join(cells)}</w:tr>"


def _cell(text: str, width: int, more: str = "", *, torn: bool = False, counted: bool = False) -> str:
    lines = text.split("\n")
    if counted:
        lines = [line.partition(".")[2] for line in lines]
    paragraphs = "".join(_paragraph(line, torn=torn, counted=counted) for line in lines)
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{more}</w:tcPr>{paragraphs}</w:tc>'


def _paragraph(text: str, *, torn: bool = False, counted: bool = False) -> str:
    numbered = '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>' if counted else ""
    middle = len(text) // 2
    if not torn or middle == 0:
        return f"<w:p>{numbered}{_run(text)}</w:p>"
    gone = '<w:del w:id="7" w:author="示例"><w:r><w:delText>已删去的话</w:delText></w:r></w:del>'
    marks = '<w:proofErr w:type="spellStart"/><w:bookmarkStart w:id="0" w:name="b"/><w:bookmarkEnd w:id="0"/>'
    added = f'<w:ins w:id="8" w:author="示例">{_run(text[middle:])}</w:ins>'
    return f"<w:p>{numbered}{_run(text[:middle])}{gone}{marks}{added}</w:p>"


def _run(text: str) -> str:
    if not text:
        return ""
    style = '<w:rPr><w:rFonts w:eastAsia="仿宋_GB2312"/><w:sz w:val="24"/></w:rPr>'
    return f'<w:r>{style}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _parts(body: str) -> Iterable[tuple[str, str]]:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    types = f'<Default Extension="rels" ContentType="{rels}"/>'
    for part, kind in (("document", "document.main"), ("numbering", "numbering")):
        types += f'<Override PartName="/word/{part}.xml" ContentType="{TYPE}.{kind}+xml"/>'
    level = '<w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/>'
    numbers = f'<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0">{level}</w:lvl></w:abstractNum>'
    numbers += '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    yield "[Content_Types].xml", f'{head}<Types xmlns="{PACKAGE}/content-types">{types}</Types>'
    yield "_rels/.rels", _related(head, f"{RELATED}/officeDocument", "word/document.xml")
    yield "word/_rels/document.xml.rels", _related(head, f"{RELATED}/numbering", "numbering.xml")
    yield "word/numbering.xml", f'{head}<w:numbering xmlns:w="{WORD}">{numbers}</w:numbering>'
    yield "word/document.xml", f'{head}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'


def _related(head: str, kind: str, target: str) -> str:
    one = f'<Relationship Id="rId1" Type="{kind}" Target="{target}"/>'
    return f'{head}<Relationships xmlns="{PACKAGE}/relationships">{one}</Relationships>'
