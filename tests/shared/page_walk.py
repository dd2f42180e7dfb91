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
    "/admin": ("/admin", "administrator"),
    "/admin/units": ("/admin/units", "administrator"),
    "/admin/units/{code}": ("/admin/units/SL00101-H02", "administrator"),
    "/admin/contacts": ("/admin/contacts", "administrator"),
    "/admin/calendar": ("/admin/calendar", "administrator"),
    "/admin/calendar/{year}": ("/admin/calendar/2026", "administrator"),
    "/admin/import": ("/admin/import", "administrator"),
    "/admin/templates": ("/admin/templates", "administrator"),
    "/admin/templates/{key}": ("/admin/templates/sichuan-2017-122", "administrator"),
    "/admin/keys": ("/admin/keys", "administrator"),
    "/admin/accounts": ("/admin/accounts", "administrator"),
    "/admin/accounts/{account_id}": ("/admin/accounts/2", "administrator"),
    "/admin/rounds": ("/admin/rounds", "administrator"),
    "/admin/outbox": ("/admin/outbox", "administrator"),
    "/admin/outbox/{mail_id}": ("/admin/outbox/1", "administrator"),
    "/dates": ("/dates", "liaison"),
    "/hand-in/{text}": ("PASS", ""),
    "/help": ("/help", "liaison"),
    "/help/{name}": ("/help/coordinator", "coordinator"),
    "/start": ("/start", "coordinator"),
    "/start/plan": ("/start/plan?template=sichuan-2017-122", "coordinator"),
    "/campaigns": ("/campaigns", "coordinator"),
    "/campaigns/{campaign_id}": ("/campaigns/1", "coordinator"),
    "/campaigns/{campaign_id}/obligations/{obligation_id}": ("OWED", "liaison"),
    "/campaigns/{campaign_id}/figures": ("/campaigns/1/figures", "coordinator"),
    "/campaigns/{campaign_id}/obligations": ("/campaigns/1/obligations?only=overdue", "coordinator"),
    "/owed": ("/owed?unit=SL00101", "coordinator"),
    "/campaigns/{campaign_id}/units": ("/campaigns/1/units", "coordinator"),
    "/campaigns/{campaign_id}/units/{code}": ("/campaigns/1/units/SL00101-H02", "coordinator"),
    "/campaigns/{campaign_id}/units/{code}/{part}": (
        "/campaigns/1/units/SL00101-H02/mails",
        "coordinator",
    ),
    "/campaigns/{campaign_id}/decisions": ("/campaigns/1/decisions", "coordinator"),
    "/campaigns/{campaign_id}/decisions/extensions": ("/campaigns/1/decisions/extensions", "coordinator"),
    "/campaigns/{campaign_id}/decisions/proposals": ("/campaigns/1/decisions/proposals", "leader"),
    "/campaigns/{campaign_id}/decisions/moves": ("/campaigns/1/decisions/moves", "coordinator"),
    "/campaigns/{campaign_id}/ledger": ("/campaigns/1/ledger", "coordinator"),
    "/campaigns/{campaign_id}/ledger/queue": ("/campaigns/1/ledger/queue", "coordinator"),
    "/campaigns/{campaign_id}/ledger/import": ("/campaigns/1/ledger/import", "coordinator"),
    "/campaigns/{campaign_id}/ledger/{no}": ("/campaigns/1/ledger/2", "coordinator"),
}
MORE: dict[
    str, tuple[str, str]
] = {  # the same routes as others see them, and pages that say that something is not
    "home of a leader": ("/", "leader"),
    "home of a coordinator": ("/", "coordinator"),
    "home of an administrator": ("/", "administrator"),
    "history of a unit": ("/campaigns/1/units/SL00101-H02/history", "liaison"),
    "unit as its liaison sees it": ("/campaigns/1/units/SL00101-H02", "liaison"),
    "decisions of a leader": ("/campaigns/1/decisions", "leader"),
    "decisions where nothing waits": ("/campaigns/2/decisions", "coordinator"),
    "ledger with a row that is corrected": ("/campaigns/1/ledger?edit=1", "coordinator"),
    "ledger without a row": ("/campaigns/1/ledger", "liaison"),
    "item as an auditor sees it": ("/campaigns/1/ledger/1", "auditor"),
    "contacts of a unit as a coordinator sees them": ("/admin/units/SL00101-H02", "coordinator"),
    "a year that is not published": ("/admin/calendar/2031", "administrator"),
    "a template without dates": ("/admin/templates/standard-four-phase", "coordinator"),
    "units below one": ("/admin/units?under=SL00101", "administrator"),
    "handbook of a liaison": ("/help/liaison", "liaison"),
    "handbook of an administrator": ("/help/administrator", "administrator"),
    "not there": ("/campaigns/99", "coordinator"),
    "board as a county sees it": ("/campaigns/1", "liaison"),
    "board of single units": ("/campaigns/1?only=overdue", "coordinator"),
    "board of one place": ("/campaigns/1?under=SL00101", "coordinator"),
    "not allowed": ("/campaigns/1?under=SL00102", "liaison"),
}
# what is no page of its own, or there only in the demonstration (its pages are looked at in test_demo_pages)
NO_PAGE = {"/static/{name}", "/dates/{text}", "/dev/mail", "/dev/mail/{name}", "/dev/mail/{name}/{number}"}
NO_PAGE |= {"/campaigns/{campaign_id}/decisions/proposals/{proposal_id}/draft"}
NO_PAGE |= {
    "/start/units",
    "/start/check",
    "/start/mails",
    "/start/mails/all",
}  # posted to: test_story_coordinator
NO_PAGE |= {"/admin/import/recorded", "/admin/import/blank", "/admin/templates/{key}/text"}  # files
REFUSING = {"not there": 404, "not allowed": 403}


def routes_of(app: Any) -> set[tuple[str, str]]:
    """Method and path of every route that is a page or is posted to from one."""
    from api.pages.paper import PageRoute

    return {
        (method, one.path) for one in flat(app.routes) if isinstance(one, PageRoute) for method in one.methods
    }


def flat(routes: Any) -> Any:
    for one in routes:
        inner = getattr(one, "original_router", None) or getattr(one, "routes", None)
        if inner is not None and not hasattr(one, "methods"):
            yield from flat(getattr(inner, "routes", inner))
        else:
            yield one


def at(site: Any, path: str) -> str:
    """The address, where it depends on what was seeded."""
    return path.replace("OWED", f"/campaigns/1/obligations/{site.owed}").replace("PASS", site.passed)


LISTED = {*rights.PAGES, *rights_pages.WITHOUT}
