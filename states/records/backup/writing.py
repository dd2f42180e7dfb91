"""A backup is taken: of one moment of the record, while everybody goes on working.

The rows first, as one transaction sees them; then the contents that they name, which are in their places before their rows
are committed and are never changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from states.records import schema
from states.records.backup import archive, encoded, keys
from states.records.backup.archive import Manifest, Told, Writer
from states.records.core import account_session, journal, oidc_attempt, shape, stored_file, tick
from states.records.journal import note
from states.records.session import Store
from states.records.vault import Vault
from states.settings import Settings

LEFT_OUT = {account_session.name, oidc_attempt.name, tick.name, shape.name}
"""Who is logged in, which round ran in which minute, and what an upgrade writes anew."""
CHUNK = 2_000
_GIVEN = sa.text("""
    SELECT pg_sequence_last_value(named::regclass) FROM (
        SELECT pg_get_serial_sequence(:table, 'id') AS named) AS one WHERE named IS NOT NULL
""")


@dataclass(frozen=True)
class Size:
    """What there is to be taken: rows, contents that were handed in and their bytes."""

    rows: int
    files: int
    bytes: int


@dataclass(frozen=True)
class Taken:
    """A backup that was written."""

    manifest: Manifest
    bytes: int


def size(store: Store) -> Size:
    """How much a backup would take now."""
    with store.read() as session:
        rows = sum(_count(session, table) for table in tables())
        files, total = _contents(session)
    return Size(rows, files, total)


def take(
    store: Store,
    settings: Settings,
    path: Path,
    now: datetime,
    by: str,
    duban: str,
    *,
    with_keys: bool,
    told: Told,
) -> Taken:
    """Write everything to `path`. Raises Refused where a file is there; the file is complete or not there at all."""
    mine = keys.at_hand(settings)
    whole = size(store)
    manifest = Manifest(
        duban,
        "sqlite" if store.sqlite else "postgresql",
        schema.migrations().newest,
        now.astimezone(UTC).isoformat(),
        keys=keys.told_by(mine),
    )
    count = _Counter(told, whole.rows + whole.files)
    with archive.written(path, manifest) as writer:
        with store.read(one_moment=True) as session:
            _rows(session, writer, count)
            manifest.sequences = _sequences(session)
            named = sorted(session.execute(sa.select(stored_file.c.sha256)).scalars())
        _files(Vault(settings.files), named, writer, count)
        for name, value in mine.items() if with_keys else ():
            writer.text(f"keys/{name}", value)
    with store.write() as session:
        about: dict[str, Any] = {"rows": manifest.rows, "contents": len(manifest.files), "keys": with_keys}
        note(session, now, "store.backed_up", by, after=path.name, **about)
    return Taken(manifest, path.stat().st_size)


def tables() -> list[sa.Table]:
    """Those of a backup, in the order in which they can be filled."""
    return [one for one in SQLModel.metadata.sorted_tables if one.name not in LEFT_OUT]


class _Counter:
    """How far it is."""

    def __init__(self, told: Told, total: int) -> None:
        self._told, self._total, self._done = told, total, 0

    def add(self, number: int) -> None:
        self._done += number
        self._told(self._done, self._total)


def _rows(session: Session, writer: Writer, count: _Counter) -> None:
    for table in tables():
        columns, written = encoded.kinds(table), [0]
        writer.table(table.name, _lines(session, table, list(columns.values()), written, count))
        writer.manifest.tables[table.name] = {"columns": columns, "rows": written[0]}


def _lines(
    session: Session, table: sa.Table, how: list[str], written: list[int], count: _Counter
) -> Iterator[bytes]:
    found = session.execute(encoded.rows(table).execution_options(yield_per=CHUNK))
    for chunk in found.partitions(CHUNK):
        yield from (encoded.line(row, how) for row in chunk)
        written[0] += len(chunk)
        count.add(len(chunk))


def _files(vault: Vault, named: list[str], writer: Writer, count: _Counter) -> None:
    for sha256 in named:
        if vault.digest(sha256) != sha256:
            writer.manifest.lost.append(sha256)
        else:
            with vault.open(sha256) as file:
                writer.add(f"files/{sha256}", file, vault.place(sha256).stat().st_size)
        count.add(1)


def _sequences(session: Session) -> dict[str, int]:
    """The last numbers that PostgreSQL has given out, table by table: some were given to what never was committed."""
    if session.get_bind().dialect.name != "postgresql":
        highest = session.execute(sa.select(sa.func.coalesce(sa.func.max(journal.c.id), 0))).scalar_one()
        return {journal.name: int(highest)}
    found: dict[str, int] = {}
    for table in tables():
        if encoded.kinds(table).get("id") == "plain":
            number = session.execute(_GIVEN, {"table": table.name}).scalar()
            found |= {table.name: int(number)} if number is not None else {}
    return found


def _count(session: Session, table: sa.Table) -> int:
    return int(session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _contents(session: Session) -> tuple[int, int]:
    total = sa.func.coalesce(sa.func.sum(stored_file.c.size), 0)
    files, size = session.execute(sa.select(sa.func.count(), total).select_from(stored_file)).one()
    return int(files), int(size)
