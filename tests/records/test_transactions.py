"""The three kinds of transaction: what reads can't write, what is tried leaves nothing, what writes waits its turn."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from states.records.core import unit
from states.records.session import Store
from states.records.tables import Unit


def insert(session) -> None:
    session.execute(sa.insert(unit).values(code="T", name="试", kind="clinic", level="", path="/9/"))


def codes(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.execute(sa.select(unit.c.code)).scalars())


def test_what_only_reads_is_kept_from_writing_and_the_next_may_write(store: Store) -> None:
    with pytest.raises(sa.exc.DBAPIError, match=r"read-?only"), store.read() as session:
        insert(session)
    with store.write() as session:
        insert(session)
    assert codes(store) == ["T"]


def test_a_trial_writes_leaves_nothing_and_what_it_read_stays_readable(store: Store) -> None:
    with store.act(dry_run=True) as session:
        insert(session)
        kept = session.execute(sa.select(Unit)).scalar_one()
    assert (kept.code, codes(store)) == ("T", [])
    with store.act(dry_run=False) as session:
        insert(session)
    assert codes(store) == ["T"]


def test_a_trial_that_meets_a_writer_waits_for_its_turn(store: Store) -> None:
    """On SQLite what has begun as a reader can't become a writer once somebody else has written: it was refused."""
    read, wrote = threading.Event(), threading.Event()

    def other() -> None:
        read.wait(10)
        with store.write() as session:
            session.execute(sa.insert(unit).values(code="O", name="另", kind="clinic", level="", path="/8/"))
        wrote.set()

    thread = threading.Thread(target=other)
    thread.start()
    with store.trial() as session:
        session.execute(sa.select(unit.c.code)).all()
        read.set()
        assert wrote.wait(0.3) is not store.sqlite
        insert(session)
    thread.join()
    assert codes(store) == ["O"]
