"""What a key does with the ledger: each act within its scope, told as it stands afterwards."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from states.closing import MOVES
from states.documents.ledgerdiff import CellChange, Changed
from states.documents.ledgerfile import LedgerFile, Line
from states.errors import Fault, Faulty, NotAllowed
from states.records import (
    ledger_adding,
    ledger_amending,
    ledger_export,
    ledger_import,
    ledger_items,
    ledger_mass,
    ledger_moving,
    reading_ledger,
    reading_scope,
)
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.ledger_adding import Found
from states.records.ledger_import import Looked, Terms
from states.records.ledger_items import Which
from states.records.told import (
    AddedTold,
    CellTold,
    ChangedTold,
    LedgerAdded,
    LedgerImport,
    LedgerInFull,
    LedgerMassMoved,
)

BACKDATED = "报告时间由登记时间确定；补记早先的报告须由组织这次行动的单位办理"


def add(session: Session, scope: Scope, campaign_id: int, found: list[Found], now: datetime) -> LedgerAdded:
    """Problems in units of the key's subtree. Raises NotAllowed, NotFound, Faulty, Refused."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    for code in dict.fromkeys(one.code for one in found):
        reading_scope.unit_seen(session, scope, code)
    if any(one.reported_at is not None for one in found):
        try:
            reading_scope.check_owner(session, scope, campaign)
        except NotAllowed as error:
            raise NotAllowed(BACKDATED) from error
    return {"added": ledger_adding.add(session, campaign, found, now, scope.actor)}


def move(
    session: Session,
    scope: Scope,
    campaign_id: int,
    no: int,
    name: str,
    now: datetime,
    *,
    reason: str | None = None,
    version: int | None = None,
    measures: tuple[int, ...] = (),
) -> LedgerInFull:
    """One move of one item. Raises NotAllowed, NotFound, Faulty, Refused, Conflict."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    ledger_moving.move(
        session,
        campaign,
        no,
        name,
        now,
        scope.actor,
        scope=scope,
        reason=reason,
        version=version,
        measures=measures,
    )
    return reading_ledger.one(session, scope, campaign_id, no)


def move_many(
    session: Session,
    scope: Scope,
    campaign_id: int,
    which: Which,
    name: str,
    now: datetime,
    *,
    everybody: bool,
    reason: str | None,
    dry_run: bool,
) -> LedgerMassMoved:
    """The same move of all chosen items for which it is open. Raises NotAllowed, NotFound, Faulty, Refused."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    if (which == Which()) != everybody:
        raise Faulty([Fault("filter", "请写明范围；若是全部事项，只写 all: true")])
    chosen = ledger_items.conditions(session, which, now)
    made = ledger_mass.move_many(
        session, campaign, name, chosen, now, scope.actor, scope=scope, reason=reason, dry_run=dry_run
    )
    return {
        "move": {"key": made.move, "name": MOVES[made.move]},
        "dry_run": dry_run,
        "chosen": made.moved + made.refused,
        "moved": made.moved,
        "refused": made.refused,
        "why": made.why,
    }


def hand_over(
    session: Session,
    scope: Scope,
    campaign_id: int,
    no: int,
    to: str,
    number: str,
    now: datetime,
    version: int | None = None,
) -> LedgerInFull:
    """移交. Raises NotAllowed, NotFound, Faulty, Refused, Conflict."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    ledger_amending.hand_over(
        session, campaign, no, to, number, now, scope.actor, scope=scope, version=version
    )
    return reading_ledger.one(session, scope, campaign_id, no)


def export(session: Session, scope: Scope, campaign_id: int, which: Which, now: datetime) -> bytes:
    """The workbook of what the key may see. Raises NotAllowed, NotFound, Faulty."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    return ledger_export.export(session, campaign, which, now, scope)


def take(
    session: Session,
    scope: Scope,
    campaign_id: int,
    file: LedgerFile,
    terms: Terms,
    now: datetime,
    *,
    dry_run: bool = False,
) -> LedgerImport:
    """Write what the file says, or only see what it would do.

    Raises NotAllowed, NotFound, Refused, and Faulty with everything wrong; then nothing is written.
    """
    if dry_run:
        return told(look(session, scope, campaign_id, file, terms, now))
    campaign = _open_to(session, scope, campaign_id, terms)
    return told(*ledger_import.apply(session, campaign, file, terms, now, scope.actor, scope))


def look(
    session: Session, scope: Scope, campaign_id: int, file: LedgerFile, terms: Terms, now: datetime
) -> Looked:
    """What the file would do. Raises NotAllowed, NotFound, Refused."""
    campaign = _open_to(session, scope, campaign_id, terms)
    return ledger_import.look(session, campaign, file, terms, now, scope)


def _open_to(session: Session, scope: Scope, campaign_id: int, terms: Terms) -> Running:
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    if terms.unit is not None:
        reading_scope.unit_seen(session, scope, terms.unit)
    return campaign


def told(looked: Looked, numbers: list[int] | None = None) -> LedgerImport:
    """`numbers` of what was added, once it is written."""
    chosen = {(one.item.no, cell.field) for one in looked.changed for cell in one.cells}
    added = {id(line) for line in looked.added}
    return {
        "applied": numbers is not None,
        "added": [_added(line, chosen=id(line) in added) for line in looked.diff.added],
        "changed": [_changed(one, chosen) for one in looked.diff.changed],
        "unchanged": looked.diff.unchanged,
        "absent": list(looked.diff.absent),
        "conflicts": looked.diff.conflicts,
        "faults": [{"place": one.place, "says": one.says} for one in looked.faults],
        "numbers": numbers or [],
        "passed": list(looked.diff.passed),
        "totals": list(looked.diff.totals),
    }


def _added(line: Line, *, chosen: bool) -> AddedTold:
    cells = line.cells
    return {
        "mark": line.mark,
        "project": cells["project"],
        "problem": cells["problem"],
        "measures": cells.get("measures", ""),
        "departments": cells.get("departments", ""),
        "due": cells.get("due", ""),
        "chosen": chosen,
    }


def _changed(one: Changed, chosen: set[tuple[int, str]]) -> ChangedTold:
    return {"no": one.item.no, "cells": [_cell(one.item.no, cell, chosen) for cell in one.cells]}


def _cell(no: int, cell: CellChange, chosen: set[tuple[int, str]]) -> CellTold:
    return {
        "field": {"key": cell.field, "name": cell.title},
        "before": cell.before,
        "after": cell.after,
        "place": cell.place,
        "conflict": cell.conflict or None,
        "chosen": (no, cell.field) in chosen,
    }
