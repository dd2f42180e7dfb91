"""The journal is sealed after the fact: every row exactly once, whoever commits when."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from states.chain.check import Checked, check
from states.records import locks
from states.records.chain import reading_out, sealer
from states.records.core import journal_batch
from states.records.journal import note
from states.records.session import Store, connect

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


class GoneError(Exception):
    """The transaction shall vanish."""


def fail() -> None:
    raise GoneError


def write(store: Store, number: int, kind: str = "sample") -> None:
    with store.write() as session:
        for n in range(number):
            note(
                session,
                NOW,
                kind,
                "test",
                before="旧",
                after=f"新{n}",
                reason="示例",
                n=n,
                deep={"b": [1.5], "a": None},
            )


def checked(store: Store, **more: Any) -> Checked:
    return check(reading_out.lines(store, NOW), **more)


def batches(store: Store) -> list[Any]:
    with store.read() as session:
        return list(session.execute(sa.select(journal_batch).order_by(journal_batch.c.no)))


def test_rows_are_sealed_in_batches_and_nothing_is_left_to_do(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr(sealer, "ROWS", 4)
    write(store, 10)
    done = sealer.seal(store, NOW)
    assert (done.batches, done.rows, done.waiting) == (3, 10, 0)
    assert [(one.first, one.last, one.total) for one in batches(store)] == [(1, 4, 4), (5, 8, 8), (9, 10, 10)]
    before = batches(store)
    assert sealer.seal(store, NOW + timedelta(days=1)).batches == 0
    assert batches(store) == before
    found = checked(store)
    assert (found.broken, found.rows, found.batches, found.unsealed) == (None, 10, 3, 0)


def test_a_number_that_never_became_a_row_breaks_nothing(store: Store) -> None:
    write(store, 2)
    with suppress(GoneError), store.write() as session:
        note(session, NOW, "sample", "test")
        fail()
    write(store, 2)
    sealer.seal(store, NOW)
    found = checked(store)
    assert (found.broken, found.rows) == (None, 4)


def test_what_is_not_sealed_is_counted_with_its_age(store: Store) -> None:
    write(store, 3)
    sealer.seal(store, NOW)
    write(store, 2)
    with store.read() as session:
        assert (sealer.unsealed(session), sealer.oldest_unsealed(session)) == (2, NOW)
    found = checked(store)
    assert (found.broken, found.rows, found.unsealed) == (None, 3, 2)


def test_what_is_read_out_is_of_one_moment_whoever_seals_meanwhile(store: Store) -> None:
    write(store, 2)
    sealer.seal(store, NOW)
    write(store, 2)
    lines = reading_out.lines(store, NOW)
    first = [next(lines), next(lines)]
    assert "batch" in first[1]
    with ThreadPoolExecutor(1) as pool:
        pool.submit(sealer.seal, store, NOW).result()
    found = check([*first, *lines])
    assert (found.broken, found.rows, found.unsealed) == (None, 2, 2)


# -- PostgreSQL: numbers are given out before they are committed ---------------------------------------------


@pytest.fixture
def postgres_store(copied_url: str) -> Any:
    made = connect(copied_url)
    yield made
    made.close()


def test_a_row_committed_late_under_a_lower_number_is_waited_for(postgres_store: Store) -> None:
    store = postgres_store
    write(store, 1)
    with store.write() as slow:
        note(slow, NOW, "slow", "test")
        write(store, 2)
        first = sealer.seal(store, NOW, patience=0)
        assert (first.rows, first.waiting) == (0, 1)
        write(store, 1)
        assert sealer.seal(store, NOW, patience=0).waiting == 1
    assert sealer.seal(store, NOW, patience=0).rows == 5
    found = checked(store)
    assert (found.broken, found.rows, found.unsealed) == (None, 5, 0)


def test_a_slow_writer_does_not_hold_up_for_ever_while_others_come_and_go(postgres_store: Store) -> None:
    """The mark is kept over rounds: in each of them somebody else is writing."""
    store = postgres_store
    write(store, 1)
    with store.write() as first:
        note(first, NOW, "one", "test")
        assert sealer.seal(store, NOW, patience=0).waiting == 1
        second = store.write()
        note(second.__enter__(), NOW, "two", "test")
    done = sealer.seal(store, NOW, patience=0)
    second.__exit__(None, None, None)
    assert done.rows == 2  # up to where the first one had been alone


def test_eight_writers_at_once_every_row_is_sealed_exactly_once(
    postgres_store: Store, monkeypatch: Any
) -> None:
    """Transactions of every length and some that fail, two sealers beside them all the time."""
    store, writers, turns = postgres_store, 8, 24
    monkeypatch.setattr(sealer, "ROWS", 7)
    monkeypatch.setattr(sealer, "POLL", 0.001)
    over = threading.Event()

    def writer(who: int) -> None:
        for turn in range(turns):
            with suppress(GoneError), store.write() as session:
                note(session, NOW, "eight", f"w{who}", turn=turn)
                time.sleep(((who * 7 + turn * 3) % 5) / 100)
                note(session, NOW, "eight", f"w{who}", turn=turn)
                if turn % 6 == 5:
                    fail()

    def sealing() -> int:
        runs = 0
        while not over.is_set():
            runs += sealer.seal(store, NOW, patience=0.01).batches > 0
        return runs

    with ThreadPoolExecutor(writers + 2) as pool:
        beside = [pool.submit(sealing) for _ in range(2)]
        for one in [pool.submit(writer, who) for who in range(writers)]:
            one.result()
        over.set()
        meanwhile = sum(one.result() for one in beside)
    while sealer.seal(store, NOW).rows:
        pass
    found = checked(store)
    expected = writers * 2 * sum(turn % 6 != 5 for turn in range(turns))
    assert meanwhile > 1
    assert (found.broken, found.rows, found.unsealed) == (None, expected, 0)


def test_two_sealers_never_seal_the_same(postgres_store: Store) -> None:
    store = postgres_store
    write(store, 3)
    with store.write() as session:
        assert locks.sealing_at_once(session)
        assert sealer.seal(store, NOW, patience=0).rows == 0
        with store.write() as other:
            assert sealer.next_batch(other, 3, NOW) == 0
    assert sealer.seal(store, NOW).rows == 3


def test_writers_that_end_in_failure_free_the_way(postgres_store: Store) -> None:
    store = postgres_store
    with suppress(GoneError), store.write() as session:
        note(session, NOW, "sample", "test")
        write(store, 1)
        assert sealer.seal(store, NOW, patience=0) == sealer.Sealed(0, 0, 1)
        fail()
    assert sealer.seal(store, NOW) == sealer.Sealed(1, 1, 0)


def test_a_sealer_killed_between_batches_goes_on_where_it_was(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr(sealer, "ROWS", 3)
    write(store, 8)

    with suppress(GoneError):
        sealer.seal(store, NOW, told=lambda _rows: fail())
    with suppress(GoneError), store.write() as session:
        sealer.next_batch(session, 8, NOW)
        fail()
    assert len(batches(store)) == 1
    sealer.seal(store, NOW)
    found = checked(store)
    assert (found.broken, found.rows, found.batches) == (None, 8, 3)


def test_a_round_ends_after_its_time_and_the_next_goes_on(postgres_store: Store, monkeypatch: Any) -> None:
    write(postgres_store, 3)
    monkeypatch.setattr(sealer, "LONG", -1.0)
    assert sealer.seal(postgres_store, NOW).rows == 0
    monkeypatch.undo()
    assert sealer.seal(postgres_store, NOW).rows == 3
