"""Answers as bytes: JSON once, with a tag of its content, so that who has it already is told so."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

JSON = "application/json"
FRESH = "private, no-cache"  # may be kept, must be asked for again


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def dumped(content: Any) -> str:
    """JSON with Chinese as it is."""
    return _ENCODER.encode(content)


def plain(body: str, status: int = 200, *, again: bool = False) -> Response:
    """An answer to a POST; `again`: the one that was given before."""
    headers = {"Idempotency-Replayed": "true"} if again else None
    return Response(body, status, headers, JSON)


def conditional(
    request: Request, body: str, tagged: str | None = None, following: str | None = None
) -> Response:
    """200 with the body, or 304 when the caller has it. `tagged`: what the tag is made of when not the whole body."""
    tag = etag(body if tagged is None else tagged)
    headers = {"ETag": tag, "Cache-Control": FRESH}
    if following is not None:
        headers["Link"] = f'<{_with_cursor(request, following)}>; rel="next"'
    if known(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, JSON)


def etag(content: str) -> str:
    """A weak tag: the same content, not the same bytes."""
    return f'W/"{hashlib.blake2b(content.encode(), digest_size=12).hexdigest()}"'


def known(header: str | None, tag: str) -> bool:
    """Whether If-None-Match names the tag; compared weakly."""
    if header is None:
        return False
    bare = tag.removeprefix("W/")
    return any(one.strip().removeprefix("W/") in (bare, "*") for one in header.split(","))


def _with_cursor(request: Request, cursor: str) -> str:
    """The same address with another cursor; without a host, since a proxy may have changed it."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f"{quote(request.scope['path'])}?{urlencode([*kept, ('cursor', cursor)])}"
