"""What Prometheus is told: by every process of itself, by any of them of the record; and that nobody is named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from flows import rounds
from states.records import health
from states.records.board import DEMO_CLOCK

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]
PASSWORD = "ein-langes-Passwort-17"


def figures(client: TestClient) -> Series:
    text = client.get("/metrics").text
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def one(found: Series, name: str, /, **labels: str) -> float:
    return found[f"duban_{name}", tuple(sorted(labels.items()))]


def beat(world: Any, name: str, minutes: int = 0) -> None:
    health.beat(world.store, name, True, "", world.hands.at - timedelta(minutes=minutes), {"sent": 2.0})


def test_requests_are_counted_by_route_and_status_and_timed_by_route(world: Any) -> None:
    for code in ("A-H1", "B-H1", "Z"):
        world.get(f"/units/{code}/status")
    world.client.get("/nowhere")
    world.client.request("BREW", "/nowhere")
    found = figures(world.client)
    status = {"method": "GET", "route": "/api/v1/units/{code}/status"}
    assert one(found, "http_requests_total", **status, status="200") == 2
    assert one(found, "http_requests_total", **status, status="404") == 1
    assert one(found, "http_request_seconds_count", **status) == 3
    assert one(found, "http_requests_total", method="GET", route="(none)", status="404") == 1
    assert one(found, "http_requests_total", method="OTHER", route="(none)", status="404") == 1
    assert one(found, "problems_total", kind="not-found") == 3
    assert one(found, "http_requests_going") == 1, "the scrape itself"
    assert one(found, "build_info", version=world.app.version) == 1


def test_log_ins_are_counted_by_how_they_went(world: Any) -> None:
    body = {"login": "nobody", "password": PASSWORD}
    for _ in range(7):
        world.client.post("/api/v1/session", json=body)
    found = figures(world.client)
    assert one(found, "logins_total", way="password", outcome="refused") == 5
    assert one(found, "logins_total", way="password", outcome="locked") == 2
    assert one(found, "logins_total", way="oidc", outcome="refused") == 0


def test_what_the_rounds_did_is_the_same_in_every_process(world: Any) -> None:
    world.at("2026-11-18 10:00")
    for job in rounds.JOBS:
        rounds.run(job, world.settings, world.hands.at)
    other = TestClient(create_app(world.settings, now=world.hands))
    here, there = figures(world.client), figures(other)
    own = ("duban_http", "duban_problems", "duban_logins", "duban_database_connections", "process_")
    recorded = {key: value for key, value in here.items() if not key[0].startswith(own)}
    assert recorded == {key: value for key, value in there.items() if not key[0].startswith(own)}
    for job in rounds.JOBS:
        assert one(here, "rounds_total", job=job, outcome="ok") == 1
        assert one(here, "rounds_total", job=job, outcome="failed") == 0
        assert one(here, "beat_age_seconds", name=f"round:{job}") == 0
    assert one(here, "unheard") == 0
    assert one(here, "database_bytes") > 0
    assert one(here, "round", name="round:deliver", figure="mail_hours") == 1
    assert one(here, "mails_total", outcome="refused") == 0


def test_lateness_is_a_histogram_over_all_time(world: Any) -> None:
    counts = {("rung_late", "60"): 3.0, ("rung_late", "3600"): 2.0, ("rung_late", "sum"): 4000.0}
    for _ in range(2):
        health.beat(world.store, "round:remind", True, "", world.hands.at, {}, counts)
    found = figures(world.client)
    up_to = {
        bound: one(found, "rung_late_seconds_bucket", le=bound) for bound in ("60", "900", "3600", "+Inf")
    }
    assert up_to == {"60": 6, "900": 6, "3600": 10, "+Inf": 10}
    assert one(found, "rung_late_seconds_sum") == 8000


def test_parts_tell_when_they_spoke_and_a_demonstrations_clock_is_none(world: Any) -> None:
    beat(world, "round:deliver", minutes=2)
    beat(world, DEMO_CLOCK)
    found = figures(world.client)
    assert one(found, "database_up") == 1
    assert one(found, "beat_age_seconds", name="round:deliver") == 120
    assert one(found, "beat_ok", name="round:deliver") == 1
    assert one(found, "round", name="round:deliver", figure="sent") == 2
    assert not any(("name", DEMO_CLOCK) in labels for _name, labels in found)


def test_a_database_that_fails_is_a_figure(world: Any) -> None:
    with world.store.write() as session:
        session.execute(sa.text("ALTER TABLE meter RENAME TO gone"))
    answer = world.client.get("/metrics")
    assert answer.status_code == 200
    assert "duban_database_up 0.0" in answer.text


def test_nobody_is_named_in_figures(world: Any) -> None:
    """After a life with mails, refusals and log-ins no label holds a name, an address, a code, a key, a password."""
    world.client.post("/api/v1/session", json={"login": "wang.shili", "password": PASSWORD})
    for path in ("/units/A-H1/status", "/units/wang@example.org/status", "/campaigns/1/obligations"):
        world.get(path)
    world.client.get("/王示例/13900000000?key=duban_secret")
    world.at("2026-11-18 10:00")
    for job in rounds.JOBS:
        rounds.run(job, world.settings, world.hands.at)
    text = world.client.get("/metrics").text
    secret = world.all["Authorization"].removeprefix("Bearer ")
    for word in ("王示例", "example.org", "wang", PASSWORD, "A-H1", "13900000000", "示例", secret):
        assert word not in text, word


@pytest.mark.parametrize("ending", ["ok", "failed"])
def test_a_backup_that_was_noted_is_known(world: Any, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from flows.cli import app

    monkeypatch.setenv("DUBAN_HOME", str(world.settings.home))
    monkeypatch.setenv("DUBAN_DATABASE_URL", world.url)
    words = ["backup-made"] if ending == "ok" else ["backup-made", "--failed", "磁盘已满"]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert one(figures(world.client), "beat_ok", name="backup") == (ending == "ok")
