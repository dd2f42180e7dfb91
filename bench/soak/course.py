"""One soak of one database: a server, a mail server, everybody who asks, and an eye on the server's memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import sqlalchemy as sa
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from bench.databases import Bench, address
from bench.serve import free_port, wait
from bench.soak.world import MINUTES, Cast, populate
from states.records.core import mail
from states.records.session import Store

FACTORY = "bench.apps.soaked:create_app"
SAMPLE = 1.0  # seconds between two looks at memory
FLAT_MB, FLAT_SHARE = 4.0, 0.03  # what the later half may grow: whichever is more
ENDS = 120.0  # seconds in which a round that runs may end
SETTLES = 150.0  # seconds in which the last mails may go out


@dataclass(frozen=True)
class Size:
    """How many, and how fast the clock goes: MINUTES pass in `seconds`."""

    seconds: float = 300.0
    liaisons: int = 200
    clients: int = 20
    spare: int = 100
    due: int = 4
    every: int = 5

    @property
    def speed(self) -> float:
        return MINUTES * 60 / self.seconds


@dataclass(frozen=True)
class Figures:
    """What a soak found."""

    database: str
    seconds: float
    speed: float
    requests: int
    errors: list[str]
    kinds: dict[str, dict[str, float]]
    mails: int
    doubled: int
    unsent: int
    rounds: dict[str, dict[str, float]]
    memory_mb: dict[str, float]
    log: list[str]
    load: list[float]

    def plain(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def flat(self) -> bool:
        """Whether memory stood still in the later half."""
        return self.memory_mb["growth_later_half"] <= max(FLAT_MB, FLAT_SHARE * self.memory_mb["at_half"])

    @property
    def faults(self) -> list[str]:
        """What must not be."""
        found = [f"{len(self.errors)} errors: {self.errors[:3]}"] if self.errors else []
        found += [f"{self.doubled} mails doubled"] if self.doubled else []
        found += [f"{self.unsent} mails sent and not taken"] if self.unsent else []
        failed = {job: one["failed"] for job, one in self.rounds.items() if one["failed"]}
        found += [f"rounds failed: {failed}"] if failed else []
        return found + ([f"in the log: {self.log[:3]}"] if self.log else [])


class Soak:
    """The course of one; `kind` of database."""

    def __init__(self, bench: Bench, kind: str, size: Size) -> None:
        self.bench, self.kind, self.size = bench, kind, size
        self.home = bench.folder / f"soak-{kind}"
        self.home.mkdir()

    def run(self) -> Figures:
        load, size = list(os.getloadavg()), self.size
        with self.bench.store(self.kind) as store, _sink() as sink:
            cast = populate(store, size.liaisons, size.clients, size.spare, size.due)
            with self._server(store, sink.port) as (port, process):
                memory = Memory(process)
                found = self._people(port, cast)
                memory.end()
                rounds = _settled(port, size.every)
            taken = sink.end()
            with store.read() as session:
                sent = sa.select(sa.func.count()).select_from(mail).where(mail.c.state == "sent")
                unsent = session.execute(sent).scalar_one() - taken["mails"]
        return self._figures(found, taken, unsent, rounds, memory, load)

    def _figures(
        self, found: Any, taken: Any, unsent: int, rounds: Any, memory: Memory, load: list[float]
    ) -> Figures:
        took: dict[str, list[float]] = found["took"]
        every = [one for each in took.values() for one in each]
        return Figures(
            database=self.kind,
            seconds=self.size.seconds,
            speed=self.size.speed,
            requests=len(every),
            errors=found["errors"],
            kinds={kind: _summed(each) for kind, each in sorted({"all": every, **took}.items())},
            mails=taken["mails"],
            doubled=taken["doubled"],
            unsent=unsent,
            rounds=rounds,
            memory_mb=memory.told(),
            log=self._log(),
            load=[*load, *os.getloadavg()],
        )

    def _people(self, port: int, cast: Cast) -> Any:
        plan = {**cast.plain(), "port": port, "seconds": self.size.seconds, "speed": self.size.speed}
        command = [sys.executable, "-m", "bench.soak.people"]
        ran = subprocess.run(command, input=json.dumps(plan), capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(f"those who ask failed: {ran.stderr[-600:]}")
        return json.loads(ran.stdout)

    @contextmanager
    def _server(self, store: Store, post: int) -> Iterator[tuple[int, psutil.Process]]:
        port = free_port()
        environment = {
            "DUBAN_HOME": str(self.home),
            "DUBAN_DATABASE_URL": address(store.engine.url),
            "DUBAN_SMTP_URL": f"smtp://127.0.0.1:{post}",
            "DUBAN_MAIL_FROM": "duban@example.org",
            "DUBAN_BASE_URL": f"http://127.0.0.1:{port}",
            "SOAK_SINCE": str(time.time()),
            "SOAK_SPEED": str(self.size.speed),
            "SOAK_EVERY": str(self.size.every),
        }
        command = [sys.executable, "-m", "bench.serve", FACTORY, str(port)]
        with (self.home / "log").open("wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stderr=log, env={**os.environ, **environment}
            )
            try:
                wait(process, f"http://127.0.0.1:{port}/healthz")
                yield port, psutil.Process(process.pid)
            finally:
                process.terminate()
                _ended(process)

    def _log(self) -> list[str]:
        return (self.home / "log").read_text(errors="replace").splitlines()[:20]


class Memory:
    """The resident size of a process, second by second, until the end is told."""

    def __init__(self, process: psutil.Process) -> None:
        self._process, self._over = process, threading.Event()
        self.seen: list[tuple[float, float]] = []
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        began = time.monotonic()
        while not self._over.wait(SAMPLE):
            self.seen.append((time.monotonic() - began, self._process.memory_info().rss / 2**20))

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def told(self) -> dict[str, float]:
        """Growth: the straight line through the later half, from its first to its last second."""
        half = len(self.seen) // 2
        later = self.seen[half:]
        growth = slope(later) * (later[-1][0] - later[0][0])
        sizes = [size for _at, size in self.seen]
        return {
            "first": round(sizes[0], 1),
            "at_half": round(sizes[half], 1),
            "last": round(sizes[-1], 1),
            "most": round(max(sizes), 1),
            "growth_later_half": round(growth, 2),
        }


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the straight line that fits best."""
    n = len(points)
    mean_x, mean_y = (sum(one[axis] for one in points) / n for axis in (0, 1))
    over = sum((x - mean_x) * (y - mean_y) for x, y in points)
    under = sum((x - mean_x) ** 2 for x, _y in points)
    return over / under if under else 0.0


@dataclass
class _Sink:
    port: int
    process: subprocess.Popen[str]

    def end(self) -> dict[str, int]:
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=30)
        return dict(json.loads(said))


@contextmanager
def _sink() -> Iterator[_Sink]:
    port = free_port()
    command = [sys.executable, "-m", "bench.soak.sink", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield _Sink(port, process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Wait for a server that was told to end; raises where it does not."""
    try:
        process.wait(ENDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def _settled(port: int, every: int) -> dict[str, dict[str, float]]:
    """The rounds, once two more have been by and nothing waits to be sent."""
    time.sleep(2 * every + 1)
    until = time.monotonic() + SETTLES
    while time.monotonic() < until and _figure(port, "duban_oldest_unsent_seconds"):
        time.sleep(every)
    return _rounds(port)


def _figure(port: int, name: str) -> float:
    samples = (one for family in _scraped(port) for one in family.samples)
    return float(next(one.value for one in samples if one.name == name))


def _scraped(port: int) -> list[Metric]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    text = direct.open(f"http://127.0.0.1:{port}/metrics", timeout=60).read().decode()
    return list(text_string_to_metric_families(text))


def _rounds(port: int) -> dict[str, dict[str, float]]:
    """How many rounds of each job there were, as the server's own figures say."""
    found: dict[str, dict[str, float]] = {}
    for family in _scraped(port):
        for one in family.samples:
            if one.name == "duban_rounds_total":
                found.setdefault(one.labels["job"], {})[one.labels["outcome"]] = one.value
    return found


def _summed(took: Sequence[float]) -> dict[str, float]:
    ordered = sorted(took)
    place = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    at = {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)
        for name, share in place.items()
    }
    return {"count": len(ordered), **at, "most": round(ordered[-1], 1)}


def log_of(folder: Path, kind: str) -> str:
    """What the server said, for who looks into a fault."""
    return (folder / f"soak-{kind}" / "log").read_text(errors="replace")
