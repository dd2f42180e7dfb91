"""SELECTs prepared once, over driver connections kept open: for the read that other systems make most.

A session costs several times what the database needs for a point read. Here a statement is one round trip in
autocommit, so it sees one snapshot; nothing can be written this way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import PoolProxiedConnection

from states.records.session import Store

Row = tuple[Any, ...]
Convert = Callable[[Any], Any]


class Given(sa.ColumnElement[Any]):
    """A value that is given at each run; everything else in the statement is written out in its text."""

    inherit_cache = False

    def __init__(self, name: str, type_: sa.types.TypeEngine[Any]) -> None:
        self.name = name
        self.type = type_


@compiles(Given, "sqlite")
def _in_sqlite(element: Given, _compiler: Any, **_more: Any) -> str:
    return f":{element.name}"


@compiles(Given, "postgresql")
def _in_postgresql(element: Given, _compiler: Any, **_more: Any) -> str:
    return f"%({element.name})s"


class Prepared:
    """A SELECT with `Given` values, compiled once per database."""

    def __init__(self, statement: sa.Select[Any]) -> None:
        self.statement = statement


@dataclass(frozen=True)
class _Ready:
    """A statement as the driver takes it, and the columns that need converting."""

    sql: str
    converts: tuple[tuple[int, Convert], ...]

    def converted(self, row: Row) -> Row:
        cells = list(row)
        for place, convert in self.converts:
            cells[place] = convert(cells[place])
        return tuple(cells)


class Reader:
    """Runs prepared statements on connections of its own; as many as run at once, kept for the next time.

    `patience`: milliseconds a SQLite read waits for a locked file before it fails; None leaves the store's.
    """

    def __init__(self, store: Store, patience: int | None = None) -> None:
        self._engine = store.engine
        self._sqlite = store.sqlite
        self._patience = patience
        self._idle: list[PoolProxiedConnection] = []
        self._ready: dict[Prepared, _Ready] = {}

    def rows(self, prepared: Prepared, **given: Any) -> list[Row]:
        """All rows; raises sa.exc.OperationalError when the database can't be asked."""
        ready = self._ready.get(prepared) or self._prepare(prepared)
        try:
            found = self._fetch(ready.sql, given)
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.OperationalError(ready.sql, given, error) from error
        return [ready.converted(row) for row in found] if ready.converts else found

    def close(self) -> None:
        """Close what is idle."""
        while (connection := self._kept()) is not None:
            connection.close()

    def _fetch(self, sql: str, given: dict[str, Any]) -> list[Row]:
        """On a kept connection; one that died while it was kept is replaced once."""
        kept = self._kept()
        if kept is not None:
            try:
                return self._on(kept, sql, given)
            except self._engine.dialect.loaded_dbapi.OperationalError:
                if self._sqlite:
                    raise
        return self._on(self._connect(), sql, given)

    def _on(self, connection: PoolProxiedConnection, sql: str, given: dict[str, Any]) -> list[Row]:
        try:
            cursor = connection.cursor()
            cursor.execute(sql, given)
            found = cast(list[Row], cursor.fetchall())
            cursor.close()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return found

    def _kept(self) -> PoolProxiedConnection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _connect(self) -> PoolProxiedConnection:
        made = self._engine.raw_connection()
        made.detach()
        if not self._sqlite:
            made.dbapi_connection.autocommit = True  # type: ignore[union-attr]
        elif self._patience is not None:
            made.cursor().execute(f"PRAGMA busy_timeout={self._patience}")
        return made

    def _prepare(self, prepared: Prepared) -> _Ready:
        dialect = self._engine.dialect
        compiled = prepared.statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        processors = [
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in prepared.statement.selected_columns
        ]
        converts = tuple((place, one) for place, one in enumerate(processors) if one is not None)
        ready = self._ready[prepared] = _Ready(str(compiled), converts)
        return ready
