"""The status of a unit over HTTP, beside a bare FastAPI route of the same size and a Django REST view.

A province two months into the standard campaign; every caller asks for one unit after the other.
"""

from __future__ import annotations

import json
import sqlite3
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from threading import Event, Thread

import sqlalchemy as sa

from bench.alternation import alternate, beside
from bench.databases import KINDS, Bench, address, tidy
from bench.load import Answers, Request, generate
from bench.report import Row, Target
from bench.serve import serving
from states import clock
from states.records import access, launch, rounds, sample
from states.records.actors import Actors
from states.records.core import run, unit
from states.records.launch import Order
from states.records.session import Store

CALLERS = 16
SINCE = timedelta(days=60)
STEP = timedelta(days=3)
BARE, DJANGO = "a bare FastAPI route, same body", "a Django REST view, same SQLite file"
WRITES = 20
KEPT = "every write makes the API forget what it has read"
HALF, FIVEFOLD = Target(0.5), Target(5.0)


@dataclass(frozen=True)
class Province:
    """What callers need to know of the data."""

    codes: Sequence[str]
    key: str


def rows(bench: Bench) -> Iterator[Row]:
    """Both databases; the Django view reads a copy of the SQLite file."""
    for kind in KINDS:
        with bench.store(kind) as store:
            yield from Reads(bench, kind, store).rows()


def province(store: Store, units: int) -> Province:
    """A campaign that people have worked on for two months, and a key to read it."""
    now = clock.now()
    at = now - SINCE
    text = files("states").joinpath("templates", "standard-four-phase.yaml").read_text()
    with store.write() as session:
        sample.build(session, units, at)
        order = Order(text, at.date(), {}, past="keep")
        campaign = launch.launch(session, order, at, "bench")
        key = access.create(session, "bench", at)
    actors = Actors(store, campaign)
    while at < now:
        rounds.open_due(store, at)
        actors.act(at)
        at += STEP
    with store.read() as session:
        codes = session.execute(sa.select(unit.c.code).join(run, run.c.unit_id == unit.c.id)).scalars().all()
    tidy(store, "unit", "unit_run", "obligation", "milestone", "api_key")
    return Province(codes, key)


class Reads:
    """Servers over one province, and who asks them."""

    def __init__(self, bench: Bench, kind: str, store: Store) -> None:
        self.bench, self.kind, self.store = bench, kind, store
        self.province = province(store, bench.scale.status_units)
        self.headers = {"Authorization": f"Bearer {self.province.key}"}

    def rows(self) -> Iterator[Row]:
        """All servers run the whole time and are asked in turn."""
        url = address(self.store.engine.url)
        mine = {"DUBAN_DATABASE_URL": url, "DUBAN_HOME": str(self.bench.folder)}
        with ExitStack() as stack:
            api = stack.enter_context(serving("api.app:create_app", "/healthz", mine))
            body = self._typical(api)
            there = {"BENCH_BODY": str(body)}
            bare = stack.enter_context(serving("bench.apps.bare:create_app", "/body", there))
            django = self._django(stack) if self.store.sqlite else None
            yield from self._measured(api, bare, django)

    def _measured(self, api: int, bare: int, django: int | None) -> Iterator[Row]:
        said: list[Answers] = []
        unchanged = self._conditional(api)
        sides: list[Callable[[], float]] = [
            lambda: self._ask(api, self._paths("/api/v1/units/{}/status"), 200, said),
            lambda: self._ask(bare, [Request("/body", headers=self.headers)], 200),
            lambda: self._ask(api, unchanged, 304),
            lambda: self._beside_writes(api),
        ]
        if django is not None:
            sides.append(lambda: self._ask(django, self._paths("/units/{}/status"), 200))
        ours, bares, conditional, beside_writes, *djangos = alternate(self.bench.scale.http_repeats, *sides)
        name = f"unit status over HTTP, {CALLERS} callers"
        yield beside(name, self.kind, "reads/s", ours, BARE, bares, HALF, _spoken(said))
        if djangos:
            yield beside(name, self.kind, "reads/s", ours, DJANGO, djangos[0], FIVEFOLD)
        yield beside(f"{name}, unchanged (304)", self.kind, "reads/s", conditional, BARE, bares)
        busy = f"{name}, {WRITES} writes a second beside"
        yield beside(busy, self.kind, "reads/s", beside_writes, BARE, bares, note=KEPT)

    def _beside_writes(self, api: int) -> float:
        """Reads while somebody writes all the time."""
        over = Event()
        writer = Thread(target=self._write, args=(over,))
        writer.start()
        try:
            return self._ask(api, self._paths("/api/v1/units/{}/status"), 200)
        finally:
            over.set()
            writer.join()

    def _write(self, over: Event) -> None:
        some = sa.update(run).where(run.c.unit_id == 2).values(version=run.c.version)
        while not over.wait(1 / WRITES):
            with self.store.write() as session:
                session.execute(some)

    def _ask(
        self, port: int, requests: Sequence[Request], wanted: int, said: list[Answers] | None = None
    ) -> float:
        callers = [[*requests[place:], *requests[:place]] for place in range(CALLERS)]
        answers = generate(port, callers, self.bench.scale.seconds)
        if said is not None:
            said.append(answers)
        return answers.only(wanted)

    def _paths(self, form: str) -> list[Request]:
        return [Request(form.format(code), headers=self.headers) for code in self.province.codes]

    def _typical(self, api: int) -> Path:
        """The body of median length, in a file."""
        bodies = sorted((self._get(api, code)[0] for code in self.province.codes), key=len)
        kept = self.bench.folder / f"body-{self.kind}.json"
        kept.write_bytes(bodies[len(bodies) // 2])
        return kept

    def _conditional(self, api: int) -> list[Request]:
        """Every unit asked for with the tag of its present state."""
        return [
            Request(
                f"/api/v1/units/{code}/status",
                headers={**self.headers, "If-None-Match": self._get(api, code)[1]},
            )
            for code in self.province.codes
        ]

    def _get(self, port: int, code: str) -> tuple[bytes, str]:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        url = f"http://127.0.0.1:{port}/api/v1/units/{code}/status"
        with direct.open(urllib.request.Request(url, headers=self.headers)) as answer:
            return answer.read(), answer.headers.get("ETag", "")

    def _django(self, stack: ExitStack) -> int:
        """Django over a copy of the file, with the index that its lookups would have."""
        copy = self.bench.folder / "django.db"
        with sqlite3.connect(str(self.store.engine.url.database)) as live:
            live.execute("VACUUM INTO ?", (str(copy),))
        with sqlite3.connect(copy) as own:
            own.execute("CREATE INDEX ix_django ON obligation (unit_id, campaign_id)")
            own.execute("ANALYZE")
        there = {"BENCH_DJANGO_DATABASE": str(copy)}
        ready = f"/units/{self.province.codes[0]}/status"
        port: int = stack.enter_context(serving("bench.apps.django_view:create_app", ready, there))
        self._same_campaigns(port)
        return port

    def _same_campaigns(self, django: int) -> None:
        """The yardstick must answer the question: a view that failed would be quick."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        url = f"http://127.0.0.1:{django}/units/{self.province.codes[0]}/status"
        with direct.open(urllib.request.Request(url, headers=self.headers)) as answer:
            body = json.load(answer)
        if not body["campaigns"] or "next_due" not in body["campaigns"][0]:
            raise RuntimeError(f"the Django view answered {body}")


def _spoken(said: Sequence[Answers]) -> str:
    last = said[-1]
    return (
        f"median {last.median_ms:.1f} ms, 95 % within {last.high_ms:.1f} ms; generator {last.busy:.0%} busy"
    )
