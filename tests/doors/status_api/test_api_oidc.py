"""The organisation's own log-in, spoken with a real server on loopback; and those who play with what goes to and fro."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
import requests
import sqlalchemy as sa
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlmodel import select

from api.app import create_app
from api.oidc import CALLBACK, DISCOVERY, LEEWAY, PATIENCE, NoProvider
from api.oidc import Provider as Oidc
from states import clock, settings
from states.errors import BadSetting, NotKnown
from states.records import accounts, grants, oidc_attempts
from states.records.account_tables import Account
from states.records.asker import EVERYTHING
from states.records.core import oidc_attempt
from states.records.entering import Claims
from states.records.grants import Grant
from states.records.oidc_attempts import Begun
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
    again, before = TestClient(world.app), browser.cookies["duban"]
    again.cookies.update(browser.cookies)
    assert back(again, provider.approved(begin(again), "s-wang")) == 303
    assert world.client.get(f"{V1}/session", headers={"Cookie": f"duban={before}"}).status_code == 401
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
    afresh, refused = ["session.opened", "session.ended"], ["session.refused"]
    assert facts == ["session.opened", *afresh, *refused, "session.opened", *refused]


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
    without, before = parse_qs(urlsplit(begin(attacker)).query)["state"][0], len(provider.sent)
    assert back(attacker, f"state={without}") == 401
    assert len(provider.sent) == before, "the server is not asked what nobody brought"
    guessed = provider.approved(begin(attacker), "s-wang").replace("state=", "state=x")
    assert back(attacker, guessed) == 401
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
def test_log_ins_that_are_only_begun_are_so_many_at_once_and_count_for_their_address(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc_attempts, "AT_ONCE", 2)
    browser, counted = TestClient(world.app), world.app.state.house.throttle.refused._until
    begin(browser)
    assert len(counted) == 1, "each is a row, and anybody may ask"
    (kept,) = [one for one in browser.cookies.jar if one.name == "duban-oidc"]
    assert kept.expires is not None
    asked = [browser.get(f"{V1}/session/oidc", follow_redirects=False) for _ in range(2)]
    assert [one.status_code for one in asked] == [303, 429]
    world.hands.at += oidc_attempts.PATIENCE
    state = parse_qs(urlsplit(begin(browser)).query)["state"][0]
    with world.store.read() as session:
        rows = session.execute(sa.select(oidc_attempt)).all()
    assert len(rows) == 1, "what nobody came back from is forgotten"
    assert state not in str(rows), "as a hash alone"


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


# -- what the server says -----------------------------------------------------------------------------

ISSUER, KEY, OTHER = "https://login.example.org", RSAKey.generate_key(2048), RSAKey.generate_key(2048)
BEGUN = Begun("state", "nonce", "verifier", "browser")
FORGED: list[dict[str, Any]] = [
    {"iss": "https://evil.example"},
    {"iss": None},
    {"aud": "another"},
    {"aud": None},
    {"aud": "another", "azp": "duban"},
    {"aud": ["duban", "another"], "azp": "another"},
    {"exp": -LEEWAY - 1},
    {"exp": None},
    {"iat": LEEWAY + 10},
    {"nonce": "another"},
    {"nonce": None},
    {"at_hash": "another"},
    {"sub": None},
]


def bare(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signed(claims: dict[str, Any], key: RSAKey = KEY) -> str:
    return jwt.encode({"alg": "RS256"}, claims, key)


def by_public_key(claims: dict[str, Any], alg: str = "HS256") -> str:
    """As if what everybody knows were a secret; or with `none` by nobody."""
    text = f"{bare(json.dumps({'alg': alg}).encode())}.{bare(json.dumps(claims).encode())}"
    digest = hmac.digest(KEY.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{bare(digest) if alg != 'none' else ''}"


def told(claims: dict[str, Any], sign: Callable[[dict[str, Any]], str] = signed) -> Claims:
    """What is made of a token with these claims (None: left out; times from now on) in place of good ones."""
    now = clock.now()
    good = {"iss": ISSUER, "aud": "duban", "sub": "s-1", "nonce": "nonce", "exp": 300, "iat": -5}
    said = {name: one for name, one in {**good, **claims}.items() if one is not None}
    said |= {name: int(now.timestamp()) + said[name] for name in ("exp", "iat") if name in said}
    keys = {"keys": [KEY.as_dict(private=False)]}
    provider = Oidc(settings.read(environment(ISSUER)))
    return provider._judged({"id_token": sign(said), "access_token": "a"}, keys, BEGUN, now)


def test_a_token_is_judged_by_who_made_it_for_whom_when_and_what_for() -> None:
    half = bare(hashlib.sha256(b"a").digest()[:16])
    late = {"exp": -LEEWAY + 5, "at_hash": half, "azp": "duban"}
    assert told(late).subject == "s-1", "clocks may differ a little"
    for claims in FORGED:
        with pytest.raises(NotKnown):
            told(claims)
    for sign in (partial(signed, key=OTHER), by_public_key, partial(by_public_key, alg="none")):
        with pytest.raises(NotKnown):
            told({}, sign)


def about(issuer: str, **more: str) -> dict[str, str]:
    """What a server says of itself."""
    said = {"issuer": issuer, "authorization_endpoint": "/a", "token_endpoint": "/t", "jwks_uri": "/k"}
    ends = {name: issuer + one for name, one in said.items() if one.startswith("/")}
    return {**said, **ends, **more}


@contextmanager
def telling(said: Callable[[str, str], Any]) -> Iterator[str]:
    """The issuer of a server that answers what is `said` at its address and a path; None: look at `/moved`."""

    class Telling(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = said(f"http://127.0.0.1:{self.server.server_port}", self.path)
            self.send_response(200 if found is not None else 302)
            self.send_header("Location", "/moved")
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b"" if found is None else json.dumps(found).encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Telling) as server:
        Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


WRONG: dict[str, Callable[[str, str], Any]] = {
    "another": lambda at, _path: about(at, issuer="http://127.0.0.1:9"),
    "in clear": lambda at, _path: about(at, token_endpoint="http://login.example.org/t"),
    "keys in clear": lambda at, _path: about(at, jwks_uri="http://login.example.org/k"),
    "half": lambda at, _path: about(at, authorization_endpoint=""),
    "moved": lambda at, path: about(at) if path == "/moved" else None,
    "no object": lambda _at, _path: [],
}


def test_what_a_server_says_of_itself_is_judged_before_anybody_is_sent_there() -> None:
    with telling(lambda at, _path: about(at)) as issuer:
        assert Oidc(settings.read(environment(issuer))).address(BEGUN).startswith(f"{issuer}/a?")
    for how, said in WRONG.items():
        with telling(said) as issuer, pytest.raises(NoProvider):
            pytest.fail(how + Oidc(settings.read(environment(issuer))).address(BEGUN))


def test_each_question_to_the_server_has_its_time_and_follows_nobody_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[Any, ...]] = []
    real = requests.Session.request

    def asking(session: Any, method: str, url: str, **more: Any) -> Any:
        asked.append((urlsplit(url).path, more["timeout"], more["allow_redirects"]))
        return real(session, method, url, **more)

    monkeypatch.setattr(requests.Session, "request", asking)
    answers = {"/t": {"access_token": "a", "token_type": "Bearer", "id_token": "x"}, "/k": {"keys": []}}
    with telling(lambda at, path: answers.get(path, about(at))) as issuer, pytest.raises(NotKnown):
        Oidc(settings.read(environment(issuer))).claims("code", BEGUN)
    assert asked == [(path, PATIENCE, False) for path in (DISCOVERY, "/t", "/k")]
