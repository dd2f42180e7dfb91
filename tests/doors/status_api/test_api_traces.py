"""Spans of requests, rounds and mails reach a collector over HTTP; without one nothing of it is loaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from loopback import served
from otlp_receiver import Collector
from smtp_servers import Post
from states.records import access
from states.records.foretell import run_through
from states.records.outbox import MailHours
from states.records.session import connect

ZONE = ZoneInfo("Asia/Shanghai")
HOURS = MailHours(ZONE, time(9), time(17, 30))
STARTED = datetime(2026, 11, 2, 9, tzinfo=ZONE).astimezone(UTC)
TRACE, ABOVE = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SERVER, CLIENT, ERROR = 2, 3, 2
LIFE = f"""
import os, sys
from datetime import datetime
from fastapi.testclient import TestClient
from api.app import create_app
from flows import rounds
from states.settings import read

settings = read()
now = datetime.fromisoformat("2026-11-19T10:00:00+08:00")
with TestClient(create_app(settings, now=lambda: now)) as client:
    key = {{"Authorization": "Bearer " + os.environ["KEY"]}}
    client.get("/api/v1/units/A-H1/status", headers={{**key, "traceparent": "00-{TRACE}-{ABOVE}-01"}})
    client.get("/api/v1/units/Z/status", headers={{**key, "X-Request-Id": "mine-17"}})
    for job in rounds.JOBS:
        rounds.run(job, settings, now)
print(sum(name.startswith("opentelemetry.sdk") for name in sys.modules))
"""


@pytest.fixture
def home(populated_file: Path, tmp_path: Path) -> Path:
    """Up to the morning on which the first reminder is due."""
    store = connect(f"sqlite:///{shutil.copy(populated_file, tmp_path / 'duban.db')}")
    run_through(store, STARTED, datetime(2026, 11, 18, 18, tzinfo=ZONE), HOURS)
    store.close()
    return tmp_path


def live(home: Path, **more: str) -> str:
    """One process: two requests, every round. What it prints, and its errors."""
    store = connect(f"sqlite:///{home / 'duban.db'}")
    with store.write() as session:
        token = access.create(session, "trace", STARTED)
    store.close()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DUBAN_", "OTEL_"))}
    environment = {**kept, "DUBAN_HOME": str(home), "KEY": token, "NO_PROXY": "127.0.0.1", **more}
    command = [sys.executable, "-c", LIFE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (home / "told").write_text(token)
    return done.stdout


def test_a_collector_gets_requests_rounds_and_mails_and_learns_of_nobody(home: Path, post: Post) -> None:
    collector = Collector()
    post.refused["liaison.b-h1@example.org"] = "550 5.1.1 no such user wang.secret@example.org"
    with served(post) as port:
        smtp = {"DUBAN_SMTP_URL": f"smtp://127.0.0.1:{port}", "DUBAN_MAIL_FROM": "duban@example.org"}
        assert live(home, **smtp, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint).strip() != "0"
    collector.shutdown()
    assert post.mails
    assert collector.services == {"duban"}
    _requests(collector)
    _rounds(collector, len(post.mails), port)
    key = (home / "told").read_text()
    for word in ("示例", "example.org", "liaison", "A-H1", "B-H1", "no such user", key, str(home)):
        assert word.encode() not in collector.raw, word


def _requests(collector: Collector) -> None:
    traced, other = (one for one in collector.spans if one.name == "GET /api/v1/units/{code}/status")
    assert (traced.trace, traced.parent, traced.kind) == (TRACE, ABOVE, SERVER)
    assert traced.about["http.route"] == "/api/v1/units/{code}/status"
    assert traced.about["http.response.status_code"] == 200
    assert traced.about["duban.request.id"] == TRACE
    assert other.parent == ""
    assert (other.about["duban.request.id"], other.about["http.response.status_code"]) == ("mine-17", 404)


def _rounds(collector: Collector, mails: int, port: int) -> None:
    rounds = {one.name: one for one in collector.spans if one.name.startswith("round ")}
    assert len(rounds) == 7
    assert len({one.about["duban.round.id"] for one in rounds.values()}) == 7
    assert rounds["round deliver"].about["duban.done"] == mails
    sent = [one for one in collector.spans if one.name == "mail"]
    assert {one.parent for one in sent} == {rounds["round deliver"].number}
    assert {(one.kind, one.about["server.port"]) for one in sent} == {(CLIENT, port)}
    assert [one.about["duban.outcome"] for one in sent].count("sent") == mails
    (refused,) = (one for one in sent if one.about["duban.outcome"] == "permanent")
    assert refused.status == (ERROR, "refused")
    assert 0 < sum(one.seconds for one in sent) <= rounds["round deliver"].seconds


def test_without_an_endpoint_nothing_of_it_is_loaded(home: Path) -> None:
    assert live(home).strip() == "0"


def test_an_endpoint_without_the_extra_is_said_in_one_line(tmp_path: Path, monkeypatch: Any) -> None:
    from states import tracing
    from states.errors import BadSetting

    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(BadSetting, match=r"duban\[otel\]"):
        tracing.begin("http://127.0.0.1:9/v1/traces")
