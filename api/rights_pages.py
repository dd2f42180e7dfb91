"""Which kind of act each page is; read by `api.rights` beside the API's own routes. A page that is not listed is shut.

What is posted from a page is listed like what is asked for: by method and path.
"""

from __future__ import annotations

from collections.abc import Mapping

from states.records.roles import Act

C = "/campaigns/{campaign_id}"
O = f"{C}/obligations/{{obligation_id}}"  # noqa: E741
U = f"{C}/units/{{code}}"

LISTED: Mapping[tuple[Act, ...], str] = {
    (Act.oneself,): """
        GET  /password
        POST /password
        GET  /role
        POST /role
        POST /logout
        GET  /dates
        POST /dates
        POST /dates/stop
    """,
    (Act.see,): f"""
        GET /
        GET /campaigns
        GET {C}
        GET {O}
        GET {U}
        GET {C}/units
        GET /dev/mail
        GET /dev/mail/{{name}}
        GET /dev/mail/{{name}}/{{number}}
    """,
    (Act.report,): f"""
        POST {O}/submissions
        POST {O}/extensions
    """,
    (Act.report, Act.judge): f"""
        POST {O}/{{act}}
        POST {U}/moves
        POST {O}/passes/stop
    """,
}
WITHOUT = frozenset(  # the ways in themselves, and what the pages are drawn with
    {("GET", "/login"), ("POST", "/login"), ("POST", "/demo"), ("GET", "/static/{name}"), ("GET", "/docs")}
    | {("GET", "/hand-in/{text}"), ("POST", "/hand-in/{text}"), ("GET", "/dates/{text}")}
)
