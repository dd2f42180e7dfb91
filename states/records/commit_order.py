"""Numbers for the rows of the journal, in an order in which nothing is ever put before what was read already.

An id is given out when a row is written and seen when its transaction commits: a reader that remembers the largest id
would pass over whatever was slower. On SQLite writers queue, so ids are in the order of commits and serve as numbers.
On PostgreSQL one reader at a time numbers what it finds committed and without a number, after all that has one. Rows
whose ids follow each other are one span: a fan-out costs one row here, however many it writes in the journal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.records.columns import insert_new
from states.records.core import journal, journal_head, journal_span
from states.records.feed_tables import JournalHead
from states.records.session import Store

AT_ONCE = 50_000  # rows numbered in one transaction
SPANS_AT_ONCE = 200
LOCK = 0x6475_6261_6F

_ALONE = sa.text("SELECT pg_advisory_xact_lock(:key)")
_GIVEN = sa.text(
    "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('journal', 'id')::regclass), 0)"
)
_SET = sa.text("SELECT setval(pg_get_serial_sequence('journal', 'id'), :to)")
_WRITERS = sa.text("""
    SELECT DISTINCT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'journal'::regclass AND granted
      AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1
""")
_FRESH = sa.text("""
    WITH fresh AS (
        SELECT id FROM journal WHERE id > :floor AND id > coalesce(
            (SELECT last_id FROM journal_span WHERE first_id <= journal.id ORDER BY first_id DESC LIMIT 1), 0)
        ORDER BY id LIMIT :most
    ), islands AS (SELECT id, id - row_number() OVER (ORDER BY id) AS island FROM fresh)
    SELECT min(id), max(id) FROM islands GROUP BY island ORDER BY 1
""")


class Span(NamedTuple):
    """Rows `first_id` to `last_id`, of which the first has the number `first_seq`."""

    first_seq: int
    first_id: int
    last_id: int


class Spans(tuple[Span, ...]):
    """Some of them, by number."""

    def where(self) -> sa.ColumnElement[bool]:
        """Over the journal: the rows in them."""
        return sa.or_(sa.false(), *(journal.c.id.between(one.first_id, one.last_id) for one in self))

    def seq_of(self, ids: Sequence[int]) -> list[int]:
        """The numbers of rows that lie in them."""
        by_id = sorted(self, key=lambda one: one.first_id)
        firsts = [one.first_id for one in by_id]
        found = [(by_id[bisect_right(firsts, key) - 1], key) for key in ids]
        return [span.first_seq + key - span.first_id for span, key in found]

    @property
    def last_seq(self) -> int:
        """The highest number in them; there is one at least."""
        return self[-1].first_seq + self[-1].last_id - self[-1].first_id


def advance(store: Store) -> None:
    """Number what was committed by now; where somebody else is at it, wait for them."""
    while not store.sqlite:
        with store.write() as session:
            if _advance(session) < AT_ONCE:
                return


def head(session: Session) -> int:
    """The highest number that was given."""
    if session.get_bind().dialect.name == "sqlite":
        return int(session.execute(sa.select(sa.func.coalesce(sa.func.max(journal.c.id), 0))).scalar_one())
    return int(session.execute(sa.select(journal_head.c.seq)).scalar() or 0)


def certain(session: Session) -> tuple[int, int]:
    """An id up to which every row is committed or will never be there, and how many writers hold up the rest.

    What is read after this transaction sees all of them. On PostgreSQL `advance` moves it.
    """
    if session.get_bind().dialect.name == "sqlite":
        return head(session), 0
    row = session.execute(sa.select(journal_head.c.floor, journal_head.c.writers)).first()
    return (int(row.floor), len(row.writers)) if row else (0, 0)


def oldest_uncertain(session: Session) -> datetime | None:
    """When the first row was written before which something may still appear; None where there is none."""
    if session.get_bind().dialect.name == "sqlite":
        return None
    floor = sa.select(journal_head.c.floor).scalar_subquery()
    after = sa.select(journal.c.at).where(journal.c.id > sa.func.coalesce(floor, 0))
    return session.execute(after.order_by(journal.c.id).limit(1)).scalar()


def spans(session: Session, after: int, until: int, most: int = 1 << 62) -> Spans:
    """Where the numbers after `after` lie, up to `until` or less: `most` of them, or as far as one statement should reach."""
    after = _next(session, after) - 1
    until = min(until, after + most)
    if until <= after:
        return Spans()
    if session.get_bind().dialect.name == "sqlite":
        return Spans((Span(after + 1, after + 1, until),))
    first = journal_span.c.first_seq
    before = sa.select(sa.func.max(first)).where(first <= after + 1).scalar_subquery()
    rows = sa.select(journal_span).where(first >= sa.func.coalesce(before, 0), first <= until)
    found = session.execute(rows.order_by(first).limit(SPANS_AT_ONCE)).tuples()
    return Spans(_cut(Span(*one), after, until) for one in found)


def _next(session: Session, after: int) -> int:
    """The first number that was given after `after`: behind a leap it is far away."""
    if session.get_bind().dialect.name == "sqlite":
        found = session.execute(sa.select(sa.func.min(journal.c.id)).where(journal.c.id > after)).scalar()
        return found if found is not None else after + 1
    first, length = journal_span.c.first_seq, journal_span.c.last_id - journal_span.c.first_id
    upto = sa.select(first + length).where(first <= after + 1).order_by(first.desc()).limit(1)
    if (session.execute(upto).scalar() or 0) > after:
        return after + 1
    found = session.execute(sa.select(sa.func.min(first)).where(first > after)).scalar()
    return found if found is not None else after + 1


def leap(session: Session, to: int) -> None:
    """The row that comes next, alone in the database, has `to` as its id and its number; all before it are numbered.

    For a record that was put back: others heard of numbers after its last.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    while _advance(session) == AT_ONCE:
        pass
    _head(session)
    session.execute(sa.insert(journal_span), [{"first_seq": to, "first_id": to, "last_id": to}])
    session.execute(sa.update(journal_head).values(seq=to, floor=to, seen=to, writers=[]))
    session.execute(_SET, {"to": to})


def _cut(span: Span, after: int, until: int) -> Span:
    """The part of a span that lies in the numbers asked for."""
    skipped = max(0, after + 1 - span.first_seq)
    last = min(span.last_id, span.first_id + until - span.first_seq)
    return Span(span.first_seq + skipped, span.first_id + skipped, last)


def _advance(session: Session) -> int:
    """How many rows got a number. Three looks, each a statement of its own, in this order:

    the last id given out; who is writing; what is committed. Whoever had an id by the first look held the table's lock
    then, so it is among the writers or has ended, and the third look sees what it left.
    """
    session.execute(_ALONE, {"key": LOCK})
    before = _head(session)
    given = int(session.execute(_GIVEN).scalar_one())
    writers = tuple(session.execute(_WRITERS).scalars())
    found = session.execute(_FRESH, {"floor": before.floor, "most": AT_ONCE}).tuples().all()
    seq, rows = before.seq, []
    for first, last in found:
        rows.append({"first_seq": seq + 1, "first_id": first, "last_id": last})
        seq += last - first + 1
    if rows:
        session.execute(sa.insert(journal_span), rows)
    after = before._replace(seq=seq)
    if seq - before.seq < AT_ONCE:
        after = _known(after, given, writers)
    if after != before:
        session.execute(sa.update(journal_head).values(**after._asdict()))
    return seq - before.seq


class _Head(NamedTuple):
    """The row of JournalHead."""

    seq: int
    floor: int
    seen: int
    writers: tuple[str, ...]


def _head(session: Session) -> _Head:
    columns = (journal_head.c[name] for name in _Head._fields)
    row = session.execute(sa.select(*columns)).first()
    if row is None:
        session.execute(insert_new(session, JournalHead), [JournalHead(id=1).model_dump()])
        return _Head(0, 0, 0, ())
    seq, floor, seen, writers = row
    return _Head(seq, floor, seen, tuple(writers))


def _known(head: _Head, given: int, writers: tuple[str, ...]) -> _Head:
    """Up to where nothing can appear any more, now that everything committed has its number."""
    if not writers:
        return head._replace(floor=given, seen=given, writers=())
    if set(head.writers) & set(writers):
        return head
    return head._replace(floor=head.seen, seen=given, writers=writers)
