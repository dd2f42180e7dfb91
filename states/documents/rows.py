"""What every sheet is made of: rows of text, the limits of a file, and how a place in it is named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
FORMULA_STARTS = "=+-@＝＋－＠"
CALCULATED = (
    rf"[{re.escape(FORMULA_STARTS)}\t\r]"  # what a spreadsheet may take for a formula when it opens a csv
)
CELL_CHARACTERS = 32_767


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not empty. `line` is the row number a spreadsheet shows, counted from 1."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """What one file may cost; a file beyond any of these is refused, never read in part."""

    rows: int = 200_000
    columns: int = 200
    cells: int = 2_000_000
    characters: int = 64_000_000
    file_bytes: int = 32 * 1024 * 1024
    inflated_bytes: int = 256 * 1024 * 1024


LIMITS = Limits()


@dataclass
class Budget:
    """What has been read so far, held against the limits."""

    limits: Limits
    cells: int = 0
    characters: int = 0

    def take(self, line: int, cells: Sequence[str]) -> str | None:
        """Count one row; the sentence that refuses it when it is one too many."""
        self.cells += len(cells)
        self.characters += sum(map(len, cells))
        if line > self.limits.rows:
            return f"第{line}行有内容，超过上限{self.limits.rows}行；请删去多余的行，或分成几个文件"
        if len(cells) > self.limits.columns:
            return f"第{line}行有{len(cells)}列，超过上限{self.limits.columns}列；请删去多余的列"
        if self.cells > self.limits.cells or self.characters > self.limits.characters:
            return f"内容过多（读到第{line}行已超过上限）；请分成几个文件"
        return None


def shown(filename: str) -> str:
    """A file name fit for a message: without folders and invisible characters, 80 characters at most."""
    base = re.split(r"[/\\]", filename)[-1]
    return INVISIBLE.sub("", base)[-80:] or "文件"


def quoted(text: str) -> str:
    """The text in Chinese quotation marks, shortened, with invisible characters made harmless."""
    clean = INVISIBLE.sub("·", text)
    return f"“{clean if len(clean) <= 60 else clean[:59] + '…'}”"


def cell_place(name: str, line: int, column: int) -> str:
    """`单位名单.xlsx B7`"""
    return f"{name} {column_letters(column)}{line}"


def column_letters(column: int) -> str:
    """How a sheet calls its column with this number: A is 1, AA is 27."""
    above, last = divmod(column - 1, 26)
    return (column_letters(above) if above else "") + chr(ord("A") + last)


def trimmed(cells: list[str]) -> tuple[str, ...]:
    """The cells without the empty ones at the end."""
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return tuple(cells[:end])
