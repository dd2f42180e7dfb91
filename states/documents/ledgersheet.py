"""The ledger as a workbook that goes out, is filled in, and comes back: stable numbers of rows in hidden columns."""

from __future__ import annotations

from collections.abc import Sequence

from states.closing import FOUND_BY, STATES
from states.documents.ledgerfacts import FIELDS, Item, stamp, texts
from states.documents.papersheet import Paper, write_paper
from states.documents.writing import Sheet, Value

NO, CODE, UNIT = "序号", "单位代码", "所属单位"
DUE_ON, LENIENT, WHY = "到期日", "自查从宽", "办理说明"
ID, STAMP = "行编号", "校验"
WIDTHS = {NO: 6, CODE: 12, UNIT: 14, DUE_ON: 11, LENIENT: 9, WHY: 20, ID: 10, STAMP: 10}
# What is printed, then what is only on the screen, then what nobody sees. A field stands by its key, the rest by its title.
ON_PAPER = (NO, UNIT, "project", "problem", "measures", "lead", "departments", "due", DUE_ON, "state")
ON_SCREEN = (WHY, "found_by", LENIENT, "handed_to", "handed_no", CODE)
_ORDER = (*ON_PAPER, *ON_SCREEN, ID, STAMP)
COLUMNS: tuple[tuple[str, float], ...] = tuple(
    FIELDS[name] if name in FIELDS else (name, WIDTHS[name]) for name in _ORDER
)
HIDDEN = 2
_PLACES = {title: place for place, (title, _) in enumerate(COLUMNS)}


def ledger_sheet(items: Sequence[Item], title: str, about: str, departments: Sequence[str]) -> bytes:
    """The workbook. `departments`: what the drop-downs of lead and departments offer; others may be written too."""
    choices = {
        _PLACES[FIELDS["state"][0]]: (list(STATES.values()), True),
        _PLACES[FIELDS["found_by"][0]]: (list(FOUND_BY.values()), True),
        _PLACES[FIELDS["lead"][0]]: (list(departments), False),
        _PLACES[FIELDS["departments"][0]]: (list(departments), False),
    }
    rows = [_row(item) for item in items]
    return write_paper(Sheet("问题台账", COLUMNS, rows), Paper(title, about, choices, HIDDEN, len(ON_PAPER)))


def _row(item: Item) -> list[Value]:
    lenient = {True: "从宽", False: "否", None: ""}[item.lenient]
    cells: dict[str, Value] = {**texts(item), NO: item.no, UNIT: item.unit, CODE: item.code}
    cells |= {DUE_ON: item.due_on, LENIENT: lenient, WHY: "", ID: str(item.id), STAMP: stamp(item)}
    return [cells[name] for name in _ORDER]
