"""Sessions of people over HTTP, and those who try to use them without being them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from api.app import create_app
from states import actorwords
from states.records import access, accounts, grants, sittings
from states.records.asker import EVERYTHING
from states.records.grants import Grant
from states.records.roles import Role
from states.records.tables import Journal

V1 = "/api/v1"
OURS = {"Origin": "http://testserver"}
OWN = "Lan-tian 2026 示例"
OUR_OWN = [
    ("http://testserver", {}, 200),
    ("http://127.0.0.1:8000", {}, 200),
    ("HTTP://TESTSERVER", {"Sec-Fetch-Site": "same-origin"}, 200),
    (None, {}, 403),
    (None, {"Sec-Fetch-Site": "same-origin"}, 403),
    ("null", {}, 403),
    ("http://testserver.evil.example", {}, 403),
    ("http://evil.example", {"Host": "testserver"}, 403),
    ("https://testserver", {}, 403),
    ("http://testserver:81", {}, 403),
    ("http://testserver", {"Sec-Fetch-Site": "cross-site"}, 403),
    ("http://testserver", {"Sec-Fetch-Site": "same-site"}, 403),
]


class People:
    """A world with accounts, each with a browser of its own."""

    def __init__(self, world: Any) -> None:
        self.world = world

    def person(self, login: str, *granted: Grant) -> str:
        with self.world.store.write() as session:
            row, password = accounts.create(session, login, "王示例", self.world.hands.at, "cli:test")
            for one in granted:
                grants.give(session, EVERYTHING, row, one, self.world.hands.at, "cli:test")
        return password

    def browser(self, app: Any = None, base: str = "http://testserver") -> TestClient:
        return TestClient(app or self.world.app, base_url=base)

    def log_in(self, browser: TestClient, login: str, password: str, **headers: str) -> Any:
        sent = {"login": login, "password": password}
        return browser.post(f"{V1}/session", json=sent, headers=headers)

    def settled(self, login: str, *granted: Grant) -> TestClient:
        """Logged in, with a password of their own (OWN)."""
        first, browser = self.person(login, *granted), self.browser()
        assert self.log_in(browser, login, first).status_code == 200
        sent = {"before": first, "password": OWN}
        changed = browser.post(f"{V1}/session/password", json=sent, headers=OURS)
        assert changed.status_code == 200, changed.text
        return browser

    def facts(self) -> list[Journal]:
        self.world.app.state.house.seats.close()
        with self.world.store.read() as session:
            return list(session.exec(select(Journal)))


@pytest.fixture(params=["sqlite"])
def world(request: pytest.FixtureRequest, world_of: Any, tmp_path: Path) -> Iterator[Any]:
    """What databases might see differently is tried on both, below and in the tests of the record."""
    with world_of(request, tmp_path) as made:
        yield made


@pytest.fixture
def people(world: Any) -> People:
    return People(world)


def acts_as_a_liaison(people: People, browser: Any) -> None:
    """He hands in for his own unit, judges nothing, and sees no other."""
    owed = people.world.owes("A-H1", "report")
    acts = f"{V1}/campaigns/1/obligations/{owed}"
    assert browser.post(f"{acts}/submit", json={}, headers=OURS).status_code == 200
    for act in ("accept", "return", "waive"):
        refused = browser.post(f"{acts}/{act}", json={"reason": "示例"}, headers=OURS)
        says = "联络员不能审核和推动；这由协调员办理"
        assert (refused.status_code, refused.json()["detail"]) == (403, says)
    for code, status in (("A-H1", 200), ("A", 403), ("B-H1", 403), ("Z", 403)):
        assert browser.get(f"{V1}/units/{code}/status").status_code == status


def test_a_person_logs_in_changes_the_first_password_and_acts_under_his_name(people: People) -> None:
    first, browser = people.person("wanglan", Grant(Role.liaison, under="A-H1")), people.browser()
    answer = people.log_in(browser, " WangLan ", first)
    assert (answer.status_code, answer.json()["must_change"], answer.json()["acts"]) == (200, True, [])
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("duban=")
    assert [word for word in ("HttpOnly", "SameSite=lax", "Path=/") if word not in cookie] == []
    assert answer.headers["cache-control"] == "no-store"
    shut = browser.get(f"{V1}/units/A-H1/status")
    assert (shut.status_code, "请先修改初始密码" in shut.json()["detail"]) == (403, True)
    weak = browser.post(f"{V1}/session/password", json={"before": first, "password": "x" * 12}, headers=OURS)
    assert (weak.status_code, weak.json()["faults"][0]["says"]) == (422, "至少有 5 个不同的字符")
    sent = {"before": first, "password": OWN}
    told = browser.post(f"{V1}/session/password", json=sent, headers=OURS).json()
    assert (told["must_change"], [one["key"] for one in told["acts"]]) == (
        False,
        ["see", "report", "oneself"],
    )
    assert told["grants"][0]["unit"] == {"code": "A-H1", "name": "示例东县人民医院"}
    assert browser.get(f"{V1}/units/A-H1/status").status_code == 200
    acts_as_a_liaison(people, browser)
    assert browser.post(f"{V1}/session/end", headers=OURS).status_code == 200
    assert len(browser.cookies) == 0, "the browser forgets it"
    browser.cookies.set("duban", cookie.partition("=")[2].partition(";")[0])
    assert browser.get(f"{V1}/session").status_code == 401
    his = {one.kind for one in people.facts() if one.actor == "user:王示例（wanglan）"}
    assert his >= {"account.password_changed", "access.refused", "session.opened", "session.ended"}
    assert any("obligation" in one for one in his)


@pytest.mark.parametrize("role", [Role.liaison, Role.leader, Role.auditor, Role.administrator])
def test_the_short_way_of_a_move_asks_for_the_role_too(people: People, role: Role) -> None:
    browser = people.settled("wanglan", Grant(role))
    address = f"{V1}/campaigns/1/units/A-H1/moves"
    assert browser.post(address, json={"move": "suspend"}, headers=OURS).status_code == 403
    told = browser.get(address).json()["moves"]
    assert "不能审核和推动" in next(one for one in told if one["move"] == "suspend")["refusals"][0]


def test_only_our_own_page_can_use_a_cookie_to_change_something(people: People) -> None:
    browser = people.settled("wanglan", Grant(Role.coordinator))
    number = browser.get(f"{V1}/session").json()["acting"]
    for origin, more, status in OUR_OWN:
        headers = {**({"Origin": origin} if origin else {}), **more}
        answer = browser.post(f"{V1}/session/grant", json={"grant": number}, headers=headers)
        assert answer.status_code == status, (origin, more, answer.text)
        assert browser.get(f"{V1}/session", headers=headers).status_code == 200, "reading changes nothing"
    for method, path in (("PUT", "/campaigns/1/obligations/1/figures"), ("DELETE", "/letter-forms/x")):
        refused = browser.request(method, V1 + path, headers={"Origin": "http://evil.example"})
        assert (refused.status_code, "Origin" in refused.text) == (403, True), method
    fresh = people.browser()
    foreign = people.log_in(fresh, "wanglan", OWN, Origin="http://evil.example")
    assert (foreign.status_code, len(fresh.cookies)) == (403, 0)
    key = people.world.key("writer", write=True)
    foreign = browser.post(f"{V1}/session/end", headers={**key, "Origin": "http://evil.example"})
    assert foreign.status_code == 409, "a key comes from no browser; it has no session to end"


def test_a_session_that_somebody_planted_is_not_taken_over(people: People) -> None:
    people.settled("wanglan", Grant(Role.auditor))
    planted = people.settled("attacker", Grant(Role.auditor)).cookies["duban"]
    victim = people.browser()
    for token in ("x" * 43, planted):
        victim.cookies.set("duban", token)
        assert people.log_in(victim, "wanglan", OWN).status_code == 200
        got = [one.value for one in victim.cookies.jar if one.value != token]
        assert len(got) == 1, "always a new one"
        victim.cookies.clear()
    with people.world.store.read() as session:
        assert sittings.find(session, planted, people.world.hands.at) is None, (
            "what the browser showed has ended"
        )


def test_over_https_the_cookie_is_bound_to_the_host(people: People) -> None:
    first = people.person("wanglan", Grant(Role.auditor))
    browser = people.browser(base="https://testserver")
    cookie = people.log_in(browser, "wanglan", first).headers["set-cookie"]
    assert cookie.startswith("__Host-duban=")
    assert [word for word in ("Secure", "HttpOnly", "Path=/", "SameSite=lax") if word not in cookie] == []
    assert "Domain" not in cookie
    token = cookie.partition("=")[2].partition(";")[0]
    assert browser.get(f"{V1}/session").status_code == 200
    neighbour = people.browser(base="https://testserver")
    neighbour.cookies.set("duban", token)
    assert neighbour.get(f"{V1}/session").status_code == 401, (
        "a cookie that any neighbour may set is not looked at"
    )


def test_a_session_that_is_used_goes_on_and_an_idle_one_does_not(people: People) -> None:
    browser, seats = people.settled("wanglan", Grant(Role.auditor)), people.world.app.state.house.seats
    for wait, status in ((0.9, 200), (0.9, 200), (1, 401)):
        people.world.hands.at += sittings.IDLE * wait
        assert browser.get(f"{V1}/campaigns").status_code == status
        seats._beside.submit(lambda: None).result()  # what is written beside is written


def test_behind_a_proxy_that_speaks_https_for_us_all_is_as_over_https(
    request: Any, world_of: Any, tmp_path: Path
) -> None:
    request.param = "sqlite"
    with world_of(request, tmp_path, DUBAN_BASE_URL="https://duban.example.org") as world:
        people = People(world)
        first, browser = people.person("wanglan", Grant(Role.auditor)), people.browser()
        cookie = people.log_in(browser, "wanglan", first).headers["set-cookie"]
        assert cookie.startswith("__Host-duban=")
        assert "Secure" in cookie
        shown = {"Cookie": cookie.partition(";")[0]}
        for origin, status in (
            ("https://duban.example.org", 422),
            ("https://testserver", 422),
            ("http://testserver", 403),
            ("http://duban.example.org", 403),
        ):
            sent = {"before": first, "password": "x" * 12}
            answer = browser.post(f"{V1}/session/password", json=sent, headers={**shown, "Origin": origin})
            assert answer.status_code == status, origin


@pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
def test_what_is_taken_back_is_gone_at_once_in_every_process(people: People) -> None:
    other = create_app(people.world.settings, now=people.world.hands)
    with TestClient(other) as elsewhere:
        boss = people.settled("boss", Grant(Role.administrator))
        one = people.settled("wanglan", Grant(Role.auditor), Grant(Role.liaison, under="A-H1"))
        elsewhere.cookies.update(one.cookies)
        me = one.get(f"{V1}/session").json()
        listed = boss.get(f"{V1}/accounts").json()["items"]
        number = next(one["id"] for one in listed if one["login"] == "wanglan")
        with people.world.store.write() as session:
            key = access.create(session, "数据中台", people.world.hands.at, grant_id=me["acting"])
        shown = {"Authorization": f"Bearer {key}"}
        assert [elsewhere.get(f"{V1}/campaigns", headers=how).status_code for how in ({}, shown)] == [
            200,
            200,
        ]
        there = f"{V1}/accounts/{number}"
        gone = boss.post(f"{there}/grants/{me['acting']}/revoke", headers=OURS)
        assert gone.status_code == 200, gone.text
        for browser in (one, elsewhere):
            assert browser.get(f"{V1}/campaigns").status_code == 403
            assert browser.get(f"{V1}/campaigns", headers=shown).status_code == 401
        left = elsewhere.get(f"{V1}/session").json()
        assert (left["acting"], len(left["grants"])) == (None, 1)
        chosen = {"grant": left["grants"][0]["id"]}
        assert elsewhere.post(f"{V1}/session/grant", json=chosen, headers=OURS).status_code == 200
        assert [browser.get(f"{V1}/campaigns").status_code for browser in (one, elsewhere)] == [200, 200]
        assert len(boss.get(f"{there}/sessions").json()["items"]) == 1
        assert boss.post(f"{there}/disable", headers=OURS).json()["disabled"] is True
        assert [browser.get(f"{V1}/campaigns").status_code for browser in (one, elsewhere)] == [401, 401]


def test_an_administrator_opens_accounts_and_the_password_is_told_once(people: People) -> None:
    boss = people.settled("boss", Grant(Role.administrator, under="A"))
    people.person("beyond", Grant(Role.liaison, under="B-H1"))
    granted = {"role": "liaison", "under": "A-H1"}
    sent = {"login": "lina", "name": "李示例", "grant": granted}
    key = {"Idempotency-Key": "1", **OURS}
    assert boss.post(f"{V1}/accounts", json=sent, headers=key).status_code == 422, (
        "no answer with a password is kept"
    )
    outside = {**sent, "grant": {"role": "liaison", "under": "B-H1"}}
    assert boss.post(f"{V1}/accounts", json=outside, headers=OURS).status_code == 403
    assert boss.post(f"{V1}/accounts", json={**sent, "grant": None}, headers=OURS).status_code == 403
    made = boss.post(f"{V1}/accounts", json=sent, headers=OURS)
    assert made.headers["cache-control"] == "no-store"
    assert boss.post(f"{V1}/accounts", json=outside, headers=OURS).status_code == 403, "whoever is there"
    there = f"{V1}/accounts/{made.json()['account']['id']}"
    assert people.log_in(people.browser(), "lina", made.json()["password"]).status_code == 200
    again = boss.post(f"{there}/reset", headers=OURS).json()["password"]
    assert people.log_in(people.browser(), "lina", made.json()["password"]).status_code == 401
    assert people.log_in(people.browser(), "lina", again).status_code == 200
    wider = {"role": "coordinator", "under": "S"}
    assert boss.post(f"{there}/grants", json=wider, headers=OURS).status_code == 403
    assert boss.post(f"{there}/link", json={"subject": "s-1"}, headers=OURS).json()["linked"] is True
    assert boss.post(f"{there}/disable", headers=OURS).json()["disabled"] is True
    assert boss.post(f"{there}/enable", headers=OURS).json()["disabled"] is False
    assert boss.post(f"{there}/sessions/end", headers=OURS).status_code == 200
    assert boss.get(there).json()["grants"][0]["unit"]["code"] == "A-H1"
    assert [one["login"] for one in boss.get(f"{V1}/accounts").json()["items"]] == ["boss", "lina"]


def test_too_many_wrong_passwords_are_answered_with_a_time_to_wait(people: People) -> None:
    people.person("wanglan")
    for login in ("wanglan", "nobody"):
        found = [people.log_in(people.browser(), login, "wrong") for _ in range(6)]
        assert [one.status_code for one in found] == [401] * 5 + [429]
        assert found[-1].headers["retry-after"] == "900"
        assert (
            len({one.json()["detail"] for one in found[:5]}) == len({len(one.text) for one in found[:5]}) == 1
        )


def test_the_page_asks_the_same_door(people: People) -> None:
    people.settled("part", Grant(Role.auditor, under="A"))
    whole, part = people.settled("whole", Grant(Role.auditor)), people.browser()
    people.log_in(part, "part", OWN)
    first = people.person("fresh", Grant(Role.auditor))
    fresh = people.browser()
    people.log_in(fresh, "fresh", first)
    asked = (whole, part, fresh, people.browser())
    found = [one.get("/", follow_redirects=False).headers.get("location", "") for one in asked]
    assert found == ["", "", "/password", "/login"]
    assert actorwords.actor("user:王示例（wanglan）") == "王示例（wanglan）"
