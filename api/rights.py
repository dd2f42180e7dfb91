"""Which kind of act each route is. The gate asks here before anything else is done; what is not listed is shut.

Several acts before a route: it does several kinds of things, and what was asked decides within (`judging`, `ledger_reach`,
`clues`). Who may do an act is in `states.records.roles`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from starlette.requests import Request

from api import rights_pages
from states.errors import NotAllowed
from states.records.asker import Scope
from states.records.roles import Act
from states.records.sittings import Sitting

V1 = "/api/v1"
C = f"{V1}/campaigns/{{campaign_id}}"
CHANGE_FIRST = "请先修改初始密码（POST /api/v1/session/password），再做别的"
NO_GRANT = "您现在没有授权，或它已被收回；请用 /api/v1/session 查看自己的授权，另选一个，或请管理员授权"
SHUT = "这个地址没有登记由谁使用，暂不开放"


class ChangeFirst(NotAllowed):
    """请先修改初始密码"""


class NoGrant(NotAllowed):
    """还没有授权"""


LISTED: Mapping[tuple[Act, ...], str] = {
    (Act.oneself,): f"""
        GET  {V1}/session
        POST {V1}/session/end
        POST {V1}/session/grant
        POST {V1}/session/password
    """,
    (Act.see,): f"""
        GET {V1}/units/{{code}}/status
        GET {V1}/obligations/{{obligation_id}}
        GET {V1}/obligations/{{obligation_id}}/submissions/{{version}}/files/{{number}}
        GET {V1}/changes
        GET {V1}/changes/stream
        GET {V1}/templates
        GET {V1}/templates/{{key}}
        GET {V1}/campaigns
        GET {C}
        GET {C}/summary
        GET {C}/campaign-moves
        GET {C}/units
        GET {C}/units/{{code}}
        GET {C}/units/{{code}}/moves
        GET {C}/obligations
        GET {C}/obligations/{{obligation_id}}/figures
        GET {C}/obligations/{{obligation_id}}/events
        GET {C}/reporting
        GET {C}/forms/sums
        GET {C}/forms/export
        GET {C}/quotas
        GET {C}/coverage
        GET {C}/coverage/units
        GET {C}/draws
        GET {C}/ledger
        GET {C}/ledger/figures
        GET {C}/ledger/export
        GET {C}/ledger/{{no}}
        GET {C}/letters
        GET {C}/letters/{{letter_id}}
        GET {C}/letters/{{letter_id}}/file
        GET {V1}/letter-forms
        GET {V1}/letter-forms/{{name}}
        GET {C}/clues
        GET {C}/clues/figures
        GET {C}/clues/{{clue_id}}
        GET {C}/events
        GET {C}/preview
        GET {C}/proposals
        GET {C}/windows
        GET {C}/extensions
        GET {C}/extensions/{{number}}/files/{{file}}
        GET {C}/silences
        GET {C}/children
        GET {C}/changes-above
        GET {C}/papers/{{kind}}
    """,
    (Act.report,): f"""
        PUT  {C}/obligations/{{obligation_id}}/figures
        POST {C}/obligations/{{obligation_id}}/figures
        POST {C}/obligations/{{obligation_id}}/submissions
        POST {C}/obligations/{{obligation_id}}/extensions
        POST {C}/forms/import
        POST {C}/quotas/events
        POST {C}/quotas/events/{{number}}/withdraw
        POST {C}/extensions
        POST {C}/letters/{{letter_id}}/receipt
        POST {C}/ledger
        POST {C}/ledger/import
    """,
    (Act.report, Act.judge): f"""
        POST {C}/moves
        POST {C}/units/{{code}}/moves
        POST {C}/obligations/{{obligation_id}}/{{act}}
        POST {C}/ledger/moves
        POST {C}/ledger/{{no}}/moves
        POST {C}/clues/{{clue_id}}/moves
        POST {V1}/contacts/hand-over
    """,
    (Act.judge,): f"""
        POST {C}/ledger/{{no}}/handover
        POST {C}/coverage/reached
        POST {C}/coverage/reached/withdraw
        POST {C}/extensions/{{number}}/decide
        POST {C}/silences
        POST {C}/silences/{{number}}/end
    """,
    (Act.confirm,): f"""
        POST {C}/proposals/{{proposal_id}}/confirm
        POST {C}/proposals/{{proposal_id}}/dismiss
        POST {C}/proposals/decide
    """,
    (Act.run,): f"""
        POST {V1}/campaigns
        POST {C}/campaign-moves
        POST {C}/events
        POST {C}/dates
        POST {C}/phases/{{key}}/open
        POST {C}/windows
        POST {C}/extend
        POST {C}/children
        POST {C}/changes-above/{{change_id}}/accept
        POST {C}/changes-above/{{change_id}}/decline
        POST {C}/renewal
        POST {C}/renewal/units
        POST {C}/draws
        POST {C}/clues
        POST   {V1}/letter-forms/{{name}}
        DELETE {V1}/letter-forms/{{name}}
    """,
    (Act.informants,): f"""
        POST {C}/clues/{{clue_id}}/informant
    """,
    (Act.run, Act.administer): f"""
        GET    {V1}/webhooks
        POST   {V1}/webhooks
        GET    {V1}/webhooks/{{hook_id}}
        DELETE {V1}/webhooks/{{hook_id}}
        GET    {V1}/webhooks/{{hook_id}}/deliveries
        POST   {V1}/webhooks/{{hook_id}}/pause
        POST   {V1}/webhooks/{{hook_id}}/resume
        POST   {V1}/webhooks/{{hook_id}}/test
        POST   {V1}/webhooks/{{hook_id}}/replay
    """,
    (Act.administer,): f"""
        GET  {V1}/accounts
        POST {V1}/accounts
        GET  {V1}/accounts/{{account_id}}
        POST {V1}/accounts/{{account_id}}/grants
        POST {V1}/accounts/{{account_id}}/grants/{{number}}/revoke
        POST {V1}/accounts/{{account_id}}/reset
        POST {V1}/accounts/{{account_id}}/disable
        POST {V1}/accounts/{{account_id}}/enable
        POST {V1}/accounts/{{account_id}}/link
        GET  {V1}/accounts/{{account_id}}/sessions
        POST {V1}/accounts/{{account_id}}/sessions/end
    """,
}
WITHOUT = frozenset(  # the ways in themselves
    {("POST", f"{V1}/session"), ("GET", f"{V1}/session/oidc"), ("GET", f"{V1}/session/oidc/callback")}
)


def _lines(listed: Mapping[tuple[Act, ...], str]) -> Iterator[tuple[tuple[str, str], tuple[Act, ...]]]:
    for acts, lines in listed.items():
        for line in lines.split("\n"):
            if line.strip():
                method, path = line.split()
                yield (method, path), acts


ROUTES: Mapping[tuple[str, str], tuple[Act, ...]] = dict(_lines(LISTED))
PAGES: Mapping[tuple[str, str], tuple[Act, ...]] = dict(_lines(rights_pages.LISTED))


def needed(request: Request) -> tuple[Act, ...]:
    """The acts of which one is needed here. Raises NotAllowed for a route that nobody has listed."""
    route = request.scope["route"]
    asked = (request.method, route.path_format)
    found = ROUTES.get(asked) or PAGES.get(asked)
    if found is None:
        raise NotAllowed(SHUT)
    return found


def check(scope: Scope, sitting: Sitting | None, acts: tuple[Act, ...]) -> None:
    """Raises NotAllowed for what the asker may do nowhere; where he may is looked at with what was asked."""
    if sitting is not None and acts != (Act.oneself,):
        if sitting.must_change:
            raise ChangeFirst(CHANGE_FIRST)
        if scope.grant_id is None:
            raise NoGrant(NO_GRANT)
    scope.check(*acts)
