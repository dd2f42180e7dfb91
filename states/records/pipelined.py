"""Prepared statements on PostgreSQL for an event loop: those of the same moment share one round trip.

A thread for each costs more than the database does, since all of them and the loop take turns in one interpreter.
Writes that go together are committed together, or not at all: then each is to be made anew by itself.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from states.records.gathering import Gathering
from states.records.prepared import POINTS, Prepared, Ready, Row, ready_for
from states.records.session import BUSY_SECONDS, Store

if TYPE_CHECKING:
    import psycopg

LOCK_PATIENCE = (
    "SET lock_timeout = '200ms'"  # others of the same moment wait for a row that one of them waits for
)


class RolledBack(Exception):
    """Of this moment's writes nothing was written."""


class Found(NamedTuple):
    """What one statement gave: its rows, or how many it wrote."""

    rows: list[Row]
    changed: int


class _Asked(NamedTuple):
    ready: Ready
    given: dict[str, Any]


class Pipelined:
    """One connection in autocommit, kept open; used from one event loop.

    `writes`: what is asked writes, so that it is never asked twice and waits for nobody's lock for long.
    """

    def __init__(self, store: Store, *, writes: bool = False) -> None:
        self._engine = store.engine
        self._writes = writes
        self._ready: dict[Prepared, Ready] = {}
        self._gathering: Gathering[_Asked, Found] = Gathering(self._serve)
        self._connection: psycopg.AsyncConnection[Row] | None = None

    async def rows(self, prepared: Prepared, **given: Any) -> list[Row]:
        """All rows; raises sa.exc.OperationalError when the database can't be asked."""
        ready = self.ready(prepared)
        found = await self._gathering.ask(_Asked(ready, given))
        return [ready.converted(row) for row in found.rows]

    async def changed(self, prepared: Prepared, **given: Any) -> int:
        """How many rows a statement wrote; committed when this returns.

        Raises RolledBack, and sa.exc.OperationalError when nobody knows whether it was written.
        """
        return (await self._gathering.ask(_Asked(self.ready(prepared), given))).changed

    def ready(self, prepared: Prepared) -> Ready:
        """The statement as the server takes it."""
        ready = self._ready.get(prepared)
        if ready is None:
            ready = self._ready[prepared] = ready_for(prepared, self._engine.dialect)
        return ready

    async def close(self) -> None:
        """Close the connection, if there is one."""
        kept, self._connection = self._connection, None
        if kept is not None:
            await kept.close()

    async def _serve(self, batch: list[_Asked]) -> list[Found]:
        try:
            return await asyncio.wait_for(self._fetch(batch), BUSY_SECONDS)
        except (self._engine.dialect.loaded_dbapi.Error, TimeoutError) as error:
            await self.close()
            raise _as_ours(error) from error

    async def _fetch(self, batch: list[_Asked]) -> list[Found]:
        """On the kept connection; one that died while it was kept is replaced, and what only reads asked again."""
        if self._connection is not None:
            try:
                return await self._on(self._connection, batch)
            except self._engine.dialect.loaded_dbapi.OperationalError as error:
                if self._writes or error.sqlstate in _UNDONE:
                    raise
                await self.close()
        self._connection = await self._connect()
        return await self._on(self._connection, batch)

    async def _on(self, connection: psycopg.AsyncConnection[Row], batch: list[_Asked]) -> list[Found]:
        if len(batch) == 1:
            return [await _found(await connection.execute(batch[0].ready.sql, batch[0].given))]
        async with connection.pipeline():
            cursors = [await connection.execute(one.ready.sql, one.given) for one in batch]
        return [await _found(cursor) for cursor in cursors]

    async def _connect(self) -> psycopg.AsyncConnection[Row]:
        import psycopg

        args, options = self._engine.dialect.create_connect_args(self._engine.url)
        made = await psycopg.AsyncConnection.connect(*args, **options, autocommit=True)
        await made.execute(POINTS)
        if self._writes:
            await made.execute(LOCK_PATIENCE)
        return made


async def _found(cursor: psycopg.AsyncCursor[Row]) -> Found:
    return Found(await cursor.fetchall() if cursor.description else [], cursor.rowcount)


# A server that says one of these has undone the whole moment: no lock in time, deadlock, lost a race, a duplicate key.
_UNDONE = ("55P03", "40P01", "40001", "23505")


def _as_ours(error: BaseException) -> Exception:
    if getattr(error, "sqlstate", None) in _UNDONE:
        return RolledBack(str(error))
    return sa.exc.OperationalError("prepared", {}, error)
