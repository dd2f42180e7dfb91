"""Every page: an address at which there is something to see, and who looks. A new page needs its entry here."""

from __future__ import annotations

from typing import Any

from api import rights, rights_pages

# route → address and role; "" as role: nobody is logged in
WALK: dict[str, tuple[str, str]] = {
    "/": ("/", "liaison"),
    "/login": ("/login", ""),
    "/password": ("/password", "coordinator"),
    "/role": ("/role", "coordinator"),
    "/docs": ("/docs", ""),
    "/dates": ("/dates", "liaison"),
    "/hand-in/{text}": ("PASS", ""),
    "/campaigns": ("/campaigns", "coordinator"),
    "/campaigns/{campaign_id}": ("/campaigns/1", "coordinator"),
    "/campaigns/{campaign_id}/obligations/{obligation_id}": ("OWED", "liaison"),
    "/campaigns/{campaign_id}/units": ("/campaigns/1/units", "coordinator"),
    "/campaigns/{campaign_id}/units/{code}": ("/campaigns/1/units/SL00101-H02", "coordinator"),
}
MORE: dict[
    str, tuple[str, str]
] = {  # the same routes as others see them, and pages that say that something is not
    "home of a leader": ("/", "leader"),
    "home of a coordinator": ("/", "coordinator"),
    "home of an administrator": ("/", "administrator"),
    "unit as its liaison sees it": ("/campaigns/1/units/SL00101-H02", "liaison"),
    "not there": ("/campaigns/99", "coordinator"),
    "not allowed": ("/campaigns/1", "liaison"),
}
# what is no page of its own, or there only in the demonstration (its pages are looked at in test_demo_pages)
NO_PAGE = {"/static/{name}", "/dates/{text}", "/dev/mail", "/dev/mail/{name}", "/dev/mail/{name}/{number}"}
REFUSING = {"not there": 404, "not allowed": 403}


def routes_of(app: Any) -> set[tuple[str, str]]:
    """Method and path of every route that is a page or is posted to from one."""
    from api.pages.paper import PageRoute

    return {
        (method, one.path)
        for one in _below(app.routes)
        if isinstance(one, PageRoute)
        for method in one.methods
    }


def _below(routes: Any) -> Any:
    for one in routes:
        inner = getattr(one, "original_router", None) or getattr(one, "routes", None)
        if inner is not None and not hasattr(one, "methods"):
            yield from _below(getattr(inner, "routes", inner))
        else:
            yield one


def at(site: Any, path: str) -> str:
    """The address, where it depends on what was seeded."""
    return path.replace("OWED", f"/campaigns/1/obligations/{site.owed}").replace("PASS", site.passed)


LISTED = {*rights.PAGES, *rights_pages.WITHOUT}
