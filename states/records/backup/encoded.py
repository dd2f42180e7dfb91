"""Rows as lines of JSON that read the same whichever database they come from."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel.sql.sqltypes import UTCDateTime

Kinds = Mapping[str, str]
"""Column → `instant`, `day`, `bytes`, `json` (its text, letter by letter: the journal's digests hang on it) or `plain`."""

TYPES: Mapping[str, Callable[[], sa.types.TypeEngine[Any]]] = {
    "instant": UTCDateTime,
    "day": sa.Date,
    "bytes": sa.LargeBinary,
    "json": sa.Text,
    "plain": lambda: sa.types.NULLTYPE,
}
_WRITTEN: Mapping[str, Callable[[Any], Any]] = {
    "instant": datetime.isoformat,
    "day": date.isoformat,
    "bytes": lambda value: base64.b64encode(value).decode(),
}
_READ: Mapping[str, Callable[[Any], Any]] = {
    "instant": datetime.fromisoformat,
    "day": date.fromisoformat,
    "bytes": base64.b64decode,
}


def kinds(table: sa.Table) -> dict[str, str]:
    """Of the columns of a table."""
    return {column.name: _kind(column.type) for column in table.c}


def _kind(sort: sa.types.TypeEngine[Any]) -> str:
    found = (("json", sa.JSON), ("bytes", sa.LargeBinary), ("instant", UTCDateTime), ("day", sa.Date))
    return next((name for name, type_ in found if isinstance(sort, type_)), "plain")


def rows(table: sa.Table) -> sa.Select[Any]:
    """All rows, their columns in order, JSON as text."""
    told = kinds(table)
    columns = (sa.cast(one, sa.Text).label(one.name) if told[one.name] == "json" else one for one in table.c)
    return sa.select(*columns).order_by(*table.primary_key)


def line(values: Sequence[Any], how: Sequence[str]) -> bytes:
    """One row. `how`: the kinds of its columns, in order."""
    pairs = zip(values, how, strict=True)
    plain = [_WRITTEN[kind](one) if one is not None and kind in _WRITTEN else one for one, kind in pairs]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def parsed(text: bytes, how: Sequence[str]) -> list[Any]:
    """The row of a line."""
    pairs = zip(json.loads(text), how, strict=True)
    return [_READ[kind](one) if one is not None and kind in _READ else one for one, kind in pairs]


def put(connection: sa.Connection, table: str, columns: Kinds, found: Iterator[list[Any]]) -> None:
    """Write rows into an empty table: by COPY on PostgreSQL."""
    if connection.dialect.name == "postgresql":
        _copied(connection, table, list(columns), found)
        return
    target = sa.table(table, *(sa.column(name, TYPES[kind]()) for name, kind in columns.items()))
    statement = sa.insert(target)
    for some in _some(found, 5_000):
        connection.execute(statement, [dict(zip(columns, one, strict=True)) for one in some])


def _copied(connection: sa.Connection, table: str, columns: list[str], found: Iterator[list[Any]]) -> None:
    from psycopg import Cursor, sql

    driver: Any = connection.connection.driver_connection
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    cursor: Cursor[Any]
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for one in found:
            copy.write_row(one)


def _some(found: Iterator[list[Any]], most: int) -> Iterator[list[list[Any]]]:
    batch: list[list[Any]] = []
    for one in found:
        batch.append(one)
        if len(batch) == most:
            yield batch
            batch = []
    if batch:
        yield batch
