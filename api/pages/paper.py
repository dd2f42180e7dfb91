"""From data to a response: Jinja with autoescape, words for dates and shares, the facts that each page needs."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import cache
from typing import Any

import sqlalchemy as sa
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import iterate_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api import guarding, problems
from api.deps import Desk
from api.pages import assets, flash, gate, nav, wording
from api.rights import ChangeFirst, NoGrant
from states import actorwords
from states.errors import DubanError, NotAllowed, NotFound

log = logging.getLogger("duban.pages")

UNREADABLE = (sa.exc.OperationalError, sa.exc.ProgrammingError, sa.exc.TimeoutError)
SAVED = {"Cache-Control": "no-store"}
UNBUFFERED = {"X-Accel-Buffering": "no"}  # a proxy that would wait for the end
IN_ADDRESS = re.compile(r"\bquery\.(?=\w)")
EXPIRED = "登录已失效。请在另一个标签页里登录，再回到这一页重新提交，填写的内容还在。"
AGAIN = "请先选择角色或改好密码，再回到这一页重新提交"


class PageRoute(APIRoute):
    """A route whose errors are pages, and which leads whoever is not logged in to where that is done."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                response = await handle(request)
            except DubanError as error:
                response = _answer(request, error)
            except RequestValidationError as error:
                response = _answer(request, _unreadable(error))
            except UNREADABLE as error:
                log.exception("a page could not be read")
                response = note("数据库暂时用不了", _hint(error), 503)
            except (HTTPException, ClientDisconnect):
                raise  # the rest of the body is not waited for
            except Exception as error:  # a page for people, where the API answers with a problem
                _number, detail = problems.logged(error, request.method, request.scope["route"].path)
                response = note(problems.BROKEN, detail, 500)
            for name, value in {**SAVED, "Content-Security-Policy": guarding.page()}.items():
                response.headers.setdefault(name, value)
            return response

        return handled


def show(desk: Desk, name: str, *, status: int = 200, framed: bool = False, **facts: Any) -> HTMLResponse:
    """A page for somebody who is logged in: with his name and role, the way around, what was done just now."""
    said = flash.said(desk.request)
    response = page(name, status=status, framed=framed, **{**nav.around(desk), "said": said, **facts})
    if said:
        flash.forget(response, desk.request, desk.house.settings)
    return response


def unfold(
    desk: Desk, name: str, *, closing: Callable[[], object], status: int = 200, **facts: Any
) -> Response:
    """As `show`, sent piece by piece while the template reads its facts; `closing` when nobody reads on, too. What goes
    wrong on the way has to be a fact of the page.
    """
    pieces = _environment().get_template(name).generate(**nav.around(desk), said=None, **facts)

    async def sent() -> AsyncIterator[str]:
        try:
            async for piece in iterate_in_threadpool(pieces):
                yield piece
        finally:
            closing()

    return StreamingResponse(sent(), status, UNBUFFERED, media_type="text/html")


def alone(request: Request, name: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page for somebody who is not logged in; what was done just now is said on it."""
    said = flash.said(request)
    response = page(name, status=status, said=said, **facts)
    if said:
        flash.forget(response, request, request.app.state.settings)
    return response


def page(name: str, *, status: int = 200, framed: bool = False, **facts: Any) -> HTMLResponse:
    """A template filled in. `framed`: the page shows mails, which bring their own styles (never scripts)."""
    html = _environment().get_template(name).render(**facts)
    return HTMLResponse(html, status, {"Content-Security-Policy": guarding.page(framed=framed)})


def note(title: str, detail: str, status: int) -> HTMLResponse:
    """A page that says one thing."""
    return page("note.html", status=status, title=title, detail=detail)


def _answer(request: Request, error: DubanError) -> Response:
    if isinstance(error, NotAllowed):
        problems.remember(request, error)
    first = {problems.NoKey: gate.LOG_IN, ChangeFirst: "/password", NoGrant: "/role"}.get(type(error))
    if first is not None and request.method in ("GET", "HEAD"):
        return RedirectResponse(gate.way_in(request, first), 303)
    if first is not None:
        return note(error.title, EXPIRED if first == gate.LOG_IN else AGAIN, 401)
    page = note(error.title, IN_ADDRESS.sub("地址里的 ", error.detail), problems.status_of(error))
    page.headers.update(problems.waiting(error))
    return page


def _unreadable(error: RequestValidationError) -> DubanError:
    """A number in the path that is none is a page that is not there; elsewhere the place is said."""
    if any(one["loc"][0] == "path" for one in error.errors()):
        return NotFound("没有这一页")
    return problems.faulty(error.errors())


def _hint(error: Exception) -> str:
    upgraded = "no such table" in str(error) or "does not exist" in str(error)
    return "请先运行 duban upgrade" if upgraded else "请稍后再试；若一直如此，请查看服务的日志"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {**wording.FILTERS, "actor": actorwords.actor}
    made.globals["static"] = assets.address
    return made
