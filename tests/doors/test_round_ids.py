"""All lines of a round carry one number, in whichever thread they were written, and however the round ended."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows import hooks, local, rounds
from flows.local import LocalClock
from kept_lines import Lines, kept_lines
from states import settings
from states.outward import networks
from states.records import schema, webhooks
from states.records.session import Store, connect
from states.records.webhooks import Wish

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def kept() -> Iterator[Lines]:
    with kept_lines() as lines:
        yield lines


@pytest.fixture
def found(tmp_path: Path) -> settings.Settings:
    made = settings.read({"DUBAN_HOME": str(tmp_path), "DUBAN_WEBHOOK_NETWORKS": "127.0.0.1"})
    store = connect(made.database_url, home=tmp_path)
    schema.upgrade(store)
    store.close()
    return made


def told(store: Store, count: int) -> None:
    """Webhooks with something to be told."""
    with store.write() as session:
        for number in range(count):
            wish = Wish(f"示例{number}", f"http://127.0.0.1:9999/{number}", after=0)
            made = webhooks.add(session, wish, networks("127.0.0.1"), NOW, "test")
            webhooks.try_out(session, made.id, NOW, "test")


def test_threads_of_a_round_write_its_number(
    found: settings.Settings, kept: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = rounds.store_of(found)
    told(store, 3)

    def broken(*_parcel: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(hooks.Post, "send", broken)
    rounds.run("webhooks", found, NOW)
    lines = [one for one in kept if one["logger"] in ("duban.webhooks", "duban.rounds")]
    assert [one["level"] for one in lines] == ["ERROR"] * 3 + ["INFO"]
    assert {one["round"] for one in lines} == {"webhooks"}
    assert len({one["round_id"] for one in lines}) == 1


def test_a_round_that_fails_is_said_once_under_its_number(found: settings.Settings, kept: Lines) -> None:
    log = logging.getLogger("duban.rounds")

    def run(job: str, now: datetime) -> Any:
        log.warning("about to fail")
        raise RuntimeError(f"{job} failed")

    clock = LocalClock(["seal"], run, lambda _job, _slot: True, lambda *_said: None, now=lambda: NOW)
    clock._ticked("seal")
    clock._ticked("seal")
    assert [one["message"] for one in kept] == ["about to fail", "round seal failed"] * 2
    numbers = [one["round_id"] for one in kept]
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]
    assert kept[1]["error"] == "RuntimeError"
    assert local.log.name == kept[1]["logger"]
