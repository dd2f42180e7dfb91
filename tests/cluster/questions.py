"""Somebody who asks the one address all the time in which state a unit is, and writes down every answer that was none."""

from __future__ import annotations

import http.client
import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from states import clock

PAUSE = 0.1
PATIENCE = 15.0


@dataclass(frozen=True)
class Failure:
    """A question without its answer: when it was asked, when it was given up, and what came instead."""

    asked: datetime
    ended: datetime
    says: str


class Asking:
    """Asks about one unit after the other, each on a connection of its own, some ten times a second."""

    def __init__(self, port: int, key: str, codes: Sequence[str]) -> None:
        self._port, self._key, self._codes = port, key, itertools.cycle(codes)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="asking", daemon=True)
        self.answered = 0
        self.slowest = 0.0
        self.failures: list[Failure] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join(PATIENCE)

    def _keep(self) -> None:
        while not self._ending.wait(PAUSE):
            asked = clock.now()
            says = self._ask(next(self._codes))
            ended = clock.now()
            if says:
                self.failures.append(Failure(asked, ended, says))
            else:
                self.answered += 1
                self.slowest = max(self.slowest, (ended - asked).total_seconds())

    def _ask(self, code: str) -> str:
        """What was wrong with the answer, "" for nothing."""
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {self._key}", "Connection": "close"}
        try:
            line.request("GET", f"/api/v1/units/{code}/status", headers=headers)
            answer = line.getresponse()
            body = answer.read()
            if answer.status != http.client.OK:
                return f"{answer.status}"
            return "" if f'"{code}"'.encode() in body else "another unit"
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            line.close()
