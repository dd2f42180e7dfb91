"""My dates in a calendar programme: an address to subscribe to, made anew or stopped by its owner."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api import identity, sessions
from api.deps import Desk
from api.house import House
from api.pages import forms, paper
from api.pages.forms import AtForm, Done
from api.pages.gate import AtPage
from api.pages.obligations import STOP, Nothing
from states.documents.dates_calendar import MEDIA, calendar
from states.records import dates_feed
from states.records.account_tables import Account

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

Text = Annotated[str, Path(max_length=100)]
STOPPED = "日历地址已停用，订阅了它的日历不再更新"


@router.get("/dates")
def mine(desk: AtPage) -> Response:
    return _page(desk, "", 200)


@router.post("/dates")
def renew(desk: AtPage, typed: AtForm) -> Response:
    """A new address, shown this once: it is no page to come back to."""
    typed.shaped(Nothing)
    with desk.house.store.write() as session:
        address = dates_feed.renew(session, _account(session, desk), desk.now, desk.scope.actor)
    return _page(desk, f"{desk.house.settings.base_url}/dates/{address}.ics", 200)


@router.post("/dates/stop")
def stop(desk: AtPage, typed: AtForm) -> Response:
    typed.shaped(Nothing)
    with desk.house.store.write() as session:
        dates_feed.stop(session, _account(session, desk), desk.now, desk.scope.actor)
    return forms.lead(desk.request, Done(STOPPED, "/dates"))


@router.get("/dates/{text}")
def read(request: Request, text: Text) -> Response:
    """The calendar itself, for a programme that can't log in."""
    house: House = request.app.state.house
    now = house.time.read()
    with identity.at_door(request, house, text), house.store.read() as session:
        found = dates_feed.of(session, text.removesuffix(".ics"), now)
    content = calendar(found, house.settings.base_url, now)
    return Response(
        content, media_type=MEDIA, headers={"Content-Disposition": 'inline; filename="dates.ics"'}
    )


def _account(session: Session, desk: Desk) -> Account:
    return session.get_one(Account, sessions.sitting_of(desk).account_id)


def _page(desk: Desk, address: str, status: int) -> Response:
    with desk.read() as session:
        since = dates_feed.since(session, sessions.sitting_of(desk).account_id)
    sheet = forms.blank(STOP)
    return paper.show(desk, "dates.html", status=status, address=address, since=since, sheet=sheet)
