"""Around every request: how long it took, how much may be sent, what the browser must not do with the answer, and an
answer even when something breaks."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import guarding, problems
from api.metrics import Metrics
from states.clock import elapsed
from states.errors import TooLarge

LARGEST = 1 << 20  # bytes of a request's body
LARGEST_LEDGER = 32 << 20  # where the body is a ledger's workbook
FILES_AT_ONCE = 4  # so many files of the largest size in one form
ELSEWHERE = "(none)"  # the route of a request that found none
WITH_FILES = re.compile(r"/obligations/[0-9]+/(submissions|extensions)$")
WITHOUT_BODY = ("GET", "HEAD")


class Watch:
    """A plain ASGI wrapper; what it wraps sees the same messages."""

    def __init__(self, app: ASGIApp, metrics: Metrics, largest_file: int) -> None:
        """`largest_file`: bytes of one file that a unit hands in."""
        self._app = app
        self._metrics = metrics
        self._largest_form = FILES_AT_ONCE * largest_file + LARGEST

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = elapsed(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                guarding.guard(message)
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
            return
        most = self._most(scope)
        if _announced(scope) > most:
            await problems.told(_too_large(most))(scope, receive, send)
        else:
            await self._app(scope, _limited(receive, most), send)

    def _most(self, scope: Scope) -> int:
        """Bytes that the body of this request may have."""
        if WITH_FILES.search(scope["path"]):
            return self._largest_form
        return LARGEST_LEDGER if scope["path"].endswith("/ledger/import") else LARGEST


def _announced(scope: Scope) -> int:
    given = dict(scope["headers"]).get(b"content-length", b"")
    return int(given) if given.isdigit() else 0


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"一次最多发送 {most >> 20} MB")


def _limited(receive: Receive, most: int) -> Receive:
    """A body that says nothing of its length is counted as it comes."""
    received = 0

    async def counting() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise HTTPException(413, _too_large(most).detail)  # the only kind that FastAPI lets through here
        return message

    return counting
