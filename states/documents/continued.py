"""What a row on paper can't hold goes on behind the table: on a worksheet of its own, in rows that fit.

A spreadsheet has no row higher than 409 points. The cell itself keeps its whole text, so that the file comes back as it went.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any, NamedTuple

from states.documents.writing import Value, clean

NAME = "续表"
LINE, PADDING, HIGHEST = 16.0, 4.0, 409.0  # points: a line of 11, above and below, the highest row
WIDE, SLACK = 2.1, 1.5  # digits: a Chinese letter; what margins and signs that may not begin a line take
COLUMNS: tuple[tuple[str, float], ...] = (("所在行", 16), ("栏目", 14), ("内容", 100))
LINES = 20  # of one row here
NAMED = 12  # rows that are named over the table


class Rest(NamedTuple):
    """One text that is cut on paper: the row by what stands in its first column, the column by its title."""

    row: str
    column: str
    text: str


def lines_of(value: Value, width: float) -> int:
    """How many lines a wrapped text takes in a column of that width."""
    if not isinstance(value, str) or (len(value) * WIDE <= width - SLACK and "\n" not in value):
        return 1
    room = max(width - SLACK, WIDE)
    return sum(max(ceil(width_of(part) / room), 1) for part in value.split("\n"))


def width_of(text: str) -> float:
    """In the width of a digit; Chinese letters and signs take two and a little more."""
    narrow = sum(1 for letter in text if letter.isascii())
    return narrow + (len(text) - narrow) * WIDE


def height(lines: int) -> float:
    """In points; more than HIGHEST can't be."""
    return lines * LINE + PADDING


def rests(
    rows: Sequence[Sequence[Value]], columns: Sequence[tuple[str, float]], tall: Sequence[int]
) -> list[Rest]:
    """What is cut in the rows `tall`; `columns`: those on paper."""
    return [
        Rest(str(rows[at][0] or f"第{at + 1}行"), title, value)
        for at in tall
        for (title, width), value in zip(columns, rows[at], strict=False)
        if isinstance(value, str) and height(lines_of(value, width)) > HIGHEST
    ]


def said(found: Sequence[Rest], first: str) -> str:
    """Over the table: whose text goes on where."""
    names = list(dict.fromkeys(one.row for one in found))
    more = f"等{len(names)}行" if len(names) > NAMED else ""
    return (
        f"　（{first}{'、'.join(names[:NAMED])}{more}的内容较长，这里印不全，全文见“{NAME}”）"
        if names
        else ""
    )


def write(page: Any, found: Sequence[Rest], styles: dict[str, Any]) -> None:
    """The texts in full."""
    for column, (title, width) in enumerate(COLUMNS):
        page.set_column(column, column, width)
        page.write_string(0, column, title, styles["head"])
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_footer("&C第 &P 页，共 &N 页")
    line = 1
    for one in found:
        for number, part in enumerate(_parts(one.text, COLUMNS[-1][1])):
            page.set_row(line, height(lines_of(part, COLUMNS[-1][1])))
            cells = one.row, one.column + ("（续）" if number else ""), part
            for column, text in enumerate(cells):
                page.write_string(line, column, clean(text), styles["text"])
            line += 1


def _parts(text: str, width: float) -> Iterator[str]:
    """The text in pieces of at most LINES lines, cut between lines where it has any."""
    piece = ""
    for part in _short(text, width):
        joined = f"{piece}\n{part}" if piece else part
        if lines_of(joined, width) > LINES and piece:
            yield piece
            joined = part
        piece = joined
    yield piece


def _short(text: str, width: float) -> Iterator[str]:
    """Its lines; one that is longer than a piece may be is cut."""
    most = int((width - SLACK) / WIDE) * (LINES - 1)
    for line in text.split("\n"):
        yield from (line[start : start + most] for start in range(0, len(line) or 1, most))
