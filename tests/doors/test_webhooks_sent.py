"""Webhooks over a real wire: what a receiver sees, what a hostile one can do, where nobody gets us to call."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from flows import hooks, rounds
from flows.cli import app
from flows.hooks.post import Post
from states import settings
from states.outward import networks
from states.records import published, schema, webhook_secrets, webhook_sending, webhooks
from states.records.journal import note
from states.records.session import Store, store_of
from states.records.webhooks import Wish

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
LOOPBACK = networks("127.0.0.1")
ROOT = Path(__file__).parents[2]


class Receiver(ThreadingHTTPServer):
    """Another system: keeps what it got, answers what `answer` says of the path."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = lambda hand: plain(hand, 204)
        super().__init__(("127.0.0.1", 0), Hand)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/duban"

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.got]


class Hand(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.server.answer(self)

    def log_message(self, *_args: Any) -> None:
        pass


def plain(hand: BaseHTTPRequestHandler, status: int, **headers: str) -> None:
    hand.send_response(status)
    for name, value in headers.items():
        hand.send_header(name, value)
    hand.send_header("Content-Length", "0")
    hand.end_headers()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = store_of(settings.read({"DUBAN_HOME": str(tmp_path)}))
    schema.upgrade(made)
    yield made
    made.close()


def told(store: Store, url: str, number: int = 1) -> str:
    """A webhook and something to tell it; its secret."""
    with store.write() as session:
        made = webhooks.add(session, Wish("示例系统", url), LOOPBACK, NOW, "test")
        for _ in range(number):
            note(session, NOW, "unit.moved", "王示例", before="waiting", after="check")
        return webhook_secrets.opened(session, made).secret


def test_a_receiver_can_verify_what_it_gets(store: Store, receiver: Receiver) -> None:
    secret = told(store, f"{receiver.url}?token=1", 3)
    done = hooks.deliver(store, Post(LOOPBACK).send, NOW, "one", "https://duban.example.org")
    assert (done.sent, done.notes) == (1, [])
    path, headers, body = receiver.got[0]
    assert path == "/duban?token=1"
    assert headers["content-type"] == "application/cloudevents-batch+json; charset=utf-8"
    assert headers["host"] == f"127.0.0.1:{receiver.server_port}"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert len(key) == 32
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert abs(int(headers["webhook-timestamp"]) - NOW.timestamp()) < 5
    assert verified_as_told()(secret, headers, body)
    assert not verified_as_told()(secret, headers, body + b" ")
    events = json.loads(body)
    assert [one["type"] for one in events] == ["duban.unit.moved"] * 3
    assert {one["source"] for one in events} == {"https://duban.example.org"}
    assert "王示例" not in body.decode()


PAGE = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")


def verified_as_told() -> Callable[[str, dict[str, str], bytes], bool]:
    """The receiver's function of docs/events.md, at the time of these tests."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    found: dict[str, Any] = {}
    exec(code, found)
    found["time"] = SimpleNamespace(time=NOW.timestamp)
    return found["verified"]


def test_the_page_tells_of_every_type_and_shows_an_event_as_it_is() -> None:
    assert [one for one in published.SUBJECTS if f"`duban.{one}." not in PAGE] == []
    (shown,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    moved = ("unit.moved", 1, "self_check", "self_check.review", {"move": "submit"}, "510107-H001")
    at = datetime.fromisoformat("2026-11-20T09:12:00+08:00")
    made = published.event(published.Fact(7, at, *moved), 1042, "https://duban.example.org")
    assert json.loads(shown) == made


def test_a_redirect_leads_nowhere(store: Store, receiver: Receiver) -> None:
    receiver.answer = lambda hand: plain(hand, 307, Location=f"{receiver.url}/elsewhere")
    told(store, receiver.url)
    assert hooks.deliver(store, Post(LOOPBACK).send, NOW, "one", "x").sent == 0
    assert [path for path, *_ in receiver.got] == ["/duban"]
    with store.read() as session:
        (one,) = webhooks.deliveries(session, ZoneInfo("UTC"), 1, None, 0, 9)["items"]
    assert one["status"] == 307
    assert "转址" in (one["error"] or "")


def drip(hand: BaseHTTPRequestHandler) -> None:
    """A byte now and then: no single read ever takes too long."""
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 500:
        hand.wfile.write(bytes([byte]))
        hand.wfile.flush()
        time.sleep(0.05)


def silent(_hand: BaseHTTPRequestHandler) -> None:
    time.sleep(1)


def broken(hand: BaseHTTPRequestHandler) -> None:
    hand.wfile.write(b"HTTP/9.9 nonsense\r\n\r\n")


def endless(hand: BaseHTTPRequestHandler) -> None:
    hand.wfile.write(b"HTTP/1.1 200 OK\r\nX-Big: " + b"x" * 1_000_000)


def huge(hand: BaseHTTPRequestHandler) -> None:
    hand.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "said"),
    [(drip, "没有回答"), (silent, "没有回答"), (broken, "连接不成"), (endless, "连接不成"), (huge, "")],
)
def test_a_receiver_that_behaves_badly_costs_a_stated_time_and_no_memory(
    receiver: Receiver, answer: Any, said: str
) -> None:
    def hostile(hand: BaseHTTPRequestHandler) -> None:
        try:
            answer(hand)
        except OSError:
            hand.close_connection = True

    receiver.answer = hostile
    began = time.monotonic()
    got = Post(LOOPBACK, limit=0.4).send(receiver.url, {}, b"[]")
    assert time.monotonic() - began < 3
    assert said in got.detail
    assert got.taken is (answer is huge), "what comes after the head is not waited for"


# -- where nobody gets us to call ---------------------------------------------------------------------


class Resolver:
    """A name server of an attacker: answers each question with what comes next."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, _host: str, _port: int) -> list[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["::ffff:127.0.0.1"], ["169.254.169.254"], ["::1"], []],
)
def test_a_name_that_leads_inside_is_not_called(receiver: Receiver, addresses: list[str]) -> None:
    post = Post((), resolve=Resolver(addresses), limit=0.5)
    answer = post.send(f"https://evil.example.org:{receiver.server_port}/", {}, b"[]")
    assert answer.status is None
    assert ("内部地址" in answer.detail) or not addresses
    assert receiver.got == []


@pytest.mark.parametrize("host", ["evil.example.org", "localhost"])
def test_a_name_that_changes_after_it_was_judged_is_called_where_it_was_judged(
    receiver: Receiver, host: str
) -> None:
    """Rebinding: first a good address, then ours, which is also what the system itself knows of `localhost`. The name
    is asked once, so the second answer is never heard.
    """
    inside = networks("127.0.0.2")
    resolver = Resolver(["127.0.0.2"], ["127.0.0.1"])
    url = f"http://{host}:{receiver.server_port}/"
    answer = Post(inside, resolve=resolver, limit=0.5).send(url, {}, b"[]")
    assert answer.status is None
    assert resolver.asked == 1
    assert receiver.got == [], "127.0.0.1 was never connected to"


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "0x7f.1", "127.1", "localhost", "[::1]"])
def test_however_our_own_address_is_written_it_is_not_called(receiver: Receiver, host: str) -> None:
    for scheme in ("https", "http"):
        answer = Post((), limit=0.5).send(f"{scheme}://{host}:{receiver.server_port}/", {}, b"[]")
        assert answer.status is None, host
    assert receiver.got == []


def test_tls_is_for_the_name_that_was_asked_for(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate is judged by the name, though the connection goes to an address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Receiver()
    server.socket = context.wrap_socket(server.socket, server_side=True)
    address = f":{server.server_port}/duban"
    assert (
        "certificate" in Post(LOOPBACK, limit=2).send(f"https://127.0.0.1{address}", {}, b"[]").detail.lower()
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert Post(LOOPBACK, limit=2).send(f"https://127.0.0.1{address}", {}, b"[]").status == 204
    other = Post(LOOPBACK, resolve=Resolver(["127.0.0.1"]), limit=2)
    assert other.send(f"https://other.example.org{address}", {}, b"[]").status is None
    assert len(server.got) == 1
    server.shutdown()
    server.server_close()


# -- killed -------------------------------------------------------------------------------------------

SENDER = """
import os, signal, sys
from datetime import datetime, UTC
from flows import hooks
from flows.hooks.post import Post
from states.outward import networks
from states import settings
from states.records.session import store_of

store = store_of(settings.read())
post, before = Post(networks("127.0.0.1")), sys.argv[1] == "before"

def send(*message):
    if before:
        os.kill(os.getpid(), signal.SIGKILL)
    post.send(*message)
    os.kill(os.getpid(), signal.SIGKILL)

hooks.deliver(store, send, datetime.fromisoformat(sys.argv[2]), "killed", "x")
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_sender_that_is_killed_leaves_a_message_that_is_sent_again_under_its_id(
    store: Store, receiver: Receiver, moment: str
) -> None:
    told(store, receiver.url, 150)
    words = [sys.executable, "-c", SENDER, moment, NOW.isoformat()]
    home = str(Path(str(store.engine.url.database)).parent)
    there = {**os.environ, "PYTHONPATH": str(ROOT), "DUBAN_HOME": home}
    killed = subprocess.run(words, env=there, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert len(receiver.got) == (moment == "after")
    assert hooks.deliver(store, Post(LOOPBACK).send, NOW + timedelta(minutes=1), "two", "x").sent == 0
    later = NOW + webhook_sending.LEASE + timedelta(minutes=1)
    assert hooks.deliver(store, Post(LOOPBACK).send, later, "two", "x").sent == 2
    ids = receiver.ids()
    assert len(set(ids)) == 2
    assert len(ids) == 2 + (moment == "after")
    bodies = {headers["webhook-id"]: body for _, headers, body in receiver.got}
    assert [len(json.loads(body)) for body in bodies.values()] == [100, 50]
    if moment == "after":
        assert ids[0] == ids[1]
        assert receiver.got[0][2] == receiver.got[1][2], "the same id, the same words"


# -- by command, and with the rounds ------------------------------------------------------------------


def test_from_the_command_line_and_with_the_rounds(
    at_home: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_WEBHOOK_NETWORKS", "127.0.0.0/8")

    def duban(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, list(words))
        assert done.exit_code == code, done.output
        return done.output

    duban("upgrade")
    assert "还没有推送" in duban("webhook", "list")
    made = json.loads(duban("webhook", "add", "示例系统", receiver.url, "--type", "duban.units.*", "--json"))
    assert made["secret"].startswith("whsec_")
    assert "示例系统" in duban("webhook", "add", "示例系统", receiver.url, code=1)
    assert "内部地址" in duban("webhook", "add", "别处", "https://10.0.0.1/", code=1)
    assert "已收下（204）" in duban("webhook", "test", "1")
    receiver.answer = lambda hand: plain(hand, 500)
    assert "500" in duban("webhook", "test", "1", code=1)
    receiver.answer = lambda hand: plain(hand, 204)
    units = at_home / "units.csv"
    units.write_text(
        "单位代码,单位名称,单位类别,上级代码\nR,示例市卫生健康委员会,行政部门,\n", encoding="utf-8"
    )
    duban("units", "import", str(units), "--apply")
    events = json.loads(duban("events", "--json"))
    assert [one["type"] for one in events] == ["duban.units.imported"]
    assert "--after" in duban("events", "--type", "duban.units.*")
    reports = json.loads(duban("tick", "--json"))
    assert next(one["done"] for one in reports if one["job"] == "webhooks") == 1
    assert json.loads(receiver.got[-1][2]) == events
    assert "示例系统" in duban("webhook", "pause", "1", "--reason", "示例")
    assert "已暂停" in duban("webhook", "list")
    duban("webhook", "pause", "1", code=1)
    duban("webhook", "resume", "1")
    assert "没有未能送达" in duban("webhook", "dead", "1")
    duban("webhook", "replay", "1", code=1)
    duban("webhook", "remove", "1")
    assert json.loads(duban("webhook", "list", "--json")) == []
    rounds.store_of.cache_clear()


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, at_home: Path) -> None:
    monkeypatch.setenv("DUBAN_WEBHOOK_NETWORKS", "10.0.0.0/33")
    done = CliRunner().invoke(app, ["webhook", "list"])
    assert done.exit_code != 0
    assert "DUBAN_WEBHOOK_NETWORKS" in done.output


def test_there_is_a_port_free(receiver: Receiver) -> None:
    """Nobody listens: said as such, at once."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        free = bound.getsockname()[1]
    assert "连接不成" in Post(LOOPBACK).send(f"http://127.0.0.1:{free}/", {}, b"[]").detail
