"""The application: `uvicorn --factory api.app:create_app`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from api import (
    accounts,
    campaigns,
    changes,
    clues,
    documented,
    evidence,
    files,
    ledger,
    letterforms,
    letters,
    levels,
    obligations,
    phases,
    problems,
    reports,
    respite,
    sessions,
    sessions_oidc,
    shares,
    system,
    templates,
    units,
    webhooks,
    workreports,
)
from api.house import House, Now
from api.watch import Watch
from states import settings as settings_of
from states import tracing
from states.settings import Settings

PAGES = "api.pages"
PARTS = (
    units,
    reports,
    shares,
    files,
    evidence,  # down to here before the acts on obligations, whose path would take theirs
    obligations,
    ledger,
    letters,
    letterforms,
    clues,
    changes,
    webhooks,
    campaigns,
    phases,
    respite,
    levels,
    templates,
    workreports,
    sessions,
    sessions_oidc,
    accounts,
    system,
)


def create_app(settings: Settings | None = None, *, now: Now | None = None) -> FastAPI:
    """The API, its documentation and the pages, over the database of `settings` (from the environment when None).

    `now` tells the time in place of the clock. Raises BadSetting.
    """
    house = House(settings or settings_of.read(), now)
    tracing.begin(house.settings.traces)

    @asynccontextmanager
    async def opened(_app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        try:
            yield {"ending": house.following.ending}  # a server that is told to end sets it
        finally:
            await house.close()
            tracing.flush()

    app: FastAPI = FastAPIOffline(
        title=documented.TITLE,
        version=_version(),
        lifespan=opened,
        middleware=[Middleware(Watch, metrics=house.metrics, largest_file=house.settings.file_bytes)],
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
    )
    app.state.house, app.state.store, app.state.settings = house, house.store, house.settings
    problems.install(app)
    _install(app)
    app.openapi = lambda: documented.document(app)  # type: ignore[method-assign]
    return app


def _install(app: FastAPI) -> None:
    first, others = _routes()
    app.router.routes[:0] = first
    app.router.routes += others
    pages = _pages()
    if pages is not None:
        app.state.as_page = pages.as_page


@cache
def _routes() -> tuple[list[BaseRoute], list[BaseRoute]]:
    """Those that come first, and all others.

    Made once in a process, however many applications it serves: what a route takes and gives is worked out when it is
    first asked for, and that is most of what an application costs.
    """
    parts = APIRouter()
    for part in PARTS:
        parts.include_router(part.router)
    pages = _pages()
    if pages is not None:
        parts.include_router(pages.router())
    return [*units.lean_routes()], parts.routes


def _pages() -> Any:
    """The pages for people, where they are installed."""
    return import_module(PAGES) if find_spec(PAGES) is not None else None


def _version() -> str:
    try:
        return version("duban")
    except PackageNotFoundError:
        return "0"
