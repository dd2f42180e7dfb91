"""Cells of recorded items that change, from a file that comes in or from a page: judged first, then written.

Who may change what is decided here for both: a unit corrects its own until it has claimed it, the rest is for those above.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.closing import REASONED, STATES, leading
from states.documents import ledgercolumns, ledgerdiff
from states.documents.ledgerdiff import STATE_KEYS, CellChange, Changed
from states.documents.ledgerfacts import Item, names
from states.documents.rows import quoted
from states.errors import DubanError, Fault, Faulty
from states.records import ledger_amending, ledger_moving
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import unit
from states.records.discretion import Disclosing
from states.records.ledger_adding import NOBODY
from states.records.ledger_answering import Names, places
from states.records.ledger_dating import Dating
from states.records.ledger_following import checks, columns
from states.records.ledger_whole import UNFINISHED

ABOVE_ONLY = "台账第{no}项“{state}”，改动须由上级办理"


@dataclass(frozen=True)
class Terms:
    """How a file is taken.

    `unit`: where the problems of rows are that name no unit; `found_by` likewise. `due`: mark of a row → words of time
    that a person gives. `stand_in`, `undated`: as `Found`. `take`: what is chosen, None: all but conflicts and `leave`
    (marks of rows and cells), and besides the cells in conflict in `pick`, or all of them (`conflicts`). `seen`: the mark
    of what somebody looked at, where he did.
    """

    unit: str | None = None
    found_by: str = "inspection"
    due: Mapping[str, str] = field(default_factory=dict)
    stand_in: bool = False
    undated: bool = False
    take: frozenset[str] | None = None
    leave: frozenset[str] = frozenset()
    pick: frozenset[str] = frozenset()
    conflicts: bool = False
    seen: str | None = None


def wrong(
    session: Session, campaign: Running, changed: Sequence[Changed], terms: Terms, now: datetime
) -> Iterator[Fault]:
    """What no item can take: a date that can't be read, a department that is not there, a state without its reason."""
    cells = [(one, cell) for one in changed for cell in one.cells]
    dating = Dating(session, campaign)
    asked = {name for _, cell in cells if cell.field in ("lead", "departments") for name in names(cell.after)}
    known = Names(session, campaign, asked)
    where = places(session, campaign, {one.item.code for one in changed})
    for one, cell in cells:
        path = where[one.item.code][1] if one.item.code in where else known.owner.path
        if cell.field == "due":
            yield from _wrong_date(dating, one, cell, terms, now, path)
        elif cell.field in ("lead", "departments") and not terms.stand_in:
            unknown = known.of(path, names(cell.after))[1]
            yield from (Fault(cell.place, NOBODY.format(name=name)) for name in unknown)
        elif cell.field == "state":
            yield from _wrong_state(campaign, one, cell)
        elif cell.field == "found_by" and one.item.found_by is None:
            yield Fault(cell.place, ledger_amending.OF_PLAN)
        elif cell.field in columns(campaign).own:
            texts = {cell.field: cell.after}
            yield from (Fault(cell.place, says) for says in ledgercolumns.unknown(columns(campaign), texts))


def _wrong_date(
    dating: Dating, one: Changed, cell: CellChange, terms: Terms, now: datetime, path: str
) -> Iterator[Fault]:
    if one.item.type is not None:
        yield Fault(cell.place, ledger_amending.BY_CLASS)
        return
    if terms.undated:
        return
    try:
        missing = dating.of(cell.after or None, None, now, path)[0].missing
    except Faulty as error:
        yield Fault(cell.place, error.faults[0].says)
        return
    if missing:
        yield Fault(cell.place, f"{quoted(cell.after)}{missing}；请写明完成时限，或写明暂不定期")


def _wrong_state(campaign: Running, one: Changed, cell: CellChange) -> Iterator[Fault]:
    move = _move(campaign, one, cell)
    if move in REASONED and not one.line.why:
        yield Fault(cell.place, f"改为“{cell.after}”须在“办理说明”栏写明理由")


def _move(campaign: Running, one: Changed, cell: CellChange) -> str | None:
    after = STATE_KEYS.get(cell.after, "")
    return leading(one.item.state, after, checks(campaign), standing=one.item.standing) if after else None


def above(
    session: Session, campaign: Running, changed: Sequence[Changed], scope: Scope | None
) -> Iterator[Fault]:
    """A fault for each item with texts that are not for this asker to change."""
    shut = barred(session, campaign, [one.item for one in changed], scope)
    for one in changed:
        if one.item.no in shut and any(cell.field != "state" for cell in one.cells):
            yield Fault(one.cells[0].place, shut[one.item.no])


def barred(session: Session, campaign: Running, items: Sequence[Item], scope: Scope | None) -> dict[int, str]:
    """Number of an item → why its texts are not for this asker to change: a unit corrects what is its own until it has
    claimed it; the rest is for those above."""
    if scope is None or scope.path is None:
        return {}
    where = places(session, campaign, {one.code for one in items})
    owner = session.execute(sa.select(unit.c.path).where(unit.c.id == campaign.row.owner_id)).scalar_one()
    if owner.startswith(scope.path):
        return {}
    found = {}
    for one in items:
        path = where[one.code][1] if one.code in where else ""
        own = path == scope.path and one.state in UNFINISHED
        if not (own or (path.startswith(scope.path) and path != scope.path)):
            found[one.no] = ABOVE_ONLY.format(no=one.no, state=STATES[one.state])
    return found


def change(
    session: Session,
    campaign: Running,
    one: Changed,
    terms: Terms,
    now: datetime,
    actor: str,
    scope: Scope | None,
) -> None:
    """One item: its texts first, then its move. What is refused names its row."""
    own = {cell.field: cell.after for cell in one.cells if cell.field in columns(campaign).own}
    apart = {"state", *own}
    plain: dict[str, Any] = {
        cell.field: ledgerdiff.values(cell.field, cell.after) for cell in one.cells if cell.field not in apart
    }
    try:
        item = ledger_moving.locked(session, campaign, one.item.no, scope, None)
        if own:
            plain["more"] = ledgercolumns.kept(columns(campaign), own, item.more)
        if plain:
            given = {"stand_in": terms.stand_in, "undated": terms.undated}
            ledger_amending.amend(session, campaign, item, plain, now, actor, **given)
        for cell in one.cells:
            move = _move(campaign, one, cell) if cell.field == "state" else None
            if move is not None:
                reason = one.line.why or None
                ledger_moving.move(session, campaign, item.no, move, now, actor, scope=scope, reason=reason)
    except Disclosing as error:
        error.told_at({cell.field: cell.place for cell in one.cells}, one.cells[0].place)
        raise  # as what it is: it leaves a trace
    except DubanError as error:
        raise Faulty([Fault(one.cells[0].place, error.detail)]) from error
