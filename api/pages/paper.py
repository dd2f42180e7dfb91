"""From data to a response: Jinja with autoescape, words for dates and shares, headers that forbid the rest."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Coroutine
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.pages.gate import KeyWanted
from states.errors import DubanError, NotAllowed, NotFound

log = logging.getLogger("duban.pages")

UNREADABLE = (sa.exc.OperationalError, sa.exc.ProgrammingError, sa.exc.TimeoutError)
WEEKDAYS = "一二三四五六日"
STATIC = {"pages.css": "text/css", "live.js": "text/javascript", "mark.svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; style-src 'self'{styles}; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class PageRoute(APIRoute):
    """A route whose errors are pages, and whose every answer carries the headers."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                response = await handle(request)
            except DubanError as error:
                response = _apology(error)
            except RequestValidationError:
                response = _apology(NotFound("没有这一页"))
            except UNREADABLE as error:
                log.exception("a page could not be read")
                response = page("note.html", status=503, title="数据库暂时用不了", detail=_hint(error))
            for name, value in {**HEADERS, "Content-Security-Policy": POLICY.format(styles="")}.items():
                response.headers.setdefault(name, value)
            return response

        return handled


def page(name: str, *, status: int = 200, letters: bool = False, **facts: Any) -> HTMLResponse:
    """A template filled in. `letters`: the page shows mails, which bring their own styles (never scripts)."""
    policy = POLICY.format(styles=" 'unsafe-inline'" if letters else "")
    html = _environment().get_template(name).render(**facts)
    return HTMLResponse(html, status, {"Content-Security-Policy": policy})


def static_file(name: str) -> Response:
    """One of our own few files; raises NotFound."""
    if name not in STATIC:
        raise NotFound(f"没有文件 {name}")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_static(name), media_type=STATIC[name], headers=headers)


def _hint(error: Exception) -> str:
    upgraded = "no such table" in str(error) or "does not exist" in str(error)
    return "请先运行 duban upgrade" if upgraded else "请稍后再试；若一直如此，请查看服务的日志"


def _apology(error: DubanError) -> HTMLResponse:
    status = {NotFound: 404, NotAllowed: 403, KeyWanted: 401}.get(type(error), 400)
    response = page("note.html", status=status, title=error.title, detail=error.detail)
    if isinstance(error, KeyWanted):
        response.headers["WWW-Authenticate"] = 'Basic realm="duban", charset="UTF-8"'
    return response


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"day": day, "moment": moment, "long_day": long_day, "share": share}
    made.globals["static"] = _address
    return made


@cache
def _static(name: str) -> bytes:
    return (resources.files("api.pages") / "static" / name).read_bytes()


@cache
def _address(name: str) -> str:
    """With a mark of the content, so that a browser keeps it until it changes."""
    return f"/static/{name}?v={hashlib.sha256(_static(name)).hexdigest()[:12]}"


def day(at: datetime | date | None, zone: ZoneInfo) -> str:
    """12月5日（六）."""
    if at is None:
        return "—"
    local = at.astimezone(zone) if isinstance(at, datetime) else at
    return f"{local.month}月{local.day}日（{WEEKDAYS[local.weekday()]}）"


def long_day(at: datetime | date, zone: ZoneInfo) -> str:
    """2026年12月5日 星期六."""
    local = at.astimezone(zone) if isinstance(at, datetime) else at
    return f"{local.year}年{local.month}月{local.day}日 星期{WEEKDAYS[local.weekday()]}"


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """12-05 09:00."""
    return "—" if at is None else f"{at.astimezone(zone):%m-%d %H:%M}"


def share(value: float | None) -> str:
    """97.3%; a dash where there is nothing to count."""
    return "—" if value is None else f"{value:.1%}"
