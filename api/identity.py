"""Who asks: the bearer of a key or a person with a session. For API and pages alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from anyio import to_thread
from starlette.requests import Request

from api import cookies
from api.house import House
from api.problems import NoKey
from states.errors import NotFound
from states.records.asker import Scope
from states.records.sittings import Sitting

SCHEME = "Bearer "
LONGEST_KEY = 200
MISSING = "请先登录，或在 Authorization 头中写 Bearer 和密钥；密钥由管理员用 duban key create 生成"
UNKNOWN = "密钥无效、已停用或已过期"
ENDED = "登录已失效，请重新登录"


@dataclass(frozen=True)
class Asker:
    """Whose scope it is; `sitting`: the session of a person, where it is one."""

    scope: Scope
    sitting: Sitting | None = None


async def asker(request: Request, house: House, now: datetime) -> Asker:
    """Who asks. Raises NoKey, and NotAllowed for a request that another site's page sent."""
    header = request.headers.get("authorization")
    key = None if header is None else _shown(request, house, header)
    kept = house.keys.kept(key) if key is not None else None
    if kept is not None:
        return Asker(kept)
    return await to_thread.run_sync(look, request, house, now, key)


def _shown(request: Request, house: House, header: str) -> str:
    """What the header holds; one that holds no key is refused like one that is none."""
    try:
        return bearer(header)
    except NoKey:
        house.throttle.check_stranger(address(request), None)
        house.throttle.stranger(address(request))
        raise


def look(request: Request, house: House, now: datetime, key: str | None, *, noted: bool = True) -> Asker:
    """The same in a thread, once the request's `key` is read. Raises TooMany where too much came from there that was none.

    `noted`: it is a request of somebody, not a look whether he may still wait for more.
    """
    if not noted:
        return _found(request, house, now, key, noted=False)
    where = address(request)
    token = key or cookies.token(request, house.settings)
    house.throttle.check_stranger(where, token)
    try:
        found = _found(request, house, now, key, noted=True)
    except NoKey:
        house.throttle.stranger(where)
        raise
    if token:
        house.throttle.welcome(token)
    return found


@contextmanager
def at_door(request: Request, house: House, token: str) -> Iterator[None]:
    """Where something in the address opens, and no session does. Raises TooMany where too much came from there that opens nothing."""
    where = address(request)
    house.throttle.check_stranger(where, token)
    try:
        yield
    except NotFound:
        house.throttle.stranger(where)
        raise
    house.throttle.welcome(token)


def address(request: Request) -> str:
    """Where a request comes from, as the server that took it says."""
    return request.client.host if request.client else ""


def _found(request: Request, house: House, now: datetime, key: str | None, *, noted: bool) -> Asker:
    """A key first: no other site can make a browser send one."""
    if key is not None:
        scope = house.keys.kept(key) or house.keys.find(key, now)
        if scope is None:
            raise NoKey(UNKNOWN)
        return Asker(scope)
    shown = cookies.token(request, house.settings)
    if shown is None:
        raise NoKey(MISSING)
    cookies.check_origin(request, house.settings)
    sitting = house.seats.find(shown, house.time.real(), noted=noted)
    if sitting is None:
        raise NoKey(ENDED)
    return Asker(sitting.scope, sitting)


def bearer(header: str) -> str:
    """The key in an Authorization header. Raises NoKey."""
    if not header.startswith(SCHEME) or len(header) > LONGEST_KEY:
        raise NoKey(UNKNOWN)
    return header.removeprefix(SCHEME)
