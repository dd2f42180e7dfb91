"""The cookie of a session, and whose request it came with: it must be our own page that asks."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from states.errors import NotAllowed
from states.settings import Settings

NAME = "duban"
SAFE = ("GET", "HEAD", "OPTIONS")
FOREIGN = "请求不是从本站的页面发出的（Origin），不予办理"


def is_secure(request: Request, settings: Settings) -> bool:
    """Whether the browser speaks https with us, perhaps by way of a proxy that does it for us."""
    return settings.base_url.startswith("https:") or request.url.scheme == "https"


def name(secure: bool, kind: str = NAME) -> str:
    """`__Host-` binds a cookie to this very host, so that a neighbour can't set it; browsers keep that for https."""
    return f"__Host-{kind}" if secure else kind


def token(request: Request, settings: Settings, kind: str = NAME) -> str | None:
    """What the browser shows; None where it shows nothing."""
    return request.cookies.get(name(is_secure(request, settings), kind)) or None


def put(
    response: Response,
    request: Request,
    settings: Settings,
    value: str,
    kind: str = NAME,
    seconds: int | None = None,
) -> None:
    """Give the browser something to show, until it is closed or for so many seconds."""
    secure = is_secure(request, settings)
    response.set_cookie(
        name(secure, kind), value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax"
    )
    response.headers["Cache-Control"] = "no-store"


def drop(response: Response, request: Request, settings: Settings, kind: str = NAME) -> None:
    """Let the browser forget it."""
    secure = is_secure(request, settings)
    response.delete_cookie(name(secure, kind), path="/", secure=secure, httponly=True, samesite="lax")


def check_origin(request: Request, settings: Settings, *, asked: bool = True) -> None:
    """Raises NotAllowed for an unsafe request that another site's page may have sent.

    `asked`: an Origin must be there. Without a cookie there is nothing to misuse, and none is needed.
    """
    if request.method in SAFE:
        return
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if site not in (None, "same-origin") or (origin is None and asked):
        raise NotAllowed(FOREIGN)
    if origin is not None and origin.lower() not in _ours(request, settings):
        raise NotAllowed(FOREIGN)


def _ours(request: Request, settings: Settings) -> set[str]:
    base = urlsplit(settings.base_url)
    scheme = "https" if is_secure(request, settings) else request.url.scheme
    return {f"{base.scheme}://{base.netloc}".lower(), f"{scheme}://{request.headers.get('host', '')}".lower()}
