"""Pages of a campaign with many units: processor time of one answer and its size once packed, as a browser gets it.

Measured in this process, with what the test client takes. Nobody has handed in anything, and all of it is overdue: the
longest lists there can be.
"""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median
from time import process_time

from fastapi.testclient import TestClient

from api import rights
from api.app import create_app
from bench import world
from bench.databases import KINDS, Bench, address
from bench.report import Row, Target
from states import clock, settings
from states.records import grants, sittings
from states.records.account_tables import Account
from states.records.asker import EVERYTHING
from states.records.grants import Grant
from states.records.roles import Role
from states.records.session import Store

LIVED = timedelta(days=40)
REPEATS = 9
UNIT = world.code(2)
CPU, SIZE = Target(100, of="value", at_least=False), Target(100, of="value", at_least=False)
# route → what it is called here, its address, who looks; one that is not there yet is left out
PAGES = {
    "/": ("my duties, a coordinator's", "/", Role.coordinator),
    "/campaigns": ("the campaigns", "/campaigns", Role.coordinator),
    "/campaigns/{campaign_id}": ("the board", "/campaigns/1", Role.coordinator),
    "/campaigns/{campaign_id}/units": ("its units", "/campaigns/1/units", Role.coordinator),
    "/campaigns/{campaign_id}/units/{code}": (
        "one unit",
        f"/campaigns/1/units/{UNIT}",
        Role.coordinator,
    ),
    "/campaigns/{campaign_id}/decisions": (
        "what waits for a decision",
        "/campaigns/1/decisions",
        Role.coordinator,
    ),
    "/campaigns/{campaign_id}/ledger": ("the ledger", "/campaigns/1/ledger", Role.coordinator),
    "/campaigns/{campaign_id}/figures": ("the figures", "/campaigns/1/figures", Role.coordinator),
}
DUTIES = ("my duties, a liaison's", "/", Role.liaison)


def rows(bench: Bench) -> Iterator[Row]:
    """Both databases."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for kind in KINDS:
        with bench.store(kind) as store:
            yield from _pages(bench, kind, store)


def _pages(bench: Bench, kind: str, store: Store) -> Iterator[Row]:
    now = clock.now()
    world.populate(store, bench.scale.page_units)
    world.launched(store, world.text(), now - LIVED, (now - LIVED).date())
    tokens = {role: _person(store, role, now) for role in (Role.coordinator, Role.liaison)}
    environment = {"DUBAN_DATABASE_URL": address(store.engine.url), "DUBAN_HOME": str(bench.folder)}
    app = create_app(settings.read(environment))
    there = [shown for route, shown in PAGES.items() if ("GET", route) in rights.PAGES]
    with TestClient(app) as client:
        for name, path, role in [*there, DUTIES]:
            client.cookies.set("duban", tokens[role])
            yield from _page(client, kind, f"{name}, {bench.scale.page_units:,} units", path)


def _person(store: Store, role: Role, now: datetime) -> str:
    with store.write() as session:
        row = Account(login=role, name="王示例", must_change=False, created_at=now)
        session.add(row)
        session.flush()
        under = UNIT if role is Role.liaison else None
        grants.give(session, EVERYTHING, row, Grant(role, under=under), now, "bench")
        return sittings.open_(session, row, now, "bench", "")


def _page(client: TestClient, kind: str, name: str, path: str) -> Iterator[Row]:
    took, body = [], b""
    for _ in range(REPEATS):
        began = process_time()
        answer = client.get(path)
        took.append(1_000 * (process_time() - began))
        answer.raise_for_status()
        body = answer.content
    yield Row(name, kind, median(took[1:]), "ms of processor", target=CPU, runs={"ms": took})
    yield Row(f"{name}: packed", kind, len(gzip.compress(body)) / 1_000, "KB", target=SIZE)
