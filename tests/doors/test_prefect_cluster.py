"""Many machines, here on one: a server on PostgreSQL, the deployments of prefect.yaml, two workers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest
import sqlalchemy as sa
from sqlmodel import select

from flows import rounds
from flows.prefect_child import answers, free_port, quiet
from states import clock
from states.records import health, schema
from states.records.session import Store, connect
from states.records.tables import Tick

pytestmark = [pytest.mark.slow, pytest.mark.cluster, pytest.mark.xdist_group("prefect")]

ROOT = Path(__file__).parents[2]
EACH_MINUTE = {"open_due", "remind", "escalate", "deliver"}


class Cluster:
    """Processes with one environment; everything it started is ended by `end`."""

    def __init__(self, home: Path, prefect: sa.URL, duban: str) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "DUBAN_"))}
        self.home = home
        self.url = f"http://127.0.0.1:{free_port()}/api"
        self._environ = (
            clean
            | quiet(home / "prefect")
            | {
                "HOME": str(home),
                "PREFECT_API_URL": self.url,
                "PREFECT_SERVER_DATABASE_CONNECTION_URL": prefect.render_as_string(hide_password=False),
                "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
                "DUBAN_DATABASE_URL": duban,
                "DUBAN_HOME": str(home / "duban"),
            }
        )
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        with (self.home / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "prefect", *words],
                env=self._environ,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def run(self, *words: str) -> None:
        name = words[0]
        assert self.start(name, "--no-prompt", *words).wait(120) == 0, self.log(name)

    def log(self, name: str) -> str:
        return (self.home / f"{name}.log").read_text(errors="replace")[-4000:]

    def ask(self, path: str, **wanted: Any) -> list[dict[str, Any]]:
        answer = httpx.post(f"{self.url}/{path}", json=wanted, trust_env=False, timeout=30)
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


# Prefect wants the extension pg_trgm for indexes of its search by name. A PostgreSQL from a wheel comes
# without it; there, an operator class of that name which indexes nothing lets the migrations pass.
WITHOUT_TRIGRAMS = """
CREATE FUNCTION no_keys(text, internal, internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'void_in';
CREATE OPERATOR CLASS gin_trgm_ops FOR TYPE text USING gin AS
    FUNCTION 2 no_keys(text, internal, internal), FUNCTION 3 no_keys(text, internal, internal),
    FUNCTION 4 no_keys(text, internal, internal);
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    SELECT 16000, 'pg_trgm', 10, oid, false, '0' FROM pg_namespace WHERE nspname = 'public';
"""


@pytest.fixture
def prefect_url(postgres: sa.URL) -> Iterator[sa.URL]:
    """A fresh database for the Prefect server, in the words of its own driver."""
    name = f"prefect_{uuid4().hex}"
    admin = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
        found = connection.execute(
            sa.text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        ).scalar()
    if not found:
        fresh = sa.create_engine(postgres.set(database=name))
        with fresh.begin() as connection:
            connection.execute(sa.text(WITHOUT_TRIGRAMS))
        fresh.dispose()
    yield postgres.set(drivername="postgresql+asyncpg", database=name)
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def record(postgres_url: str) -> Iterator[Store]:
    made = connect(postgres_url)
    schema.upgrade(made)
    yield made
    made.close()


@pytest.fixture
def cluster(tmp_path: Path, prefect_url: sa.URL, postgres_url: str) -> Iterator[Cluster]:
    made = Cluster(tmp_path, prefect_url, postgres_url)
    try:
        yield made
    finally:
        made.end()


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


def recovery() -> str:
    """The automation as docs/deploy.md writes it."""
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    return page.split("```yaml\n")[1].split("```")[0]


def start_cluster(cluster: Cluster) -> list[subprocess.Popen[bytes]]:
    """The commands of docs/deploy.md; two workers are online when this returns."""
    port = str(httpx.URL(cluster.url).port)
    cluster.start("server", "server", "start", "--host", "127.0.0.1", "--port", port)
    until(lambda: answers(cluster.url), 120, lambda: cluster.log("server"))
    cluster.run("work-pool", "create", "duban", "--type", "process")
    cluster.run("deploy", "--all")
    (cluster.home / "recovery.yaml").write_text(recovery())
    cluster.run("automation", "create", "--from-file", str(cluster.home / "recovery.yaml"))
    workers = [
        cluster.start(name, "worker", "start", "--pool", "duban", "--name", name) for name in ("one", "two")
    ]
    until(lambda: len(cluster.ask("work_pools/duban/workers/filter")) == 2, 60, lambda: cluster.log("one"))
    return workers


def test_rounds_run_on_schedule_on_two_workers_and_go_on_when_one_is_killed(cluster, record):
    workers = start_cluster(cluster)
    deployed = {each["entrypoint"]: each for each in cluster.ask("deployments/filter")}
    assert set(deployed) == {f"flows.watch.{job}" for job in rounds.JOBS}
    assert {each["concurrency_options"]["collision_strategy"] for each in deployed.values()} == {"CANCEL_NEW"}

    (automation,) = cluster.ask("automations/filter")
    assert automation["enabled"]

    def state() -> str:
        runs = [(run["name"], run["state_name"]) for run in cluster.ask("flow_runs/filter")]
        return f"{cluster.log('one')}\n{cluster.log('two')}\n{runs}"

    begun = clock.now()
    first = until(lambda: completed(cluster, begun), 120, state)
    assert {(job, slot) for job, slots in first.items() for slot in slots} <= ticks(record)
    with record.read() as session:
        beats = {beat.name: beat.ok for beat in health.beats(session)}
    assert {f"round:{job}": True for job in EACH_MINUTE}.items() <= beats.items()

    workers[0].kill()
    killed = clock.now()
    again = until(lambda: completed(cluster, killed), 120, state)
    assert {(job, slot) for job, slots in again.items() for slot in slots} <= ticks(record)
    assert workers[1].poll() is None
    assert (
        cluster.ask("flow_runs/filter", flow_runs={"state": {"type": {"any_": ["FAILED", "CRASHED"]}}}) == []
    )
