"""Connections that mean no good are ended, and those beside them notice nothing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from flows import guarding, serving

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n"
LARGE = 40 << 20


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Reads everything, tells how much it was; `/large` gives more than anybody holds for it."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    got, more = 0, True
    while more:
        message = await receive()
        got, more = got + len(message.get("body", b"")), message.get("more_body", False)
    pieces = [b"x" * (1 << 20)] * 40 if scope["path"] == "/large" else [str(got).encode()]
    pieces = [scope["client"][0].encode()] if scope["path"] == "/who" else pieces
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


class Served:
    """A server with little patience."""

    def __init__(self) -> None:
        self.up = threading.Event()
        self.bound = serving.listen("127.0.0.1", 0)
        self.server = serving.Server(serving.config_of(app), self.up.set)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.bound]})
        self.thread.start()
        assert self.up.wait(10)

    def open(self, first: bytes = b"") -> socket.socket:
        made = socket.create_connection(self.bound.getsockname()[:2], timeout=10)
        made.sendall(first)
        return made

    def end(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.bound.close()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "TAKEN_SECONDS"):
        monkeypatch.setattr(guarding, name, 1.0)
    monkeypatch.setattr(serving, "TICKS", 1)
    made = Served()
    yield made
    made.end()


def answer(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    said = b""
    try:
        while piece := connection.recv(65_536):
            said += piece
    except ConnectionError:
        pass
    return said


def trickle(connection: socket.socket, piece: bytes, until: float) -> bool:
    """Send a little again and again; whether it was still taken at the end."""
    while time.monotonic() < until:
        try:
            connection.sendall(piece)
        except OSError:
            return False
        time.sleep(0.1)
    return True


def test_heads_and_bodies_that_never_end_are_not_waited_for(served: Served) -> None:
    began = time.monotonic()
    slow, silent = served.open(b"GET / HTTP/1.1\r\nX: "), served.open()
    again = served.open(GET)
    assert again.recv(65_536).startswith(b"HTTP/1.1 200")
    stalled, drop, steady = served.open(POST + b"a"), served.open(POST), served.open(POST)
    dripping = threading.Thread(target=trickle, args=[drop, b"a", began + 2.5])
    dripping.start()
    again.sendall(b"GET / HT")
    assert trickle(steady, b"a" * 150, began + 2.5), "slow, but honest"
    with closing(slow), closing(silent), closing(again), closing(stalled), closing(drop), closing(steady):
        for one in (slow, silent, again):
            assert b"HTTP/1.1 408" in answer(one), one
        assert answer(stalled) == b""
        dripping.join()
        assert answer(drop) == b""
        assert time.monotonic() - began < 6
        with closing(served.open(GET)) as other:
            assert other.recv(65_536).startswith(b"HTTP/1.1 200"), "others are served"


def test_a_head_without_end_is_cut_short(served: Served) -> None:
    with closing(served.open(b"GET / HTTP/1.1\r\n")) as connection:
        try:
            for number in range(20_000):
                connection.sendall(f"X-{number}: {'a' * 100}\r\n".encode())
        except OSError:
            pass
        else:
            pytest.fail("2 MB of headers were taken")
    with closing(served.open(GET.replace(b"\r\n\r\n", b"\r\nX: " + b"a" * 50_000 + b"\r\n\r\n"))) as fine:
        assert fine.recv(65_536).startswith(b"HTTP/1.1 200")


def test_an_answer_that_nobody_takes_is_given_up(served: Served) -> None:
    with closing(served.open(GET.replace(b"/ ", b"/large ", 1))):
        until = time.monotonic() + 8
        while not served.server.server_state.connections:
            time.sleep(0.02)
        while served.server.server_state.connections and time.monotonic() < until:
            time.sleep(0.05)
        assert not served.server.server_state.connections


@pytest.mark.parametrize(
    ("proxies", "claimed", "taken"),
    [
        (None, "198.51.100.7", "198.51.100.7"),
        (None, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("192.0.2.1", "198.51.100.7", "127.0.0.1"),
    ],
)
def test_an_address_is_believed_from_a_proxy_that_is_named_alone(
    monkeypatch: pytest.MonkeyPatch, proxies: str | None, claimed: str, taken: str
) -> None:
    """By itself that is this machine; of several the last, which the proxy saw itself."""
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    if proxies is not None:
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", proxies)
    served = Served()
    asked = f"GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: {claimed}\r\n\r\n"
    with closing(served.open(asked.encode())) as connection:
        assert f"\r\n{taken}\r\n".encode() in answer(connection)
    served.end()


def test_more_connections_than_there_is_room_for_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "CONNECTIONS", 3)
    served = Served()
    with closing(served.open()), closing(served.open()), closing(served.open(GET)) as last:
        assert b" 503 " in last.recv(65_536)
    with closing(served.open(GET)) as again:
        assert again.recv(65_536).startswith(b"HTTP/1.1 200"), "there is room again"
    served.end()
