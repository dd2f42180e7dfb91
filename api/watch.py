"""Around every request: how long it took, how much may be sent, what the browser must not do with the answer, and an
answer even when something breaks."""

from __future__ import annotations

import logging
import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import guarding, problems, weights
from api.metrics import Metrics
from states import loglines, marks, tracing
from states.clock import elapsed
from states.errors import TooLarge

log = logging.getLogger("duban.request")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STREAM = b"text/event-stream"
ERROR = 500
LARGEST = 1 << 20  # bytes of a request's body
LARGEST_SHEET = 32 << 20  # where the body is the workbook of a ledger or of a report
LARGEST_FORM = 2 << 20  # where it is the form of a letter, with its pictures
FILES_AT_ONCE = 4  # so many files of the largest size in one form
ELSEWHERE = "(none)"  # the route of a request that found none
WITH_FILES = re.compile(r"/obligations/[0-9]+/(submissions|extensions)$|^/hand-in/[\w-]+$")
WITHOUT_BODY = ("GET", "HEAD")


def method_of(method: str) -> str:
    """One of a few: whoever asks may call it anything."""
    return method if method in METHODS else "OTHER"


def route_of(scope: Scope) -> str:
    """The template of the address that was asked for: as many as there are routes, and no code or number in them."""
    return getattr(scope.get("route"), "path", ELSEWHERE)


class Seen:
    """An answer on its way: its status, how long it took, and the number of its request put on it.

    A stream takes as long as somebody listens: of it counts when it began.
    """

    def __init__(self, number: str, send: Send) -> None:
        self._number, self._send, self._began = number.encode(), send, elapsed()
        self._ended: float | None = None
        self.status = 0
        self.problems: list[str] = []

    @property
    def seconds(self) -> float:
        return (self._ended or elapsed()) - self._began

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ())]
            if any(name == b"content-type" and value.startswith(STREAM) for name, value in headers):
                self._ended = elapsed()
            message = {**message, "headers": [*headers, (b"x-request-id", self._number)]}
            guarding.guard(message)
        await self._send(message)


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
        number, parent = marks.number_of(scope["headers"])
        method = method_of(scope["method"])
        with (
            marks.in_request(number),
            self._metrics.going(),
            tracing.span(method, "server", parent, duban_request_id=number) as told,
        ):
            seen = Seen(number, send)
            token = problems.told_here.set(seen.problems)
            try:
                await self._guarded(scope, receive, seen)
            finally:
                problems.told_here.reset(token)
                weights.ended(scope)
                self._note(method, route_of(scope), seen, told)

    async def _guarded(self, scope: Scope, receive: Receive, seen: Seen) -> None:
        """An answer in any case."""
        try:
            await self._answer(scope, receive, seen.send)
        except Exception as error:
            if seen.status:
                raise  # the answer has begun; the server cuts the connection
            response = problems.unexpected(error, scope["method"], route_of(scope))
            await response(scope, receive, seen.send)

    def _note(self, method: str, route: str, seen: Seen, told: tracing.Told) -> None:
        """What became of a request: as figures, as attributes of its span, as a line of the log."""
        seconds = seen.seconds
        self._metrics.ended(method, route, seen.status, seconds)
        for kind in seen.problems:
            self._metrics.refused(kind)
        told.name(f"{method} {route}")
        told.tell(http_request_method=method, http_route=route, http_response_status__code=seen.status)
        if seen.status >= ERROR:
            told.failed(str(seen.status))
        if log.isEnabledFor(logging.INFO):
            about: dict[str, Any] = {
                "method": method,
                "route": route,
                "status": seen.status,
                "seconds": round(seconds, 4),
            }
            if seen.problems:
                about["problem"] = seen.problems[-1]
            said = (method, route, seen.status, seconds)
            log.info("%s %s %s in %.4f s", *said, extra={loglines.ABOUT: about})

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
        if scope["path"].endswith(("/ledger/import", "/forms/import", "/admin/import")):
            return LARGEST_SHEET
        return LARGEST_FORM if scope["path"].startswith("/api/v1/letter-forms/") else LARGEST


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
