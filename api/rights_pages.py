"""Which kind of act each page is; read by `api.rights` beside the API's own routes. A page that is not listed is shut.

What is posted from a page is listed like what is asked for: by method and path.
"""

from __future__ import annotations

from collections.abc import Mapping

from states.records.roles import Act

C = "/campaigns/{campaign_id}"
O = f"{C}/obligations/{{obligation_id}}"  # noqa: E741
U = f"{C}/units/{{code}}"
D = f"{C}/decisions"
L = f"{C}/ledger"

LISTED: Mapping[tuple[Act, ...], str] = {
    (Act.administer,): """
        GET  /admin
        GET  /admin/rounds
        GET  /admin/outbox
        GET  /admin/outbox/{mail_id}
        POST /admin/outbox/{mail_id}/again
        POST /admin/outbox/again
        POST /admin/units/{code}/holders
        GET  /admin/keys
        POST /admin/keys
        POST /admin/keys/{prefix}/revoke
        GET  /admin/accounts
        POST /admin/accounts
        GET  /admin/accounts/{account_id}
        POST /admin/accounts/{account_id}/grants
        POST /admin/accounts/{account_id}/grants/{number}/revoke
        POST /admin/accounts/{account_id}/reset
        POST /admin/accounts/{account_id}/disable
        POST /admin/accounts/{account_id}/enable
        POST /admin/accounts/{account_id}/link
        POST /admin/accounts/{account_id}/sessions/end
        GET  /admin/calendar
        POST /admin/calendar
        POST /admin/calendar/apply
        GET  /admin/calendar/{year}
        GET  /admin/import
        POST /admin/import
        POST /admin/import/apply
        GET  /admin/import/recorded
        GET  /admin/import/blank
    """,
    (Act.administer, Act.run): """
        GET  /admin/templates
        POST /admin/templates
        GET  /admin/templates/{key}
        GET  /admin/templates/{key}/text
    """,
    (Act.administer, Act.judge): """
        GET  /admin/units
        GET  /admin/units/{code}
        GET  /admin/contacts
    """,
    (Act.oneself,): """
        GET  /password
        POST /password
        GET  /role
        POST /role
        POST /logout
        GET  /dates
        POST /dates
        POST /dates/stop
        GET  /help
        GET  /help/{name}
    """,
    (Act.see,): f"""
        GET /
        GET /campaigns
        GET {C}
        GET {O}
        GET {U}
        GET {U}/{{part}}
        GET {C}/units
        GET {L}
        GET {L}/{{no}}
        GET {C}/figures
        GET {C}/obligations
        GET /owed
        GET /dev/mail
        GET /dev/mail/{{name}}
        GET /dev/mail/{{name}}/{{number}}
    """,
    (Act.report,): f"""
        POST {O}/submissions
        POST {O}/extensions
        GET  {L}/import
        POST {L}/import
        POST {L}/import/look
        POST {L}/import/apply
        POST {L}/{{no}}
    """,
    (Act.report, Act.judge): f"""
        POST {O}/{{act}}
        POST {U}/moves
        POST {O}/passes/stop
        POST {L}/{{no}}/moves
    """,
    (Act.judge, Act.confirm): f"""
        GET {D}
    """,
    (Act.judge,): f"""
        GET  {L}/queue
        POST {L}/{{no}}/handover
        POST /admin/contacts/hand-over
        POST /admin/contacts/hand-over/look
        POST {D}/obligations/{{obligation_id}}/{{act}}
        GET  {D}/extensions
        POST {D}/extensions/{{number}}
        POST {D}/extensions/{{number}}/try
        GET  {D}/moves
        POST {D}/moves
        POST {D}/moves/try
    """,
    (Act.confirm,): f"""
        GET  {D}/proposals
        POST {D}/proposals/{{proposal_id}}/confirm
        POST {D}/proposals/{{proposal_id}}/dismiss
        POST {D}/proposals/{{proposal_id}}/letter
        GET  {D}/proposals/{{proposal_id}}/draft
    """,
    (Act.run,): """
        GET  /start
        POST /start
        GET  /start/plan
        POST /start/plan
        GET  /start/units
        POST /start/units
        GET  /start/check
        POST /start/check
        GET  /start/mails
        POST /start/mails
        GET  /start/mails/all
        POST /start/mails/all
    """,
}
WITHOUT = frozenset(  # the ways in themselves, and what the pages are drawn with
    {("GET", "/login"), ("POST", "/login"), ("POST", "/demo"), ("GET", "/static/{name}"), ("GET", "/docs")}
    | {("GET", "/hand-in/{text}"), ("POST", "/hand-in/{text}"), ("GET", "/dates/{text}")}
)
