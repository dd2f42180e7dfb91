"""A ledger that comes in held against the record: what is new, what differs cell by cell, what both sides changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from states.closing import FOUND_BY, STATES, leading
from states.documents.ledgercolumns import PLAIN, Columns
from states.documents.ledgerfacts import Item, digest, flat, lines, names, plain, stamped, texts
from states.documents.ledgerfile import LedgerFile, Line
from states.documents.rows import quoted
from states.errors import Fault

STATE_KEYS = {name: key for key, name in STATES.items()}
FOUND_KEYS = {name: key for key, name in FOUND_BY.items()}
FAULTS_LISTED = 500
UNSTAMPED = "没有导出时的校验，无从判断是否有人改过"
BOTH = "导出以后记录也改过"


@dataclass(frozen=True)
class CellChange:
    """One cell: what the record says, what the file says. `field`: its key, of a column of the plan's own its title;
    `title`: how the column is headed. `conflict`: why a person has to choose; empty otherwise.
    """

    field: str
    title: str
    before: str
    after: str
    place: str
    conflict: str = ""


@dataclass(frozen=True)
class Changed:
    """A recorded item of which the file says something else."""

    item: Item
    line: Line
    cells: tuple[CellChange, ...]


@dataclass(frozen=True)
class Diff:
    """Everything a file would do; items that it does not name stay. Of `faults` none may be left to apply it.

    `passed`: columns of which nothing is taken, since this ledger has none such; `totals`: rows that only add up.
    """

    added: tuple[Line, ...]
    changed: tuple[Changed, ...]
    unchanged: int
    absent: tuple[int, ...]
    faults: tuple[Fault, ...]
    passed: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()

    @property
    def conflicts(self) -> int:
        return sum(1 for one in self.changed for cell in one.cells if cell.conflict)


def diff(
    file: LedgerFile, items: Sequence[Item], checks: int, code: str | None = None, columns: Columns = PLAIN
) -> Diff:
    """`items`: the record as the asker may see it; `code`: the unit whose ledger a printed file is."""
    comparing = _Comparing(file, items, checks, code, columns)
    added, changed, same = [], [], set()
    for line in file.lines:
        item = comparing.item_of(line)
        if item is None:
            added.append(line)
            continue
        cells = tuple(comparing.cells(line, item))
        same.add(item.id)
        if cells:
            changed.append(Changed(item, line, cells))
    added = [line for line in added if id(line) not in comparing.wrong]
    absent = tuple(item.no for item in items if item.id not in same)
    faults = tuple(comparing.faults[:FAULTS_LISTED])
    left = file.passed, file.totals
    return Diff(tuple(added), tuple(changed), len(same) - len(changed), absent, faults, *left)


class _Comparing:
    def __init__(
        self, file: LedgerFile, items: Sequence[Item], checks: int, code: str | None, columns: Columns
    ) -> None:
        self.file, self.checks, self.columns = file, checks, columns
        self.by_id = {str(item.id): item for item in items}
        self.by_problem: dict[str, Item] = {}
        if not file.ours:
            mine = [item for item in items if code is None or item.code == code]
            self.by_problem = {flat(item.problem): item for item in reversed(mine)}
        self.seen: dict[int, int] = {}
        self.faults: list[Fault] = []
        self.wrong: set[int] = set()

    def item_of(self, line: Line) -> Item | None:
        """The record of a row; None for a new one (or, with a fault, for one that is nobody's)."""
        if self.file.ours and not line.key:
            return None
        found = (
            self.by_id.get(line.key) if self.file.ours else self.by_problem.get(flat(line.cells["problem"]))
        )
        if found is None and self.file.ours:
            self._no(line, f"行编号{quoted(line.key)}不在这本台账中；新增的行请写在空白行，不要复制原有的行")
            return None
        if found is not None and found.id in self.seen:
            self._no(line, f"与第{self.seen[found.id]}行是同一项；请只留一行，新增的行请写在空白行")
            return None
        if found is not None:
            self.seen[found.id] = line.line
        return found

    def _no(self, line: Line, says: str) -> None:
        self.wrong.add(id(line))
        self.faults.append(Fault(f"{self.file.name} 第{line.line}行", says))

    def cells(self, line: Line, item: Item) -> Iterator[CellChange]:
        own = self.columns.own
        recorded = texts(item, own)
        marks = stamped(line.stamp, own) if self.file.ours else {}
        for name in recorded:
            if name not in self.file.fields or name not in line.cells:
                continue
            if recorded[name] == line.cells[name]:
                continue
            before, after = plain(name, recorded[name]), plain(name, line.cells[name])
            if self._same(name, before, after):
                continue
            conflict = _conflict(marks, name, before, after) if self.file.ours else ""
            if conflict is None:
                continue
            self._judge(name, after, line, item)
            title = self.columns.title(name)
            yield CellChange(name, title, recorded[name], after, line.where[name], conflict)

    def _same(self, name: str, before: str, after: str) -> bool:
        if before == after:
            return True
        if self.file.ours:
            return False
        if name == "departments":
            return set(map(flat, names(before))) == set(map(flat, names(after)))
        return flat(before) == flat(after)

    def _judge(self, name: str, after: str, line: Line, item: Item) -> None:
        """What no record can take."""
        if name == "state" and (says := self._no_way(after, item)):
            self.faults.append(Fault(line.where[name], says))
        if name == "found_by" and after not in FOUND_KEYS:
            says = f"没有{quoted(after)}这种发现途径；可用的有 {'、'.join(FOUND_KEYS)}"
            self.faults.append(Fault(line.where[name], says))
        if name in ("project", "problem", "measures") and not after:
            self.faults.append(Fault(line.where[name], "不能改成空的；不需要改的请保留原文"))

    def _no_way(self, after: str, item: Item) -> str | None:
        key = STATE_KEYS.get(after)
        if key is None:
            return f"没有{quoted(after)}这个状态；可用的有 {'、'.join(STATE_KEYS)}"
        if leading(item.state, key, self.checks, standing=item.standing) is None:
            return f"不能由“{STATES[item.state]}”直接改为“{after}”；请按程序逐步办理"
        return None


def _conflict(marks: Mapping[str, str] | None, name: str, before: str, after: str) -> str | None:
    """Why a person has to choose; empty when only the file has changed; None when only the record has."""
    if marks is None or name not in marks:
        return UNSTAMPED
    if digest(name, after) == marks[name]:
        return None
    return "" if digest(name, before) == marks[name] else BOTH


def values(name: str, text: str) -> object:
    """A cell as the record keeps it."""
    if name == "measures":
        return lines(text)
    if name == "departments":
        return names(text)
    if name == "found_by":
        return FOUND_KEYS.get(text)
    if name in ("lead", "handed_to", "handed_no"):
        return text or None
    return text
