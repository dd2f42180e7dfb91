"""Many browsers that follow the changes: what each takes in memory, how long until all of them know of one.

A campaign of some hundred units, one process that serves, an open stream for each browser with a session of its own.
Beside it a bare Starlette application that tells all who wait: no log-in, no database, nothing to choose from.
"""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import cycle
from statistics import median
from time import perf_counter

import psutil  # type: ignore[import-untyped]

from bench import world
from bench.alternation import beside
from bench.databases import KINDS, Bench, address
from bench.report import Row, Target
from bench.serve import serving
from states import clock
from states.records import grants, moving, sittings
from states.records.account_tables import Account
from states.records.asker import EVERYTHING
from states.records.campaigns import running
from states.records.grants import Grant
from states.records.roles import Role
from states.records.session import Store

STREAM = "/api/v1/changes/stream"
UNITS = 300
EACH = 40  # browsers of one person
WITHIN = 30.0  # seconds in which all must know
TURNS = ("suspend", "resume")
BARE = "a bare Starlette stream"
SOON = Target(2, of="value", at_least=False)


def rows(bench: Bench) -> Iterator[Row]:
    """Both databases."""
    for kind in KINDS:
        with bench.store(kind) as store:
            yield from _followed(bench, kind, store)


def _followed(bench: Bench, kind: str, store: Store) -> Iterator[Row]:
    number = bench.scale.clients
    now = clock.now()
    world.populate(store, UNITS)
    campaign = world.launched(store, world.text(), now, now.date())
    cookies = [f"duban={token}" for token in _sessions(store, number)]
    mine = {"DUBAN_DATABASE_URL": address(store.engine.url), "DUBAN_HOME": str(bench.folder)}
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        port = stack.enter_context(serving("api.app:create_app", "/healthz", mine))
        bare = stack.enter_context(serving("bench.apps.streams:create_app", "/healthz", {}))
        ours = Hall(runner, port, STREAM, [{"Cookie": cookie} for cookie in cookies])
        theirs = Hall(runner, bare, "/stream", [{}] * number)
        stack.callback(ours.leave)
        stack.callback(theirs.leave)
        sizes = ours.gather(), theirs.gather()
        moves = _moves(store, campaign)
        told = [
            (ours.tell(lambda: next(moves)), theirs.tell(lambda: _post(bare)))
            for _turn in range(bench.scale.repeats)
        ]
        sizes = sizes[0] / number, sizes[1] / number
    yield from _said(kind, number, told, sizes)


Times = tuple[float, float]  # seconds from the change to the first who knows, and to the last


def _said(
    kind: str, number: int, told: Sequence[tuple[Times, Times]], sizes: tuple[float, float]
) -> Iterator[Row]:
    spread = [[1_000 * (last - first) for first, last in side] for side in zip(*told, strict=True)]
    first = median(one[0][0] for one in told)
    note = f"the first after {first:.2f} s: the database is looked at once a second"
    name = f"one change, {number} open streams"
    yield beside(f"{name}: from the first who knows to the last", kind, "ms", *_sides(spread), note=note)
    lasts = [one[0][1] for one in told]
    yield Row(f"{name}: until all know", kind, median(lasts), "s", target=SOON, runs={"ours": lasts})
    yield Row(
        f"memory of an open stream, {number} of them",
        kind,
        sizes[0] / 1_024,
        "KiB",
        BARE,
        sizes[1] / 1_024,
        sizes[0] / sizes[1] if sizes[1] > 0 else None,
    )


def _sides(spread: Sequence[Sequence[float]]) -> tuple[Sequence[float], str, Sequence[float]]:
    return spread[0], BARE, spread[1]


def _sessions(store: Store, number: int) -> list[str]:
    """As many browsers, of coordinators who have some each: nobody may take all places."""
    now, found = clock.now(), list[str]()
    with store.write() as session:
        for first in range(0, number, EACH):
            row = Account(login=f"coordinator{first}", name="王示例", must_change=False, created_at=now)
            session.add(row)
            session.flush()
            grants.give(session, EVERYTHING, row, Grant(Role.coordinator), now, "bench")
            browsers = range(min(EACH, number - first))
            found += [sittings.open_(session, row, now, "bench", "") for _one in browsers]
    return found


def _moves(store: Store, campaign: int) -> Iterator[None]:
    """One unit suspended and resumed, for ever."""
    for name in cycle(TURNS):
        with store.write() as session:
            moving.move(session, running(session, campaign), 2, name, clock.now(), "bench")
        yield


def _post(port: int) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    direct.open(f"http://127.0.0.1:{port}/tell", data=b"").close()


class Hall:
    """Those who follow one server, each by a connection of its own; all of them in this process."""

    def __init__(
        self, runner: asyncio.Runner, port: int, path: str, each: Sequence[Mapping[str, str]]
    ) -> None:
        self.runner, self.port, self.path, self.each = runner, port, path, each
        self.knows: list[float] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.open: list[asyncio.StreamWriter] = []
        (self.server,) = (one for one in psutil.Process().children() if str(port) in one.cmdline())

    def gather(self) -> int:
        """All come in and are told once; bytes that the server has grown by."""
        self.runner.run(self._come(self.each[:1]))  # what the first one loads is nobody else's
        before = self.server.memory_info().rss
        self.runner.run(self._come(self.each[1:]))
        return int(self.server.memory_info().rss - before)

    def tell(self, change: Callable[[], None]) -> Times:
        """How long until the first and the last know of it."""
        return self.runner.run(self._told(change))

    def leave(self) -> None:
        """All go away."""
        self.runner.run(self._left())

    async def _told(self, change: Callable[[], None]) -> Times:
        self.knows.clear()
        began = perf_counter()
        await asyncio.to_thread(change)
        until = began + WITHIN
        while len(self.knows) < len(self.each):
            if perf_counter() > until:
                raise TimeoutError(f"{len(self.knows)} of {len(self.each)} know after {WITHIN:.0f} s")
            await asyncio.sleep(0.005)
        return self.knows[0] - began, self.knows[-1] - began

    async def _come(self, each: Sequence[Mapping[str, str]]) -> None:
        for headers in each:
            reader = await self._opened(headers)
            self.tasks.append(asyncio.create_task(self._listen(reader)))

    async def _opened(self, headers: Mapping[str, str]) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = [f"GET {self.path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        self.open.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise RuntimeError(f"no stream: {head!r}")
        return reader

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line.startswith(b"data:"):
                self.knows.append(perf_counter())

    async def _left(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for one in self.open:
            one.close()
