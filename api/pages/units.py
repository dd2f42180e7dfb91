"""The units of a campaign: chosen by where they stand, what they owe and where they belong, a hundred at a time."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.deps import CampaignId, Cursor
from api.pages import nav, paper
from api.pages.forms import Sheet
from api.pages.gate import AtPage
from states.errors import Faulty
from states.kinds import KINDS
from states.records import reading_scope, reading_units
from states.records.campaigns import Running
from states.records.reading_units import Wanted

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

A_PAGE = 100
Choice = Annotated[str, Query(max_length=200)]
LABELS = {"q": "名称或代码", "state": "状态", "kind": "类别", "under": "在哪个单位之下", "only": "只看"}
ONLY = (("", "全部"), ("overdue", "有逾期的"), ("behind", "落后的"))
ANY = ("", "全部")


@router.get("/campaigns/{campaign_id}/units")
def units(
    desk: AtPage,
    campaign_id: CampaignId,
    q: Choice = "",
    state: Choice = "",
    kind: Choice = "",
    under: Choice = "",
    only: Choice = "",
    cursor: Cursor = "0",
) -> Response:
    """The same list as the API's. What the filter can't mean is said above it, and nothing is listed."""
    asked = {"q": q, "state": state, "kind": kind, "under": under, "only": only}
    wrong: tuple[str, ...] = ()
    found: dict[str, Any] = {"items": [], "next": None}
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        try:
            page = reading_units.page(
                session, desk.scope, campaign_id, _wanted(asked), desk.now, int(cursor), A_PAGE
            )
            found = {**page}
        except Faulty as error:
            wrong = tuple(one.says for one in error.faults)
        runs = reading_scope.runs(session, desk.scope, campaign)
    return paper.show(
        desk,
        "units.html",
        status=422 if wrong else 200,
        campaign=campaign,
        found=found,
        wrong=wrong,
        sheet=Sheet(LABELS, {name: (value,) for name, value in asked.items()}),
        kept=[(name, value) for name, value in asked.items() if value],
        begun=cursor != "0",
        options=_options(campaign),
        kinds=KINDS,
        trail=_trail(campaign, runs=runs),
        places=nav.within(desk, campaign_id),
    )


def _wanted(asked: dict[str, str]) -> Wanted:
    def some(name: str) -> tuple[str, ...]:
        return (asked[name],) if asked[name] else ()

    only = {"overdue": (None, True), "behind": (True, None)}.get(asked["only"], (None, None))
    return Wanted(some("state"), *only, some("under"), some("kind"), q=asked["q"] or None)


def _options(campaign: Running) -> dict[str, Any]:
    """What the filters offer: the states of this plan, the kinds there are."""
    table = campaign.machines.unit.states
    states = [(key, one.label) for key, one in table.items()]
    return {"state": [ANY, *states], "kind": [ANY, *KINDS.items()], "only": ONLY}


def _trail(campaign: Running, *, runs: bool) -> list[tuple[str, str]]:
    board = f"/campaigns/{campaign.id}" if runs else ""
    return [("专项行动", "/campaigns"), (campaign.row.title, board), ("单位", "")]
