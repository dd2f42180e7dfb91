"""The ledger as a workbook that goes out, is filled in, and comes back: stable numbers of rows in hidden columns."""

from __future__ import annotations

from collections.abc import Sequence

from states.closing import FOUND_BY, STATES
from states.documents.ledgercolumns import (
    CODE,
    DUE_ON,
    ID,
    LENIENT,
    NO,
    PLAIN,
    STAMP,
    UNIT,
    WHY,
    Columns,
)
from states.documents.ledgerfacts import FIELDS, Item, stamp, texts
from states.documents.papersheet import Paper, write_paper
from states.documents.writing import Sheet, Value

WIDTHS = {NO: 6, CODE: 12, UNIT: 14, DUE_ON: 11, LENIENT: 9, WHY: 20, ID: 10, STAMP: 10}
OWN_WIDTH, NARROWER, NARROWEST = 11, 4, 28  # a page has the same width with more columns on it
# What is printed, then what is only on the screen, then what nobody sees. A field stands by its key, the rest by its title.
ON_PAPER = (NO, UNIT, "project", "problem", "measures", "lead", "departments", "due", DUE_ON, "state")
ON_SCREEN = (WHY, "found_by", LENIENT, "handed_to", "handed_no", CODE)
HIDDEN = 2


def ledger_sheet(
    items: Sequence[Item], title: str, about: str, departments: Sequence[str], columns: Columns = PLAIN
) -> bytes:
    """The workbook. `departments`: what the drop-downs of lead and departments offer; others may be written too.
    `columns`: as the plan heads them, with those of its own.
    """
    printed = columns.ordered(ON_PAPER)
    order = (*printed, *ON_SCREEN, ID, STAMP)
    choices = {
        order.index("state"): (list(STATES.values()), True),
        order.index("found_by"): (list(FOUND_BY.values()), True),
        order.index("lead"): (list(departments), False),
        order.index("departments"): (list(departments), False),
    }
    headed = [(columns.title(name), _width(name, len(columns.own))) for name in order]
    rows = [_row(item, order, columns) for item in items]
    return write_paper(Sheet("问题台账", headed, rows), Paper(title, about, choices, HIDDEN, len(printed)))


def _width(name: str, own: int) -> float:
    """`own`: how many columns of the plan's own there are."""
    if name in ("problem", "measures"):
        return max(FIELDS[name][1] - NARROWER * own, NARROWEST)
    return FIELDS[name][1] if name in FIELDS else WIDTHS.get(name, OWN_WIDTH)


def _row(item: Item, order: Sequence[str], columns: Columns) -> list[Value]:
    lenient = {True: "从宽", False: "否", None: ""}[item.lenient]
    cells: dict[str, Value] = {**texts(item, columns.own), NO: item.no, UNIT: item.unit, CODE: item.code}
    cells |= {
        DUE_ON: item.due_on,
        LENIENT: lenient,
        WHY: "",
        ID: str(item.id),
        STAMP: stamp(item, columns.own),
    }
    return [cells[name] for name in order]
