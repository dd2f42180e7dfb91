"""Schemathesis over every route that the document tells of: what it allows, and what it does not.

No answer is an error of ours, and none has a status, a type, a header or a shape that is not documented. The short form
asks the same each time; `make fuzz` asks more, with other values each time, on both databases.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api_walk import VALUES, every_route

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))  # of each route, key and way; 0: the short form
DATABASES = ["sqlite", "postgresql"] if EXAMPLES else ["sqlite"]
ALLOWED, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
WAYS = [("all", ALLOWED), ("all", WRONG), ("poor", ALLOWED), *([("poor", WRONG)] if EXAMPLES else [])]
CHECKS = [
    *(not_a_server_error, status_code_conformance, content_type_conformance),
    *(response_headers_conformance, response_schema_conformance),
]
THERE = {
    "unit": "A-H1",
    "about": "A-H1",
    "under": "A",
    "owner": "A",
    "requirement": "report",
    "phase": "self-check",
}
THERE |= {
    "template": "standard-four-phase",
    "handler": "A",
    "to": "A",
    "target": "医院覆盖面",
    "day": "2026-11-20",
}
PLAN = settings(
    max_examples=EXAMPLES or 2,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
NO_LIMIT = {f"DUBAN_RATE_{name}": "0" for name in ("REQUESTS", "HEAVY", "REFUSED", "LOGINS")}


@pytest.fixture(scope="module", params=DATABASES)
def world(request: pytest.FixtureRequest, world_of: Any, tmp_path_factory: Any) -> Iterator[Any]:
    with world_of(request, tmp_path_factory.mktemp("fuzz"), **NO_LIMIT) as made:
        made.report = made.owes("A-H1", "report")
        made.at("2026-11-27 10:00")
        made.app.state.house.following.ending.set()  # a stream ends by itself
        made.answered = Counter()
        made.poor = made.key("poor", under="A-H1", campaigns=[1])
        made.document = schemathesis.openapi.from_dict(made.app.openapi())
        yield made


def of_there(value: Any) -> Any:
    """The same about units and requirements that are there, so that more than the first look is tried."""
    if isinstance(value, list):
        return [of_there(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: THERE[name] if name in THERE and isinstance(one, str) else of_there(one)
        for name, one in value.items()
    }


def asked_of(world: Any, case: Any, known: bool, key: Mapping[str, str]) -> Any:
    """The answer to a case; `known`: about things that are there."""
    if known:
        there = {**VALUES, "obligation_id": str(world.report)}
        case.path_parameters = {
            name: there.get(name, one) for name, one in (case.path_parameters or {}).items()
        }
        case.body = of_there(case.body)
        case.query = of_there(case.query)
    wanted = case.as_transport_kwargs(base_url="http://testserver")
    parts = ("method", "url", "headers", "params", "json", "data", "files", "cookies")
    made = requests.Request(**{name: wanted[name] for name in parts if name in wanted}).prepare()
    world.client.cookies.clear()
    headers = {name: value for name, value in made.headers.items() if name.lower() != "content-length"}
    body = made.body.encode() if isinstance(made.body, str) else made.body
    return world.client.request(
        made.method, made.url, headers={**headers, **key}, content=body, follow_redirects=False
    )


def tried(world: Any, operation: Any, key: dict[str, str], mode: GenerationMode) -> list[str]:
    """What is wrong with the answers to one route."""
    wrong: list[str] = []

    @PLAN
    @given(case=operation.as_strategy(generation_mode=mode), known=st.sampled_from([True, True, False]))
    def asked(case: Any, known: bool) -> None:
        try:
            answer = asked_of(world, case, known, key)
        except httpx.InvalidURL:  # longer than any client sends
            return
        world.answered[operation.label, answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failed:
            told = "; ".join(str(one) for one in failed.exceptions)
            wrong.append(
                f"{case.method} {answer.request.url} {answer.status_code}: {told} {answer.text[:200]}"
            )

    with suppress(Unsatisfiable):  # of a route that takes nothing, nothing can be wrong
        (asked if EXAMPLES else seed(1)(asked))()
    return wrong


@pytest.mark.parametrize(("who", "mode"), WAYS)
def test_no_answer_is_an_error_of_ours_or_a_surprise(world: Any, who: str, mode: GenerationMode) -> None:
    operations = [one.ok() for one in world.document.get_all_operations()]
    assert len(operations) >= len(every_route(world))
    wrong = [told for one in operations for told in tried(world, one, getattr(world, who), mode)]
    assert wrong == [], "\n".join([f"{len(wrong)} answers", *wrong[:40]])
    if (who, mode) == ("all", ALLOWED):
        good = {label for label, status in world.answered if status < 300}
        assert len(good) > len(operations) / 4, f"too few were let in to be looked at: {good}"


def test_an_answer_that_is_not_documented_would_be_seen(world: Any) -> None:
    document = json.loads(json.dumps(world.app.openapi()))
    del document["paths"]["/api/v1/templates/{key}"]["get"]["responses"]["404"]
    del document["paths"]["/api/v1/templates/{key}"]["get"]["responses"]["200"]
    operations = (one.ok() for one in schemathesis.openapi.from_dict(document).get_all_operations())
    (one,) = (one for one in operations if one.label == "GET /api/v1/templates/{key}")
    wrong = tried(world, one, world.all, ALLOWED)
    assert wrong
    assert "Undocumented status code" in wrong[0]
