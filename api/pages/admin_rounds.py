"""`/admin/rounds`: what runs by itself, when it ran last and what it did, how late; and where Prefect shows more."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api import system
from api.pages import admin, nav, paper
from api.pages.gate import AtPage
from api.pages.round_words import ROUNDS, called, plainly
from api.recorded import JOBS
from states.records import reading_rounds
from states.records.board import DEMO_CLOCK

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

BOUNDS = {60: "1 分钟以内", 300: "5 分钟以内", 900: "15 分钟以内", 3_600: "1 小时以内", 14_400: "4 小时以内", 86_400: "1 天以内", None: "1 天以上"}  # fmt: skip
API = "/api"


@router.get("/admin/rounds")
def rounds(desk: AtPage) -> Response:
    """Whatever holds work up stands first, in the words of `/readyz`."""
    with desk.read() as session:
        found = reading_rounds.look(session, desk.scope, JOBS, desk.now)
    ready = system.look(desk.house)
    return paper.show(
        desk,
        "admin_rounds.html",
        found=found,
        others=[one for one in found.others if one.name != DEMO_CLOCK],
        words=ROUNDS,
        called=called,
        problems=plainly(ready.problems),
        credited=ready.credited,
        silent=system.SILENT,
        lateness=[("提醒和催办比应发的时刻晚", found.rungs), ("邮件从排队到送出", found.mails)],
        bounds=BOUNDS,
        prefect=interface(desk.house.settings.prefect_api_url),
        every=nav.around(desk)["pace"],
        trail=admin.trail(desk, "轮次"),
        **nav.of_admin(desk),
    )


def interface(api: str | None) -> str:
    """Where people look at Prefect, from the address of its API: without what opens it, if that stands in it."""
    if not api:
        return ""
    parts = urlsplit(api)
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{place}{parts.path.rstrip('/').removesuffix(API)}/"
