"""Real processes of `duban`, each known to the post office by its name, that are started, killed and buried."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import clocked
from tests.chaos.office import PATIENCE
from tests.story.kill_post import ROOT

TICK_ENDS = 120.0  # seconds after which a tick that nobody kills has failed; no round takes longer


@dataclass
class Process:
    """`dies`: when it is to be killed, on the clock that never steps; None: never."""

    name: str
    kind: str
    process: subprocess.Popen[bytes]
    began: float
    dies: float | None = None
    killed: float | None = None

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        """kill -9."""
        if self.alive:
            self.killed = time.monotonic()
            self.process.kill()
            self.process.wait()


@dataclass
class Processes:
    """`environ`: the settings of all of them; `port`: of the post office."""

    folder: Path
    environ: dict[str, str]
    port: int
    all: list[Process] = field(default_factory=list)

    def start(self, kind: str, *words: str, skew: float = 0.0, dies: float | None = None) -> Process:
        name = f"{kind}-{len(self.all)}.example.test"
        url = f"smtp://127.0.0.1:{self.port}?helo={name}&timeout={PATIENCE}"
        own = {clocked.FILE: str(self.folder / "clock"), clocked.SKEW: str(skew), "DUBAN_SMTP_URL": url}
        paths = os.pathsep.join((str(ROOT), str(ROOT / "tests" / "shared")))
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.clocked", kind, *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**self.environ, **own, "PYTHONPATH": paths},
            )
        began = time.monotonic()
        made = Process(name, kind, process, began, began + dies if dies is not None else None)
        self.all.append(made)
        return made

    def of(self, kind: str) -> list[Process]:
        return [one for one in self.all if one.kind == kind and one.alive]

    @property
    def living(self) -> list[int]:
        return [one.pid for one in self.all if one.alive]

    def reap(self) -> None:
        """Kill whose time has come."""
        now = time.monotonic()
        for one in self.all:
            if one.dies is not None and now >= one.dies:
                one.kill()
            elif one.kind == "tick" and one.alive and now - one.began > TICK_ENDS:
                one.kill()
                raise TimeoutError(f"{one.name} does not end")

    def said(self) -> str:
        """The last words of those that live."""
        logs = [self.folder / f"{one.name}.log" for one in self.all[-4:]]
        return " | ".join(one.read_text(errors="replace")[-1500:] for one in logs if one.exists())

    def killed(self, kind: str) -> int:
        return sum(one.killed is not None for one in self.all if one.kind == kind)

    def close(self) -> None:
        for one in self.all:
            one.kill()
