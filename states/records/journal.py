"""The journal: what happened, in the transaction in which it happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.records import discretion
from states.records.core import journal
from states.records.tables import LedgerItem, Milestone

_INSERT = sa.insert(journal)


def note(
    session: Session,
    now: datetime,
    kind: str,
    actor: str,
    *,
    campaign_id: int | None = None,
    unit_id: int | None = None,
    before: str | None = None,
    after: str | None = None,
    reason: str | None = None,
    **payload: Any,
) -> None:
    """One fact. Raises Disclosing where its words name who gave a clue."""
    said = {"reason": reason, **discretion.texts_of(payload)}
    discretion.check(session, campaign_id, said, actor, now)
    row = {
        "at": now,
        "kind": kind,
        "actor": actor,
        "campaign_id": campaign_id,
        "unit_id": unit_id,
        "before": before,
        "after": after,
        "reason": reason,
        "payload": payload or None,
    }
    session.execute(_INSERT, [row])


def note_item(
    session: Session,
    now: datetime,
    kind: str,
    actor: str,
    item: LedgerItem,
    *,
    before: str | None = None,
    after: str | None = None,
    reason: str | None = None,
    **payload: Any,
) -> None:
    """One fact about an item of the ledger, which its history finds."""
    said = {"reason": reason, **discretion.texts_of(payload)}
    discretion.check(session, item.campaign_id, said, actor, now)
    row = {"at": now, "kind": kind, "actor": actor, "before": before, "after": after, "reason": reason}
    row |= {"campaign_id": item.campaign_id, "unit_id": item.unit_id, "item_id": item.id}
    session.execute(_INSERT, [{**row, "payload": {"item": item.id, "no": item.no, **payload}}])


def note_milestone(
    session: Session, now: datetime, kind: str, actor: str, row: Milestone, **said: Any
) -> None:
    """One fact about what is asked for at a date; `said` as for `note`."""
    note(session, now, kind, actor, campaign_id=row.campaign_id, milestone=row.id, **said)


def note_from(session: Session, columns: Sequence[str], rows: sa.Select[Any]) -> None:
    """Many facts in one statement: `rows` selects `columns` of the journal."""
    session.execute(sa.insert(journal).from_select(list(columns), rows))


def payload(session: Session, **columns: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The JSON of a fact, made of columns by the database."""
    postgresql = session.get_bind().dialect.name == "postgresql"
    build = sa.func.json_build_object if postgresql else sa.func.json_object
    pairs = [part for name, column in columns.items() for part in (sa.literal(name, sa.String), column)]
    return build(*pairs, type_=sa.JSON)


def iso(at: datetime | None) -> str | None:
    """An instant as a fact keeps it in `before`, `after` or its payload."""
    return at.isoformat() if at is not None else None
