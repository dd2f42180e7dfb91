"""`/help`: the handbook for everybody who is logged in; its front page leads each role to its day."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.deps import Desk
from api.pages import manual, paper
from api.pages.gate import AtPage
from states.records.roles import WORDS, Role

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

FRONT = ("帮助", "/help")
MINE = {role: role.value for role in Role if role.value in manual.DAYS} | {Role.auditor: "leader"}
Name = Annotated[str, Path(max_length=40)]


@router.get("/help")
def front(desk: AtPage) -> Response:
    return _page(desk, manual.FRONT)


@router.get("/help/{name}")
def day(desk: AtPage, name: Name) -> Response:
    """One chapter; raises NotFound."""
    return _page(desk, name)


def _page(desk: Desk, name: str) -> Response:
    shown, role = manual.chapter(name), desk.scope.acts_as
    mine = MINE.get(role, "") if name == manual.FRONT else ""
    return paper.show(
        desk,
        "help.html",
        shown=shown,
        mine=(f"/help/{mine}", manual.chapter(mine).title, WORDS[role]) if mine else None,
        trail=[] if name == manual.FRONT else [FRONT, (shown.title, "")],
        places=[FRONT] + [(manual.chapter(one).title, f"/help/{one}") for one in manual.DAYS],
        places_of="手册各篇",
    )
