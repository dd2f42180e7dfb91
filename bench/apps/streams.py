"""The least that tells many at once: everybody waits for the same event and is sent the same line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

BODY = json.dumps(
    {"type": "duban.unit.moved", "data": {"campaign": 1, "unit": "示例单位", "text": "示" * 100}}
)


def create_app() -> Starlette:
    """`GET /stream` follows, `POST /tell` tells."""
    news = [asyncio.Event()]

    async def lines() -> AsyncIterator[str]:
        yield ": \n\n"
        while True:
            await news[0].wait()
            yield f"data: {BODY}\n\n"

    async def stream(_request: Request) -> Response:
        return StreamingResponse(lines(), media_type="text/event-stream")

    async def tell(_request: Request) -> Response:
        told, news[0] = news[0], asyncio.Event()
        told.set()
        return PlainTextResponse("")

    async def well(_request: Request) -> Response:
        return PlainTextResponse("ok")

    return Starlette(
        routes=[Route("/stream", stream), Route("/tell", tell, methods=["POST"]), Route("/healthz", well)]
    )
