"""The units of a campaign: chosen by where they stand, what they owe and where they belong, a hundred at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.deps import CampaignId, Cursor
from api.pages import grid, nav, paper
from api.pages.forms import Sheet
from api.pages.gate import AtPage
from api.pages.grid import Asked, Choice
from states.errors import Faulty
from states.kinds import KINDS
from states.records import reading_scope, reading_units
from states.records.campaigns import Running

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

A_PAGE = 100
LABELS = {"q": "名称或代码", "state": "状态", "kind": "类别", "under": "在哪个单位之下", "only": "只看"}


@router.get("/campaigns/{campaign_id}/units")
def units(
    desk: AtPage,
    campaign_id: CampaignId,
    q: Choice = "",
    state: Choice = "",
    kind: Choice = "",
    under: Choice = "",
    only: Choice = "",
    beyond: Choice = "",
    cursor: Cursor = "0",
) -> Response:
    """The same list as the API's. What the filter can't mean is said above it, and nothing is listed."""
    asked = Asked(under, q, state, kind, only, beyond=beyond)
    wrong: tuple[str, ...] = ()
    found: dict[str, Any] = {"items": [], "next": None}
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        try:
            place = reading_scope.code_meant(session, desk.scope, under, "under")
            wanted, after = replace(asked, under=place).wanted, int(cursor)
            found = {**reading_units.page(session, desk.scope, campaign_id, wanted, desk.now, after, A_PAGE)}
        except Faulty as error:
            wrong = tuple(one.says for one in error.faults)
    return paper.show(
        desk,
        "units.html",
        status=422 if wrong else 200,
        campaign=campaign,
        beyond=beyond,
        found=found,
        wrong=wrong,
        sheet=Sheet(LABELS, {name: (getattr(asked, name),) for name in LABELS}),
        kept=list(asked.kept.items()),
        begun=cursor != "0",
        options=grid.options(campaign),
        kinds=KINDS,
        trail=_trail(campaign),
        places=nav.within(desk, campaign_id),
    )


def _trail(campaign: Running) -> list[tuple[str, str]]:
    return [("专项行动", "/campaigns"), (campaign.row.title, f"/campaigns/{campaign.id}"), ("单位", "")]
