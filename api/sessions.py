"""One's own log-in: in, out, who am I, in which role, another password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from api import answers, cookies
from api.deps import AtDesk, Desk
from api.house import House
from api.identity import address
from api.shapes import NO_ZERO, Sent
from states.errors import NotKnown, Refused, TooMany
from states.records import entering, passwords, reading_accounts, sittings
from states.records.entering import Asked
from states.records.sittings import Sitting
from states.records.told.accounts import Myself

router = APIRouter(prefix="/api/v1/session", tags=["登录"])
Login = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_ZERO)]
Password = Annotated[str, Field(min_length=1, max_length=4 * passwords.LONGEST, pattern=NO_ZERO, repr=False)]
NO_SESSION = "密钥没有登录，也没有密码和角色可换"


class LogIn(Sent):
    """Login name and password."""

    login: Login
    password: Password


class NewPassword(Sent):
    """The present password, and another."""

    before: Password
    password: Password


class Chosen(Sent):
    """The number of one of one's grants."""

    grant: Annotated[int, Field(ge=1, le=2**31 - 1)]


async def moment(request: Request) -> datetime:
    """The moment of a request that comes past no gate."""
    house: House = request.app.state.house
    return house.time.real()


@router.post("", summary="登录", response_model=Myself)
async def log_in(request: Request, sent: LogIn, now: Annotated[datetime, Depends(moment)]) -> Response:
    """登录名或密码不对时，不说是哪一样。15 分钟内同一账号错 5 次、同一地址错 300 次（可设置），暂停尝试。"""
    house: House = request.app.state.house
    cookies.check_origin(request, house.settings, asked=False)
    doorway = house.seats.doorway
    with house.metrics.entering("password"), doorstep(request, house) as where:
        asked = Asked(sent.login.strip().lower(), where, now, house.settings.rates.logins)
        token = await to_thread.run_sync(entering.enter, house.store, asked, sent.password, limiter=doorway)
    return await to_thread.run_sync(welcome, request, token, now, cookies.token(request, house.settings))


@router.get("", summary="我是谁", response_model=Myself)
def who(desk: AtDesk) -> Response:
    """姓名、现在的角色、其他授权、可以做哪些事。"""
    with desk.read() as session:
        return desk.tell(reading_accounts.myself(session, desk.scope, desk.sitting, desk.house.settings.zone))


@router.post("/end", summary="退出", response_model=Myself)
def log_out(desk: AtDesk) -> Response:
    """这次登录立即失效，在所有进程中。"""
    sitting, settings = sitting_of(desk), desk.house.settings
    with desk.house.store.write() as session:
        sittings.end(session, sitting.id, desk.now, "logout", desk.scope.actor)
        told = reading_accounts.myself(session, desk.scope, sitting, settings.zone)
    answer = answers.plain(answers.dumped(told))
    cookies.drop(answer, desk.request, settings)
    return answer


@router.post("/grant", summary="换一个角色", response_model=Myself)
def choose(desk: AtDesk, sent: Chosen) -> Response:
    """以自己的另一个授权办理。"""
    sitting = sitting_of(desk)
    with desk.house.store.write() as session:
        sittings.choose(session, sitting, sent.grant, desk.now)
    shown = cookies.token(desk.request, desk.house.settings)
    return answers.plain(_myself(desk.request, shown or "", desk.house.time.real()))


@router.post("/password", summary="修改密码", response_model=Myself)
def change(desk: AtDesk, sent: NewPassword) -> Response:
    """须先写明现在的密码；其他登录随之失效。"""
    sitting, house = sitting_of(desk), desk.house
    before, after = sent.before, sent.password
    asked = Asked(sitting.login, address(desk.request), house.time.real(), house.settings.rates.logins)
    token = entering.change(house.store, sitting, before, after, asked)
    return welcome(desk.request, token, asked.now, None)


def welcome(request: Request, token: str, now: datetime, before: str | None) -> Response:
    """The answer to whoever got in; `before`: the session that the browser showed, which ends."""
    house: House = request.app.state.house
    house.throttle.welcome(token)
    end(house, before, now)
    answer = answers.plain(_myself(request, token, now))
    cookies.put(answer, request, house.settings, token)
    return answer


def end(house: House, token: str | None, now: datetime) -> None:
    """The session of a token, if it is one."""
    found = house.seats.find(token, now) if token else None
    if found is not None:
        with house.store.write() as session:
            sittings.end(session, found.id, now, "again", found.scope.actor)


@contextmanager
def doorstep(request: Request, house: House) -> Iterator[str]:
    """From where somebody asks to be let in. Raises TooMany where too many had to be refused from there."""
    where = address(request)
    house.throttle.check_stranger(where, None)
    try:
        yield where
    except (NotKnown, TooMany):
        house.throttle.stranger(where)
        raise


def _myself(request: Request, token: str, now: datetime) -> str:
    house: House = request.app.state.house
    with house.store.read() as session:
        found = sittings.find(session, token, now)
        if found is None:
            raise Refused("这次登录刚刚失效，请重新登录")
        return answers.dumped(reading_accounts.myself(session, found.scope, found, house.settings.zone))


def sitting_of(desk: Desk) -> Sitting:
    """The session of a person. Raises Refused for a key, which has none."""
    if desk.sitting is None:
        raise Refused(NO_SESSION)
    return desk.sitting
