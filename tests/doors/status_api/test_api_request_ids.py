"""Every answer tells the number of its request; the log tells the same, and nothing that is nobody's business."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from kept_lines import Lines, kept_lines

MADE = re.compile("[0-9a-f]{32}")
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def kept() -> Iterator[Lines]:
    with kept_lines() as lines:
        yield lines


def broken(world: Any) -> TestClient:
    """The same application with a route that fails, saying all it should not."""

    def fail(request: Request) -> None:
        raise RuntimeError(f"wang@example.org {request.headers['authorization']}")

    world.app.get("/broken/{name}")(fail)
    return TestClient(world.app)


@pytest.mark.parametrize(
    "path",
    ["/healthz", "/api/v1/units/A-H1/status", "/api/v1/units/Z/status", "/api/v1/campaigns", "/nowhere"],
)
def test_an_answer_tells_the_number_that_was_given_or_made(world: Any, path: str) -> None:
    given = world.client.get(path, headers={**world.all, "X-Request-Id": "mine-17"})
    assert given.headers["x-request-id"] == "mine-17"
    made = [world.client.get(path, headers=world.all) for _ in range(2)]
    numbers = [answer.headers["x-request-id"] for answer in made]
    assert all(map(MADE.fullmatch, numbers))
    assert numbers[0] != numbers[1]
    traced = world.client.get(path, headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    assert traced.headers["x-request-id"] == TRACE
    hostile = world.client.get(path, headers={"X-Request-Id": "a,b<script>"})
    assert MADE.fullmatch(hostile.headers["x-request-id"])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/units/Z/status", 404),
        ("GET", "/api/v1/campaigns?nothing=1", 422),
        ("GET", "/nowhere", 404),
        ("POST", "/api/v1/session", 422),
    ],
)
def test_a_problem_tells_the_number_too(world: Any, method: str, path: str, status: int) -> None:
    answer = world.client.request(method, path, headers={**world.all, "X-Request-Id": "mine-17"})
    assert answer.status_code == status
    assert answer.json()["request_id"] == "mine-17"
    assert answer.headers["x-request-id"] == "mine-17"


def test_a_request_is_one_line_with_its_template_and_no_more(world: Any, kept: Lines) -> None:
    world.get("/units/A-H1/status", headers={"X-Request-Id": "mine-17"})
    (line,) = [one for one in kept if one["logger"] == "duban.request"]
    assert line["request_id"] == "mine-17"
    assert (line["method"], line["route"], line["status"]) == ("GET", "/api/v1/units/{code}/status", 200)
    assert line["seconds"] > 0
    assert "A-H1" not in json.dumps(line)


def test_what_fails_is_logged_under_the_number_that_the_caller_sees(world: Any, kept: Lines) -> None:
    answer = broken(world).get("/broken/王示例", headers=world.all)
    number = answer.json()["request_id"]
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == number
    assert number in answer.json()["detail"]
    failed = next(one for one in kept if one["level"] == "ERROR")
    assert (failed["request_id"], failed["error"]) == (number, "RuntimeError")
    assert "test_api_request_ids.py" in failed["traceback"]
    written = json.dumps(kept, ensure_ascii=False)
    for word in ("王示例", "wang@", world.all["Authorization"].removeprefix("Bearer ")):
        assert word not in written, word


def test_values_of_rows_stand_in_no_line_of_the_log(world: Any, kept: Lines) -> None:
    """A statement that fails would be repeated by its driver with everything that was to be written."""
    from states.records.tables import Contact

    def doubled() -> None:
        with world.store.write() as session:
            for _ in range(2):
                session.add(
                    Contact(unit_id=1, role="liaison", name="王示例双", email="wang.double@example.org")
                )

    world.app.get("/doubled")(doubled)
    assert world.client.get("/doubled").status_code == 500
    written = json.dumps(kept, ensure_ascii=False)
    assert "IntegrityError" in written
    assert "王示例双" not in written
    assert "wang.double" not in written
