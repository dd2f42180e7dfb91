"""What migrations call for work that is too long for one transaction while others write.

Each of these stands alone in a migration of its own: it may be cut off and begun anew, so it has to bear being repeated.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

AT_ONCE = 5_000


def filled(connection: sa.Connection, table: str, column: str, value: str, key: str = "id") -> int:
    """Give `column` its value (an SQL expression over the row) wherever it is NULL; how many rows that were.

    On PostgreSQL so many rows a transaction, so that nobody waits long for one of them. On SQLite a writer shuts the
    others out anyway, and all of it is one transaction.
    """
    some = f"SELECT {key} FROM {table} WHERE {column} IS NULL LIMIT {AT_ONCE}"  # noqa: S608  (words of a migration, none from outside)
    statement = sa.text(f"UPDATE {table} SET {column} = {value} WHERE {key} IN ({some})")  # noqa: S608  (likewise)
    total = 0
    while count := connection.execute(statement).rowcount:
        total += count
        if connection.dialect.name == "postgresql":
            connection.commit()
            connection.begin()
    return total


def indexed(
    connection: sa.Connection, name: str, table: str, columns: Sequence[str], where: str = ""
) -> None:
    """Make an index; on PostgreSQL while others write. What a try that was cut off left behind goes first."""
    condition = f" WHERE {where}" if where else ""
    made = f"{name} ON {table} ({', '.join(columns)}){condition}"
    if connection.dialect.name != "postgresql":
        connection.execute(sa.text(f"CREATE INDEX {made}"))
        return
    connection.commit()
    driver = connection.connection.driver_connection
    driver.autocommit = True  # type: ignore[union-attr]
    try:
        with driver.cursor() as cursor:  # type: ignore[union-attr]
            cursor.execute(
                "SET lock_timeout = 0"
            )  # it only waits for those before it, and nobody waits for it
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            cursor.execute(f"CREATE INDEX CONCURRENTLY {made}")
    finally:
        driver.autocommit = False  # type: ignore[union-attr]
    connection.begin()
