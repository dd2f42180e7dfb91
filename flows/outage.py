"""A database that is away is said once, then once a minute at most, and once when it is back."""

from __future__ import annotations

import logging
import sqlite3
import sys
import threading
from collections.abc import Callable

import sqlalchemy as sa

from states.clock import elapsed

log = logging.getLogger("duban.database")

EVERY = 60.0  # seconds between two lines about the same outage
LOOK = 3.0  # seconds between two looks whether it is back
LOST = ("08", "53", "55000", "57P")
"""SQLSTATEs of a PostgreSQL that can't be spoken to: connection, resources, not accepting, shutting down."""
CLOSED = ("unable to open database file", "database is locked", "disk i/o error")


class Outage(logging.Filter):
    """On the handlers of a service: of everything logged because the database is away, one line a minute passes.

    `look` asks the database something and raises as long as it can't; it is asked from the first such line on.
    """

    def __init__(self, look: Callable[[], object], *, pause: float = LOOK) -> None:
        super().__init__()
        self._look, self._pause = look, pause
        self._turn = threading.Lock()
        self._ending = threading.Event()
        self._since: float | None = None
        self._said: float | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is None or not away(error):
            return True
        if not self._may_speak():
            return False
        record.msg = "数据库用不了：%s。轮次和页面照常再试，恢复时另行告知"
        record.args = (first_line(error),)
        record.exc_info = record.exc_text = record.stack_info = None
        return True

    def end(self) -> None:
        """Look no more."""
        self._ending.set()

    def _may_speak(self) -> bool:
        """Connections that were lost are found lost for a while after: they are no new outage."""
        with self._turn:
            now = elapsed()
            if self._said is not None and now - self._said < EVERY:
                return False
            self._said = now
            if self._since is None:
                self._since = now
                threading.Thread(target=self._wait, name="outage", daemon=True).start()
            return True

    def _wait(self) -> None:
        while not self._ending.wait(self._pause):
            try:
                self._look()
            except Exception as error:
                log.debug("still away: %s", error)
                continue
            with self._turn:
                lasted = elapsed() - self._since if self._since is not None else 0.0
                self._since = None
            log.warning("数据库恢复了，中断约 %.0f 秒", lasted)
            return


def away(error: BaseException) -> bool:
    """Whether an error means that the database can't be spoken to just now, as against one that says no."""
    if isinstance(error, BaseExceptionGroup):
        return all(away(one) for one in error.exceptions)
    if isinstance(error, sa.exc.TimeoutError):
        return True
    if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
        return True
    cause = getattr(error, "orig", None) or error  # some statements go to the driver directly
    driver = sys.modules.get("psycopg")  # 9 MB, and where nobody has loaded it no error can be of its kind
    if driver is not None and isinstance(cause, driver.OperationalError | driver.InterfaceError):
        return cause.sqlstate is None or cause.sqlstate.startswith(LOST)
    return isinstance(cause, sqlite3.OperationalError) and any(one in str(cause).lower() for one in CLOSED)


def first_line(error: BaseException) -> str:
    """What the database or its driver said, in one line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
