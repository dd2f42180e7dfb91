"""销号: what waits to be checked and closed, one under the other; each is decided where it stands, and the next one follows."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.deps import CampaignId, Cursor
from api.pages import forms, ledger, ledger_sheets, paper
from api.pages.forms import Sheet
from api.pages.gate import AtPage
from api.pages.ledger_sheets import BACK, LEDGER, MOVE
from states.closing import CHECKED, CLAIMED
from states.records import ledger_following, ledger_queue, reading_scope
from states.records.ledger_queue import Waiting

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

A_PAGE = 20  # each with its form
Step = Annotated[Literal["", "claimed", "checked"], Query()]
STEPS = (("", "全部"), (CLAIMED, "待核查的"), (CHECKED, "已核查、待销号的"))


@router.get(f"{LEDGER}/queue")
def queue(desk: AtPage, campaign_id: CampaignId, step: Step = "", cursor: Cursor = "0") -> Response:
    states = (step,) if step else ()
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        found = ledger_queue.queue(session, desk.scope, campaign_id, states, desk.now, int(cursor), A_PAGE)
    kept: list[tuple[str, str]] = [("step", step)] if step else []
    place: list[tuple[str, str]] = [*kept, ("cursor", cursor)] if cursor != "0" else kept
    return paper.show(
        desk,
        "ledger_queue.html",
        found=found,
        sheets=_sheets(found.waiting, place),
        sheet=Sheet({"step": "只看"}, {"step": (step,)}),
        steps=STEPS,
        kept=kept,
        begun=cursor != "0",
        headed=ledger_following.columns(campaign),
        cell=ledger.cell,
        **ledger.around(desk, campaign, "核查销号"),
    )


def _sheets(waiting: list[Waiting], place: list[tuple[str, str]]) -> dict[int, Sheet]:
    """A form for each, about the version that is shown; once it is done it leads back to the one that follows."""
    numbers = [one.item["no"] for one in waiting]
    after = dict(zip(numbers, [*numbers[1:], None], strict=True)) if numbers else {}
    made = {}
    for one in waiting:
        sheet = forms.blank(MOVE, version=str(one.item["version"]))
        back = ledger_sheets.back_of("queue", place, after[one.item["no"]])
        made[one.item["no"]] = replace(sheet, values={**sheet.values, BACK: (back,)})
    return made
