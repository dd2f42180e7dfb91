"""The same move of many units: chosen by where they stand, what they owe and where they belong; tried first, then made."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from pydantic import field_validator
from sqlmodel import Session
from starlette.responses import Response

from api.deps import CampaignId, Desk
from api.pages import deciding, forms, paper
from api.pages.forms import AtForm, Done, Form, Sheet, Typed
from api.pages.gate import AtPage
from api.shapes import Reason, Which, Words
from states.errors import Conflict, Fault, Faulty
from states.kinds import KINDS
from states.machine import MOVE_NAMES, MOVES
from states.moves import REASONED
from states.records import acting, reading_decisions, reading_scope, reading_units
from states.records.campaigns import Running
from states.records.reading_units import Wanted
from states.records.told import MassMoved, Page, UnitLine

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

HERE = f"{deciding.BASE}/moves"
LISTED = 20  # units that are named before it is done, each asked for itself
NAMES = 20  # each is looked for among all units
TOO_MANY = f"一次最多写 {NAMES} 个名称；更多的请写代码"
SEEN = "_seen"  # the field that says what was tried
SCOPE = "请至少选一个条件；要推动全部单位的，只勾“全部单位”"
CHANGED = "还没有看过会怎样，或看过以后条件、单位的情况有了变化；请先按“先看会怎样”"
BETWEEN = re.compile(r"[\s,，、;；]+")


class Many(Which):
    """What the API takes as a move and a filter, side by side."""

    move: Words
    reason: Reason | None = None
    outcome: Words | None = None

    @field_validator("codes", "under", mode="before")
    @classmethod
    def _apart(cls, sent: Any) -> Any:
        """People write several codes into one field."""
        lines = sent if isinstance(sent, tuple) else (sent,)
        return tuple(code for line in lines for code in BETWEEN.split(str(line)) if code)

    @field_validator("all", mode="before")
    @classmethod
    def _ticked(cls, sent: Any) -> Any:
        return True if sent == "true" else sent

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            *(self.state, self.behind, self.overdue, self.under, self.kind, self.codes, self.q),
            *(self.grade, self.beds_from, self.beds_to, self.ownership),
        )


MOVE: Form[Many] = Form(
    Many,
    {
        "move": "动作",
        "filter": "范围",
        "state": "阶段",
        "kind": "类别",
        "overdue": "有逾期的",
        "behind": "落后的",
        "under": "这些单位及其下级",
        "codes": "只是这些单位",
        "q": "名称或代码中的文字",
        "all": "全部单位",
        "outcome": "办结的结果",
        "reason": "理由",
    },
)


@dataclass(frozen=True)
class Tried:
    """What a move would do; the first of the units that are meant, and why some of them can't; by what it is known that
    this was seen."""

    told: MassMoved
    units: Page[UnitLine]
    hindered: dict[str, list[str]]
    mark: str


@router.get(HERE)
def moves(desk: AtPage, campaign_id: CampaignId) -> Response:
    return _page(desk, campaign_id, forms.blank(MOVE, move="approve"), None, 200)


@router.post(f"{HERE}/try")
def attempt(desk: AtPage, typed: AtForm, campaign_id: CampaignId) -> Response:
    """How many would move and how many can't; nothing stays."""

    def work(session: Session, sent: Many) -> Tried:
        sent = _meant(session, desk, sent)
        told, mark = _moved(session, desk, campaign_id, typed, sent, dry_run=True)
        units = reading_units.page(session, desk.scope, campaign_id, sent.wanted, desk.now, 0, LISTED)
        codes = [one["unit"]["code"] for one in units["items"]]
        terms = (session, desk.scope, campaign_id)
        return Tried(told, units, reading_decisions.hindered(*terms, codes, sent.move), mark)

    def show(sheet: Sheet, found: Tried | None, status: int) -> Response:
        return _page(desk, campaign_id, sheet, found, status)

    return forms.try_out(desk, MOVE, typed, work, show)


@router.post(HERE)
def move(desk: AtPage, typed: AtForm, campaign_id: CampaignId) -> Response:
    """What was tried, as it was tried: where it would now be something else, nothing is done."""

    def work(session: Session, sent: Many) -> Done:
        sent = _meant(session, desk, sent)
        told, mark = _moved(session, desk, campaign_id, typed, sent, dry_run=False)
        if typed.text(SEEN) != mark:
            raise Conflict(CHANGED)
        left = f"，{told['refused']} 个现在不能" if told["refused"] else ""
        return Done(
            f"{told['move']['name']}：{told['moved']} 个单位已办{left}", HERE.format(campaign_id=campaign_id)
        )

    def again(sheet: Sheet, status: int) -> Response:
        return _page(desk, campaign_id, sheet, None, status)

    return forms.act(desk, MOVE, typed, work, again)


def _meant(session: Session, desk: Desk, sent: Many) -> Many:
    """The same with units by their codes. Raises Faulty."""

    def codes(named: tuple[str, ...], place: str) -> tuple[str, ...]:
        if sum(not one.isascii() for one in named) > NAMES:
            raise Faulty([Fault(place, TOO_MANY)])
        return tuple(reading_scope.code_meant(session, desk.scope, one, place) for one in named)

    both = {"under": codes(sent.under, "under"), "codes": codes(sent.codes, "codes")}
    return sent.model_copy(update=both)


def _moved(
    session: Session, desk: Desk, campaign_id: int, typed: Typed, sent: Many, *, dry_run: bool
) -> tuple[MassMoved, str]:
    """By the API's own function; with a mark that is the same for the same form, the same units where they stood, and as
    many of them that move. Raises Faulty where nobody, or everybody and somebody, is meant."""
    reading_scope.campaign_seen(session, desk.scope, campaign_id)
    everybody = sent.all is True
    if (sent.wanted == Wanted()) != everybody:
        raise Faulty([Fault("filter", SCOPE)])
    terms = (session, desk.scope, campaign_id, sent.wanted)
    meant = reading_decisions.meant(*terms, desk.now)
    more: dict[str, Any] = {"everybody": everybody, "reason": sent.reason, "outcome": sent.outcome}
    told = acting.move_units(*terms, sent.move, desk.now, **more, dry_run=dry_run)
    content = json.dumps([deciding.fields(typed), told["moved"], told["refused"], meant])
    return told, hashlib.sha256(content.encode()).hexdigest()[:24]


def _page(desk: Desk, campaign_id: int, sheet: Sheet, tried: Tried | None, status: int) -> Response:
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        facts = deciding.around(session, desk, campaign, deciding.MOVES)
    here = HERE.format(campaign_id=campaign_id)
    facts |= _options(campaign)
    return paper.show(
        desk, "decisions_moves.html", status=status, sheet=sheet, tried=tried, here=here, kinds=KINDS, **facts
    )


def _options(campaign: Running) -> dict[str, Any]:
    """What can be chosen: the moves of a unit, the states of this plan, the kinds there are, how it may end."""
    outcomes = campaign.template.outcomes
    table = campaign.machines.unit.states
    return {
        "ways": [
            (name, MOVE_NAMES[name] + ("（须写理由）" if name in REASONED else "")) for name in MOVES["unit"]
        ],
        "states": [("", "不限"), *((key, one.label) for key, one in table.items())],
        "sorts": [("", "不限"), *KINDS.items()],
        "ends": [("", outcomes[0]), *((one, one) for one in outcomes[1:])] if len(outcomes) > 1 else [],
    }
