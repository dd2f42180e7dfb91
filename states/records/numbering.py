"""Ids taken beforehand for rows that are written together."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session


def free(session: Session, table: sa.Table, number: int) -> list[int]:
    """So many ids of a table that nobody else takes, ascending. On SQLite nobody else writes meanwhile.

    A statement that returns the ids of the rows it inserts is as long as all of them, and reading it costs the driver
    more than writing them.
    """
    if session.get_bind().dialect.name == "postgresql":
        sequence = sa.func.pg_get_serial_sequence(table.name, "id")
        each = sa.select(sa.func.nextval(sequence)).select_from(sa.func.generate_series(1, number))
        return sorted(session.execute(each).scalars())
    last = session.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))).scalar_one()
    return list(range(last + 1, last + 1 + number))
