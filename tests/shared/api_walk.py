"""A request to every route of the API that is sound apart from who asks. A new route needs its entry here."""

from __future__ import annotations

from typing import Any

from api import rights
from states.records.roles import Act

VALUES = {
    "campaign_id": "1",
    "code": "A-H1",
    "obligation_id": "16777220",
    "act": "submit",
    "change_id": "1",
    "no": "1",
    "clue_id": "1",
    "kind": "ranking",
    "proposal_id": "1",
    "letter_id": "1",
    "version": "1",
    "number": "1",
    "file": "1",
    "hook_id": "1",
    "key": "standard-four-phase",
    "account_id": "1",
    "name": "约谈通知书",
}
BODIES: dict[str, Any] = {
    "/api/v1/campaigns": {"template": "standard-four-phase", "start": "2026-11-02"},
    "/api/v1/campaigns/{campaign_id}/moves": {"move": "suspend", "filter": {"all": True}},
    "/api/v1/campaigns/{campaign_id}/units/{code}/moves": {"move": "suspend"},
    "/api/v1/campaigns/{campaign_id}/campaign-moves": {"move": "suspend"},
    "/api/v1/campaigns/{campaign_id}/obligations/{obligation_id}/{act}": {},
    "/api/v1/campaigns/{campaign_id}/obligations/{obligation_id}/submissions": {"not": "a form"},
    "/api/v1/campaigns/{campaign_id}/events": {"event": "收到转办"},
    "/api/v1/campaigns/{campaign_id}/dates": {"set": {"report.due": "2026年11月24日"}},
    "/api/v1/campaigns/{campaign_id}/phases/{key}/open": {},
    "/api/v1/campaigns/{campaign_id}/windows": {
        "phase": "self-check",
        "under": "A",
        "until": "2026-12-15",
        "reason": "示例",
    },
    "/api/v1/campaigns/{campaign_id}/children": {"owner": "A"},
    "/api/v1/campaigns/{campaign_id}/changes-above/{change_id}/accept": {},
    "/api/v1/campaigns/{campaign_id}/changes-above/{change_id}/decline": {"reason": "示例"},
    "/api/v1/campaigns/{campaign_id}/renewal": {"text": "key: x"},
    "/api/v1/campaigns/{campaign_id}/renewal/units": {"text": "key: x"},
}
PROBLEM = {"unit": "S", "project": "示例", "problem": "问题", "measures": ["改"], "found_by": "self"}
LEDGER = "/api/v1/campaigns/{campaign_id}/ledger"
BODIES |= {
    LEDGER: {"items": [PROBLEM]},
    f"{LEDGER}/import": {"not": "a file"},
    f"{LEDGER}/moves": {"move": "start", "filter": {"all": True}},
    f"{LEDGER}/{{no}}/moves": {"move": "start"},
    f"{LEDGER}/{{no}}/handover": {"to": "示例机关"},
}
CLUES = "/api/v1/campaigns/{campaign_id}/clues"
BODIES |= {
    CLUES: {"channel": "web", "grade": "conduct", "text": "示例", "about": "A-H1"},
    f"{CLUES}/{{clue_id}}/moves": {"move": "take"},
    f"{CLUES}/{{clue_id}}/informant": {"reason": "示例"},
}
CAMPAIGN = "/api/v1/campaigns/{campaign_id}"
EVENT = {"unit": "A-H1", "requirement": "report", "day": "2026-11-02", "says": "示例"}
BODIES |= {
    f"{CAMPAIGN}/obligations/{{obligation_id}}/figures": {"figures": {}},
    f"{CAMPAIGN}/forms/import": {"not": "a file"},
    f"{CAMPAIGN}/quotas/events": {"items": [EVENT]},
    f"{CAMPAIGN}/quotas/events/{{number}}/withdraw": {"reason": "示例"},
    f"{CAMPAIGN}/coverage/reached": {"items": [{"unit": "A-H1", "day": "2026-11-02"}]},
    f"{CAMPAIGN}/coverage/reached/withdraw": {"unit": "A-H1", "day": "2026-11-02", "reason": "示例"},
    f"{CAMPAIGN}/draws": {"sampling": "示例"},
}
OWN = "/api/v1/campaigns/{campaign_id}"
BODIES |= {
    f"{OWN}/extensions": {"obligation": 1, "until": "+3wd", "reason": "示例"},
    f"{OWN}/obligations/{{obligation_id}}/extensions": {"not": "a form"},
    f"{OWN}/extensions/{{number}}/decide": {"grant": True},
    f"{OWN}/proposals/{{proposal_id}}/confirm": {"person": "王示例", "reason": "示例"},
    f"{OWN}/proposals/decide": {
        "confirm": True,
        "person": "王示例",
        "reason": "示例",
        "filter": {"all": True},
    },
    f"{OWN}/proposals/{{proposal_id}}/dismiss": {"person": "王示例", "reason": "示例"},
    f"{OWN}/letters/{{letter_id}}/receipt": {"person": "李示例"},
    f"{OWN}/extend": {"by": "3wd", "after": "2026-11-03", "reason": "示例"},
    f"{OWN}/silences": {"until": "2026-11-05", "reason": "示例"},
    f"{OWN}/silences/{{number}}/end": {"reason": "示例"},
    "/api/v1/contacts/hand-over": {"before": "a@example.org", "email": "b@example.org", "name": "李示例"},
}
SESSION = "/api/v1/session"
ACCOUNT = "/api/v1/accounts/{account_id}"
GRANT = {"role": "liaison", "campaign": 1, "under": "A-H1"}
BODIES |= {
    SESSION: {"login": "nobody", "password": "wrong"},
    f"{SESSION}/end": {},
    f"{SESSION}/grant": {"grant": 1},
    f"{SESSION}/password": {"before": "wrong", "password": "wrong"},
    "/api/v1/accounts": {"login": "new", "name": "李示例", "grant": GRANT},
    f"{ACCOUNT}/grants": GRANT,
    f"{ACCOUNT}/link": {"email": "a@example.org"},
}
BODIES |= {
    f"{ACCOUNT}/{act}": {} for act in ("reset", "disable", "enable", "sessions/end", "grants/{number}/revoke")
}
HOOKS = "/api/v1/webhooks"
BODIES |= {
    HOOKS: {"name": "示例系统", "url": "https://example.org/duban"},
    f"{HOOKS}/{{hook_id}}": None,
    f"{HOOKS}/{{hook_id}}/pause": {"reason": "示例"},
    f"{HOOKS}/{{hook_id}}/resume": {},
    f"{HOOKS}/{{hook_id}}/test": {},
    f"{HOOKS}/{{hook_id}}/replay": {},
    "/api/v1/letter-forms/{name}": {"not": "a form"},
}
QUERIES = {
    f"{CAMPAIGN}/forms/export": {"requirement": "report"},
    f"{CAMPAIGN}/forms/import": {"requirement": "report", "filename": "报表.xlsx"},
    f"{CAMPAIGN}/coverage/units": {"target": "医院覆盖面"},
    "/api/v1/campaigns/{campaign_id}/preview": {"from": "2026-11-02", "to": "2026-11-03"},
    f"{LEDGER}/import": {"filename": "台账.xlsx"},
}
WHERE_SENT = {"/api/v1/letter-forms/{name}": {"filename": "约谈通知书.docx"}}  # only with what is posted


def every_route(world: Any) -> list[tuple[str, str]]:
    """Method and path of each route of the API, as the application documents itself."""
    paths = world.app.openapi()["paths"]
    found = [(method, path) for path, methods in paths.items() for method in methods]
    return [(method, path) for method, path in found if path.startswith("/api/")]


def needed(method: str, path: str) -> tuple[Act, ...]:
    return rights.ROUTES.get((method.upper(), path), ())


def ask(
    world: Any, method: str, path: str, key: dict[str, str] | None, sent: dict[str, Any] | None = None
) -> Any:
    """A request that is sound apart from its key; `sent`: what it carries where that is not JSON."""
    address = path.format(**{**VALUES, "obligation_id": world.report})
    carried = sent or {"json": BODIES[path] if method != "get" else None}
    asked = {"get": QUERIES, "delete": {}}.get(method, {**QUERIES, **WHERE_SENT}).get(path)
    return world.client.request(method, address, headers=key or {}, params=asked, **carried)
