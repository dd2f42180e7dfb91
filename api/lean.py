"""A route with a short cut, for the few requests that other systems make all day.

What is not the plain case goes the ordinary way, which then also finds the words for what is wrong.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

Short = Callable[[Request], Awaitable[Response | None]]


class Lean(APIRoute):
    """`short` takes the request as it comes and passes the gate itself; None: answer this one the ordinary way."""

    def __init__(self, path: str, endpoint: Callable[..., Any], *, short: Short, **described: Any) -> None:
        super().__init__(path, endpoint, **described)
        ordinary = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive, send)
            answer = await short(request)
            if answer is None:
                await ordinary(scope, _again(await request.body(), receive), send)
            else:
                await answer(scope, receive, send)

        self.app = app


def _again(body: bytes, receive: Receive) -> Receive:
    """The request's body once more; then whatever comes."""
    left = [body]

    async def receiving() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return receiving
