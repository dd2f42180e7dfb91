"""What a store has made of a statement serves the stores after it."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import CacheStats

from states.records.session import Store, connect, memory


def compiled(store: Store, statement: sa.Executable) -> bool:
    """Whether the store had to turn the statement into SQL itself."""
    with store.read() as session:
        context = session.connection().execute(statement).context
    store.close()
    return context.cache_hit is not CacheStats.CACHE_HIT


def never_seen() -> sa.Select[tuple[int]]:
    return sa.select(sa.literal(1).label(f"of_{uuid4().hex}"))


def test_a_statement_is_compiled_once_for_all_stores_of_a_kind(shaped_url: str) -> None:
    statement = never_seen()
    compiled(connect(shaped_url), sa.select(1))  # knows from here on what its server can do
    assert [compiled(connect(shaped_url), statement) for _ in range(3)] == [True, False, False]


def test_a_preview_compiles_nothing_that_another_has_compiled() -> None:
    statement = never_seen()
    compiled(memory(), sa.select(1))
    assert [compiled(memory(), statement) for _ in range(3)] == [True, False, False]
