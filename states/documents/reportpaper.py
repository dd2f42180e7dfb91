"""A work report as docx: headings and text as official papers have them, one table that adds up, two charts.

The same facts give the same bytes. Set in zh-CN, or punctuation would be that of another language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from states.documents.chart import Bar, bars, picture
from states.documents.reportwords import (
    CHART_RATES,
    CHART_STATES,
    TABLE,
    Block,
    blocks,
    percent,
)
from states.documents.zipping import fixed, parts_of
from states.worked import Figures, Worked

HEADING, SONG, BLACK, TEXT = "方正小标宋简体", "仿宋_GB2312", "黑体", "仿宋_GB2312"
COLUMNS = (
    ("地区（单位）", 3.8),
    ("单位数", 1.5),
    ("已办结", 1.5),
    ("应报", 1.4),
    ("按时", 1.4),
    ("迟报", 1.4),
    ("零报告", 1.5),
    ("未报", 1.4),
    ("报送率", 2.3),
)
MOST_BARS, SMALL = 20, 9
TOTAL = "合计"


def work_report(found: Worked) -> bytes:
    """The whole report."""
    document = _blank()
    special: Mapping[str, Callable[[Any, Worked], None]] = {
        TABLE: _table,
        CHART_STATES: _states,
        CHART_RATES: _rates,
    }
    for block in blocks(found):
        if block.style in special:
            special[block.style](document, found)
        else:
            _write(document, block)
    properties = document.core_properties
    properties.title, properties.author = f"{found.title}工作汇报"[:255], found.owner[:255]
    properties.last_modified_by = found.owner[:255]
    properties.created = properties.modified = datetime.combine(found.day, datetime.min.time())
    properties.revision = 1
    saved = BytesIO()
    document.save(saved)
    return fixed(parts_of(saved.getvalue()))


def _blank() -> Any:
    """A4 with the margins of GB/T 9704, zh-CN, 仿宋 三号 on a fixed line of 28 pt."""
    document = Document()
    page = document.sections[0]
    page.orientation, page.page_width, page.page_height = WD_ORIENT.PORTRAIT, Cm(21), Cm(29.7)
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = (
        Cm(3.7),
        Cm(3.5),
        Cm(2.8),
        Cm(2.6),
    )
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Times New Roman", Pt(16)
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), TEXT)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    normal.element.get_or_add_rPr().append(language)
    return document


def _write(document: Any, block: Block) -> None:
    looks = {
        "title": (HEADING, 22, WD_ALIGN_PARAGRAPH.CENTER, False, 36),
        "subtitle": (TEXT, 16, WD_ALIGN_PARAGRAPH.CENTER, False, 28),
        "head": (BLACK, 16, WD_ALIGN_PARAGRAPH.LEFT, True, 28),
        "text": (TEXT, 16, WD_ALIGN_PARAGRAPH.JUSTIFY, True, 28),
        "note": (TEXT, 12, WD_ALIGN_PARAGRAPH.LEFT, False, 20),
        "caption": (BLACK, 14, WD_ALIGN_PARAGRAPH.CENTER, False, 26),
    }
    font, size, align, indent, line = looks[block.style]
    paragraph = document.add_paragraph()
    shape = paragraph.paragraph_format
    shape.alignment, shape.space_before, shape.space_after = align, Pt(0), Pt(0)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line)
    shape.keep_with_next = block.style in ("head", "caption")
    if indent:
        shape.first_line_indent = Pt(2 * size)
    _run(paragraph, block.text, font, size)


def _run(paragraph: Any, text: str, font: str, size: float) -> None:
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    run.font.name = "Times New Roman"
    fonts = run._element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), font)
    fonts.set(qn("w:hint"), "eastAsia")


def _table(document: Any, found: Worked) -> None:
    """Regions with their figures; the last line adds them up. The ledger has columns of its own where there is one."""
    ledger = (("应销号", 1.4), ("销号", 1.4), ("销号率", 2.3)) if found.whole.items else ()
    columns = (*COLUMNS, *ledger)
    _write(document, Block("caption", "各地区工作情况"))
    table = document.add_table(rows=1, cols=len(columns))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    full = sum(width for _name, width in columns)
    widths = [Cm(15.6 * width / full) for _name, width in columns]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    _row(table.rows[0], [name for name, _width in columns], widths, BLACK)
    _repeat(table.rows[0])
    lines = [(one.name, one.figures) for one in found.regions]
    for name, figures in [*lines, (TOTAL, found.whole)]:
        cells = _cells(figures)
        font = BLACK if name == TOTAL else TEXT
        _row(table.add_row(), [name, *cells[: len(columns) - 1]], widths, font)


def _cells(one: Figures) -> list[str]:
    handed = one.handed
    came_in = (handed.due, handed.on_time, handed.late_filled, handed.nil, handed.missing)
    numbers = (one.units, one.closed, *came_in)
    return [
        *map(str, numbers),
        percent(handed.rate),
        str(one.items_to_close),
        str(one.items_closed),
        percent(one.closing),
    ]


def _row(row: Any, texts: list[str], widths: list[Any], font: str) -> None:
    whole = OxmlElement("w:cantSplit")
    row._tr.get_or_add_trPr().append(whole)
    for at, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
        cell.width = widths[at]
        paragraph = cell.paragraphs[0]
        shape = paragraph.paragraph_format
        shape.alignment = WD_ALIGN_PARAGRAPH.LEFT if at == 0 else WD_ALIGN_PARAGRAPH.CENTER
        shape.space_before = shape.space_after = Pt(2)
        shape.line_spacing = 1.0
        _run(paragraph, text, font, SMALL if len(texts) > len(COLUMNS) else 10.5)


def _repeat(row: Any) -> None:
    """The head of the table on every page."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _states(document: Any, found: Worked) -> None:
    units = found.whole.units
    shown = [Bar(one.name, one.number / units if units else None, str(one.number)) for one in found.states]
    _chart(document, "图1　单位进度（家）", shown)


def _rates(document: Any, found: Worked) -> None:
    ranked = [one for one in found.ranked if one.figures.handed.rate is not None]
    shown = [Bar(one.name, one.figures.handed.rate, percent(one.figures.handed.rate)) for one in ranked]
    _chart(document, "图2　各地区报送率", shown)


def _chart(document: Any, caption: str, shown: list[Bar]) -> None:
    """A picture of numbered bars, and what the numbers mean below it."""
    if not shown:
        return
    few = shown[:MOST_BARS]
    _write(document, Block("caption", caption))
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    paragraph.add_run().add_picture(BytesIO(picture(bars(few))), width=Cm(15))
    names = "；".join(f"{number}　{bar.name}" for number, bar in enumerate(few, 1))
    rest = f"；其余{len(shown) - len(few)}个未画出" if len(shown) > len(few) else ""
    _write(document, Block("note", names + rest))
