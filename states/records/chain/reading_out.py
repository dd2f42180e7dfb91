"""The whole journal line by line: what an export holds, and what a check on the live database reads.

It gives out what is there, right or wrong: the check judges. All of it is read in one transaction that sees one
moment, and never more than a batch is in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.chain import batches, roots
from states.records.chain import rows, signing
from states.records.core import journal, journal_batch, journal_erased, journal_root, journal_salt
from states.records.session import Store

FORMAT = 1
CHUNK = 1_000
MOST = 100_000  # numbers of one batch; a list that names more was not written by us
Line = dict[str, Any]


def lines(store: Store, now: datetime, told: Callable[[int], None] | None = None) -> Iterator[Line]:
    """Every line; `told` hears how many rows were read."""
    with store.read(one_moment=True) as session:
        yield from lines_in(session, now, told)


def lines_in(session: Session, now: datetime, told: Callable[[int], None] | None = None) -> Iterator[Line]:
    """The same as a transaction sees it."""
    yield {"journal": {"format": FORMAT, "at": rows.instant(now)}}
    for public in signing.known(session).values():
        yield {"key": roots.pem(public)}
    yield from _Reader(session, told or (lambda _: None)).all()


def text(line: Line) -> str:
    """As it stands in a file."""
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"


def count(store: Store) -> int:
    """About how many rows there are, for a bar."""
    with store.read() as session:
        return int(session.execute(sa.select(sa.func.count()).select_from(journal)).scalar_one())


class _Reader:
    def __init__(self, session: Session, told: Callable[[int], None]) -> None:
        self._session, self._told = session, told
        self._roots = session.execute(
            sa.select(journal_root.c.batch, journal_root.c.line).order_by(journal_root.c.nth)
        ).all()
        self._seen = 0
        self._after: int | None = None

    def all(self) -> Iterator[Line]:
        no, batches_seen, sealed = 0, 0, 0
        pending = [(one.batch, one.line) for one in self._roots]
        while (batch := self._next(no)) is not None:
            yield from self._batch(batch)
            no, batches_seen, sealed = batch.no, batches_seen + 1, sealed + batch.rows
            while pending and pending[0][0] <= no:
                yield {"root": pending.pop(0)[1]}
        for _, line in pending:
            yield {"root": line}
        unsealed = 0
        for row in self._rows(None):
            unsealed += 1
            yield {"unsealed": row}
        yield {"end": {"batches": batches_seen, "rows": sealed, "unsealed": unsealed}}

    def _next(self, no: int) -> sa.Row[Any] | None:
        wanted = sa.select(journal_batch, journal_salt.c.salts).outerjoin(
            journal_salt, journal_salt.c.no == journal_batch.c.no
        )
        wanted = wanted.where(journal_batch.c.no > no).order_by(journal_batch.c.no).limit(1)
        return self._session.execute(wanted).first()

    def _batch(self, batch: sa.Row[Any]) -> Iterator[Line]:
        head = {
            name: getattr(batch, name) for name in ("no", "prev", "first", "last", "rows", "total", "members")
        }
        yield {"batch": {**head, "at": rows.instant(batch.at), "hash": batch.hash}}
        places = {key: place for place, key in enumerate(_members(batch.members))}
        erased = self._erased(batch)
        for row in self._rows(batch.last):
            yield from self._gone(batch, places, row["id"])
            place = places.pop(row["id"], None)
            if place is not None:
                row["leaf"] = rows.leaf_of(batch.leaves, place).hex()
                row |= erased.get(row["id"], {"salt": _salt(batch, place)})
            yield {"row": row}
        yield from self._gone(batch, places, None)

    def _gone(self, batch: sa.Row[Any], places: dict[int, int], before: int | None) -> Iterator[Line]:
        """Rows that were sealed and are not there, up to the number `before`."""
        while places and (before is None or next(iter(places)) < before):
            key = next(iter(places))
            yield {
                "row": {"id": key, "leaf": rows.leaf_of(batch.leaves, places.pop(key)).hex(), "gone": True}
            }

    def _erased(self, batch: sa.Row[Any]) -> dict[int, dict[str, str | None]]:
        mine = journal_erased.c.journal_id.between(batch.first, batch.last)
        found = self._session.execute(sa.select(journal_erased).where(mine))
        return {
            one.journal_id: {"erased": bytes(one.commitment).hex(), "salt": bytes(one.salt).hex()}
            for one in found
        }

    def _rows(self, last: int | None) -> Iterator[Line]:
        """Rows after those that were read, up to the number `last`."""
        while True:
            found = self._session.execute(rows.between(self._after, last).limit(CHUNK)).all()
            for one in found:
                row = rows.read(one)
                self._after = row["id"]
                yield row
            self._seen += len(found)
            self._told(self._seen)
            if len(found) < CHUNK:
                break
        if last is not None:
            self._after = max(last, self._after if self._after is not None else last)


def _salt(batch: sa.Row[Any], place: int) -> str | None:
    """The key of a row, or None where it is lost."""
    salt = rows.salt_of(bytes(batch.salts or b""), place)
    return salt.hex() if len(salt) == len(rows.NONE) and salt != rows.NONE else None


def _members(told: str) -> list[int]:
    """The numbers of a batch, as far as its list can be read."""
    try:
        return list(islice(batches.members(told), MOST))
    except ValueError:
        return []
