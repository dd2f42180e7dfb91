"""Column shapes shared by the tables, and the arithmetic of an obligation's id."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel

UNIT_BITS = 24
Row = TypeVar("Row")
UNITS_AT_MOST = 1 << UNIT_BITS


def obligation_id(milestone_id: int, unit_id: int) -> int:
    """The id of what `unit_id` owes for `milestone_id`.

    One key serves three needs: it is unique, all obligations of a milestone lie side by side (a range), and a
    unit's obligations are found by computing their ids. So the table that fans out needs no second index.
    """
    return (milestone_id << UNIT_BITS) | unit_id


def milestone_of(obligation_key: int) -> int:
    """The milestone in an obligation's id."""
    return obligation_key >> UNIT_BITS


def unit_of(obligation_key: int) -> int:
    """The unit in an obligation's id."""
    return obligation_key & (UNITS_AT_MOST - 1)


def obligation_span(milestone_id: int) -> tuple[int, int]:
    """First and last possible id of a milestone's obligations."""
    return milestone_id << UNIT_BITS, ((milestone_id + 1) << UNIT_BITS) - 1


def bytewise() -> Any:
    """Text compared byte by byte on both databases, so that a prefix is a range."""
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def wide() -> Any:
    """A 64-bit number that can be SQLite's own row key (which is 64 bits wide, and must be called INTEGER)."""
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def big_key() -> Any:
    """An ascending 64-bit key on both databases."""
    return Field(default=None, sa_column=sa.Column(wide(), primary_key=True, autoincrement=True))


def index_where(condition: str, name: str, *columns: str, unique: bool = False) -> sa.Index:
    """An index of the rows that meet `condition` alone, on both databases."""
    where = sa.text(condition)
    return sa.Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


def slices(rows: Sequence[Row], most: int) -> Iterator[Sequence[Row]]:
    """`rows` in their order, at most so many at a time: as many as one statement takes."""
    return (rows[start : start + most] for start in range(0, len(rows), most))


def insert_into(session: Session, table: type[SQLModel]) -> Any:
    """An INSERT that may say what is done about keys that are there, on both databases."""
    build = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return build(sa.inspect(table, raiseerr=True).local_table)


def insert_new(session: Session, table: type[SQLModel]) -> Any:
    """An INSERT that leaves rows alone whose key is already there, on both databases."""
    return insert_into(session, table).on_conflict_do_nothing()


def put_new(
    session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]], common: Mapping[str, Any]
) -> None:
    """Write `rows`, each with what is `common` to all, but those whose key is there; all `rows` have the same columns."""
    if not rows:
        return
    if session.get_bind().dialect.name != "postgresql":
        session.execute(insert_new(session, table), [{**one, **common} for one in rows])
        return
    columns = sa.inspect(table, raiseerr=True).local_table.c
    arrays = [
        sa.literal([one[name] for one in rows], postgresql.ARRAY(columns[name].type)) for name in rows[0]
    ]
    source = sa.func.unnest(*arrays).table_valued(*rows[0]).render_derived()
    fixed = [sa.literal(value, columns[name].type).label(name) for name, value in common.items()]
    chosen = sa.select(*source.c, *fixed)
    session.execute(insert_new(session, table).from_select([*rows[0], *common], chosen))


def of_keys(
    session: Session, rows: sa.Select[Any], column: sa.ColumnElement[Any], keys: Sequence[int]
) -> sa.Select[Any]:
    """Those of `rows` whose `column` is one of `keys`, however many: each looked up by the column's index.

    A list of a thousand in `IN (…)`, or a join, makes PostgreSQL read the whole table, once for each slice of units; a
    lateral subquery with an offset is looked up key by key.
    """
    if session.get_bind().dialect.name != "postgresql":
        given = sa.func.json_each(json.dumps(list(keys))).table_valued("value")
        return rows.where(column.in_(sa.select(given.c.value)))
    wanted = sa.func.unnest(sa.literal(list(keys), postgresql.ARRAY(sa.BigInteger)))
    given = wanted.table_valued("value").render_derived()
    found = rows.where(column == given.c.value).offset(0).lateral()
    return sa.select(*found.c).select_from(given.join(found, sa.true()))


def changed(session: Session, statement: sa.Executable, values: Any = None) -> int:
    """Execute and say how many rows it touched; some drivers forget that once the cursor is closed."""
    result = session.execute(statement, values, execution_options={"preserve_rowcount": True})
    return int(result.rowcount)  # type: ignore[attr-defined]
