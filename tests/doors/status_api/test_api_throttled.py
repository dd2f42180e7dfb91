"""Who asks too often waits, and is told how long; neighbours do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import weights
from api_walk import every_route
from states.records import accounts, grants
from states.records.asker import EVERYTHING
from states.records.grants import Grant
from states.records.roles import Role
from states.settings import read

RATES = {"REQUESTS": "12", "HEAVY": "3", "REFUSED": "7", "LOGINS": "4"}


@pytest.fixture(params=["sqlite"])
def world(request: pytest.FixtureRequest, world_of: Any, tmp_path: Path) -> Iterator[Any]:
    """Counted in the process but for log-ins, which are tested on both databases elsewhere."""
    with world_of(
        request, tmp_path, **{f"DUBAN_RATE_{name}": value for name, value in RATES.items()}
    ) as made:
        yield made


def waits(answer: Any) -> int:
    """The seconds that a refusal tells."""
    assert answer.status_code == 429, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:duban:too-many"
    wait = int(answer.headers["retry-after"])
    assert 0 < wait <= 900
    return wait


def test_a_key_has_its_rate_and_another_key_its_own(world: Any) -> None:
    assert {world.get("/campaigns").status_code for _ in range(12)} == {200}
    assert waits(world.get("/campaigns")) <= 5
    assert world.get("/units/A-H1/status").status_code == 200, "what is asked for all day is not counted"
    assert world.post("/campaigns/1/units/A-H1/moves", {"move": "suspend"}).status_code == 200
    other = world.key("other")
    assert world.get("/campaigns", other).status_code == 200
    heavy = "/campaigns/1/ledger/export"
    assert {world.get(heavy, other).status_code for _ in range(3)} == {200}
    assert waits(world.get(heavy, other)) <= 20
    assert world.get("/campaigns", other).status_code == 200, "what is light goes on"
    assert world.app.state.house.throttle._running == {}, "each has ended"


def test_a_short_status_is_counted_once_where_a_setting_says_so(
    request: Any, world_of: Any, tmp_path: Path
) -> None:
    request.param = "sqlite"
    with world_of(request, tmp_path, DUBAN_RATE_QUICK="4") as world:
        asked = [
            world.get("/units/A-H1/status", params=one).status_code
            for one in [{}, {"as_of": "2026-11-01"}] * 2
        ]
        assert asked == [200] * 4
        assert waits(world.get("/units/A-H1/status")) <= 15


def test_an_address_that_is_refused_again_and_again_is_not_heard_but_who_is_known_there_is(
    world: Any,
) -> None:
    assert world.get("/campaigns").status_code == 200
    with world.store.write() as session:
        row, password = accounts.create(session, "wang", "王示例", world.hands.at, "cli:test")
        row.must_change = False
        grants.give(session, EVERYTHING, row, Grant(Role.auditor), world.hands.at, "cli:test")
    entered = world.client.post("/api/v1/session", json={"login": "wang", "password": password})
    assert entered.status_code == 200
    bad = {"Authorization": "Bearer duban_wrong"}
    found = [world.get("/campaigns", bad).status_code for _ in range(3)]
    found.append(world.get("/campaigns", {"Authorization": "Basic x"}).status_code)
    found.append(world.client.post("/api/v1/session", json={"login": "li", "password": "wrong"}).status_code)
    found += [world.client.get(f"{path}/guess").status_code for path in ("/hand-in", "/dates")]
    assert found == [401] * 5 + [404] * 2
    for answer in (
        world.get("/campaigns", bad),
        world.client.post("/api/v1/session", json={"login": "wang", "password": password}),
        world.get("/campaigns", world.key("fresh")),
    ):
        assert waits(answer) <= 12
    for path in ("/", "/hand-in/guess", "/dates/guess"):
        page = world.client.get(path, auth=("x", "duban_wrong"))
        assert (page.status_code, int(page.headers["retry-after"]) <= 12) == (429, True), path
    assert world.client.get("/api/v1/session").status_code == 200, "whose session is open goes on"
    assert world.get("/campaigns").status_code == 200, "and so does a key that was used before"


def test_wrong_passwords_from_an_address_are_counted_for_all_processes(world: Any) -> None:
    for number in range(4):
        sent = {"login": f"user-{number}", "password": "wrong"}
        assert world.client.post("/api/v1/session", json=sent).status_code == 401
    fresh = type(world.app.state.house.throttle)(read({}).rates)
    world.app.state.house.throttle = fresh  # another process, which has counted nothing
    assert waits(world.client.post("/api/v1/session", json={"login": "x", "password": "wrong"})) == 900


def test_the_document_tells_of_it_on_every_route(world: Any) -> None:
    paths = world.app.openapi()["paths"]
    routes = every_route(world)
    for method, path in routes:
        told = paths[path][method]["responses"]["429"]
        assert "application/problem+json" in told["content"]
        assert "Retry-After" in told["headers"]
    listed = {(method.upper(), path) for method, path in routes}
    assert listed >= weights.HEAVY | weights.QUICK, "a route that was renamed weighs nothing"
