"""The database's shape: migrations, and the one check a door makes before it trusts it.

Code may live beside a newer shape as long as the migrations only add to it: each says by `oldest = "…"` which shape the
oldest code was made for that can go on with it, and the database keeps that (decision 0031). A migration that says nothing
shuts out all code before it.

Alembic takes a fifth of the time in which a command starts, and 12 MB: only an upgrade with something to do loads it.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import DubanError
from states.records.blank import shape
from states.records.calendar import seed
from states.records.session import Store

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations" / "versions"
UPGRADE_LOCK = 0x6475_6261_6E
VERSION = sa.table(
    "alembic_version", sa.column("version_num", sa.String)
)  # where Alembic notes what was done
SHAPE = sa.table("shape", sa.column("id", sa.Integer), sa.column("oldest", sa.String))
MARK = re.compile(r"""^(revision|down_revision|oldest)\b[^=]*=\s*["']([^"']+)["']""", re.MULTILINE)
LOCK_SECONDS = 3  # for so long others queue behind a change of the shape that waits for a lock
TRIES, PAUSE = 20, 1.0
NOT_AVAILABLE = "55P03"  # PostgreSQL: a lock was waited for in vain
OLDER = "数据库还不是这个版本的结构（{there}，应为 {mine}），请先运行 duban upgrade"
EMPTY = "数据库还不是这个版本的结构，请先运行 duban upgrade"
NEWER = (
    "数据库已由更新的 duban 升级（结构 {there}，至少要为结构 {oldest} 写的程序），这里的程序只认得 {mine}："
    "请升级这台机器上的 duban；数据没有改动"
)
BUSY = "别的事务一直占着要改结构的表，试了 {tries} 次都没有等到；数据库没有改动，请稍后再运行 duban upgrade"


class NoDatabase(DubanError):
    """数据库用不了"""


class Migrations(NamedTuple):
    """Those of this code, oldest first, and the oldest code that may live with the newest."""

    line: tuple[str, ...]
    oldest: str

    @property
    def newest(self) -> str:
        return self.line[-1]


def upgrade(store: Store) -> None:
    """Bring the database to this version's shape; safe to call from several processes at once, and while others write.

    One that newer code has made is left as it is, if this code may live with it. Raises NoDatabase with one sentence
    when it may not, and where the database is missing, locked or full.
    """
    _alone(store, _upgrade)


def shaped(store: Store, revision: str) -> None:
    """Bring an empty database to the shape of `revision`, with nothing in it; for what is put back into it."""

    def make(connection: sa.Connection) -> None:
        connection.begin()
        _migrate(connection, revision)
        connection.commit()

    _alone(store, make)


def _alone(store: Store, work: Callable[[sa.Connection], None]) -> None:
    """On SQLite all of it is one transaction. On PostgreSQL one upgrade runs at a time, in transactions of its own."""
    try:
        with store.engine.connect() as connection:
            if store.sqlite:
                work(connection.execution_options(duban_begin="IMMEDIATE"))
            else:
                _locked(connection, work)
    except sa.exc.DatabaseError as error:
        raise NoDatabase(f"{store.engine.url.render_as_string()}：{_first_line(error)}") from error


def _locked(connection: sa.Connection, work: Callable[[sa.Connection], None]) -> None:
    connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": UPGRADE_LOCK})
    connection.execute(sa.text(f"SET lock_timeout = '{LOCK_SECONDS}s'"))
    connection.commit()
    try:
        _patiently(connection, work)
    finally:
        connection.rollback()
        connection.execute(sa.text("RESET lock_timeout"))
        connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": UPGRADE_LOCK})
        connection.commit()


def alone(connection: sa.Connection) -> None:
    """Until this transaction ends, nobody upgrades the database. On SQLite a writer is alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})


def _patiently(connection: sa.Connection, work: Callable[[sa.Connection], None]) -> None:
    """A change of the shape that waits for a lock makes everybody else wait behind it: it gives up soon and comes again."""
    for _ in range(TRIES):
        try:
            return work(connection)
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != NOT_AVAILABLE:
                raise
            connection.rollback()
            time.sleep(PAUSE)
    raise NoDatabase(BUSY.format(tries=TRIES))


def _upgrade(connection: sa.Connection) -> None:
    """Shape and calendar in one transaction; a fill of many rows (see `migrating`) is the only thing that cuts it."""
    connection.begin()
    mine = migrations()
    there = present(connection)
    if there in mine.line or there is None:
        if there != mine.newest:
            _migrate(connection, mine.newest)
        _say_oldest(connection, mine.oldest)
        seed(Session(connection))
    elif said := _beside(connection, there, mine):
        raise NoDatabase(said)
    connection.commit()


def _migrate(connection: sa.Connection, revision: str) -> None:
    _without_colours()
    from alembic import command

    command.upgrade(_config(connection), revision)


def _say_oldest(connection: sa.Connection, oldest: str) -> None:
    if connection.execute(sa.select(SHAPE.c.oldest)).scalar() == oldest:
        return
    connection.execute(sa.delete(SHAPE))
    connection.execute(sa.insert(SHAPE).values(id=1, oldest=oldest))


def _without_colours() -> None:
    """Alembic brings Mako, and Mako all of Pygments, to colour an error page that is never shown: 5 MB.

    A module noted as None is one that can't be imported; Mako then does without.
    """
    sys.modules.setdefault("mako.ext.pygmentplugin", None)  # type: ignore[arg-type]


def create(store: Store) -> None:
    """The present shape at once, without migrations; for stores that live in memory."""
    shape(store)
    with store.write() as session:
        seed(session)


def behind(store: Store) -> str | None:
    """Why this code can't use the database as it is, in words; None when it can."""
    try:
        return unfit(store)
    except sa.exc.DatabaseError as error:
        return f"连不上数据库：{_first_line(error)}"


def unfit(store: Store) -> str | None:
    """Why this code and the shape of the database do not go together; raises what a database raises that is away."""
    with store.engine.connect() as connection:
        there, mine = present(connection), migrations()
        if there == mine.newest:
            return None
        if there is None:
            return EMPTY
        if there in mine.line:
            return OLDER.format(there=there, mine=mine.newest)
        return _beside(connection, there, mine)


def _beside(connection: sa.Connection, there: str, mine: Migrations) -> str | None:
    """Why this code can't live with a shape that it does not know; None when it can."""
    oldest: str | None = connection.execute(sa.select(SHAPE.c.oldest)).scalar()
    if oldest in mine.line:
        return None
    return NEWER.format(there=there, oldest=oldest, mine=mine.newest)


def present(connection: sa.Connection) -> str | None:
    """The migration that the database has had last; None where it is empty."""
    if not sa.inspect(connection).has_table(VERSION.name):
        return None
    return connection.execute(sa.select(VERSION.c.version_num)).scalar()


def migrations() -> Migrations:
    """Read from their files without running them. There is one line of them, without branches."""
    texts = [one.read_text(encoding="utf-8") for one in FOLDER.glob("*.py")]
    after = {marks.get("down_revision"): marks for marks in (dict(MARK.findall(text)) for text in texts)}
    line: list[str] = []
    oldest = 0
    while (marks := after.get(line[-1] if line else None)) is not None:
        line.append(marks["revision"])
        oldest = max(oldest, line.index(marks.get("oldest", line[-1])))
    return Migrations(tuple(line), line[oldest])


def _config(connection: sa.Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("version_locations", str(FOLDER))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config


def _first_line(error: sa.exc.DatabaseError) -> str:
    return str(error.orig or error).strip().splitlines()[0]
