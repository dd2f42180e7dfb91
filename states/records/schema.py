"""The database's shape: migrations, and the one check a door makes before it trusts it."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from states.errors import DubanError
from states.records import tables  # noqa: F401  (fills the metadata)
from states.records.calendar import seed
from states.records.session import Store

FOLDER = Path(__file__).parent / "migrations"
UPGRADE_LOCK = 0x6475_6261_6E


class NoDatabase(DubanError):
    """数据库用不了"""


def upgrade(store: Store) -> None:
    """Bring the database to this version's shape; safe to call from several processes at once.

    Raises NoDatabase with one sentence when it is missing, locked or full.
    """
    try:
        with store.engine.connect() as connection:
            _locked_upgrade(connection)
        with store.write() as session:
            seed(session)
    except sa.exc.OperationalError as error:
        raise NoDatabase(
            f"数据库用不了（{store.engine.url.render_as_string()}）：{_first_line(error)}"
        ) from error


def _locked_upgrade(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": UPGRADE_LOCK})
        connection.commit()
    try:
        command.upgrade(_config(connection), "head")
        connection.commit()
    finally:
        if connection.dialect.name == "postgresql":
            connection.rollback()
            connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": UPGRADE_LOCK})
            connection.commit()


def create(store: Store) -> None:
    """The present shape at once, without migrations; for stores that live in memory."""
    SQLModel.metadata.create_all(store.engine)
    with store.write() as session:
        seed(session)


def behind(store: Store) -> str | None:
    """Why the database can't be used as it is, in words; None when it can."""
    try:
        with store.engine.connect() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
    except sa.exc.OperationalError as error:
        return f"连不上数据库：{_first_line(error)}"
    wanted = ScriptDirectory(str(FOLDER)).get_current_head()
    if present != wanted:
        return "数据库还不是这个版本的结构，请先运行 duban upgrade"
    return None


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def _first_line(error: sa.exc.OperationalError) -> str:
    return str(error.orig or error).strip().splitlines()[0]
