"""What was read of units, kept for as long as nothing at all has been written in the database.

A stamp stands for what a reader sees. On PostgreSQL it is the snapshot: two statements with the same snapshot see the
same rows, by definition, and a snapshot that has passed does not come back. On SQLite it is `data_version`, which
differs as soon as another connection has committed; it is asked on the connection that reads.
"""

from __future__ import annotations

import sqlalchemy as sa

from states.records.prepared import Prepared, Row

AT_MOST = 1_000  # units, some kilobytes each

SNAPSHOT = Prepared(sa.select(sa.cast(sa.func.pg_current_snapshot(), sa.String)))
DATA_VERSION = Prepared(sa.text("PRAGMA data_version"))


class Kept:
    """Rows by unit code under the present stamp; with another stamp all are forgotten."""

    def __init__(self, at_most: int = AT_MOST) -> None:
        self._at_most = at_most
        self._stamp = ""
        self._rows: dict[str, list[Row]] = {}

    def get(self, stamp: str, code: str) -> list[Row] | None:
        """What was read of this unit under this stamp."""
        return self._rows.get(code) if stamp == self._stamp else None

    def put(self, stamp: str, code: str, rows: list[Row]) -> None:
        """Keep what was read after `stamp` was taken; a stamp taken after it that is the same vouches for it."""
        if stamp != self._stamp:
            self._rows.clear()
            self._stamp = stamp
        if len(self._rows) >= self._at_most:
            self._rows.pop(next(iter(self._rows)))
        self._rows[code] = rows
