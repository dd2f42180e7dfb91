"""`/docs`: the API described for those who write programs, drawn by Swagger UI from its package."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.pages import paper

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/docs")
def docs() -> Response:
    """Its script starts from a file of ours, so that no page needs one of its own inside."""
    return paper.page("interface.html")
