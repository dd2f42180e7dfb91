"""A ledger that comes in: looked at first, with everything wrong and every cell that would change, then written.

Looking and writing judge the same way; writing does so again, alone in the campaign, in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.closing import REASONED, STATES, leading
from states.documents import ledgercolumns, ledgerdiff
from states.documents.ledgerdiff import FOUND_KEYS, STATE_KEYS, CellChange, Changed, Diff
from states.documents.ledgerfacts import lines, names
from states.documents.ledgerfile import LedgerFile, Line
from states.documents.rows import quoted
from states.errors import DubanError, Fault, Faulty
from states.records import ledger_adding, ledger_amending, ledger_items, ledger_moving, locks
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import unit
from states.records.ledger_adding import NOBODY, Found, Judging
from states.records.ledger_answering import Names, places
from states.records.ledger_dating import Dating
from states.records.ledger_following import checks, columns
from states.records.ledger_whole import UNFINISHED

UNSEEN = "不在授权范围"
ABOVE_ONLY = "台账第{no}项“{state}”，改动须由上级办理"
NOT_THERE = "没有“{mark}”可选；新增的行写 +序号，改动写 项号 或 项号.栏目，如 12、12.due"


@dataclass(frozen=True)
class Terms:
    """How a file is taken.

    `unit`: where the problems of rows are that name no unit; `found_by` likewise. `due`: mark of a row → words of time
    that a person gives. `stand_in`, `undated`: as `Found`. `take`: what is chosen, None: all but conflicts.
    """

    unit: str | None = None
    found_by: str = "inspection"
    due: Mapping[str, str] = field(default_factory=dict)
    stand_in: bool = False
    undated: bool = False
    take: frozenset[str] | None = None


@dataclass(frozen=True)
class Looked:
    """What a file would do under these terms; `faults` stand against it. `added`, `changed` are what is chosen."""

    diff: Diff
    added: tuple[Line, ...]
    changed: tuple[Changed, ...]
    faults: tuple[Fault, ...]

    @property
    def cells(self) -> int:
        return sum(len(one.cells) for one in self.changed)


def look(
    session: Session,
    campaign: Running,
    file: LedgerFile,
    terms: Terms,
    now: datetime,
    scope: Scope | None = None,
) -> Looked:
    """Judge everything, write nothing. Raises Refused while the campaign takes no items."""
    ledger_moving.check_running(campaign)
    recorded = ledger_items.items(session, campaign, scope)
    code = _code(session, campaign, terms)
    found = ledgerdiff.diff(file, recorded, checks(campaign), code, columns(campaign))
    added, changed, faults = _chosen(found, terms)
    faults += found.faults
    own = columns(campaign).own
    reported = [_found(line, terms, code, own) for line in added]
    judging = Judging(session, campaign, reported, now)
    judging.ready()
    faults += judging.faults
    faults += _outside(session, campaign, reported, scope)
    faults += list(_wrong_cells(session, campaign, changed, terms, now))
    faults += list(_above(session, campaign, changed, scope))
    return Looked(found, tuple(added), tuple(changed), tuple(faults[: ledgerdiff.FAULTS_LISTED]))


def apply(
    session: Session,
    campaign: Running,
    file: LedgerFile,
    terms: Terms,
    now: datetime,
    actor: str,
    scope: Scope | None = None,
) -> tuple[Looked, list[int]]:
    """Write what is chosen; the numbers of the new items. Raises Faulty, Refused; then nothing is written."""
    locks.alone(session, campaign.id)
    looked = look(session, campaign, file, terms, now, scope)
    if looked.faults:
        raise Faulty(looked.faults)
    for one in looked.changed:
        _change(session, campaign, one, terms, now, actor, scope)
    code, own = _code(session, campaign, terms), columns(campaign).own
    reported = [_found(line, terms, code, own) for line in looked.added]
    numbers = ledger_adding.add(session, campaign, reported, now, actor) if reported else []
    return looked, numbers


# -- what is chosen -------------------------------------------------------------------------------------


def _chosen(found: Diff, terms: Terms) -> tuple[list[Line], list[Changed], list[Fault]]:
    if terms.take is None:
        kept = [
            replace(one, cells=tuple(cell for cell in one.cells if not cell.conflict))
            for one in found.changed
        ]
        return list(found.added), [one for one in kept if one.cells], []
    wanted = set(terms.take)
    known = {line.mark for line in found.added} | {
        mark
        for one in found.changed
        for cell in one.cells
        for mark in (str(one.item.no), f"{one.item.no}.{cell.field}")
    }
    faults = [Fault("take", NOT_THERE.format(mark=mark)) for mark in sorted(wanted - known)]
    picked = [replace(one, cells=tuple(_picked(one, wanted))) for one in found.changed]
    return [line for line in found.added if line.mark in wanted], [one for one in picked if one.cells], faults


def _picked(one: Changed, wanted: set[str]) -> Iterator[CellChange]:
    """An item by its number takes all but conflicts; a conflict is taken only by its own name."""
    for cell in one.cells:
        if f"{one.item.no}.{cell.field}" in wanted or (str(one.item.no) in wanted and not cell.conflict):
            yield cell


# -- rows that are new ------------------------------------------------------------------------------------


def _found(line: Line, terms: Terms, code: str, own: Sequence[str]) -> Found:
    cells = line.cells
    found_by = cells.get("found_by", "")
    words = terms.due.get(line.mark.removeprefix("+"), cells.get("due", ""))
    return Found(
        code=line.code or code,
        project=cells["project"],
        problem=cells["problem"],
        measures=tuple(lines(cells["measures"])),
        departments=tuple(names(cells["departments"])),
        lead=cells.get("lead") or None,
        due=words or None,
        found_by=FOUND_KEYS.get(found_by, found_by) or terms.found_by,
        no=line.no,
        handed_to=cells.get("handed_to") or None,
        handed_no=cells.get("handed_no") or None,
        stand_in=terms.stand_in,
        undated=terms.undated,
        more={name: cells[name] for name in own if cells.get(name)},
        places=line.where,
    )


def _code(session: Session, campaign: Running, terms: Terms) -> str:
    if terms.unit:
        return terms.unit
    owner = sa.select(unit.c.code).where(unit.c.id == campaign.row.owner_id)
    return str(session.execute(owner).scalar_one())


def _outside(
    session: Session, campaign: Running, reported: Sequence[Found], scope: Scope | None
) -> list[Fault]:
    if scope is None or scope.path is None:
        return []
    where = places(session, campaign, {one.code for one in reported})
    codes = [code for code, (_, path) in where.items() if not path.startswith(scope.path)]
    return [Fault("unit", f"单位 {code} {UNSEEN}") for code in sorted(codes)]


# -- cells that change --------------------------------------------------------------------------------------


def _wrong_cells(
    session: Session, campaign: Running, changed: Sequence[Changed], terms: Terms, now: datetime
) -> Iterator[Fault]:
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


def _above(
    session: Session, campaign: Running, changed: Sequence[Changed], scope: Scope | None
) -> Iterator[Fault]:
    """A unit corrects what is its own until it has claimed it; the rest is for those above."""
    if scope is None or scope.path is None:
        return
    where = places(session, campaign, {one.item.code for one in changed})
    owner = session.execute(sa.select(unit.c.path).where(unit.c.id == campaign.row.owner_id)).scalar_one()
    if owner.startswith(scope.path):
        return
    for one in changed:
        path = where[one.item.code][1] if one.item.code in where else ""
        own = path == scope.path and one.item.state in UNFINISHED
        above = path.startswith(scope.path) and path != scope.path
        if not (own or above) and any(cell.field != "state" for cell in one.cells):
            yield Fault(one.cells[0].place, ABOVE_ONLY.format(no=one.item.no, state=STATES[one.item.state]))


def _change(
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
    except DubanError as error:
        raise Faulty([Fault(one.cells[0].place, error.detail)]) from error
