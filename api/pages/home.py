"""`/`: my duties. What one owes, what waits for one's decision, how the campaigns stand: by the role in which one acts."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api.deps import Desk
from api.pages import nav, obligations, paging, paper
from api.pages.gate import AtPage
from api.pages.paging import Number
from api.pages.round_words import called
from states.progress import LIGHT_RULE
from states.records import board, duties, health
from states.records.roles import Act, Role

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

A_PAGE = 20  # each with its forms


@router.get("/")
def mine(desk: AtPage, page: Number = 1) -> Response:
    """The parts that the present role has something to do in."""
    with desk.read() as session:
        facts = _facts(session, desk, page)
    return paper.show(desk, "home.html", **facts)


def _facts(session: Session, desk: Desk, page: int) -> dict[str, Any]:
    scope, now, role = desk.scope, desk.now, desk.scope.acts_as
    facts: dict[str, Any] = {"owed": [], "place": None, "waiting": [], "beats": None}
    if role is Role.liaison:
        facts["owed"], facts["place"] = paging.there(
            page, A_PAGE, lambda at: duties.owed(session, scope, now, (at - 1) * A_PAGE, A_PAGE)
        )
        facts["sheets"] = {
            one.obligation["id"]: obligations.sheets_of(one.obligation, {}) for one in facts["owed"]
        }
    if role is Role.leader:
        facts["waiting"], facts["place"] = paging.there(
            page, A_PAGE, lambda at: duties.decisions(session, scope, (at - 1) * A_PAGE, A_PAGE)
        )
    if role is Role.administrator:
        facts["called"] = called
        facts["beats"] = [one for one in health.beats(session) if one.name != board.DEMO_CLOCK]
    facts["role"] = role.value
    facts["decides"], facts["judges"] = nav.may_open(desk, nav.DECISIONS), scope.may(Act.judge)
    facts["runs_all"] = nav.may_open(desk, nav.ADMIN)
    facts |= {"rule": LIGHT_RULE}
    facts["going"] = duties.going(session, scope, now)
    return facts
