"""The pages that people open in a browser. `router()` is all that the application includes.

Each area is a module with a `router` whose routes are of the class `paper.PageRoute`, and take an `AtPage`.
"""

from fastapi import APIRouter
from fastapi.responses import Response

from api.pages import (
    admin,
    admin_accounts,
    admin_calendar,
    admin_contacts,
    admin_import,
    admin_keys,
    admin_outbox,
    admin_rounds,
    admin_templates,
    admin_units,
    assets,
    boards,
    dates,
    decisions,
    decisions_later,
    decisions_moves,
    decisions_rungs,
    entry,
    figures,
    handbook,
    home,
    interface,
    ledger,
    ledger_item,
    ledger_queue,
    ledger_taking,
    mails,
    obligations,
    owed,
    paper,
    passes,
    start,
    unit,
    units,
)

AREAS = (  # one on a line: many hands add here
    entry,
    home,
    boards,
    start,
    figures,
    owed,
    unit,
    units,
    obligations,
    ledger,
    ledger_queue,
    ledger_taking,
    ledger_item,  # after those that stand where its number would
    passes,
    decisions,
    decisions_later,
    decisions_rungs,
    decisions_moves,
    dates,
    mails,
    handbook,
    interface,
    admin,
    admin_accounts,
    admin_calendar,
    admin_contacts,
    admin_import,
    admin_keys,
    admin_outbox,
    admin_rounds,
    admin_templates,
    admin_units,
)  # fmt: skip


def router() -> APIRouter:
    """All pages; they are no part of the API's description."""
    made = APIRouter(route_class=paper.PageRoute, include_in_schema=False)
    made.add_api_route("/static/{name}", assets.static_file, methods=["GET"], response_class=Response)
    for area in AREAS:
        made.include_router(area.router)
    return made


def as_page(title: str, detail: str, status: int) -> Response:
    """What is said where no page was there to say it."""
    answer = paper.note(title, detail, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


__all__ = ["as_page", "router"]
