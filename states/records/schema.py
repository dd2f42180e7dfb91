"""The database's shape: migrations, and the one check a door makes before it trusts it.

Alembic takes a fifth of the time in which a command starts, and 12 MB: only an upgrade with something to do loads it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from states.errors import DubanError
from states.records import core  # noqa: F401  (knows all tables)
from states.records.calendar import seed
from states.records.session import Store

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
UPGRADE_LOCK = 0x6475_6261_6E
VERSION = sa.table(
    "alembic_version", sa.column("version_num", sa.String)
)  # where Alembic notes what was done
MARK = re.compile(r"""^(revision|down_revision)\b[^=]*=\s*["']([^"']+)["']""", re.MULTILINE)


class NoDatabase(DubanError):
    """数据库用不了"""


def upgrade(store: Store) -> None:
    """Bring the database to this version's shape; safe to call from several processes at once.

    Raises NoDatabase with one sentence when it is missing, locked or full.
    """
    try:
        with store.engine.connect() as connection:
            if store.sqlite:
                _upgrade(connection.execution_options(duban_begin="IMMEDIATE"))
            else:
                _locked_upgrade(connection)
    except sa.exc.DatabaseError as error:
        raise NoDatabase(f"{store.engine.url.render_as_string()}：{_first_line(error)}") from error


def _locked_upgrade(connection: sa.Connection) -> None:
    connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": UPGRADE_LOCK})
    connection.commit()
    try:
        _upgrade(connection)
    finally:
        connection.rollback()
        connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": UPGRADE_LOCK})
        connection.commit()


def _upgrade(connection: sa.Connection) -> None:
    """Shape and calendar in one transaction."""
    connection.begin()
    if _present(connection) != heads():
        _without_colours()
        from alembic import command

        command.upgrade(_config(connection), "head")
    seed(Session(connection))
    connection.commit()


def _without_colours() -> None:
    """Alembic brings Mako, and Mako all of Pygments, to colour an error page that is never shown: 5 MB.

    A module noted as None is one that can't be imported; Mako then does without.
    """
    sys.modules.setdefault("mako.ext.pygmentplugin", None)  # type: ignore[arg-type]


def create(store: Store) -> None:
    """The present shape at once, without migrations; for stores that live in memory."""
    SQLModel.metadata.create_all(store.engine)
    with store.write() as session:
        seed(session)


def behind(store: Store) -> str | None:
    """Why the database can't be used as it is, in words; None when it can."""
    try:
        with store.engine.connect() as connection:
            present = _present(connection)
    except sa.exc.DatabaseError as error:
        return f"连不上数据库：{_first_line(error)}"
    if present != heads():
        return "数据库还不是这个版本的结构，请先运行 duban upgrade"
    return None


def _present(connection: sa.Connection) -> set[str]:
    """The migrations that the database has had last; none where it is empty."""
    if not sa.inspect(connection).has_table(VERSION.name):
        return set()
    return set(connection.execute(sa.select(VERSION.c.version_num)).scalars())


def heads() -> set[str]:
    """The migrations that no other follows, read from their files without running them."""
    texts = [one.read_text(encoding="utf-8") for one in (FOLDER / "versions").glob("*.py")]
    marks = [dict(MARK.findall(text)) for text in texts]
    return {one["revision"] for one in marks} - {one.get("down_revision", "") for one in marks}


def _config(connection: sa.Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def _first_line(error: sa.exc.DatabaseError) -> str:
    return str(error.orig or error).strip().splitlines()[0]
