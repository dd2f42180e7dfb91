"""Prefect beside the clock: a server of our own or a given one, brought up while rounds already run."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

from flows.prefect_child import Child, answers, for_flows
from flows.turns import Flows, Turn
from states.clock import elapsed

log = logging.getLogger(__name__)

TO_START = 120.0  # seconds in which a server may be "starting"; a fresh home on a slow disk takes 35
PAUSES = (5.0, 30.0, 300.0)  # seconds before a server that ended is started again
GLANCE = 0.25


class Beside:
    """Runs rounds as flows once a server answers; until then, and whenever it does not, says why not."""

    def __init__(self, home: Path, url: str | None = None) -> None:
        """`home`: Prefect's own folder; `url`: a server of somebody else's (…/api), so none is started."""
        self._home = home
        self._child = None if url else Child(home)
        self._given = url
        self._flows: Flows | None = None
        self._stopping = threading.Event()
        self._began = elapsed()
        self._failures = 0
        self._thread = threading.Thread(target=self._keep, name="prefect", daemon=True)

    @property
    def url(self) -> str:
        """Where the server's API is, or will be."""
        return self._given or (self._child.url if self._child else "")

    @property
    def pid(self) -> int | None:
        """The process of our own server, if there is one."""
        return self._child.pid if self._child else None

    @property
    def ready(self) -> bool:
        """Flows can run; the server has answered at least once."""
        return self._flows is not None

    @property
    def starting(self) -> bool:
        return not self.ready and not self._failures and elapsed() - self._began < TO_START

    def start(self) -> None:
        """Begin in a thread; returns at once."""
        self._began = elapsed()
        self._thread.start()

    def run(self, job: str, turn: Turn) -> str:
        """Offer the turn to Prefect; "" when all went well with it, else what did not."""
        if self._flows is None:
            return "正在启动" if self.starting else "没有启动"
        return self._flows.run(job, turn)

    def hurry(self) -> None:
        """We are about to stop: wait for rounds, no longer for Prefect."""
        self._stopping.set()
        if self._flows:
            self._flows.hurry()

    def stop(self) -> None:
        """End the flows and our own server; call it when no round runs any more."""
        self.hurry()
        if self._flows:
            self._flows.close()
        while self._child and self._thread.is_alive():
            self._child.stop()  # again, if one was being started meanwhile
            self._thread.join(GLANCE)
        if self._child:
            self._child.release()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            if self._child and self._child.claim():
                self._run(self._child)
            elif not self.ready and answers(self.url):
                self._flows = self._open()
            else:
                self._stopping.wait(GLANCE if not self.ready else PAUSES[0])

    def _run(self, child: Child) -> None:
        if not self.ready:
            child.settle()
        child.start()
        if self._open_when_it_answers(child):
            self._failures = 0
        code = child.wait()
        if not self._stopping.is_set():
            self._pause(code)

    def _pause(self, code: int) -> None:
        seconds = PAUSES[min(self._failures, len(PAUSES) - 1)]
        self._failures += 1
        log.warning("Prefect 服务已退出（%s），%d 秒后重新启动；轮次照常运行", code, seconds)
        self._stopping.wait(seconds)

    def _open_when_it_answers(self, child: Child) -> bool:
        while not self._stopping.is_set() and child.running:
            if answers(self.url):
                self._flows = self._flows or self._open()
                self._flows.forgive()
                return True
            self._stopping.wait(GLANCE)
        return False

    def _open(self) -> Flows:
        os.environ.update(for_flows(self._home, self.url))
        from flows import watch  # costs seconds; and it reads the environment once

        flows = Flows(watch.call, lambda: answers(self.url))
        flows.warm()
        return flows
