"""Units: their status, their place in a campaign, their moves."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query
from pydantic import ValidationError
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from api import answers
from api.deps import AsOf, AtDesk, CampaignId, Code, Cursor, Limit, gate
from api.lean import Lean
from api.shapes import MassMove, Move
from states.records import acting, past, reading_units, swift
from states.records.reading_units import Wanted
from states.records.reads import STATUS
from states.records.swift import Wish
from states.records.told import (
    MassMoved,
    Page,
    Status,
    StatusThen,
    UnitInFull,
    UnitLine,
    UnitMoved,
    UnitMoves,
)

PREFIX = "/api/v1"
TEN_DIGITS = 10
Beds = Annotated[int | None, Query(ge=0, le=99_999)]
router = APIRouter(prefix=f"{PREFIX}/campaigns/{{campaign_id}}", tags=["单位"])


def lean_routes() -> list[Lean]:
    """To be put first: other systems ask for nothing more often."""
    return [
        Lean(
            f"{PREFIX}/units/{{code}}/status",
            status,
            short=_status,
            methods=["GET"],
            response_model=Status | StatusThen,
            tags=["单位"],
            summary="单位的当前状态",
        ),
        Lean(
            f"{PREFIX}/campaigns/{{campaign_id}}/units/{{code}}/moves",
            move,
            short=_move,
            methods=["POST"],
            response_model=UnitMoved,
            tags=["单位"],
            summary="推动一个单位",
        ),
    ]


def status(code: Code, desk: AtDesk, as_of: AsOf = None) -> Response:
    """单位在各个专项行动中的当前状态；写 as_of 只答当时处在哪个阶段。"""
    house = desk.house
    if as_of is not None:
        with desk.read() as session:
            return desk.tell(past.status(session, desk.scope, code, as_of, desk.now, house.settings.zone))
    rows = house.driver.rows(STATUS, code=code)
    return desk.tell(house.statuses.status(rows, code, desk.scope, desk.now, house.settings.zone))


async def _status(request: Request) -> Response | None:
    desk = await gate(request)
    if request.scope["query_string"]:
        return None
    house, code = desk.house, request.path_params["code"]
    rows = await house.points.status(code)
    if not house.statuses.known(rows):
        await to_thread.run_sync(house.statuses.learn, rows)
    told = house.statuses.status(rows, code, desk.scope, desk.now, house.settings.zone)
    unit, runs = answers.dumped(told["unit"]), answers.dumped(told["campaigns"])
    body = f'{{"unit":{unit},"as_of":"{told["as_of"]}","campaigns":{runs}}}'
    return answers.conditional(request, body, tagged=unit + runs)


def move(desk: AtDesk, campaign_id: CampaignId, code: Code, sent: Move) -> Response:
    """走一步；拒绝时说明每一条理由。"""
    return desk.once(
        lambda session: acting.move_unit(
            session,
            desk.scope,
            campaign_id,
            code,
            sent.move,
            desk.now,
            reason=sent.reason,
            version=sent.version,
            outcome=sent.outcome,
        )
    )


async def _move(request: Request) -> Response | None:
    desk = await gate(request)
    wish = await _wish(request)
    if wish is None or desk.digest or not swift.may(desk.scope, wish):
        return None
    told = await desk.house.points.move(desk.scope, wish, desk.now)
    return None if told is None else answers.plain(answers.dumped(told))


async def _wish(request: Request) -> Wish | None:
    """What is asked for, in the plain case."""
    campaign = request.path_params["campaign_id"]
    if not (campaign.isascii() and campaign.isdecimal() and len(campaign) < TEN_DIGITS):
        return None
    if request.headers.get("content-type") != answers.JSON:
        return None
    try:
        sent = Move.model_validate_json(await request.body())
    except ValidationError:
        return None
    if sent.outcome is not None:
        return None
    return Wish(int(campaign), request.path_params["code"], sent.move, sent.reason, sent.version)


@router.get("/units", summary="单位列表", response_model=Page[UnitLine])
def units(
    desk: AtDesk,
    campaign_id: CampaignId,
    state: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006
    behind: bool | None = None,
    overdue: bool | None = None,
    escalated: Annotated[bool | None, Query(description="逾期以后已有催办升级的")] = None,
    under: Annotated[str | None, Query(max_length=100)] = None,
    kind: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006
    q: Annotated[str | None, Query(max_length=200)] = None,
    grade: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006
    beds_from: Beds = None,
    beds_to: Beds = None,
    ownership: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006
    cursor: Cursor = "0",
    limit: Limit = 100,
) -> Response:
    """一个专项行动的单位，可筛选，逐页取。走完各页，每个单位恰好出现一次。"""
    wanted = Wanted(
        *(tuple(state), behind, overdue, (under,) if under is not None else (), tuple(kind)),
        q=q,
        grades=tuple(grade),
        beds_from=beds_from,
        beds_to=beds_to,
        ownership=tuple(ownership),
        escalated=escalated,
    )
    with desk.read() as session:
        page = reading_units.page(session, desk.scope, campaign_id, wanted, desk.now, int(cursor), limit)
    return desk.tell(page, page["next"])


@router.get("/units/{code}", summary="一个单位", response_model=UnitInFull)
def unit(desk: AtDesk, campaign_id: CampaignId, code: Code) -> Response:
    """一个单位的进度和全部应办事项。"""
    with desk.read() as session:
        told = reading_units.in_full(session, desk.scope, campaign_id, code, desk.now)
    return desk.tell(told)


@router.get("/units/{code}/moves", summary="可做的动作", response_model=UnitMoves)
def moves(desk: AtDesk, campaign_id: CampaignId, code: Code) -> Response:
    """每个动作通向哪里，或者为什么不能做。"""
    with desk.read() as session:
        return desk.tell(reading_units.moves(session, desk.scope, campaign_id, code))


@router.post("/moves", summary="成批推动", response_model=MassMoved)
def move_many(desk: AtDesk, campaign_id: CampaignId, sent: MassMove) -> Response:
    """选中的单位走同一步；默认只试算（dry_run）。"""
    which = sent.filter
    wanted = Wanted(
        *(which.state, which.behind, which.overdue, which.under, which.kind, which.codes, which.q),
        *(which.grade, which.beds_from, which.beds_to, which.ownership),
    )

    def moved(session: Session) -> MassMoved:
        return acting.move_units(
            session,
            desk.scope,
            campaign_id,
            wanted,
            sent.move,
            desk.now,
            everybody=which.all is True,
            reason=sent.reason,
            outcome=sent.outcome,
            dry_run=sent.dry_run,
        )

    return desk.once(moved, dry_run=sent.dry_run)
