"""What was just done, told on the page that follows: kept by the browser for a minute, and as text only."""

from __future__ import annotations

import base64
import binascii

from starlette.requests import Request
from starlette.responses import Response

from api import cookies
from states.settings import Settings

KIND, SECONDS, LONGEST = "duban-said", 60, 400


def tell(response: Response, request: Request, settings: Settings, words: str) -> None:
    """Say it on the next page."""
    value = base64.urlsafe_b64encode(words[:LONGEST].encode()).decode()
    cookies.put(response, request, settings, value, KIND, SECONDS)


def said(request: Request) -> str:
    """What is to be told; "" for nothing, or for what nobody here has written."""
    settings: Settings = request.app.state.settings
    value = request.cookies.get(cookies.name(cookies.is_secure(request, settings), KIND), "")
    try:
        return base64.b64decode(value, b"-_", validate=True).decode()[:LONGEST]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def forget(response: Response, request: Request, settings: Settings) -> None:
    """Told once."""
    cookies.drop(response, request, settings, KIND)
