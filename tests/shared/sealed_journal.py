"""A sealed and signed journal, and what somebody may do to it who owns the database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.chain import batches
from states.chain.check import Checked, check
from states.chain.leaves import commitment, leaf
from states.chain.roots import Root
from states.records.chain import reading_out, rows, sealer, signing
from states.records.core import journal, journal_batch, journal_root, journal_salt
from states.records.journal import note
from states.records.session import Store
from states.settings import Settings
from states.settings import read as settings_of

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
ROWS, LAST = 4, 14  # of a batch, of the sealed journal


class Sealed:
    """A journal with three roots over fourteen rows in five batches; the seventh tells of the key."""

    def __init__(self, store: Store, home: Path) -> None:
        self.store = store
        self.settings: Settings = settings_of({"DUBAN_HOME": str(home)})
        for at, number in ((NOW, 6), (NOW + timedelta(days=1), 4), (NOW + timedelta(days=2), 3)):
            with store.write() as session:
                for n in range(number):
                    fact = {
                        "campaign_id": 1,
                        "unit_id": 5,
                        "before": "旧",
                        "after": f"新{n}",
                        "reason": "示例",
                    }
                    note(session, at, "sample", "test", **fact, n=n, deep={"b": [1.5], "a": None})
            sealer.seal(store, at)
            assert signing.sign(store, self.settings, at, daily=True)
            sealer.seal(store, at)
        with store.read() as session:
            self.trusted = signing.known(session)
            self.kept = signing.every(session)[-1]

    @contextmanager
    def tampered(self) -> Iterator[Session]:
        """A copy to play with: a transaction that comes to nothing."""
        with Session(self.store.engine) as session:
            yield session
            session.rollback()

    def judged(self, session: Session, **more: Any) -> Checked:
        given = {"trusted": self.trusted, "kept": [self.kept]} | more
        return check(reading_out.lines_in(session, NOW), **given)


def row(session: Session, key: int) -> dict[str, Any]:
    return dict(session.execute(sa.select(journal).where(journal.c.id == key)).mappings().one())


def put(session: Session, key: int, **values: Any) -> None:
    session.execute(sa.update(journal).where(journal.c.id == key).values(**values))


def put_batch(session: Session, no: int, **values: Any) -> None:
    session.execute(sa.update(journal_batch).where(journal_batch.c.no == no).values(**values))


def cut(session: Session, key: int) -> None:
    """Everything from the batch of a row on, with its roots: what is left is a sound and shorter journal."""
    first = session.execute(
        sa.select(sa.func.max(journal_batch.c.first)).where(journal_batch.c.first <= key)
    ).scalar_one()
    no = sa.select(journal_batch.c.no).where(journal_batch.c.first >= first)
    session.execute(sa.delete(journal_root).where(journal_root.c.batch.in_(no)))
    session.execute(sa.delete(journal_salt).where(journal_salt.c.no.in_(no)))
    session.execute(sa.delete(journal).where(journal.c.id >= first))
    session.execute(sa.delete(journal_batch).where(journal_batch.c.first >= first))


def forge(session: Session, key: int, **claims: Any) -> None:
    """Change a row and make the whole chain anew after it, as somebody can who owns the database but not the key; the
    third batch may claim something else.
    """
    put(session, key, reason="改写")
    prev = batches.START
    for old in session.execute(
        sa.select(journal_batch, journal_salt.c.salts)
        .join(journal_salt, journal_salt.c.no == journal_batch.c.no)
        .order_by(journal_batch.c.no)
    ).all():
        found = [rows.read(one) for one in session.execute(rows.between(old.first - 1, old.last))]
        leaves = b"".join(
            leaf(one, commitment(rows.salt_of(old.salts, place), one)) for place, one in enumerate(found)
        )
        claimed = {"prev": prev} | (claims if old.no == 3 else {})
        told = {name: getattr(old, name) for name in batches.FIELDS} | {"at": rows.instant(old.at)} | claimed
        prev = batches.sealed(told, hashlib.sha256(leaves).digest())
        put_batch(session, old.no, **claimed, hash=prev, leaves=leaves)


def put_root(session: Session, root: Root) -> None:
    session.execute(sa.update(journal_root).where(journal_root.c.nth == root.nth).values(line=root.line))
