"""The organisation's own log-in, spoken with a real server on loopback; and those who play with what goes to and fro."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from api.app import create_app
from api.oidc import CALLBACK
from states import settings
from states.errors import BadSetting
from states.records import accounts, grants
from states.records.account_tables import Account
from states.records.asker import EVERYTHING
from states.records.grants import Grant
from states.records.roles import Role
from states.records.tables import Journal

V1 = "/api/v1"
PEOPLE = {
    "s-wang": {"email": "Wang@example.org", "email_verified": True},
    "s-other": {"email": "wang@example.org", "email_verified": True},
    "s-unsure": {"email": "wang@example.org", "email_verified": False},
    "s-said": {"email": "wang@example.org", "email_verified": "true"},
    "s-nobody": {"email": "nobody@example.org", "email_verified": True},
    "s-li": {},
}


class Provider:
    """The server; `sent` is what it was asked for tokens with."""

    def __init__(self, server: Any) -> None:
        self.issuer, self.sent = f"http://localhost:{server.server_port}", []
        inner = server.app

        def recording(environ: dict[str, Any], start: Any) -> Any:
            if environ["PATH_INFO"] == "/oauth2/token":
                body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
                self.sent.append({key: one for key, (one,) in parse_qs(body.decode()).items()})
                environ["wsgi.input"] = BytesIO(body)
            return inner(environ, start)

        server.app = recording

    def approved(self, location: str, subject: str) -> str:
        """The person logs in there; the query with which the browser is sent back."""
        back = httpx.post(location, data={"sub": subject}).headers["location"]
        assert back.startswith(f"http://127.0.0.1:8000{CALLBACK}?")
        return urlsplit(back).query


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    people = [oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in PEOPLE.items()]
    with oidc_provider_mock.run_server_in_thread(user_claims=people) as server:
        yield Provider(server)


def environment(issuer: str) -> dict[str, str]:
    kept = {"ISSUER": issuer, "CLIENT_ID": "duban", "CLIENT_SECRET": "very-secret"}
    return {f"DUBAN_OIDC_{name}": value for name, value in kept.items()}


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, world_of: Any, tmp_path: Path, provider: Provider) -> Iterator[Any]:
    with world_of(request, tmp_path, **environment(provider.issuer)) as made:
        with made.store.write() as session:
            for login, linked in (("wang", {"email": "wang@example.org"}), ("li", {"subject": "s-li"})):
                row, _ = accounts.create(session, login, "王示例", made.hands.at, "cli:test")
                grants.give(session, EVERYTHING, row, Grant(Role.auditor), made.hands.at, "cli:test")
                accounts.link(
                    session, row, made.hands.at, "cli:test", **{"email": None, "subject": None, **linked}
                )
        yield made


def begin(browser: TestClient) -> str:
    answer = browser.get(f"{V1}/session/oidc", follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def back(browser: TestClient, query: str) -> int:
    return browser.get(f"{CALLBACK}?{query}", follow_redirects=False).status_code


def test_whom_an_administrator_linked_gets_in_and_is_bound_to_the_subject(
    world: Any, provider: Provider
) -> None:
    browser = TestClient(world.app)
    location = begin(browser)
    asked = {key: one for key, (one,) in parse_qs(urlsplit(location).query).items()}
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    query = provider.approved(location, "s-wang")
    assert back(browser, query) == 303
    verifier = provider.sent[-1]["code_verifier"]
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert (made, verifier in location) == (asked["code_challenge"], False)
    me = browser.get(f"{V1}/session").json()
    assert (me["login"], me["must_change"], me["grants"][0]["role"]["key"]) == ("wang", False, "auditor")
    assert browser.get(f"{V1}/campaigns").status_code == 200
    assert back(browser, query) == 401, "the same answer again"
    again = TestClient(world.app)
    assert back(again, provider.approved(begin(again), "s-wang")) == 303
    thief = TestClient(world.app)
    assert back(thief, provider.approved(begin(thief), "s-other")) == 401, (
        "the e-mail was given to somebody else"
    )
    linked = TestClient(world.app)
    assert back(linked, provider.approved(begin(linked), "s-li")) == 303
    with world.store.write() as session:
        accounts.disable(session, accounts.named(session, "li"), world.hands.at, "cli:test")
    assert back(linked, provider.approved(begin(linked), "s-li")) == 401
    with world.store.read() as session:
        kept = {one.login: one.subject for one in session.exec(select(Account))}
        facts = [one.kind for one in session.exec(select(Journal)) if one.kind.startswith("session.")]
    assert kept == {"wang": "s-wang", "li": "s-li"}
    assert facts == ["session.opened"] * 2 + ["session.refused", "session.opened", "session.refused"]


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_nobody_gets_in_with_what_is_not_his_own_log_in(world: Any, provider: Provider) -> None:
    for subject in ("s-nobody", "s-unsure", "s-said", "s-never-seen"):
        browser = TestClient(world.app)
        assert back(browser, provider.approved(begin(browser), subject)) == 401, subject
    victim, attacker = TestClient(world.app), TestClient(world.app)
    query = provider.approved(begin(attacker), "s-wang")
    begin(victim)
    assert back(victim, query) == 401, "another browser's answer: a log-in that was planted"
    assert back(attacker, query) == 401, "and it is used up"
    one, other = begin(attacker), TestClient(world.app)
    code = parse_qs(provider.approved(begin(other), "s-wang"))["code"][0]
    state = parse_qs(urlsplit(one).query)["state"][0]
    assert back(attacker, f"state={state}&code={code}") == 401, (
        "a code of another log-in: its nonce is not ours"
    )
    for forged in ("state=x&code=y", "code=y", f"state={state}", "error=access_denied"):
        begin(attacker)
        assert back(attacker, forged) == 401, forged
    mixed = provider.approved(begin(attacker), "s-wang")
    assert back(attacker, f"{mixed}&iss=http://evil.example") == 401
    late = provider.approved(begin(attacker), "s-wang")
    world.hands.at += timedelta(minutes=10)
    assert back(attacker, late) == 401
    with world.store.read() as session:
        assert [one.login for one in session.exec(select(Account))] == ["wang", "li"], (
            "nobody is made an account"
        )
        assert [one for one in session.exec(select(Journal)) if one.kind == "session.opened"] == []


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_server_that_is_another_or_is_not_there_is_said(
    world: Any, provider: Provider, tmp_path: Path
) -> None:
    for issuer in ("http://127.0.0.1:9", f"{provider.issuer}/"):
        url = world.settings.database_url
        made = settings.read({"DUBAN_HOME": str(tmp_path), "DUBAN_DATABASE_URL": url, **environment(issuer)})
        assert "very-secret" not in repr(made)
        with TestClient(create_app(made, now=world.hands)) as browser:
            answer = browser.get(f"{V1}/session/oidc", follow_redirects=False)
        assert (answer.status_code, answer.json()["title"]) == (503, "统一登录暂时用不了")


def test_settings_that_would_send_secrets_in_clear_or_are_half_are_refused() -> None:
    for given, says in (
        (environment("http://login.example.org"), "应以 https:// 开头"),
        ({"DUBAN_OIDC_ISSUER": "https://login.example.org"}, "要么三项都设置"),
    ):
        with pytest.raises(BadSetting, match=says):
            settings.read(given)
