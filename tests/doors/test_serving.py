"""A service that is told to end ends, whatever it is doing at that moment."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from flows import serving

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
