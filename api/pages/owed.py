"""Lists of what is owed: the rows behind a figure. Of one campaign, or of one unit over all campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api.deps import CampaignId, Cursor, Desk
from api.obligations import DueFrom, DueUntil
from api.pages import nav, paper
from api.pages.forms import Sheet
from api.pages.gate import AtPage
from states.errors import Faulty
from states.records import reading_obligations, reading_scope
from states.records.campaigns import Running, running
from states.records.obligations_wanted import Wanted
from states.records.settling import STATUS_NAMES
from states.records.told import ObligationTold

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

A_PAGE, OF_A_UNIT = 100, 500
Choice = Annotated[str, Query(max_length=200)]
LABELS = {
    "unit": "单位",
    "under": "在哪个单位之下",
    "status": "状态",
    "only": "只看",
    "due_from": "期限从",
    "due_until": "到",
}
ASKED = tuple(status for status in STATUS_NAMES if status != "waived")
STATUSES = (("", "全部"), *STATUS_NAMES.items())
COUNTED = {
    "due": "应报的",
    "on_time": "按时报送的",
    "late": "逾期报送的",
    "nil": "零报告的",
}  # as 报送率 counts them
ONLY = (("", "全部"), ("overdue", "逾期的"), *COUNTED.items())


class Part(NamedTuple):
    """What a unit has to hand in in one campaign: the first of it, how much it is, and where all is listed if that is more."""

    campaign: Running
    items: list[ObligationTold]
    number: int
    all: str = ""


@router.get("/campaigns/{campaign_id}/obligations")
def of_campaign(
    desk: AtPage,
    campaign_id: CampaignId,
    unit: Choice = "",
    under: Choice = "",
    status: Choice = "",
    only: Choice = "",
    due_from: DueFrom = None,
    due_until: DueUntil = None,
    beyond: Choice = "",
    cursor: Cursor = "0",
) -> Response:
    """The same list as the API's. What a filter can't mean is said above it, and nothing is listed."""
    days = {"due_from": _day(due_from), "due_until": _day(due_until)}
    asked = {"unit": unit, "under": under, "status": status, "only": only, "beyond": beyond, **days}
    wanted = _wanted(asked, due_from, due_until)
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        listed = _listed(session, desk, campaign, wanted, int(cursor))
    return paper.show(
        desk,
        "owed.html",
        status=422 if listed["wrong"] else 200,
        campaign=campaign,
        beyond=beyond,
        **listed,
        sheet=Sheet(LABELS, {name: (value,) for name, value in asked.items()}),
        kept=[(name, value) for name, value in asked.items() if value],
        begun=cursor != "0",
        options={"status": STATUSES, "only": ONLY},
        trail=_trail(campaign.row.title, campaign_id),
        places=nav.within(desk, campaign_id),
    )


@router.get("/owed")
def of_unit(desk: AtPage, unit: Choice, due_from: DueFrom = None, due_until: DueUntil = None) -> Response:
    """What one unit has to hand in over all campaigns that one sees, by campaign. Raises NotAllowed, NotFound."""
    wanted = Wanted(unit, statuses=ASKED, due_from=due_from, due_until=due_until)
    with desk.read() as session:
        place = reading_scope.unit_seen(session, desk.scope, unit)
        seen = sorted(reading_scope.seen_ids(session, desk.scope))
        found = [_of_unit(session, desk, running(session, key), wanted) for key in seen]
    parts = [one for one in found if one.items]
    return paper.show(
        desk,
        "owed_unit.html",
        unit=place,
        days=(due_from, due_until),
        parts_of=parts,
        number=sum(one.number for one in parts),
        trail=[("专项行动", "/campaigns"), (place.name, "")],
    )


def _of_unit(session: Session, desk: Desk, campaign: Running, wanted: Wanted) -> Part:
    about = session, desk.scope
    page = reading_obligations.page(*about, campaign.id, wanted, desk.now, 0, OF_A_UNIT)
    items = sorted(page["items"], key=lambda one: (one["due"] is None, one["due"] or "", one["id"]))
    if page["next"] is None:
        return Part(campaign, items, len(items))
    days = {"due_from": _day(wanted.due_from), "due_until": _day(wanted.due_until)}
    same = {"unit": wanted.unit, **{name: day for name, day in days.items() if day}}
    number = reading_obligations.count(*about, campaign, wanted, desk.now)
    return Part(campaign, items, number, f"/campaigns/{campaign.id}/obligations?{urlencode(same)}")


def _listed(session: Session, desk: Desk, campaign: Running, wanted: Wanted, after: int) -> dict[str, Any]:
    """One page and how many there are on all; nothing, and why, where the filter can't be meant."""
    about = session, desk.scope
    try:
        wanted = _meant(session, desk, wanted)
        found = reading_obligations.page(*about, campaign.id, wanted, desk.now, after, A_PAGE)
        number = reading_obligations.count(*about, campaign, wanted, desk.now)
    except Faulty as error:
        empty: dict[str, Any] = {"items": [], "next": None}
        return {"found": empty, "number": 0, "wrong": tuple(one.says for one in error.faults)}
    return {"found": found, "number": number, "wrong": ()}


def _wanted(asked: Mapping[str, str], due_from: date | None, due_until: date | None) -> Wanted:
    def some(name: str) -> tuple[str, ...]:
        return (asked[name],) if asked[name] else ()

    only = asked["only"]
    late, reporting = only == "overdue" or None, only if only in COUNTED else ""
    place = asked["unit"] or None
    return Wanted(
        place,
        None,
        some("status"),
        late,
        some("under"),
        due_from,
        due_until,
        reporting,
        asked["beyond"] or None,
    )


def _meant(session: Session, desk: Desk, wanted: Wanted) -> Wanted:
    """The same with units by their codes. Raises Faulty."""

    def code(words: str, place: str) -> str:
        return reading_scope.code_meant(session, desk.scope, words, place)

    unit = wanted.unit and code(wanted.unit, "unit")
    return replace(wanted, unit=unit, under=tuple(code(one, "under") for one in wanted.under))


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _trail(title: str, campaign_id: int) -> list[tuple[str, str]]:
    return [("专项行动", "/campaigns"), (title, f"/campaigns/{campaign_id}"), ("应办事项", "")]
