"""Point reads and single moves from the event loop, each in the way that costs least on its database."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Protocol

import sqlalchemy as sa
from anyio import to_thread

from states.records import swift
from states.records.access import Scope
from states.records.gathering import Gathering
from states.records.kept import DATA_VERSION, SNAPSHOT, Kept
from states.records.pipelined import Pipelined
from states.records.prepared import Driver, Row
from states.records.reads import STATUS, Statuses
from states.records.session import Store
from states.records.swift import Asked, Wish
from states.records.told import UnitMoved

IMPATIENT = 20  # milliseconds a read in the event loop may wait for a locked SQLite file


class Points(Protocol):
    """What the busiest routes ask of the record."""

    async def status(self, code: str) -> list[Row]:
        """The rows of STATUS for one unit, as they are now. Raises sa.exc.OperationalError."""

    async def move(self, scope: Scope, wish: Wish, now: datetime) -> UnitMoved | None:
        """One move, or None when it must be made the long way; see `swift`. Raises Refused, Conflict."""

    async def close(self) -> None:
        """Close what is kept open."""


def points(store: Store, driver: Driver, statuses: Statuses) -> Points:
    """For this database; `driver` serves what has to wait."""
    return InFile(store, driver, statuses) if store.sqlite else OnServer(store, statuses)


class InFile:
    """A local file answers in less time than handing the question to a thread takes.

    Should it be locked for a moment, a thread waits. Moves of one moment share a transaction.
    """

    def __init__(self, store: Store, driver: Driver, statuses: Statuses) -> None:
        self._patient = driver
        self._impatient = Driver(store, IMPATIENT)
        self._statuses = statuses
        self._kept = Kept()
        self._moves: Gathering[Asked, UnitMoved | None] = Gathering(self._move_all)

    async def status(self, code: str) -> list[Row]:
        try:
            return self._status(code)
        except sa.exc.OperationalError:
            self._kept = Kept()  # its stamps were of a connection that is no more
            return await to_thread.run_sync(partial(self._patient.rows, STATUS, code=code))

    def _status(self, code: str) -> list[Row]:
        with self._impatient.hold() as held:
            stamp = str(held.rows(DATA_VERSION)[0][0])
            rows = self._kept.get(stamp, code)
            if rows is None:
                rows = held.rows(STATUS, code=code)
                self._kept.put(stamp, code, rows)
            return rows

    async def move(self, scope: Scope, wish: Wish, now: datetime) -> UnitMoved | None:
        return await self._moves.ask(Asked(scope, wish, now))

    async def _move_all(self, asked: list[Asked]) -> list[UnitMoved | Exception | None]:
        return await to_thread.run_sync(swift.moves_locked, self._patient, self._statuses, asked)

    async def close(self) -> None:
        self._impatient.close()


class OnServer:
    """Questions of the same moment go to the server together; one snapshot serves all that were asked before it."""

    def __init__(self, store: Store, statuses: Statuses) -> None:
        self._reads = Pipelined(store)
        self._writes = Pipelined(store, writes=True)
        self._statuses = statuses
        self._kept = Kept()
        self._stamps: Gathering[None, str] = Gathering(self._stamp)

    async def status(self, code: str) -> list[Row]:
        stamp = await self._stamps.ask(None)
        rows = self._kept.get(stamp, code)
        if rows is None:
            rows = await self._reads.rows(STATUS, code=code)
            self._kept.put(stamp, code, rows)
        return rows

    async def _stamp(self, asked: list[None]) -> list[str]:
        return [(await self._reads.rows(SNAPSHOT))[0][0]] * len(asked)

    async def move(self, scope: Scope, wish: Wish, now: datetime) -> UnitMoved | None:
        return await swift.move_together(self._reads, self._writes, self._statuses, scope, wish, now)

    async def close(self) -> None:
        await self._reads.close()
        await self._writes.close()
