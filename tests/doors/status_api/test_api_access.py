"""Closed unless a key opens it, and no further than its scope."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.requests import Request

from api.deps import Desk
from api.files import check_may_write
from api.house import KEY_KEPT, Keys
from api_walk import BODIES, CLUES, SESSION, ask, every_route, needed
from same_words import words
from states.errors import NotAllowed
from states.records import access, clues, webhooks
from states.records.asker import EVERYTHING, READS_ONLY
from states.records.roles import Act


@pytest.fixture(autouse=True)
def report(world: Any) -> None:
    world.report = world.owes("A-H1", "report")
    world.app.state.house.following.ending.set()  # a stream ends by itself


def test_every_route_wants_a_key(world: Any) -> None:
    routes = every_route(world)
    assert len(routes) >= 20
    for method, path in routes:
        answer = ask(world, method, path, None)
        if path.startswith(f"{SESSION}/oidc"):
            assert answer.status_code == 404, "off"
            continue
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"
        assert ask(world, method, path, {"Authorization": "Bearer duban_wrong"}).status_code == 401, path


def test_no_route_is_hidden_from_the_document(world: Any) -> None:
    """The walk above is over the document, so a route that is left out of it would escape."""
    documented = {path for _method, path in every_route(world)}
    real = {one.path_format for one in _all_routes(world.app.routes) if one.path.startswith("/api/")}
    assert real == documented


def _all_routes(routes: Any) -> Any:
    for one in routes:
        inner = getattr(one, "original_router", None) or getattr(one, "routes", None)
        if hasattr(one, "methods"):
            yield one
        elif inner is not None:
            yield from _all_routes(getattr(inner, "routes", inner))


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_whoever_only_reads_gets_no_transaction_that_writes_should_a_gate_let_him_by(world: Any) -> None:
    """Each route asks for its act at the gate; this is the second door, behind it."""
    house = world.app.state.house
    desk = Desk(house, replace(EVERYTHING, write=False), house.time.last(), Request({"type": "http"}))
    for way in (
        lambda: desk.write().__enter__(),
        lambda: desk.tried(lambda _session: None),
        lambda: desk.drafted(lambda _session: None),
        lambda: check_may_write(desk, 1, world.report),
        lambda: webhooks.check_whole(desk.scope, write=True),
    ):
        with pytest.raises(NotAllowed, match=READS_ONLY):
            way()
    blind = replace(EVERYTHING, informants=False)
    for look in (
        lambda: blind.check(Act.informants),
        lambda: clues.informant(None, None, blind, 1, house.time.last(), None, "", ""),
    ):
        with pytest.raises(NotAllowed, match="举报人信息"):
            look()


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "bearer x", "Basic eDp5", "Bearer " + "x" * 10_000, "Bearer 密钥".encode()],
)
def test_a_wrong_authorization_is_401(world: Any, header: Any) -> None:
    answer = world.client.get("/api/v1/units/A-H1/status", headers={"Authorization": header})
    assert answer.status_code == 401


def test_a_key_that_only_reads_can_read_everything_and_write_nothing(world: Any) -> None:
    key = world.key("reader")
    assert world.post("/campaigns/1/clues", BODIES[CLUES]).status_code == 201
    address = f"/api/v1/campaigns/1/obligations/{world.report}/submissions"
    handed = world.client.post(address, files={"file": ("a.txt", b"a")}, headers=world.all)
    assert handed.status_code == 201, handed.text
    address = f"/api/v1/campaigns/1/obligations/{world.owes('A', 'report')}/extensions"
    parts = {"until": (None, "+3wd"), "reason": (None, "示例"), "file": ("a.txt", b"a")}
    assert world.client.post(address, files=parts, headers=world.all).status_code == 201
    world.at("2026-11-27 10:00")
    assert (
        world.post("/campaigns/1/proposals/1/confirm", {"person": "王示例", "reason": "示例"}).status_code
        == 200
    )
    before = world.get("/campaigns/1/units/A-H1/moves").json()["version"]
    for method, path in every_route(world):
        if path.startswith(SESSION):
            continue
        answer = ask(world, method, path, key)
        sees = method == "get" and Act.administer not in needed(method, path)
        assert answer.status_code == (200 if sees else 403), (path, answer.text)
    assert world.get("/campaigns/1/units/A-H1/moves").json()["version"] == before


def test_a_dry_run_of_a_start_is_for_keys_that_write(world: Any) -> None:
    body = {"text": world.template, "start": "2026-11-02", "dry_run": True}
    assert world.post("/campaigns", body, key=world.key("reader")).status_code == 403


def test_a_revoked_key_is_honoured_no_longer_than_a_few_seconds(world: Any) -> None:
    seconds = 0.0
    keys = Keys(world.store, lambda: seconds)
    token = world.key("short")["Authorization"].removeprefix("Bearer ")
    assert keys.find(token, world.hands.at) is not None
    with world.store.write() as session:
        access.revoke(session, token[: access.SHOWN], world.hands.at)
    seconds = KEY_KEPT - 0.1
    assert keys.kept(token) is not None
    seconds = KEY_KEPT
    assert keys.kept(token) is None
    assert keys.find(token, world.hands.at) is None
    keys.close()


def test_an_expired_key_is_no_key(world: Any) -> None:
    key = world.key("short", days=1)
    assert world.get("/units/A-H1/status", key=key).status_code == 200
    world.hands.at += timedelta(days=1)
    other = world.key("other", days=1)
    assert world.get("/units/A-H1/status", key=other).status_code == 401


def test_the_use_of_a_key_is_noted(world: Any) -> None:
    world.get("/units/A-H1/status")
    world.app.state.house.keys.close()
    with world.store.read() as session:
        assert access.listed(session)[0].last_used_at == world.hands.at


# -- a part of the tree -------------------------------------------------------------------------------


@pytest.fixture
def east(world: Any) -> dict[str, str]:
    """A key for A and what is below it."""
    world.at("2026-11-27 10:00")
    key: dict[str, str] = world.key("east", write=True, under="A")
    return key


def told(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def test_a_key_for_a_subtree_sees_its_units_alone_in_every_list(world: Any, east: dict[str, str]) -> None:
    ours = {"A", "A-H1", "A-C1"}
    units = world.get("/campaigns/1/units", east).json()["items"]
    assert {one["unit"]["code"] for one in units} == ours
    owed = world.get("/campaigns/1/obligations", east, params={"limit": 500}).json()["items"]
    assert {one["unit"]["code"] for one in owed} == ours
    proposed = world.get("/campaigns/1/proposals", east).json()["items"]
    assert {one["unit"]["code"] for one in proposed} == ours
    assert world.get("/campaigns/1/ledger", east).json()["items"] == []
    params = {"from": "2026-11-27", "to": "2026-12-31"}
    mails = world.get("/campaigns/1/preview", east, params=params).json()["mails"]
    assert {line["unit"]["code"] for one in mails for line in one["lines"]} == ours


def test_a_key_for_a_subtree_counts_its_units_alone(world: Any, east: dict[str, str]) -> None:
    world.hand_in("A-H1", "report", "list")
    world.hand_in("B-H1", "report", "list")
    mine, whole = (world.get("/campaigns/1/summary", key).json() for key in (east, world.all))
    assert (mine["units"], whole["units"]) == (3, 6)
    assert sum(one["units"] for one in mine["states"]) == 3
    assert (mine["open"] + mine["submitted"] + mine["settled"], mine["overdue"]) == (6, 4)
    assert mine["reporting"]["due"] == 6
    assert (mine["proposals"], whole["proposals"]) == (2, 4)
    assert mine["ledger"] == {"closed": 0, "items": 0, "standing": 0, "reviewed": 0, "rate": None}
    assert mine["coverage"][0]["units"] == 1


def test_what_lies_outside_is_forbidden_in_the_same_words_as_what_does_not_exist(
    world: Any, east: dict[str, str]
) -> None:
    theirs = world.owes("B-H1", "report")
    pairs = [
        ("/units/{}/status", "B-H1", "Z"),
        ("/campaigns/1/units/{}", "B-H1", "Z"),
        ("/campaigns/1/units/{}/moves", "B-H1", "Z"),
        ("/campaigns/1/units?under={}", "B", "Z"),
        ("/campaigns/1/obligations?unit={}", "B-H1", "Z"),
        ("/obligations/{}", theirs, 99),
    ]
    for path, real, imagined in pairs:
        one, other = (world.get(path.format(what), east) for what in (real, imagined))
        assert (one.status_code, words(one)) == (403, words(other)), path
    body = {"move": "suspend"}
    for code in ("B-H1", "S", "Z"):
        assert world.post(f"/campaigns/1/units/{code}/moves", body, east).status_code == 403
    assert world.post(f"/campaigns/1/obligations/{theirs}/submit", {}, east).status_code == 403
    assert world.get("/units/S/status", east).status_code == 403


def test_a_mass_move_reaches_no_further_than_the_subtree(world: Any, east: dict[str, str]) -> None:
    body = {"move": "suspend", "filter": {"all": True}, "dry_run": False}
    made = world.post("/campaigns/1/moves", body, east).json()
    assert (made["chosen"], made["moved"], made["refused"]) == (3, 2, 1)
    suspended = world.get("/campaigns/1/units", params={"state": "self-check.suspended"}).json()["items"]
    assert {one["unit"]["code"] for one in suspended} == {"A-H1", "A-C1"}
    outside = {**body, "filter": {"codes": ["B-H1"]}}
    assert world.post("/campaigns/1/moves", outside, east).status_code == 403


JUDGED_ACTS = {
    "accept": "通过",
    "return": "退回",
    "waive": "免报",
}
JUDGED_MOVES = {
    "start": "启动",
    "approve": "通过",
    "return": "退回",
    "override": "强制推进",
    "exempt": "免办",
    "suspend": "暂停",
    "resume": "恢复",
    "close": "办结",
    "reopen": "回头看",
}
WHO = "“{}”由示例市卫生健康委员会或示例东县卫生健康局办理；示例东县人民医院本身只能报送、零报告、报数和提交"


def test_the_own_key_of_a_unit_hands_in_and_judges_nothing(world: Any) -> None:
    own, owed = world.key("own", write=True, under="A-H1"), world.owes("A-H1", "report")
    handed = world.post(f"/campaigns/1/obligations/{owed}/submit", {}, own)
    assert handed.json()["status"]["key"] == "submitted"
    for name, says in JUDGED_ACTS.items():
        answer = world.post(f"/campaigns/1/obligations/{owed}/{name}", {"reason": "示例"}, own)
        assert (answer.status_code, answer.json()["refusals"]) == (403, [WHO.format(says)]), name
    for name, says in JUDGED_MOVES.items():
        answer = world.post("/campaigns/1/units/A-H1/moves", {"move": name, "reason": "示例"}, own)
        assert (answer.status_code, answer.json()["refusals"]) == (403, [WHO.format(says)]), name
    assert world.get(f"/obligations/{owed}").json()["status"]["key"] == "submitted"
    assert world.get("/campaigns/1/units/A-H1/moves").json()["version"] == 1


def test_the_own_key_of_a_unit_is_told_beforehand_what_it_may_not_do(world: Any) -> None:
    own, owed = world.key("own", write=True, under="A-H1"), world.owes("A-H1", "report")
    acts = {one["act"]: one for one in world.get(f"/obligations/{owed}", own).json()["acts"]}
    assert (acts["submit"]["open"], acts["waive"]["open"]) == (True, False)
    assert acts["waive"]["refusals"] == [WHO.format("免报")]
    moves = {one["move"]: one for one in world.get("/campaigns/1/units/A-H1/moves", own).json()["moves"]}
    assert (moves["suspend"]["open"], moves["suspend"]["refusals"]) == (False, [WHO.format("暂停")])


def test_a_unit_with_its_own_key_still_goes_on_when_all_is_handed_in(world: Any) -> None:
    own = world.key("own", write=True, under="A-H1")
    for requirement in ("report", "list"):
        owed = world.owes("A-H1", requirement)
        assert world.post(f"/campaigns/1/obligations/{owed}/submit", {}, own).status_code == 200
    assert world.get("/campaigns/1/units/A-H1", own).json()["state"]["stage"] == "review"


def test_a_county_judges_those_below_it_and_not_itself(world: Any, east: dict[str, str]) -> None:
    world.hand_in("A-H1", "report")
    world.hand_in("A", "report")
    below, itself = world.owes("A-H1", "report"), world.owes("A", "report")
    assert world.post(f"/campaigns/1/obligations/{below}/accept", {}, east).status_code == 200
    assert world.post("/campaigns/1/units/A-H1/moves", {"move": "suspend"}, east).status_code == 200
    answer = world.post(f"/campaigns/1/obligations/{itself}/accept", {}, east)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    answer = world.post("/campaigns/1/units/A/moves", {"move": "suspend"}, east)
    assert answer.status_code == 403
    assert "“暂停”由示例市卫生健康委员会办理" in answer.json()["detail"]


def test_who_runs_the_campaign_judges_everybody(world: Any) -> None:
    whole = world.key("whole", write=True, under="S")
    world.hand_in("A", "report")
    owed = world.owes("A", "report")
    assert world.post(f"/campaigns/1/obligations/{owed}/accept", {}, whole).status_code == 200
    assert world.post("/campaigns/1/units/A/moves", {"move": "suspend"}, whole).status_code == 200
    body = {"text": world.template, "start": "2026-11-27", "past": "keep", "owner": "A"}
    east = world.key("east", write=True, under="A")
    made = world.post("/campaigns", body, east).json()["id"]
    answer = world.post(f"/campaigns/{made}/moves", {"move": "suspend", "filter": {"all": True}}, east)
    assert answer.json()["refused"] == 0


def test_a_mass_move_of_the_own_unit_alone_is_forbidden(world: Any) -> None:
    own = world.key("own", write=True, under="A-H1")
    for dry_run in (True, False):
        body = {"move": "exempt", "reason": "示例", "filter": {"all": True}, "dry_run": dry_run}
        answer = world.post("/campaigns/1/moves", body, own)
        assert (answer.status_code, answer.json()["refusals"]) == (403, [WHO.format("免办")])


def test_a_key_for_a_subtree_does_not_move_the_campaign_or_start_one_above_it(
    world: Any, east: dict[str, str]
) -> None:
    assert world.post("/campaigns/1/campaign-moves", {"move": "suspend"}, east).status_code == 403
    body = {"text": world.template, "start": "2026-11-27", "past": "keep"}
    assert world.post("/campaigns", body, east).status_code == 403
    assert world.post("/campaigns", {**body, "owner": "S"}, east).status_code == 403
    assert world.post("/campaigns", {**body, "owner": "B"}, east).status_code == 403
    named = {**body, "owner": "A", "units": {"codes": ["B-H1"]}}
    assert world.post("/campaigns", named, east).status_code == 403
    made = world.post("/campaigns", {**body, "owner": "A"}, east)
    assert made.status_code == 201, made.text
    west = world.key("west", under="B")
    assert [one["id"] for one in world.get("/campaigns", west).json()["items"]] == [1]
    assert world.get(f"/campaigns/{made.json()['id']}", west).status_code == 403


def test_a_name_that_begins_alike_is_not_below(world: Any) -> None:
    """Unit 1 must not hold unit 10: paths are compared with their slashes."""
    key = world.key("one", under="A-H1")
    assert world.get("/units/A-H1/status", key).status_code == 200
    assert world.get("/units/A-C1/status", key).status_code == 403
    assert world.get("/units/A/status", key).status_code == 403


# -- some campaigns -----------------------------------------------------------------------------------


def test_a_key_for_some_campaigns_knows_no_other(world: Any) -> None:
    body = {"text": world.template, "start": "2026-11-02", "title": "另一个示例行动"}
    second = world.post("/campaigns", body).json()["id"]
    key = world.key("second", write=True, campaigns=[second])
    assert [one["id"] for one in world.get("/campaigns", key).json()["items"]] == [second]
    told = world.get("/units/A-H1/status", key).json()["campaigns"]
    assert [one["campaign"]["id"] for one in told] == [second]
    for path in ("", "/summary", "/units", "/obligations", "/proposals", "/ledger", "/campaign-moves"):
        real, imagined = (world.get(f"/campaigns/{number}{path}", key) for number in (1, 99))
        assert (real.status_code, imagined.status_code) == (403, 403), path
        assert words(real).replace(" 1 ", " 99 ") == words(imagined)
    assert world.get(f"/obligations/{world.report}", key).status_code == 403
    assert world.post(f"/campaigns/1/obligations/{world.report}/submit", {}, key).status_code == 403
    assert world.post(f"/campaigns/{second}/obligations/{world.report}/submit", {}, key).status_code == 403
    assert world.post("/campaigns", body, key).status_code == 403
    params = {"from": "2026-11-02", "to": "2026-12-31"}
    mails = world.get(f"/campaigns/{second}/preview", key, params=params).json()["mails"]
    both = world.get("/campaigns/1/preview", params=params).json()["mails"]
    assert mails
    assert [(one["at"], one["to"], len(one["lines"])) for one in mails] == [
        (one["at"], one["to"], len(one["lines"])) for one in both
    ]
