"""A service that is told to end ends, whatever it is doing at that moment."""

from __future__ import annotations

import signal
import socket
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from flows import serving
from states import clock
from states.records import access, schema
from states.records.session import connect

LOADED = """
import signal

async def app(scope, receive, send):
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})

def slow():
    signal.raise_signal(signal.SIGNAL)
    return app

def quick():
    return app
"""
SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"]


def factories(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The module with `slow`, told to end by this signal while it loads, and `quick`."""
    (folder / f"loaded_{name.lower()}.py").write_text(LOADED.replace("SIGNAL", name), encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    return f"loaded_{name.lower()}"


@pytest.mark.parametrize("name", SIGNALS)
def test_told_to_end_while_it_loads_it_never_comes_up(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "APP", f"{factories(name, tmp_path, monkeypatch)}:slow")
    before = signal.getsignal(signal.SIGTERM)
    up: list[str] = []
    serving.serve(serving.listen("127.0.0.1", 0), lambda: up.append("up"))
    assert up == []
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("name", SIGNALS)
def test_told_to_end_as_it_comes_up_it_ends(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "APP", f"{factories(name, tmp_path, monkeypatch)}:quick")
    serving.serve(serving.listen("127.0.0.1", 0), lambda: signal.raise_signal(getattr(signal, name)))


def test_told_to_end_it_does_not_wait_for_those_who_follow_the_changes(
    at_home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A stream never ends by itself: it is ended, and its reader is told so properly."""
    with closing(connect(f"sqlite:///{at_home / 'duban.db'}")) as store:
        schema.upgrade(store)
        with store.write() as session:
            token = access.create(session, "示例", clock.now())
    bound = serving.listen("127.0.0.1", 0)
    asked = f"GET /api/v1/changes/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    told = bytearray()
    ended = [0.0, 0.0]

    def follow() -> None:
        with socket.create_connection(bound.getsockname(), 10) as wire:
            wire.sendall(asked.encode())
            while b"event-stream" not in told:
                told.extend(wire.recv(4096))
            ended[0] = clock.elapsed()
            signal.raise_signal(signal.SIGTERM)
            while more := wire.recv(4096):
                told.extend(more)
            ended[1] = clock.elapsed()

    reader = Thread(target=follow)
    serving.serve(bound, reader.start)
    reader.join(10)
    assert told.endswith(b"0\r\n\r\n"), "the last chunk"
    assert ended[1] - ended[0] < serving.PATIENCE / 2
    assert "Cancel" not in capfd.readouterr().err


def test_an_idle_connection_is_kept_for_longer_than_a_proxy_keeps_it() -> None:
    """The side that closes first never loses a question; a proxy that keeps its end for a minute must be that side."""
    assert serving.config_of(serving.APP, factory=True).timeout_keep_alive > 60
