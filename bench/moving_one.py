"""One move: over HTTP by eight callers, and in this process by one, beside the two statements it comes down to.

Three campaigns share the tables, so that all sides work on rows of the same age: ours moves units that owe
nothing and units that owe four things; the raw statements and the ORM idiom move those of the third.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import cycle
from time import perf_counter

from bench import pgbench, world
from bench.alternation import alternate, beside
from bench.databases import KINDS, Bench, address, tidy
from bench.load import Answers, Request, generate
from bench.report import Row, Target
from bench.serve import serving
from states import clock
from states.records import access, moving
from states.records.campaigns import running
from states.records.session import Store

CALLERS = 8
OWED = 4
TURNS = ("suspend", "resume")
FIFTH, THREEFOLD = Target(0.2), Target(3.0)
IDIOM = f"the ORM idiom over HTTP, {CALLERS} callers"


def rows(bench: Bench) -> Iterator[Row]:
    """Both databases, over HTTP and in this process."""
    for kind in KINDS:
        with bench.store(kind) as store:
            yield from Moves(bench, kind, store).rows()


class Moves:
    """A database with three campaigns and a server that moves their units."""

    def __init__(self, bench: Bench, kind: str, store: Store) -> None:
        self.bench, self.kind, self.store = bench, kind, store
        self.units, self.seconds = bench.scale.callers_units, bench.scale.seconds
        self.url = address(store.engine.url)
        world.populate(store, self.units)
        now = clock.now() - timedelta(hours=1)
        self.idle, self.owing, self.theirs = (
            world.launched(store, world.text(owed), now, now.date()) for owed in (0, OWED, 0)
        )
        with store.write() as session:
            self.key = access.create(session, "bench", now, write=True)

    def rows(self) -> Iterator[Row]:
        """Over HTTP first, then without it."""
        environment = {
            "DUBAN_DATABASE_URL": self.url,
            "DUBAN_HOME": str(self.bench.folder),
            "BENCH_DATABASE_URL": self.url,
        }
        with (
            serving("api.app:create_app", "/healthz", environment) as ours,
            serving("bench.apps.orm:create_app", "/openapi.json", environment) as idiom,
        ):
            yield from self._over_http(ours, idiom)
        yield from self._in_process()

    def _over_http(self, ours: int, idiom: int) -> Iterator[Row]:
        said: list[Answers] = []

        def calls(port: int, path: Callable[[int], str]) -> float:
            self._fresh()
            said.append(generate(port, self._calls(path), self.seconds, together=len(TURNS)))
            return said[-1].only(200)

        idle, owing, idioms, raws = alternate(
            self.bench.scale.http_repeats,
            lambda: calls(ours, self._path(self.idle)),
            lambda: calls(ours, self._path(self.owing)),
            lambda: calls(idiom, lambda key: f"/campaigns/{self.theirs}/units/{key}/moves"),
            lambda: self._raw(CALLERS),
        )
        name = f"one move over HTTP, {CALLERS} callers"
        note = f"median {said[0].median_ms:.1f} ms, 95 % within {said[0].high_ms:.1f} ms"
        label = self._raw_name(CALLERS)
        yield beside(name, self.kind, "moves/s", idle, label, raws, FIFTH, note)
        yield beside(name, self.kind, "moves/s", idle, IDIOM, idioms, THREEFOLD)
        yield beside(f"{name}, {OWED} things owed", self.kind, "moves/s", owing, label, raws, FIFTH)

    def _calls(self, path: Callable[[int], str]) -> list[list[Request]]:
        """Each caller suspends and resumes units that are its alone."""
        headers = {"Authorization": f"Bearer {self.key}"}
        made: list[list[Request]] = [[] for _caller in range(CALLERS)]
        for unit in range(2, self.units + 2):
            made[unit % CALLERS] += [
                Request(path(unit), "POST", json.dumps({"move": move}), headers) for move in TURNS
            ]
        return made

    def _path(self, campaign: int) -> Callable[[int], str]:
        return lambda unit: f"/api/v1/campaigns/{campaign}/units/{world.code(unit)}/moves"

    def _raw(self, clients: int) -> float:
        self._fresh()
        if self.store.sqlite:
            file = str(self.store.engine.url.database)
            return pgbench.sqlite_moves(file, self.theirs, self.units + 1, self.seconds)
        script = pgbench.move_script(self.theirs, self.units + 1)
        return pgbench.run(self.bench.server, self.url, script, clients, self.seconds)

    def _raw_name(self, clients: int) -> str:
        if self.store.sqlite:
            return "a Python loop of the two statements"
        return f"pgbench, the two statements, {clients} client{'s' if clients > 1 else ''}"

    def _in_process(self) -> Iterator[Row]:
        made, raws = alternate(self.bench.scale.http_repeats, self._own_loop, lambda: self._raw(1))
        name = "one move in process, one caller"
        yield beside(name, self.kind, "moves/s", made, self._raw_name(1), raws)

    def _own_loop(self) -> float:
        self._fresh()
        done, began = 0, perf_counter()
        for key in cycle(range(2, self.units + 2)):
            for name in TURNS:
                with self.store.write() as session:
                    moving.move(session, running(session, self.idle), key, name, clock.now(), "bench")
                done += 1
            if perf_counter() - began > self.seconds:
                break
        return done / (perf_counter() - began)

    def _fresh(self) -> None:
        tidy(self.store, "unit_run", "journal", "timer")
