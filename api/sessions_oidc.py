"""To the organisation's own log-in and back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from api import cookies
from api.house import House
from api.oidc import FAILED
from api.sessions import doorstep, end, moment
from states.errors import NotFound, NotKnown
from states.records import entering, oidc_attempts
from states.records.oidc_attempts import Begun

router = APIRouter(prefix="/api/v1/session/oidc", tags=["登录"])
Now = Annotated[datetime, Depends(moment)]
Text = Annotated[str, Query(max_length=2_000, pattern=r"^[^\x00]*$")]
BROWSER = "duban-oidc"
OFF = "没有设置统一登录（DUBAN_OIDC_ISSUER）"


@router.get("", summary="统一登录", response_class=Response, status_code=303)
async def begin(request: Request, now: Now) -> Response:
    """转到单位的统一登录；登录后回到首页。"""
    return await to_thread.run_sync(_begin, request, now)


@router.get("/callback", summary="统一登录归来", response_class=Response, status_code=303)
async def back(request: Request, now: Now, state: Text = "", code: Text = "", iss: Text = "") -> Response:
    """由统一登录的服务器转来；每次只能用一次，且须是同一浏览器。"""
    return await to_thread.run_sync(_back, request, now, state, code, iss)


def _begin(request: Request, now: datetime) -> Response:
    house = _house(request)
    with doorstep(request, house) as where, house.store.write() as session:
        begun = oidc_attempts.begin(session, now)
    house.throttle.stranger(where)  # each is a row, and anybody may ask
    answer = RedirectResponse(house.provider.address(begun), 303)
    patience = int(oidc_attempts.PATIENCE.total_seconds())
    cookies.put(answer, request, house.settings, begun.browser, BROWSER, patience)
    return answer


def _back(request: Request, now: datetime, state: str, code: str, iss: str) -> Response:
    house = _house(request)
    with doorstep(request, house) as where:
        begun = _taken(request, house, state, now)
        if begun is None or not code or iss not in ("", house.settings.oidc_issuer):
            raise NotKnown(FAILED)
        claims = house.provider.claims(code, begun)
        with house.metrics.entering("oidc"):
            token = entering.enter_claimed(house.store, claims, where, now)
    house.throttle.welcome(token)
    end(house, cookies.token(request, house.settings), now)
    answer = RedirectResponse("/", 303)
    cookies.drop(answer, request, house.settings, BROWSER)
    cookies.put(answer, request, house.settings, token)
    return answer


def _taken(request: Request, house: House, state: str, now: datetime) -> Begun | None:
    browser = cookies.token(request, house.settings, BROWSER) or ""
    with house.store.write() as session:
        return oidc_attempts.take(session, state, browser, now)


def _house(request: Request) -> House:
    house: House = request.app.state.house
    if not house.provider.on:
        raise NotFound(OFF)
    return house
