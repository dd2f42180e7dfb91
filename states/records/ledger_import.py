"""A ledger that comes in: looked at first, with everything wrong and every cell that would change, then written.

Looking and writing judge the same way; writing does so again, alone in the campaign, in one transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.documents import ledgerdiff
from states.documents.ledgerdiff import FOUND_KEYS, CellChange, Changed, Diff
from states.documents.ledgerfacts import lines, names
from states.documents.ledgerfile import LedgerFile, Line
from states.errors import Fault, Faulty, Refused
from states.records import ledger_adding, ledger_cells, ledger_items, ledger_moving, locks
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import unit
from states.records.ledger_adding import Found, Judging
from states.records.ledger_answering import places
from states.records.ledger_cells import Terms
from states.records.ledger_following import checks, columns

__all__ = ["Looked", "Terms", "apply", "look"]

UNSEEN = "不在授权范围"
CHANGED = "看过以后，台账又有变化；请再看一遍现在会改动什么"
NOT_THERE = "没有“{mark}”可选；新增的行写 +序号，改动写 项号 或 项号.栏目，如 12、12.due"


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

    @property
    def mark(self) -> str:
        """Of what the file would do, whatever is chosen of it: the same until somebody changes an item that it touches."""
        touched = [
            (one.item.no, one.item.version, [(cell.field, cell.conflict) for cell in one.cells])
            for one in self.diff.changed
        ]
        new = [line.mark for line in self.diff.added]
        return hashlib.sha256(repr((touched, new)).encode()).hexdigest()[:32]


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
    faults += list(ledger_cells.wrong(session, campaign, changed, terms, now))
    faults += list(ledger_cells.above(session, campaign, changed, scope))
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
    """Write what is chosen; the numbers of the new items. Raises Faulty, and Refused where it is not what was `seen`; then
    nothing is written."""
    locks.alone(session, campaign.id)
    looked = look(session, campaign, file, terms, now, scope)
    if terms.seen is not None and terms.seen != looked.mark:
        raise Refused(CHANGED)
    if looked.faults:
        raise Faulty(looked.faults)
    for one in looked.changed:
        ledger_cells.change(session, campaign, one, terms, now, actor, scope)
    code, own = _code(session, campaign, terms), columns(campaign).own
    reported = [_found(line, terms, code, own) for line in looked.added]
    numbers = ledger_adding.add(session, campaign, reported, now, actor) if reported else []
    return looked, numbers


# -- what is chosen -------------------------------------------------------------------------------------


def _chosen(found: Diff, terms: Terms) -> tuple[list[Line], list[Changed], list[Fault]]:
    if terms.take is None:
        kept = [replace(one, cells=tuple(_left(one, terms))) for one in found.changed]
        added = [line for line in found.added if line.mark not in terms.leave]
        return added, [one for one in kept if one.cells], []
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


def _left(one: Changed, terms: Terms) -> Iterator[CellChange]:
    """What is taken where nobody says what, but perhaps what not."""
    for cell in one.cells:
        mark = f"{one.item.no}.{cell.field}"
        if mark not in terms.leave and (not cell.conflict or terms.conflicts or mark in terms.pick):
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
