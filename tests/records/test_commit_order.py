"""Numbers of the journal: whoever follows them misses nothing and sees nothing twice, however writers overtake."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import NoReturn

import pytest
import sqlalchemy as sa

from states.records import commit_order
from states.records.core import journal, journal_head, journal_span
from states.records.journal import note
from states.records.session import Store

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
WRITERS = 8


def give_up() -> NoReturn:
    """Whatever was written in this transaction vanishes."""
    raise ArithmeticError


def read_on(store: Store, after: int) -> tuple[list[int], int]:
    """The ids after a number, in the order of numbers; and the number of the last."""
    commit_order.advance(store)
    found: list[int] = []
    with store.read() as session:
        head = commit_order.head(session)
        while after < head:
            part = commit_order.spans(session, after, head)
            ids = list(session.execute(sa.select(journal.c.id).where(part.where())).scalars())
            numbered = sorted(zip(part.seq_of(ids), ids, strict=True))
            assert [seq for seq, _ in numbered] == list(range(after + 1, part.last_seq + 1)), "a hole"
            found += [key for _, key in numbered]
            after = part.last_seq
    return found, after


def test_with_eight_writers_a_reader_misses_nothing_and_sees_nothing_twice(store: Store) -> None:
    """Some write one row, some many, some take their time before they commit, some think better of it."""

    def write(which: int) -> None:
        dice = random.Random(which)
        for _ in range(6 if store.sqlite else 25):
            try:
                with store.write() as session:
                    for _ in range(dice.choice((1, 1, 2, 40))):
                        note(session, NOW, "test.written", f"writer {which}")
                        time.sleep(dice.choice((0, 0, 0.001)))
                    time.sleep(dice.choice((0, 0.002, 0.01)))
                    if dice.random() < 0.15:
                        give_up()
            except ArithmeticError:
                continue

    seen: list[int] = []
    after = 0
    with ThreadPoolExecutor(WRITERS) as pool:
        at_work = [pool.submit(write, which) for which in range(WRITERS)]
        while not all(one.done() for one in at_work):
            more, after = read_on(store, after)
            seen += more
        for one in at_work:
            one.result()
    seen += read_on(store, after)[0]
    with store.read() as session:
        written = list(session.execute(sa.select(journal.c.id).order_by(journal.c.id)).scalars())
    assert len(seen) == len(set(seen)), "seen twice"
    assert sorted(seen) == written, "missed"
    if not store.sqlite:
        assert seen != written, "no writer was overtaken: this shows nothing"


@pytest.fixture
def postgresql(copied_url: str) -> Iterator[Store]:
    from states.records.session import connect

    made = connect(copied_url)
    yield made
    made.close()


def test_what_commits_late_comes_last_and_what_is_rolled_back_not_at_all(postgresql: Store) -> None:
    with postgresql.write() as slow:
        note(slow, NOW, "test.slow", "x")
        with postgresql.write() as quick:
            note(quick, NOW, "test.quick", "x")
        first, after = read_on(postgresql, 0)
        assert first == [2]
        with suppress(ArithmeticError), postgresql.write() as gone:
            note(gone, NOW, "test.gone", "x")
            give_up()
    assert read_on(postgresql, after) == ([1], 2)
    assert read_on(postgresql, 2) == ([], 2)
    with postgresql.read() as session:
        assert session.execute(sa.select(journal_head.c.floor)).scalar_one() == 3, (
            "nothing is looked at again"
        )


def test_a_fan_out_is_one_span_and_an_idle_record_is_left_alone(postgresql: Store) -> None:
    """100 000 rows of one statement: the feed keeps a handful of rows of them."""
    rows = sa.text(
        "INSERT INTO journal (at, kind, actor) SELECT now(), 'unit.moved', 'x' FROM generate_series(1, 100000)"
    )
    with postgresql.write() as session:
        session.execute(rows)
    commit_order.advance(postgresql)
    with postgresql.read() as session:
        spans = session.execute(sa.select(sa.func.count()).select_from(journal_span)).scalar_one()
        assert spans <= 100_000 // commit_order.AT_ONCE + 1
        assert commit_order.head(session) == 100_000
        before = session.execute(sa.text("SELECT xmin::text, * FROM journal_head")).one()
    commit_order.advance(postgresql)
    with postgresql.read() as session:
        assert session.execute(sa.text("SELECT xmin::text, * FROM journal_head")).one() == before, "written"


def test_a_writer_that_never_ends_holds_up_nobody(postgresql: Store) -> None:
    with postgresql.write() as slow:
        note(slow, NOW, "test.slow", "x")
        for number in range(3):
            with postgresql.write() as session:
                note(session, NOW, "test.quick", "x")
            assert read_on(postgresql, number) == ([number + 2], number + 1)
