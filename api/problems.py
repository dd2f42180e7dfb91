"""Errors as RFC 9457 problems: one table from class to status; names that point to no other host."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.oidc import NoProvider
from states import marks
from states.errors import (
    Conflict,
    DubanError,
    Fault,
    Faulty,
    NoRoom,
    NotAllowed,
    NotFound,
    NotKnown,
    Refused,
    TooLarge,
    TooMany,
)
from states.letters import plain
from states.records.reading_preview import Busy
from states.records.schema import NoDatabase
from states.records.sealing import Unreadable

log = logging.getLogger("duban.api")

MEDIA_TYPE = "application/problem+json"
told_here: ContextVar[list[str] | None] = ContextVar("told_here", default=None)
"""The kinds of what was told in this request, for whoever counts."""


class NoKey(DubanError):
    """需要登录或有效的密钥"""


STATUSES: Mapping[type[DubanError], tuple[int, str]] = {
    NoKey: (401, "unauthorized"),
    NotKnown: (401, "unauthorized"),
    TooMany: (429, "too-many"),
    NotAllowed: (403, "forbidden"),
    NotFound: (404, "not-found"),
    Conflict: (409, "conflict"),
    Refused: (409, "refused"),
    TooLarge: (413, "too-large"),
    Faulty: (422, "faulty"),
    NoDatabase: (503, "unavailable"),
    Busy: (503, "unavailable"),
    NoProvider: (503, "unavailable"),
    Unreadable: (503, "unavailable"),  # a key that is missing here is for an administrator to bring
    NoRoom: (507, "no-room"),
    DubanError: (500, "error"),
}
HTTP: Mapping[int, tuple[str, str, str]] = {
    400: ("bad-request", "请求有误", "请求的内容读不懂，应为 JSON"),
    404: ("not-found", "找不到", "没有这个地址"),
    405: ("method-not-allowed", "不支持这种方法", "这个地址不支持这种方法"),
}
HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": "Bearer"},
    413: {"Connection": "close"},  # the rest of the body is not waited for
    503: {"Retry-After": "10"},
    507: {"Connection": "close"},
}
LONGEST = 200  # of an address that is kept, and of a place that is named
MOST = 50  # faults that are named one by one
BROKEN = "服务出错"
UNFIT = "有一个数或一段文字超出了能保存的范围"
UNAVAILABLE = "数据库暂时用不了，请稍后再试；原因见 /readyz"
SAYINGS: Mapping[str, str] = {
    "missing": "必须填写",
    "extra_forbidden": "没有这一项",
    "json_invalid": "不是合法的 JSON",
    "string_type": "应为文字",
    "string_too_long": "最多 {max_length} 个字",
    "string_too_short": "不能为空",
    "string_pattern_mismatch": "写法不对",
    "string_unicode": "含有不能保存的字符",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "数太大",
    "int_from_float": "应为整数",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "list_type": "应为列表",
    "tuple_type": "应为列表",
    "too_long": "最多 {max_length} 项",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "literal_error": "只能是 {expected} 之一",
    "enum": "只能是 {expected} 之一",
    "date_type": "应为日期，如 2026-12-01",
    "date_parsing": "应为日期，如 2026-12-01",
    "date_from_datetime_parsing": "应为日期，如 2026-12-01",
}


def problem(
    status: int, kind: str, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """One problem; `type` is a name, not an address. It tells the number of its request, by which the log is found."""
    if number := marks.request():
        more = {"request_id": number, **more}
    body = {"type": f"urn:duban:{kind}", "title": title, "status": status, "detail": detail, **more}
    if (kinds := told_here.get()) is not None:
        kinds.append(kind)
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(content, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def told(error: DubanError) -> Response:
    """An error of ours with all it carries."""
    status, kind = _status(error)
    more: dict[str, Any] = {}
    if isinstance(error, Refused):
        more["refusals"] = error.refusals
        if error.places:
            more["places"] = error.places
    if isinstance(error, Faulty):
        more["faults"] = [_fault(one) for one in error.faults]
    headers = waiting(error) or HEADERS.get(status)
    return problem(status, kind, error.title, error.detail, headers, **more)


def status_of(error: DubanError) -> int:
    """The status that says it."""
    return _status(error)[0]


def _status(error: DubanError) -> tuple[int, str]:
    return next(STATUSES[one] for one in type(error).__mro__ if one in STATUSES)


def waiting(error: DubanError) -> Mapping[str, str]:
    """A header that says how long, where it may be tried again."""
    return {"Retry-After": str(error.wait)} if isinstance(error, TooMany) else {}


def _fault(one: Fault) -> dict[str, Any]:
    return {"place": one.place, "line": one.line, "says": one.says}


def unexpected(error: BaseException, method: str, route: str) -> Response:
    """What nobody foresaw: the caller gets a number, the log the rest."""
    number, detail = logged(error, method, route)
    return problem(500, "internal", BROKEN, detail, request_id=number)


def logged(error: BaseException, method: str, route: str) -> tuple[str, str]:
    """The number under which the log has it, and the sentence that tells it."""
    number = marks.request() or uuid4().hex
    log.error("request %s failed: %s %s", number, method, route, exc_info=error)
    return number, f"服务内部出错，已记入日志；反映问题时请附上编号 {number}"


def unavailable(error: BaseException) -> Response:
    """The database can't be asked just now."""
    log.error("the database failed: %s", error, exc_info=error)
    return problem(503, "unavailable", NoDatabase("").title, UNAVAILABLE, {"Retry-After": "10"})


def install(app: FastAPI) -> None:
    """All of it as the app's exception handlers."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, DubanError)  # noqa: S101  (registered for this class)
        if isinstance(error, NotAllowed):
            remember(request, error)
        return told(error)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  (registered for this class)
        status = error.status_code
        if status == 413:
            return told(TooLarge(error.detail))
        kind, title, detail = HTTP.get(status, ("http", "请求未能办理", str(error.detail)))
        if _for_people(request):
            shown: Response = request.app.state.as_page(title, detail, status)
            return shown
        return problem(status, kind, title, detail, error.headers)

    async def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for this class)
        return told(faulty(error.errors()))

    async def broken(_request: Request, error: Exception) -> Response:
        return unavailable(error)

    async def unfit(_request: Request, error: Exception) -> Response:
        log.warning("the database does not take it: %s", error)
        return told(Faulty([Fault("", UNFIT)]))

    app.add_exception_handler(DubanError, ours)
    app.add_exception_handler(sa.exc.DataError, unfit)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    for class_ in (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError):
        app.add_exception_handler(class_, broken)


def _for_people(request: Request) -> bool:
    """Whether a browser asked for a page, where no route was there to answer with one."""
    there = hasattr(request.app.state, "as_page") and not request.url.path.startswith("/api/")
    return there and "text/html" in request.headers.get("accept", "")


def remember(request: Request, error: NotAllowed) -> None:
    """Who was kept from what, for the journal."""
    asker = getattr(request.state, "asker", None)
    if asker is not None:
        scope, now = asker
        route, what = request.scope["route"].path, plain(f"{request.method} {request.url.path}", LONGEST)
        request.app.state.house.seats.refused(scope, route, what, error.detail, now)


def faulty(errors: Iterable[Mapping[str, Any]]) -> Faulty:
    """What a shape has against what was sent, each with its place, in our words: for the API and for forms."""
    found = list(errors)
    more = [Fault("", f"还有 {len(found) - MOST} 处")] if len(found) > MOST else []
    return Faulty([*map(_invalid, found[:MOST]), *more])


def _invalid(error: Mapping[str, Any]) -> Fault:
    place = plain(".".join(str(part) for part in error["loc"]), LONGEST)
    saying = SAYINGS.get(error["type"])
    if saying is None:
        return Fault(place, f"不合规定（{error['msg']}）")
    return Fault(place, saying.format(**_context(error)))


def _context(error: Mapping[str, Any]) -> dict[str, Any]:
    """What a saying may name; a choice as a Chinese list instead of 'a', 'b' or 'c'."""
    found = dict(error.get("ctx") or {})
    if choices := re.findall(r"'([^']*)'", str(found.get("expected", ""))):
        found["expected"] = "、".join(choices)
    return found
