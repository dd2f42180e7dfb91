"""What a request weighs: the two that other systems make all day, those that work long, and all others."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.requests import Request

from api.rights import V1, C
from api.throttle import Throttle
from states.records.asker import Scope

QUICK = frozenset({("GET", f"{V1}/units/{{code}}/status"), ("POST", f"{C}/units/{{code}}/moves")})
HEAVY = frozenset(
    {
        ("GET", f"{C}/preview"),
        ("GET", f"{C}/forms/sums"),
        ("GET", f"{C}/forms/export"),
        ("GET", f"{C}/ledger/export"),
        ("GET", f"{C}/papers/{{kind}}"),
        ("GET", f"{C}/letters/{{letter_id}}/file"),
        ("POST", f"{C}/moves"),
        ("POST", f"{C}/ledger/moves"),
        ("POST", f"{C}/ledger/import"),
        ("POST", f"{C}/forms/import"),
        ("POST", f"{C}/proposals/decide"),
        ("POST", f"{C}/draws"),
        ("POST", f"{C}/windows"),
        ("POST", f"{C}/extensions"),
        ("POST", f"{C}/extensions/{{number}}/decide"),
        ("POST", f"{C}/extend"),
        ("POST", f"{C}/silences"),
        ("POST", f"{C}/children"),
        ("POST", f"{C}/renewal"),
        ("POST", f"{C}/renewal/units"),
        ("POST", f"{C}/changes-above/{{change_id}}/accept"),
        ("POST", f"{V1}/campaigns"),
        ("POST", f"{V1}/accounts"),
        ("POST", f"{V1}/accounts/{{account_id}}/reset"),
        ("POST", f"{V1}/session/password"),
    }
)
IMPORT = "/campaigns/{campaign_id}/ledger/import"
HEAVY_PAGES = frozenset(
    {
        ("POST", IMPORT),
        ("POST", f"{IMPORT}/look"),
        ("POST", f"{IMPORT}/apply"),
        ("POST", "/start"),
        ("POST", "/start/check"),
        ("POST", "/start/mails"),
        ("POST", "/start/mails/all"),
        ("POST", "/admin/accounts"),
        ("POST", "/admin/accounts/{account_id}/reset"),
        ("POST", "/admin/templates"),
        ("POST", "/admin/calendar"),
        ("POST", "/admin/calendar/apply"),
        ("POST", "/admin/import"),
        ("POST", "/admin/import/apply"),
        ("GET", "/admin/import/recorded"),
    }
)
WEIGHED, ENDED = "duban.weighed", "duban.ended"  # what a request's scope carries


def weigh(request: Request, throttle: Throttle, scope: Scope) -> None:
    """Count a request of somebody, once. Raises TooMany."""
    carried = request.scope
    if WEIGHED in carried:
        return  # the short cut went before
    carried[WEIGHED] = True
    route = (carried["method"], carried["route"].path_format)
    if route in QUICK:
        throttle.asked(scope, throttle.quick)
        return
    throttle.asked(scope, throttle.requests)
    if route in HEAVY or route in HEAVY_PAGES:
        throttle.asked(scope, throttle.heavy)
        carried[ENDED] = throttle.begin(scope)


def ended(carried: MutableMapping[str, Any]) -> None:
    """The request with this scope is over."""
    over: Callable[[], None] | None = carried.pop(ENDED, None)
    if over is not None:
        over()
