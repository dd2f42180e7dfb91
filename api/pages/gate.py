"""Who may look at the pages: whoever may ask the API for all units, and this machine itself."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import urlsplit

from fastapi import Request
from sqlmodel import Session

from api import cookies, identity, rights
from api.house import House
from api.problems import NoKey
from states.errors import DubanError
from states.records import board
from states.records.roles import Act

LOOPBACK = ("127.0.0.1", "::1")
THIS_MACHINE = (*LOOPBACK, "localhost")
WANTED = "用户名任意，密码为接口密钥（duban key create 新建，须不限单位）"
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class KeyWanted(DubanError):
    """请出示密钥"""


def campaigns_for(request: Request, session: Session) -> frozenset[int] | None:
    """Ids of the campaigns that may be shown, None for all. Raises KeyWanted, NotAllowed.

    In the demonstration everybody sees everything: all of it is invented. Otherwise whoever shows a session or a key
    (as password of HTTP Basic; the user name is not looked at) sees what that opens, as in the API; and a browser on this
    machine that shows neither sees all. What is for a part of the tree opens no page, since a page shows whole campaigns.
    """
    if is_demo(session):
        return None
    house: House = request.app.state.house
    key = _password(request.headers.get("authorization", ""))
    if not key and cookies.token(request, house.settings) is None and _local(request):
        return None
    try:
        found = identity.look(request, house, house.time.read(), key or None)
    except NoKey as error:
        raise KeyWanted(WANTED) from error
    rights.check(found.scope, found.sitting, (Act.see,))
    if found.scope.path is not None:
        raise KeyWanted(WANTED)
    return found.scope.campaigns


def is_demo(session: Session) -> bool:
    """Whether the database is that of the demonstration."""
    return board.is_demo(session)


def _local(request: Request) -> bool:
    """From this machine to this machine by one of its own names, and through no proxy.

    The name is looked at because a page elsewhere can point a name of its own at 127.0.0.1.
    """
    client = request.client.host if request.client else ""
    named = urlsplit(f"//{request.headers.get('host', '')}").hostname
    return client in LOOPBACK and named in THIS_MACHINE and not any(h in request.headers for h in FORWARDED)


def _password(header: str) -> str:
    kind, _, rest = header.partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
