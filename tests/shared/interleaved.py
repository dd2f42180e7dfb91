"""Processes of the service that are stopped at each of their commits and at each of their mails, and go on when told.

Each has a store of its own, as a process has. They are threads of which one runs at a time, so the same orders give
the same history. What is stopped has no transaction open: on SQLite it would keep everybody else out.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Semaphore, Thread
from typing import Any

import sqlalchemy as sa

from states.records.session import BEGIN, READ, connect


class Killed(BaseException):
    """The process dies here; nothing in it may catch this."""


class Process:
    """One worker. `place` is where it stands: idle, commit or send; `doom` is how its next commit ends it.

    `doom`: `before` the database commits, so that nothing of the transaction stays, or `after`, when all of it does
    and nobody was told. `committed` is called after each commit, `looked` when a transaction that only reads begins,
    `seen` just before it dies.
    """

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.store = connect(url)
        self.place, self.doom, self.order = "idle", "", ""
        self.killed, self.stepping = False, False
        self.commits = 0
        self.committed: Callable[[], None] = lambda: None
        self.looked: Callable[[], None] = lambda: None
        self.seen: Callable[[], None] = lambda: None
        self._error: BaseException | None = None
        self._go, self._stopped = Semaphore(0), Semaphore(0)
        sa.event.listen(self.store.engine, "commit", self._committing)
        sa.event.listen(self.store.engine, "begin", self._beginning)

    def begin(self, work: Callable[[], Any], *, stepping: bool = True) -> Process:
        """Start `work` and return when it stops for the first time, or has ended."""
        assert self.place == "idle"
        self.killed, self.stepping, self.place = False, stepping, "running"
        self._thread = Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()
        return self._wait()

    def go(self, order: str = "") -> Process:
        """Let it run to where it stops next; `order` is what its `pause` returns, `die` ends it there."""
        assert self.place in ("commit", "send")
        self.order, self.place = order, "running"
        self._go.release()
        return self._wait()

    def finish(self, order: str = "") -> None:
        """Let it run to its end."""
        self.stepping = False
        while self.place != "idle":
            self.go(order)

    def pause(self, place: str, otherwise: str = "") -> str:
        """Stop here until told to go on; where it does not step, go on at once as if told `otherwise`."""
        if not self.stepping:
            return otherwise
        self.place = place
        self._stopped.release()
        self._go.acquire()
        if self.order == "die":
            raise Killed
        return self.order

    def close(self) -> None:
        if self.place != "idle":
            self.go("die")
        self.store.close()

    def _wait(self) -> Process:
        self._stopped.acquire()
        error, self._error = self._error, None
        if error is not None:
            raise error
        return self

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            work()
        except Killed:
            self.killed = True
        except BaseException as error:
            self._error = error
        finally:
            self.place, self.doom = "idle", ""
            self._stopped.release()

    def _committing(self, connection: sa.Connection) -> None:
        self.commits += 1
        if self.doom != "before":
            connection.dialect.do_commit(connection.connection.dbapi_connection)
            self.committed()
        try:
            if self.doom:
                self.seen()
                raise Killed  # noqa: TRY301
            if self.stepping:
                self.pause("commit")
        except Killed:
            connection.invalidate()  # the line breaks with it, and the database forgets what was open
            raise

    def _beginning(self, connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if options.get(BEGIN) == READ:
            self.looked()
