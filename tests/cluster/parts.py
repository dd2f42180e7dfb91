"""Processes that are kept alive as a service manager would: one that ends is started again after a moment."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

RESTARTS_AFTER = 2.0  # seconds; RestartSec of the units
LOOK = 0.2
MARK = "CLUSTER_OF_TEST"
"""In the environment of every process that is started here: whatever they start in turn bears it too."""


@dataclass
class Part:
    """One process of the cluster: how it is started, and how it fares."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    ready: Callable[[], bool]
    user: str | None = None
    whole: bool = False
    """A blow takes the processes that it started as well."""
    starts: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    died_at: float | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                list(self.command),
                env=dict(self.environ),
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.user,
            )
        self.starts += 1
        self.died_at = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    def kill(self) -> None:
        """kill -9, as a machine would lose it."""
        victims = descendants(self.pid) if self.whole else []
        if self.process:
            self.process.kill()
        for victim in victims:
            with contextlib.suppress(psutil.Error):
                victim.kill()
        if self.process:
            self.process.wait()

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""


class Keeper:
    """Starts parts and starts them again, in a thread; `end` leaves nothing behind."""

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self.parts: list[Part] = []
        self._ending = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._thread.start()

    def start(self, part: Part) -> Part:
        with self._turn:
            part.start()
            self.parts.append(part)
        return part

    def _keep(self) -> None:
        while not self._ending.wait(LOOK):
            with self._turn:
                for part in self.parts:
                    self._look(part)

    def _look(self, part: Part) -> None:
        now = time.monotonic()
        if part.alive or self._ending.is_set():
            return
        part.died_at = part.died_at or now
        if now - part.died_at >= RESTARTS_AFTER:
            part.start()

    def end(self) -> None:
        """Everything that bears our mark, whoever started it, until there is nothing left."""
        self._ending.set()
        self._thread.join()
        for _ in range(10):
            left = marked(self.mark)
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            for part in self.parts:
                if part.process:
                    part.process.wait()
            if not left:
                return


def descendants(pid: int) -> list[psutil.Process]:
    """What this process started, and what those started."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def ancestors(pid: int) -> list[int]:
    """Who started it, and who started that."""
    with contextlib.suppress(psutil.Error):
        return [one.pid for one in psutil.Process(pid).parents()]
    return []


def marked(mark: str) -> list[psutil.Process]:
    """Processes that live and bear the mark in their environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark:
                found.append(process)
    return found


def hit(pid: int, number: int = signal.SIGKILL) -> None:
    """A signal to one process that may have ended meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
