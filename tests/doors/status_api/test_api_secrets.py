"""Nothing that is secret is ever logged or printed, whatever is done and whatever goes wrong."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from api.app import create_app
from command_line import duban
from flows import rounds
from loopback import served
from smtp_servers import PASSWORD as POST_PASSWORD
from smtp_servers import Post, authenticate, tls
from states import settings as settings_of
from states.errors import BadSetting
from states.records import accounts, grants
from states.records.asker import EVERYTHING
from states.records.grants import Grant
from states.records.roles import Role
from states.records.session import connect

DATABASE_PASSWORD, CLIENT_SECRET = "db-pass-77f1", "oidc-secret-52ab"
CLUE_KEY = base64.urlsafe_b64encode(b"clue-key-clue-key-clue-key-clue!").decode()
JOURNAL_KEY = base64.urlsafe_b64encode(b"journal-key-journal-key-journal!").decode()
OWN, WRONG = "Lan-tian 2026 示例", "Wrong-but-near 2026"
INFORMANT = {"name": "赵举报", "contact": "13900001234"}
ORIGIN = {"Origin": "http://testserver"}
JOBS = ("open_due", "remind", "escalate", "deliver", "webhooks", "seal", "watchdog")


class Hand(BaseHTTPRequestHandler):
    """A receiver of webhooks that takes the first message and no other."""

    taken = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        Hand.taken += 1
        self.send_response(200 if Hand.taken == 1 else 500)
        self.end_headers()

    def log_message(self, *_words: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    made = HTTPServer(("127.0.0.1", 0), Hand)
    thread = Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}/duban"
    made.shutdown()
    thread.join()
    made.server_close()


@contextmanager
def all_that_is_logged() -> Iterator[io.StringIO]:
    """Everything at DEBUG level, of every library, with tracebacks."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    named = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    before = [(one, one.level, one.disabled) for one in (root, *named)]
    root.addHandler(handler)
    for one in (root, *named):
        one.setLevel(logging.DEBUG)
        one.disabled = False
    yield heard
    root.removeHandler(handler)
    for one, level, disabled in before:
        one.setLevel(level)
        one.disabled = disabled


@pytest.fixture(params=["postgresql"])
def world(request: Any, world_of: Any, tmp_path: Path, post: Post, certificate: Path) -> Iterator[Any]:
    """On the database whose address has a password, with every other secret that there is."""
    options = {"tls_context": tls(certificate), "require_starttls": True}
    with (
        served(post, authenticator=authenticate, auth_required=True, **options) as port,
        world_of(request, tmp_path) as plain,
    ):
        url = sa.make_url(plain.url).set(password=DATABASE_PASSWORD).render_as_string(hide_password=False)
        made = type(plain)(
            *(url, tmp_path),
            DUBAN_SMTP_URL=f"smtp://duban:{quote(POST_PASSWORD, safe='')}@127.0.0.1:{port}?ca={certificate}",
            DUBAN_WEBHOOK_NETWORKS="127.0.0.1",
            DUBAN_CLUE_KEY=CLUE_KEY,
            DUBAN_JOURNAL_KEY=JOURNAL_KEY,
            DUBAN_OIDC_ISSUER="http://127.0.0.1:9/",
            DUBAN_OIDC_CLIENT_ID="duban",
            DUBAN_OIDC_CLIENT_SECRET=CLIENT_SECRET,
        )
        with made.client:
            yield made


def story(world: Any, receiver: str, post: Post) -> list[str]:
    """People, keys, webhooks, clues, mails, and things that go wrong; the secrets that came up."""
    with world.store.write() as session:
        row, first = accounts.create(session, "wang", "王示例", world.hands.at, "cli:test")
        grants.give(session, EVERYTHING, row, Grant(Role.coordinator), world.hands.at, "cli:test")
    browser = TestClient(world.app, headers=ORIGIN)
    secrets = [first, world.all["Authorization"].removeprefix("Bearer ")]
    for password, status in ((WRONG, 401), (first, 200)):
        sent = {"login": "wang", "password": password}
        assert browser.post("/api/v1/session", json=sent).status_code == status
    secrets.append(browser.cookies["duban"])
    changed = {"before": first, "password": OWN}
    assert browser.post("/api/v1/session/password", json=changed).status_code == 200
    secrets.append(browser.cookies["duban"])
    assert browser.get("/api/v1/session").status_code == 200
    assert browser.get("/api/v1/session/oidc", follow_redirects=False).status_code == 503
    bad = {"Authorization": "Bearer duban_guess-of-a-key"}
    assert world.get("/campaigns", bad).status_code == 401
    hook = world.post("/webhooks", {"name": "示例", "url": f"{receiver}?token=of-theirs-31"}).json()
    clue = {"channel": "web", "grade": "conduct", "text": "示例", "about": "A-H1", "informant": INFORMANT}
    assert world.post("/campaigns/1/clues", clue).status_code == 201
    assert world.get("/units/A-H1/status").status_code == 200
    world.at("2026-11-19 08:00")
    world.hands.at = world.hands.at.replace(hour=2)  # ten o'clock there
    for _ in range(2):
        for job in JOBS:
            rounds.run(job, world.settings, world.hands.at)
        assert world.post("/campaigns/1/units/A-H1/moves", {"move": "suspend"}).status_code in (200, 409)
    assert len(post.mails) > 0
    assert Hand.taken > 0
    return [*secrets, hook["secret"], "of-theirs-31", *INFORMANT.values(), "guess-of-a-key"]


def trouble(world: Any) -> None:
    """A log-in that fails in the middle, and a database that is not there."""
    with world.store.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE account_session ADD CONSTRAINT no CHECK (id < 0) NOT VALID"))
    sent = {"login": "wang", "password": OWN}
    patient = TestClient(world.app, headers=ORIGIN, raise_server_exceptions=False)
    assert patient.post("/api/v1/session", json=sent).status_code == 500
    lost = sa.make_url(world.url).set(database="none_such").render_as_string(hide_password=False)
    gone = create_app(settings_of.read({"DUBAN_DATABASE_URL": lost, "DUBAN_HOME": str(world.settings.home)}))
    with TestClient(gone, raise_server_exceptions=False) as client:
        assert client.get("/api/v1/campaigns", headers=world.all).status_code == 503
        assert client.get("/readyz").status_code == 503


def commands(world: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the command line prints with these settings."""
    home = str(world.settings.home)
    there = {"DUBAN_HOME": home, "DUBAN_DATABASE_URL": world.url, "DUBAN_SMTP_URL": world.settings.smtp_url}
    there |= {"DUBAN_CLUE_KEY": CLUE_KEY, "DUBAN_JOURNAL_KEY": JOURNAL_KEY}
    for name, value in there.items():
        monkeypatch.setenv(name, value)
    done = [duban("upgrade"), duban("webhook", "list"), duban("key", "list"), duban("account", "list")]
    done += [duban("journal", "root"), duban("tick", code=0), duban("journal", "verify")]
    monkeypatch.setenv("DUBAN_DATABASE_URL", world.url.replace("postgresql+psycopg", "mysql"))
    done.append(duban("upgrade", code=1))
    monkeypatch.setenv("DUBAN_DATABASE_URL", f"{world.url}:no:address[")
    done.append(duban("upgrade", code=1))
    return "".join(one.stdout + one.stderr + str(one.exception) for one in done)


def test_no_secret_is_logged_or_printed(
    world: Any, receiver: str, post: Post, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    with all_that_is_logged() as heard:
        secrets = story(world, receiver, post)
        trouble(world)
        printed = commands(world, monkeypatch)
    said = heard.getvalue() + printed + "".join(capfd.readouterr()) + repr(world.settings)
    assert "INSERT INTO account_session" in said, "libraries were heard, failures too"
    known = [DATABASE_PASSWORD, CLIENT_SECRET, CLUE_KEY, JOURNAL_KEY, OWN, WRONG, POST_PASSWORD]
    for secret in (*known, *secrets):
        for form in {
            secret,
            quote(secret),
            quote(secret, safe=""),
            base64.b64encode(secret.encode()).decode(),
        }:
            place = said.find(form)
            assert place < 0, f"{secret}: …{said[max(0, place - 300) : place + 80]}…"


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://u:secret-9@h:port/x", "postgresql+psycopg//u:secret-9@h/x"]
)
def test_a_bad_address_of_a_database_is_told_without_its_password(url: str) -> None:
    with pytest.raises(BadSetting) as told:
        connect(url)
    assert "secret-9" not in str(told.value)
    assert told.value.faults[0].place == "DUBAN_DATABASE_URL"
