"""The pages that people open in a browser. `router()` is all that the application includes.

Each area is a module with a `router` whose routes are of the class `paper.PageRoute`, and take an `AtPage`.
"""

from fastapi import APIRouter
from fastapi.responses import Response

from api.pages import (
    assets,
    boards,
    dates,
    entry,
    home,
    interface,
    mails,
    obligations,
    paper,
    passes,
    unit,
    units,
)

AREAS = (  # one on a line: many hands add here
    entry,
    home,
    boards,
    unit,
    units,
    obligations,
    passes,
    dates,
    mails,
    interface,
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
