"""A sheet as officials print it: a title over it, its header on every page, drop-downs, columns nobody sees.

Rows are made as high as their text needs: not every program that opens the file does that by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from states.documents import continued
from states.documents.continued import HIGHEST, Rest
from states.documents.rows import column_letters
from states.documents.writing import CREATED, MOST_ROWS, SPOOL_BEYOND, STYLES, Sheet, Value, clean, put
from states.errors import Fault, Faulty

ABOVE = 2  # rows over the header: title, and what the sheet is about
CHOICES = "选项"
SPARE_ROWS = 200  # below the last item, for what is added by hand
A4, LANDSCAPE_MARGINS = 9, (0.4, 0.4, 0.6, 0.6)
_EXTRA: Mapping[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 18, "align": "center", "valign": "vcenter", "font_name": "宋体"},
    "about": {"align": "left", "valign": "vcenter", "font_name": "宋体", "text_wrap": True},
}


@dataclass(frozen=True)
class Paper:
    """`choices`: column → what its drop-down offers, and whether nothing else may be written there.

    `printed`: so many of the first columns are on paper (0: all that are shown); the title stands over them.
    `hidden`: so many of the last columns are not shown. `notes`: column → what a note at its header says. `rules`:
    column → what else may be written in it, as the library names it. `blanks`: column → the style of an empty cell.
    """

    title: str
    about: str
    choices: Mapping[int, tuple[Sequence[str], bool]] = field(default_factory=dict)
    hidden: int = 0
    printed: int = 0
    notes: Mapping[int, str] = field(default_factory=dict)
    rules: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    blanks: Mapping[int, str] = field(default_factory=dict)

    def paper(self, sheet: Sheet) -> int:
        """How many columns are on paper."""
        return self.printed or len(sheet.columns) - self.hidden


def write_paper(sheet: Sheet, paper: Paper) -> bytes:
    """An xlsx with one worksheet to print and to fill in; raises Faulty when it has more rows than one can hold."""
    if len(sheet.rows) + ABOVE + 1 > MOST_ROWS:
        raise Faulty([Fault(sheet.name, f"有{len(sheet.rows)}行，超过一个工作表的上限；请缩小范围")])
    import xlsxwriter  # see states.documents.writing

    buffer = BytesIO()
    large = len(sheet.rows) * len(sheet.columns) > SPOOL_BEYOND
    book = xlsxwriter.Workbook(buffer, {"in_memory": not large, "constant_memory": large})
    book.set_properties({"created": CREATED, "title": clean(paper.title)})
    bordered = {key: {**style, "font_name": "宋体", "border": 1} for key, style in STYLES.items()}  # type: ignore[dict-item]
    styles = {key: book.add_format(style) for key, style in {**bordered, **_EXTRA}.items()}
    page = book.add_worksheet(sheet.name)
    offered = book.add_worksheet(CHOICES)
    heights = _heights(sheet, paper)
    rest = _rest(sheet, paper, heights)
    _set_up(page, sheet, paper)
    _fill(page, sheet, paper, styles, heights, continued.said(rest, sheet.columns[0][0]))
    _offer(page, offered, sheet, paper)
    if rest:
        continued.write(book.add_worksheet(continued.NAME), rest, styles)
    _guide(page, sheet, paper)
    book.close()
    return buffer.getvalue()


def _set_up(page: Any, sheet: Sheet, paper: Paper) -> None:
    """How it looks on the screen and on paper."""
    shown = len(sheet.columns) - paper.hidden
    for column, (_title, width) in enumerate(sheet.columns):
        page.set_column(column, column, width, None, {"hidden": True} if column >= shown else {})
    page.set_landscape()
    page.set_paper(A4)
    page.set_margins(*LANDSCAPE_MARGINS)
    page.fit_to_pages(1, 0)
    page.repeat_rows(ABOVE)
    page.print_area(0, 0, ABOVE + len(sheet.rows), paper.paper(sheet) - 1)
    page.set_footer("&C第 &P 页，共 &N 页")
    page.freeze_panes(ABOVE + 1, 0)
    page.autofilter(ABOVE, 0, ABOVE + len(sheet.rows), len(sheet.columns) - 1)


def _heights(sheet: Sheet, paper: Paper) -> list[float]:
    """Of every row, as its text needs; some may be higher than a row can be."""
    widths = [width for _title, width in sheet.columns][: len(sheet.columns) - paper.hidden]
    return [_height(row, widths) for row in sheet.rows]


def _rest(sheet: Sheet, paper: Paper, heights: Sequence[float]) -> list[Rest]:
    """What does not go on paper in the table."""
    tall = [at for at, height in enumerate(heights) if height > HIGHEST]
    return continued.rests(sheet.rows, sheet.columns[: paper.paper(sheet)], tall)


def _fill(
    page: Any, sheet: Sheet, paper: Paper, styles: dict[str, Any], heights: Sequence[float], more: str
) -> None:
    last = paper.paper(sheet) - 1
    widths = [width for _title, width in sheet.columns][: len(sheet.columns) - paper.hidden]
    about = paper.about + more
    page.set_row(0, 32)
    page.set_row(1, continued.height(_lines_over(sheet, last, about)))
    for line, (words, style) in enumerate(((paper.title, "title"), (about, "about"))):
        page.merge_range(line, 0, line, last, "", styles[style])
        page.write_string(
            line, 0, clean(words), styles[style]
        )  # merge_range itself would take `=…` for a formula
    head = [title for title, _width in sheet.columns]
    page.set_row(ABOVE, row_height(head, widths))
    for column, title in enumerate(head):
        page.write_string(ABOVE, column, clean(title), styles["head"])
    for line, row in enumerate(sheet.rows, start=ABOVE + 1):
        page.set_row(line, min(heights[line - ABOVE - 1], HIGHEST))
        for column, value in enumerate(row):
            if value is None or value == "":
                page.write_blank(line, column, None, styles[paper.blanks.get(column, "text")])
            else:
                put(page, line, column, value, styles)


def _offer(page: Any, offered: Any, sheet: Sheet, paper: Paper) -> None:
    """Drop-downs read what they offer from a hidden worksheet: a list in the rule itself may have 255 characters."""
    offered.hide()
    last = ABOVE + max(len(sheet.rows), 1) + SPARE_ROWS
    ordered = list(paper.choices.items())
    for line in range(max((len(values) for _, (values, _) in ordered), default=0)):
        for place, (_column, (values, _strict)) in enumerate(ordered):
            if line < len(values):
                offered.write_string(line, place, clean(values[line]))
    for place, (column, (values, strict)) in enumerate(ordered):
        if not values:
            continue
        letter = column_letters(place + 1)
        rule: dict[str, Any] = {
            "validate": "list",
            "source": f"={CHOICES}!${letter}$1:${letter}${len(values)}",
            "error_type": "stop" if strict else "information",
            "show_error": strict,
            "error_title": "请从列表中选择",
            "error_message": "这一栏只能填列表中的内容",
        }
        page.data_validation(ABOVE + 1, column, last, column, rule)


def _guide(page: Any, sheet: Sheet, paper: Paper) -> None:
    """Notes at the headers, and rules for what may be written below them."""
    last = ABOVE + max(len(sheet.rows), 1) + SPARE_ROWS
    for column, says in paper.notes.items():
        page.write_comment(ABOVE, column, clean(says), {"x_scale": 2, "author": "duban"})
    for column, rule in paper.rules.items():
        page.data_validation(ABOVE + 1, column, last, column, dict(rule))


def row_height(row: Sequence[Value], widths: Sequence[float]) -> float:
    """In points, so that no wrapped text is cut; a spreadsheet allows 409 at most. `widths`: of the columns shown."""
    return min(_height(row, widths), HIGHEST)


def _height(row: Sequence[Value], widths: Sequence[float]) -> float:
    return continued.height(
        max(continued.lines_of(value, width) for value, width in zip(row, widths, strict=False))
    )


def _lines_over(sheet: Sheet, last: int, text: str) -> int:
    """How many lines a text over the table takes."""
    return continued.lines_of(text, sum(width for _title, width in sheet.columns[: last + 1]))
