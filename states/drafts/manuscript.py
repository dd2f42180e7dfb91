"""The text of a plan as it comes: paragraphs and tables, freed of what copying has done to it.

Nothing is reworded: white space inside a paragraph becomes single blanks, page numbers that a web reader put into
the middle of sentences go, tables printed with tab stops become tables again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from states.dates import with_blanks

Table = tuple[tuple[str, ...], ...]

_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_SPACE = re.compile(r"[ \t\u00a0\u3000]+")
_CHUNK = re.compile(r"(?P<number>\d{1,3})、(?P<rest>.*)", re.DOTALL)
_ENDED = re.compile(r"[。！？!?；;：:”）)》]$")
_CELL = re.compile(r"\n(?=[ ]?\t)")
_ROW = re.compile(r"\n[ ]*\n(?=[ ]?\t)")
LEAST_CELLS = 3
LEAST_CHUNKS = 3
LEAST_CHUNK = 100
LONGEST_TITLE = 60


@dataclass(frozen=True)
class Manuscript:
    """Paragraphs in their order, then the tables in theirs."""

    paragraphs: tuple[str, ...]
    tables: tuple[Table, ...] = ()

    @property
    def text(self) -> str:
        """Everything that is written in it."""
        cells = [cell for table in self.tables for row in table for cell in row]
        return "\n".join([*self.paragraphs, *cells])


def from_text(text: str) -> Manuscript:
    """A plain text; a line is a paragraph."""
    text = _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text, tables = _without_tables(text)
    lines = [tidy(line) for line in text.split("\n")]
    return Manuscript(tuple(_rejoined([line for line in lines if line])), tables)


def from_parts(paragraphs: list[str], tables: list[Table]) -> Manuscript:
    """What a reader of another format has found."""
    found = (tidy(_UNPRINTABLE.sub("", one)) for one in paragraphs)
    return Manuscript(tuple(one for one in found if one), tuple(tables))


def tidy(text: str) -> str:
    """With single blanks; a gap left for a date is printed as one."""
    return _SPACE.sub(" ", with_blanks(text)).strip()


def _rejoined(lines: list[str]) -> list[str]:
    """Lines that a reader on the web numbered 1、2、3、 in mid-sentence, put together again."""
    joined: list[str] = []
    while lines:
        run = _run(lines)
        if not _is_cut_up(run):
            joined.append(lines[0])
            lines = lines[1:]
            continue
        lines = lines[len(run) :]
        whole = "".join(one["rest"].strip() for line in run if (one := _CHUNK.fullmatch(line)))
        if joined and not _ENDED.search(joined[-1]) and len(joined[-1]) > LONGEST_TITLE:
            joined[-1] += whole
        else:
            joined.append(whole)
    return joined


def _is_cut_up(run: list[str]) -> bool:
    """Pieces of about the same length that end in mid-sentence, not the items of a list."""
    if len(run) < LEAST_CHUNKS:
        return False
    sizes = sorted(map(len, run[:-1]))
    open_ended = sum(not _ENDED.search(one) for one in run[:-1])
    return sizes[0] >= LEAST_CHUNK and sizes[0] * 10 > sizes[-1] * 7 and 2 * open_ended >= len(run) - 1


def _run(lines: list[str]) -> list[str]:
    """The lines from the first on whose numbers go up one by one."""
    found = [_CHUNK.fullmatch(line) for line in lines]
    first = int(found[0]["number"]) if found[0] else 0
    numbers = [int(one["number"]) if one else None for one in found]
    length = next((n for n, number in enumerate(numbers) if number != first + n), len(numbers))
    return lines[:length]


def _without_tables(text: str) -> tuple[str, tuple[Table, ...]]:
    """Cells that begin with a tab, rows that a blank line parts: the way old word processors print a table."""
    first = re.search(r"(?m)^[ ]?\t\S", text)
    if not first:
        return text, ()
    rows = [_cells(part) for part in _ROW.split(text[first.start() :])]
    table = tuple(row for row in rows if len(row) >= LEAST_CELLS)
    if not table:
        return text, ()
    return text[: first.start()], (table,)


def _cells(row: str) -> tuple[str, ...]:
    return tuple(_cell(part) for part in _CELL.split("\n" + row.strip(" \n"))[1:])


def _cell(text: str) -> str:
    lines = (tidy(line) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
