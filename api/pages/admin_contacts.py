"""`/admin/contacts`: roles that nobody reachable holds, addresses that send mail back; both put right in place."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.pages import admin, forms, nav, paper
from api.pages.admin_units import HOLDER, edits
from api.pages.gate import AtPage
from states.records import reading_roster
from states.records.board import ROLE_NAMES

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/admin/contacts")
def contacts(desk: AtPage) -> Response:
    """The longest vacant and the latest returned first; the rest of many is found among the units."""
    with desk.read() as session:
        vacant, vacancies = reading_roster.vacancies(session, desk.scope)
        returned, places = reading_roster.returned(session, desk.scope)
    return paper.show(
        desk,
        "admin_contacts.html",
        vacant=[(one, forms.blank(HOLDER, role=one.role)) for one in vacant],
        vacancies=vacancies,
        returned=[
            (one, forms.blank(HOLDER, role=one.role, name=one.name, email=one.email, before=one.email))
            for one in returned
        ],
        places_of_them=places,
        edits=edits(desk),
        named=ROLE_NAMES,
        trail=admin.trail(desk, "联系人"),
        **nav.of_admin(desk),
    )
