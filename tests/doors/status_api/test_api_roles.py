"""Who gets in where: every route, in every role, in every place; what comes out is docs/access.md."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from api import rights
from api_walk import ask, every_route, needed
from states.records import sittings
from states.records.account_tables import Account, AccountGrant
from states.records.core import account_grant
from states.records.feed_tables import Webhook
from states.records.roles import PEOPLE, Act, Role
from states.records.tables import Journal

TABLE = Path(__file__).parents[3] / "docs" / "access.md"
PLACES = {"W": None, "A": "A", "U": "A-H1", "E": "B", "C": None}
ORIGIN = {"Origin": "http://testserver"}
VICTIM = 1
OUTSIDE = "不在授权范围"  # of a line among many; one by itself is a 403


class Roles:
    """Somebody in each role in each place, logged in."""

    def __init__(self, world: Any) -> None:
        self.world, self.now = world, world.hands.at
        self.units = {code: world.id_of(code) for code in ("A", "A-H1", "B")}
        with world.store.write() as session:
            for login in ("victim", "walker"):
                session.add(Account(login=login, name="王示例", must_change=False, created_at=self.now))
            session.flush()
            self.grant(session, VICTIM, Role.liaison, "U")
            self.cookies = {
                (role, place): self.sits(session, role, place) for role in PEOPLE for place in PLACES
            }

    def grant(self, session: Any, account: int, role: Role, place: str) -> AccountGrant:
        code = PLACES[place]
        row = AccountGrant(account_id=account, role=role, created_at=self.now)
        row.unit_id = self.units[code] if code else None
        row.campaign_id = 99 if place == "C" else None
        session.add(row)
        session.flush()
        return row

    def restore(self, path: str) -> None:
        """What the one before may have taken away."""
        if path == f"{rights.V1}/webhooks/{{hook_id}}":
            with self.world.store.write() as session:
                session.merge(Webhook(id=1, name="示例", url="", secret="", created_at=self.now, by="test"))
        if path.endswith("/revoke"):
            with self.world.store.write() as session:
                session.execute(
                    sa.update(account_grant).where(account_grant.c.id == 1).values(revoked_at=None)
                )

    def sits(self, session: Any, role: Role, place: str) -> str:
        granted = self.grant(session, 2, role, place)
        token = sittings.open_(session, session.get_one(Account, 2), self.now, "test", "")
        found = sittings.find(session, token, self.now)
        sittings.choose(session, found, granted.id, self.now)
        return token


@pytest.fixture(params=["sqlite"])
def world(request: pytest.FixtureRequest, world_of: Any, tmp_path: Path) -> Any:
    """On one database: who gets in is no matter of the other, and 2 000 requests are enough once."""
    with world_of(request, tmp_path) as made:
        yield made


@pytest.fixture
def walked(world: Any) -> dict[tuple[str, str], dict[Role, str]]:
    """For each route and role the places in which it is not refused."""
    world.report = world.owes("A-H1", "report")
    parts = {"until": (None, "+3wd"), "reason": (None, "示例"), "file": ("a.txt", b"a")}
    address = f"{rights.V1}/campaigns/1/obligations/{world.owes('A', 'report')}/extensions"
    assert world.client.post(address, files=parts, headers=world.all).status_code == 201
    world.at("2026-11-27 10:00")
    world.app.state.house.following.ending.set()  # a stream ends by itself
    _things(world)
    roles, sent = Roles(world), _sent(world)
    walked = {}
    for method, path in every_route(world):
        if needed(method, path) in ((), (Act.oneself,)):
            continue
        found = {}
        for (role, place), token in reversed(roles.cookies.items()):
            roles.restore(path)
            world.client.cookies.set("duban", token)
            answer = ask(world, method, path, ORIGIN, sent.get(path) if method == "post" else None)
            assert answer.status_code not in (401, 500), (method, path, answer.text)
            outside = answer.status_code == 422 and OUTSIDE in answer.text
            found[role, place] = 403 if outside else answer.status_code
        walked[method.upper(), path] = _admitted(found)
    return walked


def _admitted(found: dict[tuple[Role, str], int]) -> dict[Role, str]:
    """Places by roles. What is there for some and not to be found for others is kept from these."""
    shut = {403, 404} if any(status not in (403, 404) for status in found.values()) else {403}
    return {role: "".join(place for place in PLACES if found[role, place] not in shut) for role in PEOPLE}


def test_every_route_lets_in_whom_the_table_names_and_nobody_else(walked: Any) -> None:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    written = [line for line in lines if line.startswith(("| GET", "| POST", "| PUT", "| DELETE"))]
    found = [line_of(*one) for one in walked.items()]
    assert set(written) ^ set(found) == set(), (
        "a new or changed line of docs/access.md, and the one it replaces"
    )
    assert len(written) == len(found)


def line_of(route: tuple[str, str], admitted: dict[Role, str]) -> str:
    """A line of the table."""
    method, path = route
    cells = (admitted[role] or "–" for role in PEOPLE)
    return f"| {method} {path.removeprefix(rights.V1)} | {' | '.join(cells)} |"


def test_a_route_that_nobody_listed_lets_nobody_in(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        set(rights.ROUTES) == {(method.upper(), path) for method, path in every_route(world)} - rights.WITHOUT
    )
    route = next(one for one in world.app.routes if one.path == f"{rights.V1}/units/{{code}}/status")
    monkeypatch.setattr(route, "path_format", "/new")  # routes are shared by all applications of a process
    answer = world.get("/units/A-H1/status", params={"as_of": "2026-11-01"})
    assert (answer.status_code, answer.json()["detail"]) == (403, rights.SHUT)


def _things(world: Any) -> None:
    """What the walk asks for is there: a clue, a file, a proposal that became a letter."""
    clue = {"channel": "web", "grade": "conduct", "text": "示例", "about": "B-H1"}
    assert world.post("/campaigns/1/clues", clue).status_code == 201
    address = f"/api/v1/campaigns/1/obligations/{world.report}/submissions"
    assert world.client.post(address, files={"file": ("a.txt", b"a")}, headers=world.all).status_code == 201
    decided = {"person": "王示例", "reason": "示例"}
    assert world.post("/campaigns/1/proposals/1/confirm", decided).status_code == 200
    silence = {"until": "2026-12-05", "reason": "示例", "unit": "A-H1"}
    assert world.post("/campaigns/1/silences", silence).status_code == 201
    hook = {"name": "示例", "url": "https://example.org/duban"}
    assert world.post("/webhooks", hook).status_code == 201


def _sent(world: Any) -> dict[str, Any]:
    """Files, where a route takes one."""
    ledger = world.get("/campaigns/1/ledger/export").content
    handed = {"before": "liaison.a-h1@example.org", "email": "b@example.org", "name": "李示例"}
    again = {"until": (None, "+4wd"), "reason": (None, "示例"), "file": ("a.txt", b"a")}
    later = {"obligation": world.report, "until": "+3wd", "reason": "示例"}
    form = world.get("/campaigns/1/forms/export", params={"requirement": "report"}).content
    return {
        f"{rights.C}/ledger/import": {"content": ledger},
        f"{rights.C}/forms/import": {"content": form},
        f"{rights.C}/extensions": {"json": later},
        f"{rights.C}/obligations/{{obligation_id}}/extensions": {"files": again},
        f"{rights.V1}/contacts/hand-over": {"json": {**handed, "dry_run": True}},
        f"{rights.C}/obligations/{{obligation_id}}/submissions": {"files": {"file": ("a.txt", b"a")}},
    }


def test_a_refusal_is_a_fact_once_for_a_while(world: Any) -> None:
    roles = Roles(world)
    world.client.cookies.set("duban", roles.cookies[Role.liaison, "E"])
    for _ in range(3):
        assert world.client.get(f"{rights.V1}/units/A-H1/status").status_code == 403
    world.hands.at += timedelta(minutes=11)
    assert world.client.get(f"{rights.V1}/units/A-H1/status").status_code == 403
    world.app.state.house.seats.close()
    with world.store.read() as session:
        kept = [one for one in session.exec(select(Journal)) if one.kind == "access.refused"]
    assert [(one.actor, one.after) for one in kept] == [
        ("user:王示例（walker）", "GET /api/v1/units/A-H1/status")
    ] * 2
