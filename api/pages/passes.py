"""Handing in one thing by a link from a mail, without logging in; and ending such links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api import identity
from api.deps import CampaignId, Desk, ObligationId
from api.files import HandedIn
from api.house import House
from api.pages import forms, obligations, paper, uploads
from api.pages.forms import AtForm, Done, Sheet
from api.pages.gate import AtPage
from api.pages.obligations import STOP, Nothing
from api.pages.uploads import Came
from states.passes import PATH, Pass
from states.records import acting, passing, reading_obligations
from states.records.acting import Deed
from states.records.handing_in import HANDING_IN, Content

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

Text = Annotated[str, Path(max_length=200)]
STOPPED = "此前邮件里的办理链接已作废，下一封邮件会带新的"
GONE = 410


@router.get("/hand-in/{text}")
def one(request: Request, text: Text) -> Response:
    """Only shows: what looks through mails opens every link in them."""
    try:
        desk, good, campaign_id = _opened(request, text)
    except passing.Ended as error:
        return paper.note(error.title, error.detail, GONE)
    return _page(desk, good, campaign_id, text, {}, 200)


@router.post("/hand-in/{text}")
async def hand_in(request: Request, text: Text) -> Response:
    """What the unit itself would hand in; the link says which, the form can't say another."""
    try:
        desk, good, campaign_id = await to_thread.run_sync(_opened, request, text)
    except passing.Ended as error:
        return paper.note(error.title, error.detail, GONE)
    async with uploads.received(desk) as came:
        return await to_thread.run_sync(_handed_in, desk, good, campaign_id, text, came)


@router.post(f"{obligations.ONE}/passes/stop")
def stop(desk: AtPage, typed: AtForm, campaign_id: CampaignId, obligation_id: ObligationId) -> Response:
    """Links that have gone out so far are good for nothing any more."""
    to = f"/campaigns/{campaign_id}/obligations/{obligation_id}"

    def work(session: Session, _sent: Nothing) -> Done:
        passing.stop(session, desk.scope, campaign_id, obligation_id, desk.now)
        return Done(STOPPED, to)

    return forms.act(
        desk, STOP, typed, work, lambda sheet, status: paper.note("未办成", _said(sheet), status)
    )


def _said(sheet: Sheet) -> str:
    return "；".join(says for _name, says in sheet.said)


def _opened(request: Request, text: str) -> tuple[Desk, Pass, int]:
    """Raises NotFound, Ended."""
    house: House = request.app.state.house
    now = house.time.read()
    with identity.at_door(request, house, text), house.store.read() as session:
        found = passing.open_(session, house.settings, text, now)
    return Desk(house, found.scope, now, request), found.good, found.campaign_id


def _handed_in(desk: Desk, good: Pass, campaign_id: int, text: str, came: Came) -> Response:
    def work(session: Session, sent: HandedIn) -> Done:
        passing.open_(session, desk.house.settings, text, desk.now)
        content = Content(sent.text, sent.signer, sent.seal, came.arrived, sent.earlier)
        deed = Deed(sent.act, sent.reason, sent.version, content)
        told = acting.settle(session, desk.scope, campaign_id, good.obligation, deed, desk.now)
        return Done(f"{obligations.DONE[deed.act]}：{told['milestone']['name']}", PATH + text)

    def again(sheet: Sheet, status: int) -> Response:
        act = sheet.text("act") if sheet.text("act") in HANDING_IN else "submit"
        return _page(desk, good, campaign_id, text, {act: sheet}, status)

    return forms.act(desk, obligations.HAND_IN, came.typed, work, again, wrong=came.wrong)


def _page(
    desk: Desk, good: Pass, campaign_id: int, text: str, sheets: Mapping[str, Sheet], status: int
) -> Response:
    key, zone = good.obligation, desk.house.settings.zone
    with desk.read() as session:
        campaign = reading_obligations.campaign_with(session, desk.scope, campaign_id, key)
        told = reading_obligations.full(session, desk.scope, campaign, key, desk.now)
    return paper.alone(
        desk.request,
        "pass.html",
        status=status,
        o=told,
        acts=[one for one in told["acts"] if one["act"] in HANDING_IN],
        campaign=campaign,
        sheets=obligations.sheets_of(told, sheets),
        refused=sheets,
        action=PATH + text,
        ends=good.ends,
        reader=desk.scope.name,
        now=desk.now,
        zone=zone,
    )
