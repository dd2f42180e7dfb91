"""Prepared SELECTs on PostgreSQL for an event loop: what is asked at the same moment shares one round trip.

A thread for each costs more than the database does, since all of them and the loop take turns in one interpreter.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from states.records.prepared import POINTS, Prepared, Ready, Row, ready_for
from states.records.session import BUSY_SECONDS, Store

if TYPE_CHECKING:
    import psycopg

AT_ONCE = 64


class _Asked(NamedTuple):
    ready: Ready
    given: dict[str, Any]
    answer: asyncio.Future[list[Row]]


class Pipelined:
    """One connection in autocommit, kept open; used from one event loop."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine
        self._ready: dict[Prepared, Ready] = {}
        self._waiting: list[_Asked] = []
        self._serving: asyncio.Task[None] | None = None
        self._connection: psycopg.AsyncConnection[Row] | None = None

    async def rows(self, prepared: Prepared, **given: Any) -> list[Row]:
        """All rows; raises sa.exc.OperationalError when the database can't be asked."""
        ready = self._ready.get(prepared)
        if ready is None:
            ready = self._ready[prepared] = ready_for(prepared, self._engine.dialect)
        loop = asyncio.get_running_loop()
        asked = _Asked(ready, given, loop.create_future())
        self._waiting.append(asked)
        if self._serving is None or self._serving.done():
            self._serving = loop.create_task(self._serve())
        return [ready.converted(row) for row in await asked.answer]

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            await self._connection.close()

    async def _serve(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            try:
                found = await asyncio.wait_for(self._fetch(batch), BUSY_SECONDS)
            except (self._engine.dialect.loaded_dbapi.Error, TimeoutError) as error:
                self._connection = None
                _fail(batch, error)
            else:
                for asked, rows in zip(batch, found, strict=True):
                    if not asked.answer.done():
                        asked.answer.set_result(rows)

    async def _fetch(self, batch: list[_Asked]) -> list[list[Row]]:
        """On the kept connection; one that died while it was kept is replaced once."""
        if self._connection is not None:
            try:
                return await self._on(self._connection, batch)
            except self._engine.dialect.loaded_dbapi.OperationalError:
                await self._connection.close()
        self._connection = await self._connect()
        return await self._on(self._connection, batch)

    async def _on(self, connection: psycopg.AsyncConnection[Row], batch: list[_Asked]) -> list[list[Row]]:
        if len(batch) == 1:
            cursor = await connection.execute(batch[0].ready.sql, batch[0].given)
            return [await cursor.fetchall()]
        async with connection.pipeline():
            cursors = [await connection.execute(one.ready.sql, one.given) for one in batch]
        return [await cursor.fetchall() for cursor in cursors]

    async def _connect(self) -> psycopg.AsyncConnection[Row]:
        import psycopg

        args, options = self._engine.dialect.create_connect_args(self._engine.url)
        made = await psycopg.AsyncConnection.connect(*args, **options, autocommit=True)
        await made.execute(POINTS)
        return made


def _fail(batch: list[_Asked], error: BaseException) -> None:
    for asked in batch:
        if not asked.answer.done():
            asked.answer.set_exception(sa.exc.OperationalError("prepared", {}, error))
