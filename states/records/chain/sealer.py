"""Seals what was committed: batch by batch, each in a transaction of its own, by one sealer at a time.

Killed anywhere it goes on from the last batch that is there; called again it finds nothing to do.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.chain import batches
from states.chain.leaves import SALT_BYTES, commitment, leaf
from states.clock import elapsed
from states.records import commit_order, locks
from states.records.chain import rows
from states.records.core import journal, journal_batch, journal_salt
from states.records.session import Store

ROWS = 1_000
PATIENCE = 3.0  # seconds for writers that have not committed yet; the next round waits on
LONG = 240.0  # seconds; a round ends then and the next goes on
POLL = 0.05

Told = Callable[[int], None]


@dataclass
class Sealed:
    """What one run did. `waiting`: writers that hold up the rest."""

    batches: int = 0
    rows: int = 0
    waiting: int = 0


def seal(store: Store, now: datetime, *, patience: float = PATIENCE, told: Told | None = None) -> Sealed:
    """Everything that is certain by now; `told` hears the number of rows after each batch."""
    done, began = Sealed(), elapsed()
    high = _certain(store, patience, done)
    while high and elapsed() - began < LONG:
        with store.write() as session:
            count = next_batch(session, high, now)
        if not count:
            break
        done.batches += 1
        done.rows += count
        if told:
            told(done.rows)
    return done


def _certain(store: Store, patience: float, done: Sealed) -> int:
    """Up to which number nothing can appear any more. Found in transactions of its own: the rows are read by later
    ones, which see all that is certain.
    """
    began = elapsed()
    while True:
        commit_order.advance(store)
        with store.read() as session:
            high, done.waiting = commit_order.certain(session)
        if not done.waiting or elapsed() - began > patience:
            return high
        time.sleep(POLL)


def next_batch(session: Session, high: int, now: datetime) -> int:
    """Seal the next rows up to the number `high`; how many. None where another sealer is at it."""
    if not locks.sealing_at_once(session):
        return 0
    before = last(session)
    after = before.last if before else 0
    found = [rows.read(row) for row in session.execute(rows.between(after, high).limit(ROWS))]
    if not found:
        return 0
    salts = os.urandom(SALT_BYTES * len(found))
    leaves = b"".join(
        leaf(row, commitment(rows.salt_of(salts, place), row)) for place, row in enumerate(found)
    )
    batch = _head(before, [row["id"] for row in found], now)
    batch["hash"] = batches.sealed({**batch, "at": rows.instant(now)}, hashlib.sha256(leaves).digest())
    session.execute(sa.insert(journal_batch).values(**batch, leaves=leaves))
    session.execute(sa.insert(journal_salt).values(no=batch["no"], salts=salts))
    return len(found)


def last(session: Session) -> sa.Row[Any] | None:
    """The last batch, without its digests."""
    columns = [one for one in journal_batch.c if one.name != "leaves"]
    return session.execute(sa.select(*columns).order_by(journal_batch.c.no.desc()).limit(1)).first()


def _head(before: sa.Row[Any] | None, ids: Sequence[int], now: datetime) -> dict[str, Any]:
    return {
        "no": before.no + 1 if before else 1,
        "prev": before.hash if before else batches.START,
        "first": before.last + 1 if before else 1,
        "last": ids[-1],
        "rows": len(ids),
        "total": len(ids) + (before.total if before else 0),
        "members": batches.spans(ids),
        "at": now,
    }


def oldest_unsealed(session: Session) -> datetime | None:
    """Since when something is not sealed."""
    waiting = sa.select(journal.c.at).where(_waiting(session)).order_by(journal.c.id).limit(1)
    return session.execute(waiting).scalar()


def unsealed(session: Session) -> int:
    """How many rows are not sealed."""
    return int(
        session.execute(sa.select(sa.func.count()).select_from(journal).where(_waiting(session))).scalar_one()
    )


def _waiting(session: Session) -> sa.ColumnElement[bool]:
    before = last(session)
    return journal.c.id > (before.last if before else 0)
