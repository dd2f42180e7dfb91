"""Engines and transactions. A `Store` is what a door holds: `read()`, `write()` and `trial()` are whole transactions."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from states.clock import elapsed
from states.errors import BadSetting, Fault
from states.records.compiled import share
from states.records.discretion import KNOWN, Disclosing, Nobody, traced
from states.records.sealing import BOX, Seal, seal
from states.records.turns import Turns
from states.settings import Settings

BUSY_SECONDS = 30
BEGIN = "duban_begin"  # execution option: how a transaction begins on SQLite
READ = "READ"
UNREADABLE = "地址写法不对，应如 postgresql+psycopg://用户:密码@主机:5432/库；密码中的特殊字符写作 %40 等"
_READING: dict[str, Any] = {BEGIN: READ, "postgresql_readonly": True}


class Store:
    """A database. On SQLite a write takes the lock at once, so that two writers queue and never deadlock.

    Writers of one process queue before the file's lock: waiting in it means sleeping for ever longer.
    """

    def __init__(self, engine: sa.Engine, box: Callable[[], Seal] | None = None) -> None:
        """`box` opens who gave a clue; without it nothing can be compared with that (a copy, of which nothing leaves)."""
        self.engine = engine
        self.box = box
        self._turn = Turns()
        self.sqlite = engine.dialect.name == "sqlite"

    @contextmanager
    def read(self, *, one_moment: bool = False) -> Iterator[Session]:
        """A transaction in which the database lets nothing be written; what tries it meets DBAPIError.

        `one_moment`: all of it sees the record as of one moment. On SQLite every transaction does.
        """
        options = _READING
        if one_moment and not self.sqlite:
            options = _READING | {"isolation_level": "REPEATABLE READ"}
        with self._session() as session:
            session.connection(execution_options=options)
            yield session

    def _session(self) -> Session:
        info = {BOX: self.box} if self.box is not None else {KNOWN: Nobody()}
        return Session(self.engine, expire_on_commit=False, info=info)

    @contextmanager
    def _traced(self) -> Iterator[None]:
        """What was refused because it names who gave a clue leaves a trace, in a transaction of its own."""
        try:
            yield
        except Disclosing as error:
            with self._writing() as session, self._kept(session):
                traced(session, error)
            raise

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits when the block ends well and vanishes when it does not."""
        with self._traced(), self._writing() as session, self._kept(session):
            yield session

    def _kept(self, session: Session) -> AbstractContextManager[Any]:
        return _ends(session) if session.in_transaction() else session.begin()

    @contextmanager
    def trial(self) -> Iterator[Session]:
        """A dry run: it writes as `write()` does, in the same turn, and nothing of it stays."""
        with (
            self._traced(),
            self._writing() as session,
        ):  # closed without a commit; what was read stays readable
            yield session

    @contextmanager
    def act(self, *, dry_run: bool) -> Iterator[Session]:
        """`trial()` for a dry run, `write()` otherwise."""
        with self.trial() if dry_run else self.write() as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with self.queue(), self._session() as session:
            if self.sqlite:
                session.connection(execution_options={BEGIN: "IMMEDIATE"})
            yield session

    @contextmanager
    def queue(self) -> Iterator[None]:
        """This process's turn to write, where only one can."""
        mine = self.sqlite and self._turn.acquire(timeout=BUSY_SECONDS)
        try:
            yield
        finally:
            if mine:
                self._turn.release()

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _ends(session: Session) -> Iterator[None]:
    try:
        yield
    except BaseException:
        session.rollback()
        raise
    session.commit()


def connect(url: str, *, home: Path | None = None, **options: Any) -> Store:
    """The store at `url`; raises BadSetting with one sentence when it can't be one.

    Folders are made for it inside `home` alone: anywhere else a missing one is a mistyped address.
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise BadSetting([Fault("DUBAN_DATABASE_URL", UNREADABLE)]) from None  # it would say the password
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            _prepare(Path(parsed.database).absolute(), home)
        return Store(_sqlite(parsed, options))
    pool = {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 10}
    engine = sa.create_engine(parsed, hide_parameters=True, **pool, **options)
    share(engine)
    return Store(engine)


def store_of(settings: Settings) -> Store:
    """The store of an installation: what people write into it is compared with who gave a clue. Raises BadSetting."""
    made = connect(settings.database_url, home=settings.home)
    made.box = lambda: seal(settings)
    return made


def memory() -> Store:
    """A store that lives in this process only; for simulations and previews."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    _listen(engine, wal=False)
    share(engine)
    return Store(engine)


def _prepare(file: Path, home: Path | None) -> None:
    """See that a file can be where it shall be; raises BadSetting that names the setting to blame."""
    folder, place = file.parent, "DUBAN_DATABASE_URL"
    if home is not None and folder.is_relative_to(home):
        place = "DUBAN_HOME"
    elif not folder.is_dir():
        says = f"没有文件夹 {folder}；请先建好它，或改正数据库地址（绝对路径写作 sqlite:////文件夹/文件）"
        raise BadSetting([Fault(place, says)])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            TemporaryFile(dir=folder).close()
    except OSError as error:
        says = f"不能在 {folder} 里建数据库（{error.strerror}）；请换一个可写的文件夹，或改正它的权限"
        raise BadSetting([Fault(place, says)]) from error


def _sqlite(url: sa.URL, options: dict[str, Any]) -> sa.Engine:
    engine = sa.create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        hide_parameters=True,  # what is written into rows stands in no log
        **options,
    )
    _listen(engine, wal=True)
    share(engine)
    return engine


def _listen(engine: sa.Engine, *, wal: bool) -> None:
    """Take transaction control from the driver: it would begin late and never for reads."""

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        if wal:
            _write_ahead(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA temp_store=MEMORY")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        mode = connection.get_execution_options().get(BEGIN, "DEFERRED")
        connection.exec_driver_sql("BEGIN DEFERRED" if mode == READ else f"BEGIN {mode}")
        if wal and mode == READ:
            connection.exec_driver_sql("PRAGMA query_only=ON")

    @sa.event.listens_for(engine, "checkin")
    def returned(connection: Any, _record: Any) -> None:
        if wal and connection is not None:
            connection.execute("PRAGMA query_only=OFF")


def _write_ahead(connection: Any) -> None:
    """Another process may be switching a new file at this very moment, and here SQLite does not wait by itself."""
    began = elapsed()
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or elapsed() - began > BUSY_SECONDS:
                raise
            time.sleep(0.02)
        else:
            return
