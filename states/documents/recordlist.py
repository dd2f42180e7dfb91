"""Plain lists that come in: things done towards quotas, units that were reached, ids to draw from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from states.documents import sheet
from states.documents.ledgerfile import check_links
from states.documents.rows import Row, cell_place, quoted, shown
from states.errors import Fault, Faulty
from states.filled import day_of

HEADER_SEARCH = 10
FAULTS_SHOWN = 200
CODE, DAY = "code", "day"
Titles = Mapping[str, Sequence[str]]
DONE: Titles = {
    CODE: ("单位代码", "代码"),
    "requirement": ("事项", "要求", "事项代号"),
    DAY: ("日期", "开展日期"),
    "says": ("内容", "开展情况", "摘要"),
    "place": ("地点",),
}
REACHED: Titles = {
    CODE: ("单位代码", "代码"),
    DAY: ("日期", "检查日期"),
    "says": ("说明", "检查情况"),
    "target": ("覆盖面",),
}
OPTIONAL = ("place", "says", "target", "requirement")
IDS = ("编号", "id", "ID", "序列号", "单位代码")


@dataclass(frozen=True)
class Recorded:
    """One row: its texts by key, its day, and where it stands."""

    cells: Mapping[str, str]
    day: date
    where: str


def read(content: bytes, filename: str, titles: Titles, needed: Sequence[str] = ()) -> list[Recorded]:
    """The rows of a list with these columns. Raises Faulty with every cell that is wrong."""
    name = shown(filename)
    check_links(content, name)
    rows = sheet.read(content, filename)
    header, places = _header(rows, titles, name)
    required = [key for key in titles if key not in OPTIONAL or key in needed]
    if missing := [titles[key][0] for key in required if key not in places]:
        raise Faulty([Fault(name, f"缺少“{'”“'.join(missing)}”列")])
    faults, found = list[Fault](), list[Recorded]()
    for row in rows[header + 1 :]:
        cells = {key: _cell(row, place) for key, place in places.items()}
        if not any(cells.values()):
            continue
        blank = [key for key in required if not cells[key]]
        faults += [Fault(cell_place(name, row.line, places[key] + 1), "不能为空") for key in blank]
        day = day_of(cells[DAY])
        if day is None and cells[DAY]:
            where = cell_place(name, row.line, places[DAY] + 1)
            faults.append(Fault(where, f"应为日期，如 2026-12-05，写的是{quoted(cells[DAY])}"))
        if day is not None and not blank:
            found.append(Recorded(cells, day, f"{name} 第{row.line}行"))
    if faults:
        raise Faulty(faults[:FAULTS_SHOWN])
    return found


def _header(rows: Sequence[Row], titles: Titles, name: str) -> tuple[int, dict[str, int]]:
    spelt = {word: key for key, words in titles.items() for word in words}
    for at, row in enumerate(rows[:HEADER_SEARCH]):
        found = {spelt[cell.strip()]: place for place, cell in enumerate(row.cells) if cell.strip() in spelt}
        if CODE in found:
            return at, found
    raise Faulty([Fault(name, f"没有找到表头；应有 {'、'.join(words[0] for words in titles.values())}")])


def _cell(row: Row, place: int) -> str:
    return row.cells[place].strip() if place < len(row.cells) else ""


def ids(content: bytes, filename: str) -> list[tuple[str, str]]:
    """A list of ids, one a line, each with its place. Raises Faulty for a table of more than one column."""
    name = shown(filename)
    check_links(content, name)
    found: list[tuple[str, str]] = []
    for row in sheet.read(content, filename):
        filled = [cell.strip() for cell in row.cells if cell.strip()]
        where = f"{name} 第{row.line}行"
        if len(filled) > 1:
            says = "清单只能有一列编号；请删去姓名、电话等其他列，清单会长期保存"
            raise Faulty([Fault(where, says)])
        if filled and not (not found and filled[0] in IDS):
            found.append((where, filled[0]))
    return found
