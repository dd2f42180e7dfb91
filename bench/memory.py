"""Memory of `duban up` when nothing happens, with and without Prefect.

It is the resident size of the process and of everything it started, pages they share counted each time.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from bench.databases import SQLITE, Bench
from bench.report import Row, Target, missing
from bench.serve import free_port, wait

COMMAND = "from flows.cli import app; app()"
LITE, WHOLE = Target(150, of="value", at_least=False), Target(450, of="value", at_least=False)
ROUNDS_WITHIN, PREFECT_WITHIN = 30.0, 240.0
STOPS_WITHIN = 30.0
LAST_ROUND = "SELECT 1 FROM health WHERE name = 'round:watchdog' AND ok"
FLOW_RAN = "SELECT 1 FROM health WHERE name = 'prefect' AND detail = '正常'"


def rows(bench: Bench) -> Iterator[Row]:
    """The two ways to run on one machine."""
    yield _at_rest(bench, "duban up --lite", ["--lite"], LITE)
    if bench.scale.prefect:
        yield _at_rest(bench, "duban up, with its Prefect server", [], WHOLE)
    else:
        yield missing("duban up, with its Prefect server", SQLITE, "only in the whole run", WHOLE)


def _at_rest(bench: Bench, name: str, options: list[str], target: Target) -> Row:
    home = bench.folder / ("lite" if options else "whole")
    with _up(home, options) as process:
        _until(home, LAST_ROUND if options else FLOW_RAN, ROUNDS_WITHIN if options else PREFECT_WITHIN)
        time.sleep(bench.scale.idle_seconds)
        family = [process, *process.children(recursive=True)]
        sizes = [one.memory_info().rss / 2**20 for one in family]
        shared_once = sum(one.memory_full_info().pss for one in family) / 2**20
    parts = f"{' + '.join(f'{size:.0f}' for size in sizes)} MB, " if len(sizes) > 1 else ""
    note = f"{parts}{shared_once:.0f} MB when shared pages count once; {bench.scale.idle_seconds:.0f} s idle"
    return Row(name, SQLITE, sum(sizes), "MB", target=target, note=note, runs={"processes": sizes})


@contextmanager
def _up(home: Path, options: list[str]) -> Iterator[psutil.Process]:
    """`duban up` on a fresh home, answering."""
    port = free_port()
    home.mkdir()
    environment = {**os.environ, "DUBAN_HOME": str(home)} | {
        "DUBAN_DATABASE_URL": f"sqlite:///{home / 'duban.db'}",
        "DUBAN_SMTP_URL": f"maildir:{home / 'mail'}",
    }
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "up", "--port", str(port), *options],
            stdout=log,
            stderr=log,
            env=environment,
        )
        try:
            for path in ("/healthz", "/", "/api/v1/campaigns", "/openapi.json"):
                wait(process, f"http://127.0.0.1:{port}{path}")
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(STOPS_WITHIN)


def _until(home: Path, question: str, within: float) -> None:
    """Until the database answers `question` with a row; what is loaded late is loaded then."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        with closing(sqlite3.connect(home / "duban.db", timeout=5)) as database:
            if database.execute(question).fetchone():
                return
        time.sleep(0.25)
    raise TimeoutError(f"not within {within:.0f} s: {question}; the log ends with {_tail(home)}")


def _tail(home: Path) -> str:
    return (home / "log").read_text(errors="replace")[-300:]
