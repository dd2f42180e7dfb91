"""Around every request: how long it took, how much may be sent, and an answer even when something breaks."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.metrics import Metrics
from states.clock import elapsed

LARGEST = 1 << 20  # bytes of a request's body
LARGEST_FILE = 32 << 20  # where the body is a ledger's workbook
ELSEWHERE = "(none)"  # the route of a request that found none
WITHOUT_BODY = ("GET", "HEAD")


class Watch:
    """A plain ASGI wrapper; what it wraps sees the same messages."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = elapsed(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._answer(scope, receive, sending)
        except Exception as error:
            if status:
                raise  # the answer has begun; the server cuts the connection
            response = problems.unexpected(error, scope["method"], scope["path"])
            await response(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", ELSEWHERE)
            self._metrics.ended(scope["method"], route, status, elapsed() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in WITHOUT_BODY:
            await self._app(scope, receive, send)
        elif _announced(scope) > _most(scope):
            await problems.problem(413, *problems.HTTP[413])(scope, receive, send)
        else:
            await self._app(scope, _limited(receive, _most(scope)), send)


def _announced(scope: Scope) -> int:
    given = dict(scope["headers"]).get(b"content-length", b"")
    return int(given) if given.isdigit() else 0


def _most(scope: Scope) -> int:
    return LARGEST_FILE if scope["path"].endswith("/ledger/import") else LARGEST


def _limited(receive: Receive, most: int) -> Receive:
    """A body that says nothing of its length is counted as it comes."""
    received = 0

    async def counting() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise HTTPException(413)
        return message

    return counting
