"""A record is put back from a backup into an empty database.

First the contents, which lie under their hashes and may be there already; then the keys; then all rows in one
transaction, with the mark that makes the rounds hold. Killed anywhere it can be called again.

What was committed after the backup is gone, but others heard of it: followers of the feed have numbers that are higher
than any that is left. So numbers go on far behind them, at a place that the moment of the restore gives (LEAP), and a
follower finds a gap and never two facts under one number, however often an old backup is put back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import Refused
from states.records import commit_order, schema
from states.records.backup import encoded, keys
from states.records.backup.archive import PIECE, Manifest, Reader, Told
from states.records.core import calendar_day, calendar_year, journal, restored
from states.records.session import Store
from states.records.vault import Vault
from states.settings import Settings

LEAP = 1_000_000
"""Numbers for each second since 1970: more than are ever given out in one, and all below what JavaScript can count (2^53)."""
GIVEN_BY_UPGRADES = {calendar_day.name, calendar_year.name, schema.SHAPE.name, schema.VERSION.name}


@dataclass(frozen=True)
class Plan:
    """What a restore does. `keys`: those that it puts into the data folder; `files`: contents that are not there yet."""

    manifest: Manifest
    keys: dict[str, str]
    files: list[str]


def plan(store: Store, settings: Settings, reader: Reader, told: Told, *, without_keys: bool) -> Plan:
    """Look at everything before anything is written. Raises Refused with every reason, Faulty for a damaged backup."""
    manifest = reader.manifest
    if manifest.revision not in schema.migrations().line:
        raise Refused(
            f"备份出自更新的 duban {manifest.duban}（结构 {manifest.revision}），这里的程序不认得；请用那个版本或更新的恢复"
        )
    if manifest.database == "postgresql" and store.sqlite:
        raise Refused("这份备份出自 PostgreSQL，只能恢复到 PostgreSQL（SQLite 的备份两种都可以）")
    _free(store, manifest)
    inside = {
        name: reader.text(f"keys/{name}") for name in manifest.keys if f"keys/{name}" in manifest.members
    }
    to_place = keys.to_place(manifest.keys, inside, settings, without=without_keys)
    reader.check(told)
    vault = Vault(settings.files)
    return Plan(manifest, to_place, [one for one in manifest.files if vault.digest(one) != one])


def restore(
    store: Store, settings: Settings, reader: Reader, planned: Plan, now: datetime, by: str, told: Told
) -> None:
    """Do it, and upgrade afterwards where the backup is of an older shape."""
    vault = Vault(settings.files)
    for done, sha256 in enumerate(planned.files, start=1):
        with vault.receive(1 << 62) as content, reader.member(f"files/{sha256}") as file:
            while piece := file.read(PIECE):
                content.write(piece)
            if content.complete() != sha256:
                raise reader.damaged(sha256)
            content.settle()
        told(done, len(planned.files))
    keys.place(settings, planned.keys)
    schema.shaped(store, planned.manifest.revision)
    with store.write() as session:
        schema.alone(session.connection())
        _free_in(session, planned.manifest)
        _filled(session, reader, told)
        _numbers(session, planned.manifest)
        _marked(session, planned.manifest, now, by)
    schema.upgrade(store)


def _free(store: Store, manifest: Manifest) -> None:
    with store.read() as session:
        _free_in(session, manifest)


def _free_in(session: Session, manifest: Manifest) -> None:
    """Raises Refused where there is anything in the database that somebody could miss."""
    connection = session.connection()
    names = set(sa.inspect(connection).get_table_names()) - GIVEN_BY_UPGRADES
    rows = {name: sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1) for name in sorted(names)}
    full = [name for name, one in rows.items() if session.execute(one).first() is not None]
    if full:
        raise Refused(
            f"目标数据库不是空的（{'、'.join(full[:3])} 等表里有内容），恢复不覆盖任何数据；"
            "请在 DUBAN_DATABASE_URL 中写一个空的数据库，或先把原来的移走"
        )
    there = schema.present(connection)
    if there not in (None, manifest.revision):
        raise Refused(f"目标数据库已是结构 {there}，而备份是结构 {manifest.revision}；请换一个全空的数据库")


def _filled(session: Session, reader: Reader, told: Told) -> None:
    connection, total, done = session.connection(), reader.manifest.rows, 0
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for name, about in reader.manifest.tables.items():
        if name in GIVEN_BY_UPGRADES:
            session.execute(sa.delete(sa.table(name)))
        found = _Counted(reader, name, list(about["columns"].values()))
        encoded.put(connection, name, about["columns"], iter(found))
        if found.rows != about["rows"]:
            raise reader.damaged(name)
        done += found.rows
        told(done, total)


class _Counted:
    """The rows of a table, counted while they are read."""

    def __init__(self, reader: Reader, name: str, how: list[str]) -> None:
        self._reader, self._name, self._how, self.rows = reader, name, how, 0

    def __iter__(self) -> Iterator[list[Any]]:
        for line in self._reader.lines(self._name):
            self.rows += 1
            yield encoded.parsed(line, self._how)


def _numbers(session: Session, manifest: Manifest) -> None:
    """PostgreSQL gives out numbers behind those that it gave out before, used or not."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for name, about in manifest.tables.items():
        if about["columns"].get("id") != "plain":
            continue
        sequence = session.execute(sa.select(sa.func.pg_get_serial_sequence(name, "id"))).scalar()
        highest = sa.select(sa.func.max(sa.column("id", sa.BigInteger))).select_from(sa.table(name))
        last = max(manifest.sequences.get(name, 0), session.execute(highest).scalar() or 0) if sequence else 0
        if last:
            session.execute(sa.select(sa.func.setval(sequence, last)))


def _marked(session: Session, manifest: Manifest, now: datetime, by: str) -> None:
    """The rounds hold, and the journal says why; its row is the first behind the leap."""
    taken = datetime.fromisoformat(manifest.taken_at)
    session.execute(sa.insert(restored).values(taken_at=taken, at=now, by=by))
    highest = session.execute(sa.select(sa.func.coalesce(sa.func.max(journal.c.id), 0))).scalar_one()
    last = max(manifest.sequences.get(journal.name, 0), int(highest), commit_order.head(session))
    number = max(last // LEAP + 1, int(now.timestamp())) * LEAP
    about = {"taken_at": manifest.taken_at, "rows": manifest.rows, "duban": manifest.duban}
    commit_order.leap(session, number)
    row = {
        "id": number,
        "at": now,
        "kind": "store.restored",
        "actor": by,
        "before": str(last),
        "payload": about,
    }
    session.execute(sa.insert(journal), [row])
