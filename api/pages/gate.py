"""Who may open a page: whoever is logged in and may do such a thing, by the same gate as the API."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request

from api.deps import Desk, Gate
from api.problems import NoKey

LOG_IN, FIRST = "/login", "/"
LONGEST_PATH = 1_000
PEOPLE = "页面供人登录后使用；密钥请用接口（/api/v1）"


class PageGate(Gate):
    """The API's gate, for people alone. Raises NoKey, NotAllowed, Faulty."""

    async def __call__(self, request: Request) -> Desk:
        desk = await super().__call__(request)
        if desk.sitting is None:
            raise NoKey(PEOPLE)
        return desk


AtPage = Annotated[Desk, Depends(PageGate(whole=False))]  # a page reads its forms itself


def own(path: str) -> str:
    """A path to go on to, if it is one of ours; the first page for whatever a browser might take for another place.

    Browsers drop tabs and line ends and take a backslash for a slash, so that none of them may be in it.
    """
    if not path.startswith("/") or path.startswith("//") or len(path) > LONGEST_PATH:
        return FIRST
    plain = all("!" <= sign <= "~" and sign != "\\" for sign in path)
    return path if plain and path.partition("?")[0] not in (LOG_IN, "/logout") else FIRST


def way_in(request: Request, to: str = LOG_IN) -> str:
    """The log-in page (or another that comes first), and from there back to what was asked for."""
    asked = request.scope["raw_path"].decode("ascii", "replace") if "raw_path" in request.scope else "/"
    query = request.scope["query_string"].decode("ascii", "replace")
    back = own(f"{asked.partition('?')[0]}?{query}" if query else asked)
    return with_return(to, back)


def with_return(path: str, back: str) -> str:
    """The address of a page from which it goes on to `back`."""
    return path if back == FIRST else f"{path}?to={quote(back, safe='/')}"
