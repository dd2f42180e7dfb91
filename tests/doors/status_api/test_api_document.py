"""What the API says of itself is what it does, and it says it without asking anybody outside."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import TypeAdapter

from states.records.core import milestone

OUTSIDE = re.compile(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", re.IGNORECASE)
PATHS = {
    "/api/v1/units/{code}/status",
    "/api/v1/campaigns",
    "/api/v1/campaigns/{campaign_id}",
    "/api/v1/campaigns/{campaign_id}/summary",
    "/api/v1/campaigns/{campaign_id}/units",
    "/api/v1/campaigns/{campaign_id}/units/{code}",
    "/api/v1/campaigns/{campaign_id}/units/{code}/moves",
    "/api/v1/campaigns/{campaign_id}/moves",
    "/api/v1/campaigns/{campaign_id}/campaign-moves",
    "/api/v1/campaigns/{campaign_id}/obligations",
    "/api/v1/campaigns/{campaign_id}/obligations/{obligation_id}/{act}",
    "/api/v1/obligations/{obligation_id}",
    "/api/v1/campaigns/{campaign_id}/preview",
    "/api/v1/campaigns/{campaign_id}/proposals",
    "/api/v1/campaigns/{campaign_id}/proposals/{proposal_id}/confirm",
    "/api/v1/campaigns/{campaign_id}/proposals/{proposal_id}/dismiss",
    "/api/v1/campaigns/{campaign_id}/letters",
    "/api/v1/campaigns/{campaign_id}/letters/{letter_id}",
    "/api/v1/campaigns/{campaign_id}/letters/{letter_id}/receipt",
    "/api/v1/campaigns/{campaign_id}/ledger",
    "/api/v1/campaigns/{campaign_id}/events",
    "/api/v1/campaigns/{campaign_id}/dates",
    "/api/v1/campaigns/{campaign_id}/children",
    "/api/v1/campaigns/{campaign_id}/renewal",
    "/api/v1/campaigns/{campaign_id}/windows",
    "/api/v1/templates",
    "/api/v1/templates/{key}",
}

V1 = "/api/v1/campaigns/{campaign_id}"
# These need a world of their own; every answer that a test gets is held against its documented shape.
WITH_THEIR_OWN = {
    f"{V1}/ledger",
    f"{V1}/ledger/import",
    f"{V1}/proposals/{{proposal_id}}/confirm",
    f"{V1}/proposals/{{proposal_id}}/dismiss",
    f"{V1}/proposals/decide",
    f"{V1}/letters/{{letter_id}}/receipt",
    f"{V1}/ledger/moves",
    f"{V1}/ledger/{{no}}/moves",
    f"{V1}/ledger/{{no}}/handover",
    f"{V1}/clues",
    f"{V1}/clues/{{clue_id}}/moves",
    f"{V1}/clues/{{clue_id}}/informant",
    f"{V1}/obligations/{{obligation_id}}/submissions",
    f"{V1}/obligations/{{obligation_id}}/figures",
    f"{V1}/forms/import",
    f"{V1}/quotas/events",
    f"{V1}/quotas/events/{{number}}/withdraw",
    f"{V1}/coverage/reached",
    f"{V1}/coverage/reached/withdraw",
    f"{V1}/draws",
    f"{V1}/dates",
    f"{V1}/children",
    f"{V1}/changes-above/{{change_id}}/accept",
    f"{V1}/changes-above/{{change_id}}/decline",
    f"{V1}/phases/{{key}}/open",
    f"{V1}/renewal",
    f"{V1}/renewal/units",
    f"{V1}/windows",
    f"{V1}/extensions",
    f"{V1}/obligations/{{obligation_id}}/extensions",
    f"{V1}/extensions/{{number}}/decide",
    f"{V1}/extend",
    f"{V1}/silences",
    f"{V1}/silences/{{number}}/end",
    "/api/v1/contacts/hand-over",
    "/api/v1/letter-forms/{name}",
    *(f"/api/v1/session{act}" for act in ("", "/end", "/grant", "/password")),
    "/api/v1/accounts",
    *(
        f"/api/v1/accounts/{{account_id}}/{act}"
        for act in ("grants", "grants/{number}/revoke", "sessions/end")
    ),
    *(f"/api/v1/accounts/{{account_id}}/{act}" for act in ("reset", "disable", "enable", "link")),
    "/api/v1/webhooks",
    "/api/v1/webhooks/{hook_id}/pause",
    "/api/v1/webhooks/{hook_id}/resume",
    "/api/v1/webhooks/{hook_id}/test",
    "/api/v1/webhooks/{hook_id}/replay",
}
FOR_ADMINISTRATORS = {f"/api/v1/accounts{one}" for one in ("", "/{account_id}", "/{account_id}/sessions")}


# What a read of each path asks for; `key` is the obligation that `lived` hands in.
READ = {
    "/api/v1/units/{code}/status": "/units/A-H1/status",
    "/api/v1/campaigns": "/campaigns",
    V1: "/campaigns/1",
    f"{V1}/summary": "/campaigns/1/summary",
    f"{V1}/units": "/campaigns/1/units",
    f"{V1}/units/{{code}}": "/campaigns/1/units/B-H1",
    f"{V1}/units/{{code}}/moves": "/campaigns/1/units/A-H1/moves",
    f"{V1}/campaign-moves": "/campaigns/1/campaign-moves",
    f"{V1}/obligations": "/campaigns/1/obligations",
    "/api/v1/obligations/{obligation_id}": "/obligations/{key}",
    f"{V1}/preview": "/campaigns/1/preview?from=2026-11-27&to=2026-12-31",
    f"{V1}/proposals": "/campaigns/1/proposals",
    f"{V1}/ledger": "/campaigns/1/ledger",
    f"{V1}/letters": "/campaigns/1/letters",
    f"{V1}/letters/{{letter_id}}": "/campaigns/1/letters/1",
    f"{V1}/ledger/figures": "/campaigns/1/ledger/figures",
    f"{V1}/ledger/{{no}}": "/campaigns/1/ledger/1",
    f"{V1}/clues": "/campaigns/1/clues",
    f"{V1}/clues/{{clue_id}}": "/campaigns/1/clues/1",
    f"{V1}/clues/figures": "/campaigns/1/clues/figures",
    f"{V1}/obligations/{{obligation_id}}/figures": "/campaigns/1/obligations/{key}/figures",
    f"{V1}/obligations/{{obligation_id}}/events": "/campaigns/1/obligations/{key}/events",
    f"{V1}/reporting": "/campaigns/1/reporting",
    f"{V1}/forms/sums": "/campaigns/1/forms/sums",
    f"{V1}/quotas": "/campaigns/1/quotas",
    f"{V1}/coverage": "/campaigns/1/coverage",
    f"{V1}/coverage/units": "/campaigns/1/coverage/units?target=医院覆盖面",
    f"{V1}/draws": "/campaigns/1/draws",
    f"{V1}/events": "/campaigns/1/events",
    f"{V1}/children": "/campaigns/1/children",
    f"{V1}/changes-above": "/campaigns/1/changes-above",
    f"{V1}/windows": "/campaigns/1/windows",
    f"{V1}/extensions": "/campaigns/1/extensions",
    f"{V1}/silences": "/campaigns/1/silences",
    "/api/v1/changes": "/changes",
    "/api/v1/webhooks": "/webhooks",
    "/api/v1/webhooks/{hook_id}": "/webhooks/1",
    "/api/v1/webhooks/{hook_id}/deliveries": "/webhooks/1/deliveries",
    "/api/v1/templates": "/templates",
    "/api/v1/session": "/session",
    "/api/v1/letter-forms": "/letter-forms",
    "/api/v1/templates/{key}": "/templates/standard-four-phase",
}
FILES = {
    *(f"/api/v1/session/oidc{one}" for one in ("", "/callback")),
    f"{V1}/ledger/export",
    f"{V1}/papers/{{kind}}",
    f"{V1}/forms/export",
    f"{V1}/letters/{{letter_id}}/file",
    "/api/v1/letter-forms/{name}",
    "/api/v1/changes/stream",
    "/api/v1/obligations/{obligation_id}/submissions/{version}/files/{number}",
    f"{V1}/extensions/{{number}}/files/{{file}}",
}


def routes(routes_of: Any) -> Any:
    """All routes, those of included routers too."""
    for one in routes_of:
        if hasattr(one, "response_model"):
            yield one
        elif hasattr(one, "original_router"):
            yield from routes(one.original_router.routes)


def test_the_document_holds_every_path_of_the_contract(world: Any) -> None:
    document = world.client.get("/openapi.json").json()
    assert set(document["paths"]) >= PATHS | {"/healthz", "/readyz", "/metrics"}


def test_every_operation_has_a_typed_answer_and_its_problems(world: Any) -> None:
    document = world.client.get("/openapi.json").json()
    for path in PATHS:
        for method, operation in document["paths"][path].items():
            answers = operation["responses"]
            good = [answers[status] for status in answers if status in ("200", "201")]
            shapes = [one["content"]["application/json"]["schema"] for one in good]
            assert all("$ref" in each for one in shapes for each in one.get("anyOf", [one])), path
            refused = {"401", "403", "404", "422", "503"} | ({"409"} if method == "post" else {"304"})
            assert refused <= set(answers), (path, refused - set(answers))
            assert "$ref" in answers["403"]["content"]["application/problem+json"]["schema"]
            assert operation["security"] == [{"key": []}]
            assert operation["summary"]


def test_every_reference_of_the_document_leads_somewhere(world: Any) -> None:
    document = world.client.get("/openapi.json").json()
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', world.client.get("/openapi.json").text))
    assert names <= set(document["components"]["schemas"])


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_the_documentation_asks_no_other_host(world: Any, path: str) -> None:
    answer = world.client.get(path)
    assert answer.status_code == 200
    assert OUTSIDE.findall(answer.text) == []


def test_what_the_documentation_loads_is_served_here_and_loads_nothing_else(world: Any) -> None:
    page = world.client.get("/docs").text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(loaded) >= 3
    for one in loaded:
        answer = world.client.get(one)
        assert answer.status_code == 200, one
        if one.endswith(".css"):
            assert not re.search(r"url\(\s*['\"]?(?:https?:)?//", answer.text)


@pytest.fixture
def lived(world: Any) -> Any:
    """The world after a report, a clue and a decision; `key`: what was reported."""
    world.at("2026-11-27 10:00")
    world.hand_in("A-H1", "report")
    with world.store.write() as session:
        session.execute(sa.update(milestone).values(event="收到转办"))
    clue = {"channel": "web", "grade": "conduct", "text": "收费不公示", "about": "A-H1"}
    assert world.post("/campaigns/1/clues", clue).status_code == 201
    hook = {"name": "示例系统", "url": "https://example.org/duban"}
    assert world.post("/webhooks", hook).status_code == 201
    waiting = world.get("/campaigns/1/proposals", params={"state": "proposed"}).json()["items"][0]["id"]
    decision = {"person": "王示例", "reason": "没有回音"}
    assert world.post(f"/campaigns/1/proposals/{waiting}/confirm", decision).status_code == 200
    return world


def test_every_read_answers_in_exactly_the_shape_that_is_documented(lived: Any) -> None:
    shapes, key = shapes_of(lived, "GET"), lived.owes("A-H1", "report")
    assert set(READ) | FILES | FOR_ADMINISTRATORS == set(shapes), "a file has no shape"
    for path, address in READ.items():
        answer = lived.get(address.format(key=key))
        assert answer.status_code == 200, answer.text
        shapes[path].validate_json(answer.content)


def test_every_act_answers_in_exactly_the_shape_that_is_documented(lived: Any) -> None:
    shapes, key = shapes_of(lived, "POST"), lived.owes("A-H1", "report")
    posted = {
        f"{V1}/units/{{code}}/moves": ("/campaigns/1/units/A-H1/moves", {"move": "suspend"}),
        f"{V1}/moves": ("/campaigns/1/moves", {"move": "suspend", "filter": {"all": True}}),
        f"{V1}/obligations/{{obligation_id}}/{{act}}": (f"/campaigns/1/obligations/{key}/accept", {}),
        f"{V1}/campaign-moves": ("/campaigns/1/campaign-moves", {"move": "suspend"}),
        f"{V1}/events": ("/campaigns/1/events", {"event": "收到转办"}),
        "/api/v1/campaigns": ("/campaigns", {"text": lived.template, "start": "2026-11-27", "past": "keep"}),
    }
    assert set(posted) | WITH_THEIR_OWN == set(shapes)
    for path, (address, body) in posted.items():
        answer = lived.post(address, body)
        assert answer.status_code in (200, 201), answer.text
        shapes[path].validate_json(answer.content)


def shapes_of(world: Any, wanted: str) -> dict[str, TypeAdapter[Any]]:
    """What each path of the API answers to the method `wanted`."""
    found = [(path, model) for path, method, model in _models(world) if method == wanted]
    return {path: TypeAdapter(model) for path, model in found if path.startswith("/api/")}


def _models(world: Any) -> Any:
    for one in routes(world.app.routes):
        for method in one.methods:
            yield one.path_format, method, one.response_model


def test_a_tag_is_given_on_every_read_and_honoured(world: Any) -> None:
    for address in ("/campaigns", "/campaigns/1", "/campaigns/1/summary", "/campaigns/1/units", "/templates"):
        first = world.get(address)
        assert first.headers["etag"].startswith('W/"')
        for given in (first.headers["etag"], f'"x", {first.headers["etag"]}', "*"):
            again = world.get(address, headers={"If-None-Match": given})
            assert (again.status_code, again.content) == (304, b""), address
        assert world.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
