"""How the database goes about what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

Asked = list[tuple[str, Any]]
PLANNED = ("SELECT", "UPDATE", "DELETE", "WITH")


@contextmanager
def asking(engine: sa.Engine) -> Iterator[Asked]:
    """Statements with their values, as they come while this lasts."""
    asked: Asked = []

    def keep(_connection: Any, _cursor: Any, statement: str, given: Any, *_more: Any) -> None:
        asked.append((statement, given))

    sa.event.listen(engine, "before_cursor_execute", keep)
    try:
        yield asked
    finally:
        sa.event.remove(engine, "before_cursor_execute", keep)


def plans(connection: sa.Connection, asked: Asked) -> list[str]:
    """The steps of each of them."""
    word = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    return [
        str(row)
        for statement, given in asked
        if statement.startswith(PLANNED)
        for row in connection.exec_driver_sql(f"{word} {statement}", given)
    ]
