"""Statements prepared once, over driver connections kept open: for what other systems ask for most.

A session costs several times what the database needs for a point read or a single update. Here a statement is
one round trip in autocommit: it sees one snapshot, and what it writes stands by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import PoolProxiedConnection
from sqlmodel.sql.sqltypes import UTCDateTime

from states.records.session import Store

# What runs here looks up a few rows by key, on tables that may be young and of unknown size to the planner: no plan
# that reads a table from end to end, and none made anew each time.
POINTS = (
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; "
    "SET plan_cache_mode = force_generic_plan"
)

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
    """A statement with `Given` values, compiled once per database."""

    def __init__(self, statement: sa.Select[Any] | sa.UpdateBase | sa.TextClause) -> None:
        self.statement = statement


@dataclass(frozen=True)
class Ready:
    """A statement as the driver takes it, and the columns that need converting."""

    sql: str
    converts: tuple[tuple[int, Convert], ...]

    def converted(self, row: Row) -> Row:
        cells = list(row)
        for place, convert in self.converts:
            cells[place] = convert(cells[place])
        return tuple(cells)


class Hold:
    """One connection while it is held."""

    def __init__(self, driver: Driver, connection: PoolProxiedConnection) -> None:
        self._driver, self._connection = driver, connection
        self.sqlite = driver.store.sqlite

    def rows(self, prepared: Prepared, **given: Any) -> list[Row]:
        """All rows of a SELECT."""
        ready = self._driver.ready(prepared)
        cursor = self._connection.cursor()
        cursor.execute(ready.sql, given)
        found = cast(list[Row], cursor.fetchall())
        cursor.close()
        return [ready.converted(row) for row in found] if ready.converts else found

    def changed(self, prepared: Prepared, **given: Any) -> int:
        """How many rows a statement wrote."""
        cursor = self._connection.cursor()
        cursor.execute(self._driver.ready(prepared).sql, given)
        count: int = cursor.rowcount
        cursor.close()
        return count

    def instant(self, at: datetime) -> Any:
        """An instant as this database's driver takes it."""
        return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if self.sqlite else at

    def plain(self, sql: str) -> None:
        """BEGIN, COMMIT and their like."""
        cursor = self._connection.cursor()
        cursor.execute(sql)
        cursor.close()


class Driver:
    """Runs prepared statements on connections of its own; as many as run at once, kept for the next time.

    `patience`: milliseconds a SQLite statement waits for a locked file before it fails; None leaves the store's.
    """

    def __init__(self, store: Store, patience: int | None = None) -> None:
        self.store = store
        self._engine = store.engine
        self._patience = patience
        self._idle: list[PoolProxiedConnection] = []
        self._ready: dict[Prepared, Ready] = {}

    def rows(self, prepared: Prepared, **given: Any) -> list[Row]:
        """All rows of a SELECT. A connection that died while it was kept is replaced once.

        Raises sa.exc.OperationalError when the database can't be asked.
        """
        if self._idle:
            try:
                with self.hold() as held:
                    return held.rows(prepared, **given)
            except sa.exc.OperationalError:
                if self.store.sqlite:
                    raise
        with self.hold(fresh=True) as held:
            return held.rows(prepared, **given)

    @contextmanager
    def hold(self, *, fresh: bool = False) -> Iterator[Hold]:
        """A connection for several statements; closed when one fails. Raises sa.exc.OperationalError."""
        connection = None if fresh else self._kept()
        try:
            connection = connection or self._connect()
            yield Hold(self, connection)
        except self._engine.dialect.loaded_dbapi.Error as error:
            if connection is not None:
                connection.close()
            raise sa.exc.OperationalError("prepared", {}, error) from error
        except Exception:
            self._keep(connection)
            raise
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        self._keep(connection)

    @contextmanager
    def locked(self) -> Iterator[Hold]:
        """On SQLite a transaction that holds the write lock; it vanishes when the block fails."""
        with self.store.queue(), self.hold() as held:
            held.plain("BEGIN IMMEDIATE")
            try:
                yield held
            except BaseException:
                held.plain("ROLLBACK")
                raise
            held.plain("COMMIT")

    def ready(self, prepared: Prepared) -> Ready:
        """The statement as this database takes it."""
        return self._ready.get(prepared) or self._prepare(prepared)

    def close(self) -> None:
        """Close what is idle."""
        while (connection := self._kept()) is not None:
            connection.close()

    def _keep(self, connection: PoolProxiedConnection | None) -> None:
        if connection is not None:
            self._idle.append(connection)

    def _kept(self) -> PoolProxiedConnection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _connect(self) -> PoolProxiedConnection:
        made = self._engine.raw_connection()
        made.detach()
        if not self.store.sqlite:
            made.dbapi_connection.autocommit = True  # type: ignore[union-attr]
            made.cursor().execute(POINTS)
        elif self._patience is not None:
            made.cursor().execute(f"PRAGMA busy_timeout={self._patience}")
        return made

    def _prepare(self, prepared: Prepared) -> Ready:
        ready = self._ready[prepared] = ready_for(prepared, self._engine.dialect)
        return ready


def ready_for(prepared: Prepared, dialect: sa.Dialect) -> Ready:
    """The statement in the words of one database."""
    statement = prepared.statement
    compiled = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    columns = list(statement.selected_columns) if isinstance(statement, sa.Select) else []
    found = [_converter(column.type, dialect) for column in columns]
    return Ready(str(compiled), tuple((place, one) for place, one in enumerate(found) if one is not None))


def _converter(type_: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert | None:
    """What makes of the driver's value ours; instants come aware, though not always in UTC."""
    if isinstance(type_, UTCDateTime):
        return _aware if dialect.name == "sqlite" else None
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def _aware(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text + "+00:00")
