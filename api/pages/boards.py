"""The campaigns one may see, and the board of one of them."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.deps import CampaignId
from api.pages import nav, paper, sight
from api.pages.gate import AtPage
from states.errors import NotAllowed
from states.records import board, reading_scope
from states.records.campaigns import running

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

WHOLE = "看板显示整个专项行动，由组织它的单位查看；自己应办的事项在“我的事项”"


@router.get("/campaigns")
def campaigns(desk: AtPage) -> Response:
    """Those in which a unit of one's own takes part."""
    with desk.read() as session:
        seen = reading_scope.seen_ids(session, desk.scope)
        listed = board.listed(session, seen)
        whole = {
            one.id for one in listed if reading_scope.runs(session, desk.scope, running(session, one.id))
        }
    return paper.show(desk, "campaigns.html", listed=listed, whole=whole, trail=[("专项行动", "")])


@router.get("/campaigns/{campaign_id}")
def one(desk: AtPage, campaign_id: CampaignId) -> Response:
    """The board of one campaign, for whoever holds the unit that runs it."""
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        if not reading_scope.runs(session, desk.scope, campaign):
            raise NotAllowed(WHOLE)
        seen = sight.see(session, campaign_id, desk.now)
    around = nav.around(desk)
    return paper.show(
        desk,
        "board.html",
        seen=seen,
        chosen=campaign_id,
        every=around["pace"],
        trail=[("专项行动", "/campaigns"), (campaign.row.title, "")],
        places=nav.within(desk, campaign_id),
    )
