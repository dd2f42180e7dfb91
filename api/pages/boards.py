"""The campaigns one may see, and the board of one of them."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.deps import CampaignId, Desk
from api.pages import grid, nav, paper, sight
from api.pages.gate import AtPage
from api.pages.grid import Asked, Choice
from api.pages.paging import Number
from states.progress import LIGHT_RULE, UNIT_RULE
from states.records import board, reading_scope

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

RULES = {"unit": UNIT_RULE, "some": LIGHT_RULE}


@router.get("/campaigns")
def campaigns(desk: AtPage) -> Response:
    """Those in which a unit of one's own takes part."""
    with desk.read() as session:
        listed = board.listed(session, reading_scope.seen_ids(session, desk.scope))
    return paper.show(desk, "campaigns.html", listed=listed, trail=[("专项行动", "")])


@router.get("/campaigns/{campaign_id}")
def one(
    desk: AtPage,
    campaign_id: CampaignId,
    under: Choice = "",
    q: Choice = "",
    state: Choice = "",
    kind: Choice = "",
    only: Choice = "",
    each: Choice = "",
    page: Number = 1,
) -> Response:
    """The board of one campaign, as far as one's own units go; the whole of it for whoever holds the unit that runs it."""
    asked = Asked(under, q, state, kind, only, each, page)
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        table = grid.read(session, desk.scope, campaign, asked, desk.now)
        seen = sight.see(session, desk.scope, campaign, desk.now, table.owed)
        demo = board.is_demo(session)
    return paper.show(
        desk,
        "board.html",
        status=422 if table.wrong else 200,
        seen=seen,
        grid=table,
        rules=RULES,
        rungs=_rungs(desk, campaign_id),
        chosen=campaign_id,
        every=0 if table.wrong else nav.pace(demo=demo),
        live=0 if demo else campaign_id,
        trail=[("专项行动", "/campaigns"), (campaign.row.title, "")],
        places=nav.within(desk, campaign_id),
    )


def _rungs(desk: Desk, campaign_id: int) -> str:
    """Where measures are confirmed, for those who may; "" for others."""
    return nav.RUNGS.path.format(campaign_id=campaign_id) if nav.may_open(desk, nav.RUNGS) else ""
