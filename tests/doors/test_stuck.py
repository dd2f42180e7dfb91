"""Which runs are given up, and when; that a real server takes it is shown by the cluster's short form."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from flows import deploying, stuck
from flows.prefect_http import Prefect, Unanswered
from flows.stuck import PENDING_FOR, RETRIED_FOR, Run

NOW = datetime(2026, 12, 3, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


LEASE = timedelta(minutes=10)


def why(state: str, kind: str, since: timedelta, slot: timedelta) -> str:
    return Run("1", "deliver", state, kind, NOW - since, NOW - slot).why(NOW, LEASE)


def test_what_nobody_begins_waits_two_minutes_a_retry_ten_and_what_runs_a_lease() -> None:
    long = timedelta(hours=1)
    for name in ("Pending", "Submitting"):
        assert why(name, "PENDING", PENDING_FOR, long) == ""
        assert "121 秒" in why(name, "PENDING", PENDING_FOR + SECOND, long)
    assert why("AwaitingRetry", "SCHEDULED", long, RETRIED_FOR) == ""
    assert "不再重试" in why("AwaitingRetry", "SCHEDULED", SECOND, RETRIED_FOR + SECOND)
    assert why("Running", "RUNNING", LEASE, long) == ""
    assert "601 秒" in why("Running", "RUNNING", LEASE + SECOND, long)
    assert why("Late", "SCHEDULED", long, long) == "", "it is the worker's to take"


def test_no_run_is_swept_as_fast_as_one_begins_on_a_busy_machine() -> None:
    assert timedelta(seconds=60) <= PENDING_FOR < stuck.RETRIED_FOR
    assert deploying.SILENT_AFTER >= 3 * 30, "three heartbeats"


class Server(http.server.BaseHTTPRequestHandler):
    """Answers every question with what was put in, by a clock of its own."""

    answer = 200
    body: object = None
    heard: list[tuple[str, str | None, object]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        asked = json.loads(self.rfile.read(length))
        self.heard.append((self.path, self.headers["Authorization"], asked))
        self.send_response(self.answer)
        self.end_headers()
        self.wfile.write(json.dumps(self.body).encode())

    def date_time_string(self, timestamp: float | None = None) -> str:
        return "Thu, 03 Dec 2026 09:00:00 GMT"

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    Server.answer, Server.body, Server.heard = 200, None, []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_sweep_goes_by_the_servers_clock_with_its_password_and_leaves_alone_what_is_young(
    port: int,
) -> None:
    rows = [("old", "08:57:59"), ("young", "08:58:01")]
    Server.body = [
        {
            "id": name,
            "name": name,
            "state": {"name": "Pending", "type": "PENDING", "timestamp": f"2026-12-03T{at}Z"},
            "expected_start_time": f"2026-12-03T{at}Z",
        }
        for name, at in rows
    ]
    swept = stuck.sweep(Prefect(f"http://127.0.0.1:{port}/api", "duban:示例"), LEASE)
    assert [one.id for one in swept] == ["old"]
    paths = [path for path, _, _ in Server.heard]
    assert paths == ["/api/flow_runs/filter", "/api/flow_runs/old/set_state"]
    assert {auth for _, auth, _ in Server.heard} == {"Basic ZHViYW4656S65L6L"}
    _, _, asked = Server.heard[0]
    assert asked["deployments"] == {"name": {"any_": ["duban"]}}, "runs of others are not ours to end"


def test_a_server_that_says_no_or_nothing_is_named(port: int) -> None:
    Server.answer = 401
    with pytest.raises(Unanswered, match=f"127.0.0.1:{port}/api 对 flow_runs/filter 答复 401"):
        stuck.sweep(Prefect(f"http://127.0.0.1:{port}/api"), LEASE)
    with pytest.raises(Unanswered, match="没有应答"):
        stuck.sweep(Prefect("http://127.0.0.1:1/api"), LEASE)
