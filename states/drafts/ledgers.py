"""Preset ledgers: tables with 问题、措施、责任、时限 (merged cells, repeated headers), and the same told in prose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from states.drafts.ledgerheads import ENOUGH, flatly, is_header, parts_of, tells_a_problem, total_of
from states.drafts.manuscript import Table
from states.drafts.proposals import Proposal, Sure
from states.drafts.sentences import Sentence
from states.drafts.streams import departments

UNSAID = "（原文没有写问题）"
APART = "\x1e"  # between measures that have a row each
_PRINTED = re.compile(r"\s*(\d{1,4})(?=\s?[.．、]|\s*$)")
_ORGAN = re.compile(r"(?:处|科|室|股|局|委|办|中心|组|院|所|站|队|纪委|部门|单位|机构)$")
_NUMBERED = re.compile(r"\n(?=\d{1,2}\s?[.．、])")
_ONE_BY_ONE = re.compile(r"(?=[一二三四五六七八九十]是)")
_LABEL = re.compile(
    r"(?:\d\s?[、.．]\s?)?(?P<label>存在问题|问题表现|主要问题|整改措施|责任领导|责任单位|责任股室|责任科室|责任部门|责任人|完成时限|整改时限)\s?(?:[:：]|$)"
)
_LABELS = {
    "存在问题": "problem",
    "问题表现": "problem",
    "主要问题": "problem",
    "整改措施": "measures",
    "责任领导": "leaders",
    "责任人": "leaders",
    "完成时限": "due",
    "整改时限": "due",
}
_POST = re.compile(r"(?P<post>党组书记|党组成员|[\u4e00-\u9fff]{0,6}(?:局长|主任|书记|院长|处长|科长|股长))")
_CALENDAR = re.compile(r"年底前?|\d{1,2}月(?:底|\d{1,2}日)?前")


@dataclass
class _Row:
    """One problem while its cells are gathered; `more`: what stands in columns of other kinds, by their titles."""

    cells: dict[str, str] = field(default_factory=dict)
    said: Sentence | None = None
    table: int = 0
    line: int = 0
    columns: Mapping[str, int] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Printed:
    """One problem as a table prints it: what it says, in which table and row (from 1), the column (from 0) of each part.

    `lead`: who leads, where the table has a column for it. `more`: what stands in columns of other kinds, by their titles;
    the leaders that are responsible among them, as they are printed.
    """

    fields: Mapping[str, Any]
    table: int
    line: int
    columns: Mapping[str, int]
    lead: str | None = None
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Total:
    """A row that only adds up others: what it calls itself, in which table and row (from 1)."""

    words: str
    table: int
    line: int


def from_tables(tables: Sequence[Table]) -> tuple[tuple[str, ...], list[Proposal]]:
    """Printed names of the columns and the rows of every table that is a ledger."""
    columns, rows, _totals = _gathered(tables)
    for row in rows:
        row.cells["problem"] = row.cells["problem"] or UNSAID
    return columns, _proposals(rows)


def printed(tables: Sequence[Table]) -> tuple[list[Printed], list[Total]]:
    """The rows of every table that is a ledger, each with its place; apart from them those that only add up."""
    _columns, rows, totals = _gathered(tables)
    found = [
        Printed(
            said.fields,
            row.table,
            row.line,
            row.columns,
            next(iter(_departments(row.cells.get("lead", ""))), None),
            row.more,
        )
        for row, said in zip(rows, _proposals(rows), strict=True)
    ]
    return found, totals


def _gathered(tables: Sequence[Table]) -> tuple[tuple[str, ...], list[_Row], list[Total]]:
    columns: tuple[str, ...] = ()
    rows: list[_Row] = []
    totals: list[Total] = []
    for number, table in enumerate(tables, 1):
        header, found = _rows_of(table, number, totals)
        columns = columns or header
        rows += found
    return columns, rows, totals


def _proposals(rows: Sequence[_Row]) -> list[Proposal]:
    """Numbered as printed where every row has a number of its own, else one after the other."""
    printed = [_PRINTED.match(row.cells.get("no", "") or row.cells["problem"]) for row in rows]
    numbers = [int(found[1]) for found in printed if found]
    if len(set(numbers)) < len(rows):
        numbers = list(range(1, len(rows) + 1))
    return [_proposal(number, row) for number, row in zip(numbers, rows, strict=True)]


def _rows_of(table: Table, number: int, totals: list[Total]) -> tuple[tuple[str, ...], list[_Row]]:
    header: tuple[str, ...] = ()
    columns: dict[int, str] = {}
    others: dict[int, str] = {}
    latest: Sequence[str] = ()
    rows: list[_Row] = []
    for line, cells in enumerate(table, 1):
        if is_header(cells) and not (columns and tells_a_problem(cells, columns, latest)):
            header, latest = header or tuple(flatly(cell) for cell in cells), cells
            columns = parts_of(cells)
            others = _others(cells, columns)
        elif columns and (words := total_of(cells, columns)):
            totals.append(Total(words, number, line))
        elif columns and len(set(cells)) > 1:
            before = len(rows)
            more = {title: cells[n] for n, title in others.items() if n < len(cells)}
            _take({columns[n]: cell for n, cell in enumerate(cells) if n in columns}, more, rows)
            for row in rows[before:]:
                row.table, row.line = number, line
                row.columns = {key: place for place, key in (*others.items(), *columns.items())}
            _take_others(more, rows)
    return header, rows


def _others(cells: Sequence[str], columns: Mapping[int, str]) -> dict[int, str]:
    """Titles of the columns that are none of ours, and of that with the leaders, whose names are kept as they are."""
    parts = {**dict.fromkeys(range(len(cells)), "leaders"), **columns}
    return {
        place: flat
        for place, cell in enumerate(cells)
        if (flat := flatly(cell)) and parts[place] == "leaders"
    }


def _take_others(cells: Mapping[str, str], rows: list[_Row]) -> None:
    """What else a row says goes with its problem, or with the one that it goes on with."""
    for title, cell in cells.items() if rows else ():
        before = rows[-1].more.get(title, "")
        if cell.strip() and cell.strip() not in before:
            rows[-1].more[title] = f"{before}\n{cell.strip()}".strip()


def _take(cells: Mapping[str, str], more: Mapping[str, str], rows: list[_Row]) -> None:
    """A row; what a merged cell leaves empty holds from the row above, a row without a problem goes on with it, and so does
    one whose problem is merged with the one above. `more`: what it says in other columns.
    """
    last = rows[-1] if rows else None
    if last and ((not cells.get("problem") and not _of_its_own(last, cells)) or _goes_on(last, cells, more)):
        for key in ("measures", "lead", "departments"):
            if cells.get(key) and cells[key] not in last.cells.get(key, ""):
                joint = APART if key == "measures" and cells.get("problem") else "\n"
                last.cells[key] = f"{last.cells.get(key, '')}{joint}{cells[key]}".strip()
        return
    merged = {
        key: cells.get(key) or (last.cells.get(key, "") if last and key == "project" else "") for key in cells
    }
    rows.append(_Row({"problem": "", **merged}))


def _of_its_own(last: _Row, cells: Mapping[str, str]) -> bool:
    """Whether a row that tells no problem has measures under another number: its problem was forgotten."""
    number = _PRINTED.match(cells.get("no", ""))
    return bool(number and cells.get("measures") and cells["no"] != last.cells.get("no"))


def _goes_on(last: _Row, cells: Mapping[str, str], more: Mapping[str, str]) -> bool:
    """Whether a row says more measures for the problem above: the same but for its measures and who carries them out."""
    alike = {key: cells.get(key, "") for key in ("no", "project", "problem", "due")}
    others = all(not cell.strip() or cell.strip() == last.more.get(title, "") for title, cell in more.items())
    return others and all(not cell or cell == last.cells.get(key, "") for key, cell in alike.items())


def _proposal(number: int, row: _Row) -> Proposal:
    cells = row.cells
    fields: dict[str, Any] = {
        "no": number,
        "project": flatly(cells.get("project", "")) or "未分类",
        "problem": flatly(cells["problem"]),
        "measures": _measures(cells.get("measures", "")),
        "departments": _answering(cells),
    }
    if leaders := [hit["post"] for hit in _POST.finditer(cells.get("leaders", ""))]:
        fields["leaders"] = list(dict.fromkeys(leaders))
    if due := flatly(cells.get("due", "")).rstrip("。"):
        fields["due"] = due
    said = row.said or Sentence(cells["problem"], (), 0)
    split = "\n" in cells.get("departments", "")
    return Proposal(
        fields, said, Sure.MIDDLE if split else Sure.HIGH, "责任部门分行印，请核对" if split else ""
    )


def _measures(cell: str) -> list[str]:
    """1.…；2.…； on lines of their own, or 一是…二是…; a line without a number goes on with the one before."""
    parts = [
        part
        for row in cell.split(APART)
        for part in (
            _NUMBERED.split(row) if re.match(r"\s*\d{1,2}\s?[.．、]", row) else _ONE_BY_ONE.split(row)
        )
    ]
    return [flat for part in parts if (flat := flatly(part))] or ["（原文没有写措施）"]


def _answering(cells: Mapping[str, str]) -> list[str]:
    """Who leads, then who else is responsible."""
    found = [*_departments(cells.get("lead", "")), *_departments(cells.get("departments", ""))]
    return list(dict.fromkeys(found))


def _departments(cell: str) -> list[str]:
    """Lines that do not end a name go on with the next: 机关 / 纪委."""
    lines: list[str] = []
    for line in cell.split("\n"):
        if lines and not _ORGAN.search(lines[-1]):
            lines[-1] += flatly(line)
        elif line.strip():
            lines.append(flatly(line))
    return [one for line in lines for one in departments(line)]


def from_prose(said: Sequence[Sentence]) -> list[Proposal]:
    """存在问题：… 整改措施：… 责任单位：… 完成时限：… under one heading is one row."""
    return _proposals([row for row in _told(said) if row.cells.keys() >= ENOUGH])


def _told(said: Sequence[Sentence]) -> Iterator[_Row]:
    row, label = _Row(), ""
    for one in said:
        found = _LABEL.match(one.text)
        if found:
            label = _LABELS.get(found["label"], "departments")
            if label == "problem":
                yield row
                row = _Row({"project": _heading(one)}, one)
            row.cells[label] = one.text[found.end() :].strip()
        elif row.said and one.opens and len(one.path) < len(row.said.path):
            label = ""
        elif label:
            joint = "\n" if label in ("leaders", "departments") and row.cells.get(label) else ""
            row.cells[label] = row.cells.get(label, "") + joint + one.text
    yield row


def _heading(one: Sentence) -> str:
    own = 1 if one.opens else 0
    path = one.path[: len(one.path) - own] or one.path
    return str(path[-1].title) if path else ""


def conflicts(rows: Sequence[Proposal]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Rows whose measures name another date than the row: place, what is wrong, the words."""
    for row in rows:
        due = row.fields.get("due", "")
        for measure in row.fields["measures"]:
            hit = _CALENDAR.search(measure)
            if due and hit and hit[0] not in due:
                says = f"台账第{row.fields['no']}项期限写“{due}”，措施里写“{hit[0]}”，两处不一致，请核对。"
                yield f"ledger-{row.fields['no']}.due", says, (due, measure)
