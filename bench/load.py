"""A load generator in a process of its own: raw keep-alive connections that send requests made beforehand.

`python -m bench.load` reads a plan from standard input as JSON and prints what came back. It parses no more of
an answer than where it ends, so that it is never what is measured; `busy` says how near it came to that.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

WARM = 0.15  # the share of the time that is not counted


@dataclass(frozen=True)
class Request:
    """One request; `path` with its query."""

    path: str
    method: str = "GET"
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        body = self.body.encode()
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True)
class Answers:
    """What came back within the counted time: a second, by status, milliseconds at the median and near the top."""

    per_second: float
    statuses: dict[str, int]
    median_ms: float
    high_ms: float
    busy: float

    def only(self, *wanted: int) -> float:
        """Answers a second; raises when any had another status, since then something else was measured."""
        other = set(self.statuses) - {str(status) for status in wanted}
        if other or not self.statuses:
            raise RuntimeError(f"expected {wanted}, got {self.statuses}")
        return self.per_second


def generate(
    port: int, callers: Sequence[Sequence[Request]], seconds: float, *, together: int = 1
) -> Answers:
    """Each caller sends its requests over and over, one at a time, from a separate process.

    It ends only after a multiple of `together` requests, so that what it did is undone again.
    """
    plan: dict[str, Any] = {"port": port, "seconds": seconds, "together": together}
    plan["callers"] = [[asdict(one) for one in each] for each in callers]
    ran = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(f"the load generator failed: {ran.stderr.strip()[-400:]}")
    return Answers(**json.loads(ran.stdout))


class Tally:
    """Answers with their times, from `since` (loop time) on until `until`, and longer while there is none."""

    def __init__(self, since: float, until: float) -> None:
        self.since, self.until = since, until
        self.statuses: Counter[str] = Counter()
        self.took: list[float] = []

    def add(self, status: str, sent: float, now: float) -> None:
        if sent >= self.since and not self.over(now):
            self.statuses[status] += 1
            self.took.append(now - sent)
            self.until = max(self.until, now)

    def over(self, now: float) -> bool:
        """Whether there is something to go by."""
        return now > self.until and bool(self.took)


class Caller(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends the next."""

    def __init__(self, requests: Sequence[bytes], together: int, tally: Tally) -> None:
        self.requests, self.together, self.tally = requests, together, tally
        self.place = 0
        self.read = b""
        self.sent = 0.0
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self.loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._send()

    def _send(self) -> None:
        self.sent = self.loop.time()
        if self.tally.over(self.sent) and self.place % self.together == 0:
            self.transport.close()
            return
        self.transport.write(self.requests[self.place])
        self.place = (self.place + 1) % len(self.requests)

    def data_received(self, data: bytes) -> None:
        self.read += data
        end = self.read.find(b"\r\n\r\n")
        if end < 0:
            return
        if len(self.read) < end + 4 + _length(self.read[:end].lower()):
            return
        self.tally.add(self.read[9:12].decode(), self.sent, self.loop.time())
        self.read = b""
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if error is None and not self.tally.over(self.loop.time()):
            error = ConnectionError("the server closed a connection that was to be kept")
        if error is not None:
            self.done.set_exception(error)
        else:
            self.done.set_result(None)


def _length(head: bytes) -> int:
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        return int(head[at + 17 :].split(b"\r\n", 1)[0])
    if head[9:12] in (b"204", b"304"):
        return 0
    raise ValueError("an answer without a length can't be told from the next one")


async def _run(port: int, callers: Sequence[Sequence[Request]], seconds: float, together: int) -> Answers:
    loop = asyncio.get_running_loop()
    prepared = [[one.encoded() for one in each] for each in callers]
    since = loop.time() + seconds * WARM
    tally = Tally(since, since + seconds)
    cpu, wall = time.process_time(), time.perf_counter()
    made = [
        await loop.create_connection(partial(Caller, each, together, tally), "127.0.0.1", port)
        for each in prepared
    ]
    await asyncio.gather(*(caller.done for _transport, caller in made))
    busy = (time.process_time() - cpu) / (time.perf_counter() - wall)
    took = sorted(tally.took) or [0.0]
    return Answers(
        len(tally.took) / (tally.until - since),
        dict(tally.statuses),
        took[len(took) // 2] * 1000,
        took[int(len(took) * 0.95)] * 1000,
        busy,
    )


def main() -> None:
    plan = json.load(sys.stdin)
    callers = [[Request(**one) for one in each] for each in plan["callers"]]
    answers = asyncio.run(_run(plan["port"], callers, plan["seconds"], plan["together"]))
    print(json.dumps(asdict(answers)))


if __name__ == "__main__":
    main()
