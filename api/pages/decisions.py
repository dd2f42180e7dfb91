"""The review queue: what was handed in, one in full after the other, accepted or returned without leaving the page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api.deps import CampaignId, Cursor, Desk, ObligationId
from api.pages import deciding, decisions_rungs, forms, paper
from api.pages.forms import AtForm, Done, Sheet
from api.pages.gate import AtPage
from api.pages.obligations import DONE, JUDGE
from api.shapes import Act
from states.errors import Faulty, NotFound
from states.records import acting, reading_decisions, reading_obligations, reading_scope, roles
from states.records.acting import Deed
from states.records.campaigns import Running
from states.records.obligations_wanted import Wanted
from states.records.told import ObligationInFull, ObligationTold, Page

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

LABELS = {"milestone": "事项", "unit": "单位"}
NOTHING: Page[ObligationTold] = {"items": [], "next": None}
JudgeAct = Annotated[Literal["accept", "return"], Path()]
Number = Annotated[str, Query(pattern=r"^[0-9]{0,9}$")]
Code = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True)
class Queue:
    """A place in the queue: after which thing, of which milestone and unit alone."""

    milestone: str
    unit: str
    cursor: int

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The filter."""
        given = (("milestone", self.milestone), ("unit", self.unit))
        return [(name, value) for name, value in given if value]

    @property
    def wanted(self) -> Wanted:
        number = int(self.milestone) if self.milestone else None
        return Wanted(self.unit or None, number, reading_decisions.SUBMITTED)


def _queue(milestone: Number = "", unit: Code = "", cursor: Cursor = "0") -> Queue:
    return Queue(milestone, unit.strip(), int(cursor))


AtQueue = Annotated[Queue, Depends(_queue)]


@router.get(deciding.BASE)
def queue(desk: AtPage, campaign_id: CampaignId, where: AtQueue) -> Response:
    """Whoever judges nothing and only confirms finds here what waits for that."""
    if not desk.scope.may(roles.Act.judge):
        return decisions_rungs.page(desk, campaign_id, where.cursor)
    return _page(desk, campaign_id, where)


@router.post(f"{deciding.BASE}/obligations/{{obligation_id}}/{{act}}")
def judge(
    desk: AtPage,
    typed: AtForm,
    campaign_id: CampaignId,
    obligation_id: ObligationId,
    act: JudgeAct,
    where: AtQueue,
) -> Response:
    """Accepted or returned; from the same place on, the next one is the first."""

    def work(session: Session, sent: Act) -> Done:
        deed = Deed(act, sent.reason, sent.version)
        told = acting.settle(session, desk.scope, campaign_id, obligation_id, deed, desk.now)
        says = f"{DONE[act]}：{told['unit']['name']}的{told['milestone']['name']}"
        return Done(says, deciding.address(deciding.base(campaign_id), where.kept, where.cursor))

    def again(sheet: Sheet, status: int) -> Response:
        return _page(desk, campaign_id, where, status, obligation_id, sheet)

    return forms.act(desk, JUDGE, typed, work, again)


def _page(
    desk: Desk,
    campaign_id: int,
    where: Queue,
    status: int = 200,
    key: int | None = None,
    refused: Sheet | None = None,
) -> Response:
    """The first of the queue in full, or the one (`key`) that was refused, and what comes after it."""
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        facts = deciding.around(session, desk, campaign, deciding.REVIEW)
        found, wrong = _found(session, desk, campaign, where)
        if key is not None:
            reading_obligations.campaign_with(session, desk.scope, campaign_id, key)
        shown = key if key is not None else next((one["id"] for one in found["items"]), None)
        told = None
        if shown is not None:
            told = reading_obligations.full(session, desk.scope, campaign, shown, desk.now)
        milestones = reading_decisions.reviewed(session, campaign)
    facts |= _lists(facts["base"], where, found, shown)
    facts |= _forms(facts["base"], where, told, refused)
    facts["options"] = [("", "全部"), *((str(number), name) for number, name in milestones)]
    return paper.show(
        desk, "decisions.html", status=422 if wrong and status == 200 else status, wrong=wrong, **facts
    )


def _found(
    session: Session, desk: Desk, campaign: Running, where: Queue
) -> tuple[Page[ObligationTold], tuple[str, ...]]:
    """The same list as the API's; what the filter can't mean is said, and nothing listed."""
    terms = (desk.now, where.cursor, deciding.A_PAGE)
    try:
        where = replace(where, unit=reading_scope.code_meant(session, desk.scope, where.unit, "unit"))
        return reading_obligations.page(session, desk.scope, campaign.id, where.wanted, *terms), ()
    except Faulty as error:
        return NOTHING, tuple(one.says for one in error.faults)
    except NotFound as error:
        return NOTHING, (error.detail,)


def _lists(base: str, where: Queue, found: Page[ObligationTold], shown: int | None) -> dict[str, Any]:
    """What comes after the one that is shown, each with the address from which on it is the first."""
    return {
        "rest": [
            (one, deciding.address(base, where.kept, one["id"] - 1))
            for one in found["items"]
            if one["id"] != shown
        ],
        "next": found["next"],
        "begun": where.cursor > 0,
        "kept": where.kept,
        "filters": Sheet(LABELS, {"milestone": (where.milestone,), "unit": (where.unit,)}),
    }


def _forms(base: str, where: Queue, told: ObligationInFull | None, refused: Sheet | None) -> dict[str, Any]:
    """The form for the one that is shown, about the version that is shown."""
    if told is None:
        return {"one": None, "acts": {}, "sheet": None, "to": {}, "skip": ""}
    sheet = forms.blank(JUDGE, version=str(told["version"]))
    if refused:  # what is sent again is about what is there now
        sheet = replace(refused, values={**refused.values, "version": (str(told["version"]),)})
    here = f"{base}/obligations/{told['id']}"
    return {
        "one": told,
        "acts": {one["act"]: one for one in told["acts"]},
        "sheet": sheet,
        "to": {
            act: deciding.address(f"{here}/{act}", where.kept, where.cursor) for act in ("accept", "return")
        },
        "skip": deciding.address(base, where.kept, told["id"]),
    }
