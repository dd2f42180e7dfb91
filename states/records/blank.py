"""The tables of stores in memory: made once in this process, copied for every preview and simulation."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa
from sqlmodel import SQLModel

from states.records import core  # noqa: F401  (knows all tables)
from states.records.session import Store, memory


def shape(store: Store) -> None:
    """Give a fresh store in memory all tables, with nothing in them."""
    source, target = _pattern().raw_connection(), store.engine.raw_connection()
    try:
        source.driver_connection.backup(target.driver_connection)  # type: ignore[union-attr]
    finally:
        source.close()
        target.close()


@cache
def _pattern() -> sa.Engine:
    engine = memory().engine
    SQLModel.metadata.create_all(engine)
    return engine
