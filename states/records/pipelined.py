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

READERS = 2
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
    """Connections in autocommit, kept open: one that writes, or so many that while one answers another asks.

    Used from one event loop.

    `writes`: what is asked writes, so that it is never asked twice and waits for nobody's lock for long.
    """

    def __init__(self, store: Store, *, writes: bool = False) -> None:
        self._engine = store.engine
        self._writes = writes
        self._ready: dict[Prepared, Ready] = {}
        self._gathering: Gathering[_Asked, Found] = Gathering(self._serve, 1 if writes else READERS)
        self._idle: list[psycopg.AsyncConnection[Row]] = []

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
        """Close what is idle."""
        while self._idle:
            await self._idle.pop().close()

    async def _serve(self, batch: list[_Asked]) -> list[Found]:
        try:
            return await asyncio.wait_for(self._fetch(batch), BUSY_SECONDS)
        except (self._engine.dialect.loaded_dbapi.Error, TimeoutError) as error:
            raise _as_ours(error) from error

    async def _fetch(self, batch: list[_Asked]) -> list[Found]:
        """On a kept connection; when one died while it was kept, what only reads is asked again on a new one."""
        if self._idle:
            try:
                return await self._on(self._idle.pop(), batch)
            except self._engine.dialect.loaded_dbapi.OperationalError as error:
                await self.close()
                if self._writes or error.sqlstate in _UNDONE:
                    raise
        return await self._on(await self._connect(), batch)

    async def _on(self, connection: psycopg.AsyncConnection[Row], batch: list[_Asked]) -> list[Found]:
        try:
            found = await self._answers(connection, batch)
        except BaseException:
            await connection.close()
            raise
        self._idle.append(connection)
        return found

    async def _answers(self, connection: psycopg.AsyncConnection[Row], batch: list[_Asked]) -> list[Found]:
        if len(batch) == 1:
            return [await self._found(await connection.execute(batch[0].ready.sql, batch[0].given))]
        async with connection.pipeline():
            cursors = [await connection.execute(one.ready.sql, one.given) for one in batch]
        return [await self._found(cursor) for cursor in cursors]

    async def _found(self, cursor: psycopg.AsyncCursor[Row]) -> Found:
        return Found([] if self._writes else await cursor.fetchall(), cursor.rowcount)

    async def _connect(self) -> psycopg.AsyncConnection[Row]:
        import psycopg

        args, options = self._engine.dialect.create_connect_args(self._engine.url)
        made = await psycopg.AsyncConnection.connect(*args, **options, autocommit=True)
        await made.execute(POINTS)
        if self._writes:
            await made.execute(LOCK_PATIENCE)
        return made


# A server that says one of these has undone the whole moment: no lock in time, deadlock, lost a race, a duplicate key.
_UNDONE = ("55P03", "40P01", "40001", "23505")


def _as_ours(error: BaseException) -> Exception:
    if getattr(error, "sqlstate", None) in _UNDONE:
        return RolledBack(str(error))
    return sa.exc.OperationalError("prepared", {}, error)
