"""Pages of a campaign with many units: processor time of one answer and its size once packed, as a browser gets it.

Measured in this process, with what the test client takes. Nobody has handed in anything, all of it is overdue, and
everybody was told so by every rung: the longest lists there can be. First without a ledger, then with a problem in every
third unit.
"""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from statistics import median
from time import process_time

import sqlalchemy as sa
from fastapi.testclient import TestClient

from api import rights
from api.app import create_app
from bench import world
from bench.databases import KINDS, Bench, address, tidy
from bench.report import Row, Target
from states import clock, settings
from states.records import grants, ledger_acting, sittings
from states.records.account_tables import Account
from states.records.asker import EVERYTHING
from states.records.core import timer
from states.records.grants import Grant
from states.records.ledger_adding import Found
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
    "/campaigns/{campaign_id}/obligations": (
        "what is overdue",
        "/campaigns/1/obligations?only=overdue",
        Role.coordinator,
    ),
    "/campaigns/{campaign_id}/ledger": ("the ledger", "/campaigns/1/ledger", Role.coordinator),
    "/campaigns/{campaign_id}/figures": ("the figures", "/campaigns/1/figures", Role.coordinator),
    "/admin": ("what wants a look", "/admin", Role.administrator),
    "/admin/units": ("units without a liaison", "/admin/units?only=nobody", Role.administrator),
    "/admin/contacts": ("contacts to be put right", "/admin/contacts", Role.administrator),
    "/admin/outbox": ("the mails", "/admin/outbox", Role.administrator),
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
    tokens = {
        role: _person(store, role, now) for role in (Role.coordinator, Role.liaison, Role.administrator)
    }
    units = bench.scale.page_units
    yield from _looked_at(bench, kind, store, tokens, f"{units:,} units")
    found = _problems(store, units, now - LIVED)
    yield from _looked_at(bench, kind, store, tokens, f"{units:,} units, {found:,} problems")


def _looked_at(
    bench: Bench, kind: str, store: Store, tokens: Mapping[Role, str], beside: str
) -> Iterator[Row]:
    with store.write() as session:
        session.execute(sa.update(timer).values(outcome="fired", done_at=timer.c.fire_at))
    tidy(store, "unit", "unit_run", "obligation", "milestone", "timer", "ledger_item")
    environment = {"DUBAN_DATABASE_URL": address(store.engine.url), "DUBAN_HOME": str(bench.folder)}
    app = create_app(settings.read(environment))
    there = [shown for route, shown in PAGES.items() if ("GET", route) in rights.PAGES]
    with TestClient(app) as client:
        for name, path, role in [*there, DUTIES]:
            client.cookies.set("duban", tokens[role])
            yield from _page(client, kind, f"{name}, {beside}", path)


def _problems(store: Store, units: int, now: datetime) -> int:
    """In every third unit one; how many."""
    codes = [world.code(2 + number) for number in range(0, units, 3)]
    plain = {"project": "示例项目", "problem": "收费项目没有公示", "measures": ("上墙公示",)}
    found = [Found(code=one, due="发现后5个工作日内", **plain) for one in codes]
    with store.write() as session:
        ledger_acting.add(session, EVERYTHING, 1, found, now)
    return len(found)


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
