"""Whatever goes wrong is told as a problem, in words, and nothing is half done."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from api.app import create_app
from api.problems import STATUSES
from states import settings
from states.errors import BadSetting, Conflict, DubanError, Faulty, NotAllowed, NotFound, Refused


def is_problem(answer: Any, status: int, kind: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:duban:{kind}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert "Traceback" not in answer.text
    return body


def every_error(base: type[DubanError]) -> set[type[DubanError]]:
    return {base}.union(*(every_error(one) for one in base.__subclasses__()))


def test_every_error_class_has_a_status() -> None:
    expected = {DubanError: 500, Refused: 409, Conflict: 409, NotAllowed: 403, NotFound: 404, Faulty: 422}
    assert {one: STATUSES[one][0] for one in expected} == expected
    assert all(any(base in STATUSES for base in one.__mro__) for one in every_error(DubanError))
    assert issubclass(BadSetting, Faulty)


def test_an_address_that_does_not_exist(world: Any) -> None:
    is_problem(world.client.get("/nowhere"), 404, "not-found")
    is_problem(world.get("/nowhere"), 404, "not-found")
    is_problem(world.get("/campaigns/"), 404, "not-found")


def test_a_method_that_does_not_fit(world: Any) -> None:
    answer = world.client.delete("/api/v1/campaigns/1", headers=world.all)
    is_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET"
    is_problem(world.client.post("/api/v1/units/A-H1/status", headers=world.all), 405, "method-not-allowed")


def test_what_is_not_there(world: Any) -> None:
    body = is_problem(world.get("/units/Z/status"), 404, "not-found")
    assert "Z" in body["detail"]
    is_problem(world.get("/campaigns/99"), 404, "not-found")
    is_problem(world.get("/campaigns/99/summary"), 404, "not-found")
    is_problem(world.get("/campaigns/1/units/S"), 404, "not-found")
    is_problem(world.get("/campaigns/1/units/S/moves"), 404, "not-found")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/campaigns/x", "path.campaign_id"),
        ("/campaigns/0", "path.campaign_id"),
        ("/campaigns/-1", "path.campaign_id"),
        ("/campaigns/9999999999", "path.campaign_id"),
        ("/campaigns/1" + "0" * 5000, "path.campaign_id"),
        ("/obligations/-5", "path.obligation_id"),
        ("/obligations/99999999999999999999", "path.obligation_id"),
        ("/obligations/1.5", "path.obligation_id"),
        ("/campaigns/1/units?limit=0", "query.limit"),
        ("/campaigns/1/units?limit=501", "query.limit"),
        ("/campaigns/1/units?limit=ten", "query.limit"),
        ("/campaigns/1/units?cursor=x", "query.cursor"),
        ("/campaigns/1/units?cursor=-1", "query.cursor"),
        ("/campaigns/1/units?cursor=" + "9" * 30, "query.cursor"),
        ("/campaigns/1/units?cursor=", "query.cursor"),
        ("/campaigns/1/units?cursor=%D9%A1", "query.cursor"),
        ("/campaigns/1/units?behind=perhaps", "query.behind"),
        ("/campaigns/1/units?state=lost", "state"),
        ("/campaigns/1/units?kind=castle", "castle"),
        ("/campaigns/1/units?under=Z", "under"),
        ("/campaigns/1/units?q=" + "a" * 10_000, "query.q"),
        ("/campaigns/1/units?stat=closed", "query.stat"),
        ("/campaigns/1?as_of=2026-01-01", "query.as_of"),
        ("/units/A-H1/status?verbose", "query.verbose"),
        ("/campaigns/1/obligations?milestone=-1", "query.milestone"),
        ("/campaigns/1/preview", "query.from"),
    ],
)
def test_a_wrong_request_says_where_it_is_wrong(world: Any, path: str, place: str) -> None:
    body = is_problem(world.get(path), 422, "faulty")
    assert place in [one["place"] for one in body["faults"]]


@pytest.mark.parametrize(
    "where", ["/units/A%00/status", "/campaigns/1/units?q=%00", "/campaigns/1/units/%00"]
)
def test_a_zero_byte_is_no_text(world: Any, where: str) -> None:
    is_problem(world.get(where), 422, "faulty")


@pytest.mark.parametrize(
    ("q", "wanted"),
    [
        ("%", ["A-C1"]),
        ("_", ["A-C1"]),
        ("100%_", ["A-C1"]),
        ("\\", []),
        ("'", []),
        ("' OR 1=1 --", []),
        ('"; DROP TABLE unit; --', []),
        ("\ud7ff\U0001f600", []),
        (" ", []),
    ],
)
def test_signs_in_a_search_mean_themselves(world: Any, q: str, wanted: list[str]) -> None:
    answer = world.get("/campaigns/1/units", params={"q": q})
    assert [one["unit"]["code"] for one in answer.json()["items"]] == wanted


def test_a_choice_that_is_none_is_answered_with_a_chinese_list(world: Any) -> None:
    refusal = world.post(f"/campaigns/1/obligations/{world.owes('A-H1', 'report')}/frobnicate", {})
    is_problem(refusal, 422, "faulty")
    (fault,) = refusal.json()["faults"]
    assert fault["says"].startswith("只能是 submit、")
    assert " or " not in fault["says"]


@pytest.mark.parametrize("code", ["'", "%25", "..", "A-H1%2F..", "é" * 50, "%F0%28%8C%28"])
def test_a_strange_code_is_simply_not_there(world: Any, code: str) -> None:
    assert world.get(f"/units/{code}/status").status_code in (404, 422)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[]", 422),
        (b"null", 422),
        (b'"x"', 422),
        (b"\xff\xfe", 422),
        (b"[" * 100_000, 400),
        (b'{"move": 1}', 422),
        (b'{"move": "suspend", "version": "1x"}', 422),
        (b'{"move": "suspend", "version": ' + b"9" * 400 + b"}", 422),
        (b'{"move": "suspend", "version": ' + b"9" * 5000 + b"}", 400),
        (b'{"move": "suspend", "other": 1}', 422),
        (b'{"move": "sus\\u0000pend"}', 422),
        (b'{"move": "\\ud800"}', 422),
        (b'{"move": "exempt", "reason": "\\u0000"}', 422),
        (b'{"move": "exempt", "reason": "' + b"a" * 5000 + b'"}', 422),
        (b'{"move": "' + b"a" * 2_000_000 + b'"}', 413),
    ],
)
def test_a_body_that_makes_no_sense_is_refused(world: Any, content: bytes, status: int) -> None:
    headers = {**world.all, "Content-Type": "application/json"}
    answer = world.client.post("/api/v1/campaigns/1/units/A-H1/moves", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert world.get("/campaigns/1/units/A-H1/moves").json()["version"] == 1


def test_a_body_without_a_length_is_counted_as_it_comes(world: Any) -> None:
    headers = {**world.all, "Content-Type": "application/json"}
    chunks = (b"a" * 100_000 for _chunk in range(30))
    answer = world.client.post("/api/v1/campaigns/1/units/A-H1/moves", content=chunks, headers=headers)
    is_problem(answer, 413, "too-large")


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_each_kind_of_body_has_its_own_largest_size_and_is_refused_by_what_it_announces(world: Any) -> None:
    obligation = f"/campaigns/1/obligations/{world.owes('A-H1', 'report')}"
    for path, most in (
        (f"{obligation}/submit", 1 << 20),
        ("/letter-forms/x", 2 << 20),
        ("/campaigns/1/ledger/import", 32 << 20),
        ("/campaigns/1/forms/import", 32 << 20),
        (f"{obligation}/submissions", (4 * 50 << 20) + (1 << 20)),
    ):
        for size in (most, most + 1):
            announced = {"Content-Length": str(size), "Content-Type": "text/plain"}
            answer = world.client.post(f"/api/v1{path}", headers={**world.all, **announced}, content=b"x")
            assert (answer.status_code == 413) == (size > most), (path, size, answer.text)


def test_every_fault_of_a_body_is_told_at_once(world: Any) -> None:
    body = is_problem(world.post("/campaigns/1/moves", {"filter": {"kind": 1}, "dry": 1}), 422, "faulty")
    assert {one["place"] for one in body["faults"]} == {"body.move", "body.filter.kind", "body.dry"}


def test_a_database_that_is_not_there_is_503_in_words(world: Any) -> None:
    environment = {"DUBAN_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none"}
    app = create_app(settings.read({**environment, "DUBAN_HOME": str(world.settings.home)}))
    with TestClient(app) as client:
        answer = client.get("/api/v1/units/A-H1/status", headers=world.all)
        body = is_problem(answer, 503, "unavailable")
        assert answer.headers["retry-after"] == "10"
        assert "nobody" not in body["detail"]
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        assert "连不上数据库" in ready.json()["problems"][0]
        assert "duban_database_up 0.0" in client.get("/metrics").text


def test_what_nobody_foresaw_is_a_problem_with_a_number_that_is_in_the_log(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with world.store.write() as session:
        session.execute(sa.text("UPDATE obligation SET status = 'no such status'"))
    body = is_problem(world.get("/campaigns/1/obligations"), 500, "internal")
    assert body["request_id"] in body["detail"]
    assert body["request_id"] in caplog.text
    assert "KeyError" in caplog.text
    assert "KeyError" not in str(body)
