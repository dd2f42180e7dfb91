"""A real Prefect server as the child of a real clock, in processes of their own.

Each test starts a parent (below, PARENT) that runs the clock and writes one JSON line a fact. They share
one home, so that only the first pays for the server's first start.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]

COLD = 120.0  # seconds for a server on a fresh home on a slow machine; 15 here
PARENT = """
import json, signal, sys, threading, time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from flows.beside import Beside
from flows.local import LocalClock
from states import clock

home, every, lasts = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
lock, beside = threading.Lock(), Beside(home)

@dataclass(frozen=True)
class Report:
    job: str
    at: datetime
    done: int

def say(**fact):
    with lock:
        print(json.dumps(fact), flush=True)

def run(job, now):
    by = "flow" if threading.current_thread().name.startswith("asyncio") else "clock"
    say(run=job, by=by, late=(clock.now() - now).total_seconds())
    time.sleep(lasts)
    say(ran=job)
    return Report(job, now, 1)

def note(name, ok, detail, now):
    say(note=name, ok=ok, detail=detail)

def claim(job, slot):
    return True

ticking = LocalClock(["remind"], run, claim, note, every=every, skin=beside)
done = threading.Event()
signal.signal(signal.SIGINT, lambda *_: done.set())
ticking.start()
while beside.pid is None and not beside.ready:
    time.sleep(0.01)
say(pid=beside.pid, url=beside.url)
done.wait()
ticking.stop()
say(stopped=True)
"""


class Parent:
    """One parent process and what it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        told = self.hear(lambda fact: "pid" in fact)
        self.url: str = told["url"]
        self.server = psutil.Process(told["pid"] or process.pid)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(json.loads(line))

    def hear(self, wanted: Callable[[dict[str, Any]], bool], within: float = COLD) -> dict[str, Any]:
        """The next fact that is `wanted`; what is said before it is dropped."""
        end = time.monotonic() + within
        while True:
            fact = self._lines.get(timeout=max(end - time.monotonic(), 0.01))
            if wanted(fact):
                return fact

    def hear_flow(self) -> dict[str, Any]:
        return self.hear(lambda fact: fact.get("by") == "flow")

    def hear_prefect(self, ok: bool, words: str, within: float = COLD) -> None:
        self.hear(lambda f: f.get("note") == "prefect" and f["ok"] is ok and words in f["detail"], within)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("duban") / "prefect"


@contextmanager
def parent(home: Path, every: int = 2, lasts: float = 0.0, **environ: str) -> Iterator[Parent]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "DUBAN_"))}
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(home), str(every), str(lasts)],
        stdout=subprocess.PIPE,
        text=True,
        env={**clean, "HOME": str(home.parent), **environ},
    )
    born = None
    try:
        born = Parent(process)
        yield born
    finally:
        process.kill()
        process.wait()
        if born and running(born.server):
            born.server.kill()


def running(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def listening(url: str) -> bool:
    address = httpx.URL(url)
    with socket.socket() as probe:
        return probe.connect_ex((address.host, address.port)) == 0


def gone(parent: Parent, within: float = 15.0) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end and (running(parent.server) or listening(parent.url)):
        time.sleep(0.1)
    return not running(parent.server) and not listening(parent.url)


def in_group(group: int) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and running(process):
                found.append(process)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


class Outside:
    """A proxy that writes down who asks for the outside, and lets nobody through."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            connection, _ = self._server.accept()
            self.asked.append(connection.recv(200))
            connection.close()

    @property
    def environ(self) -> dict[str, str]:
        names = ("http_proxy", "https_proxy", "all_proxy")
        return {cased: self.address for name in names for cased in (name, name.upper())}


def test_a_round_runs_as_a_flow_soon_is_recorded_and_nothing_asks_outside(home, record_property):
    outside = Outside()
    began = time.monotonic()
    with parent(home, **outside.environ) as clock:
        first = clock.hear_flow()
        record_property("seconds_to_first_flow", round(time.monotonic() - began, 1))
        again = [clock.hear_flow()["late"] for _ in range(3)]
        clock.hear_prefect(True, "正常")
        runs = httpx.post(f"{clock.url}/flow_runs/filter", json={}, trust_env=False).json()
        record_property("rss_of_server_mb", round(clock.server.memory_info().rss / 1e6))
    record_property("late_first", first["late"])
    record_property("late_warm", again)
    assert min(again) < 5
    assert first["late"] < 5
    completed = [run["name"].split("-")[0] for run in runs if run["state_type"] == "COMPLETED"]
    assert completed.count("remind") >= 3
    assert set(completed) == {"remind", "ready"}
    assert outside.asked == []


def test_kill_9_of_the_parent_leaves_no_server(home):
    with parent(home) as clock:
        clock.hear_flow()
        group = os.getpgid(clock.server.pid)
        assert group == clock.server.pid, "the server leads a group of its own"
        clock.process.send_signal(signal.SIGKILL)
        clock.process.wait()
        assert gone(clock)
        assert in_group(group) == []


def test_kill_9_of_a_parent_whose_server_still_starts_leaves_none(home):
    with parent(home) as clock:
        clock.process.send_signal(signal.SIGKILL)
        clock.process.wait()
        assert gone(clock, within=20)


def test_when_the_server_is_killed_rounds_go_on_by_themselves_and_prefect_comes_back(home):
    with parent(home) as clock:
        clock.hear_flow()
        clock.server.kill()
        clock.hear_prefect(False, "轮次照常直接运行", within=15)
        plain = clock.hear(lambda fact: fact.get("by") == "clock", within=15)
        assert plain["late"] < 8
        clock.hear_prefect(True, "正常")
        assert clock.hear_flow()["run"] == "remind"


def test_two_clocks_on_one_home_share_a_server_and_the_other_takes_over(home):
    with parent(home) as clock, parent(home) as other:
        assert other.hear_flow()
        assert other.url == clock.url
        assert other.server.pid == other.process.pid, "the other has started no server"
        clock.process.send_signal(signal.SIGKILL)
        other.hear_prefect(False, "轮次照常直接运行", within=20)
        other.hear_prefect(True, "正常")


def test_when_the_server_freezes_a_round_is_late_by_seconds_only(home):
    with parent(home) as clock:
        clock.hear_flow()
        clock.server.suspend()
        try:
            clock.hear_prefect(False, "轮次照常直接运行", within=15)
            assert clock.hear(lambda fact: "run" in fact, within=15)["late"] < 8
        finally:
            clock.server.resume()


def test_ctrl_c_finishes_the_round_and_ends_the_server(home):
    with parent(home, every=4, lasts=1.5) as clock:
        clock.hear_flow()
        clock.process.send_signal(signal.SIGINT)
        clock.hear(lambda fact: "ran" in fact, within=10)
        clock.hear(lambda fact: "stopped" in fact, within=20)
        assert clock.process.wait(20) == 0
        assert gone(clock, within=1)
