"""Campaigns: list, start, one, its figures, its moves, what it will send."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from sqlmodel import Session
from starlette.responses import Response

from api import templates
from api.deps import AsOf, AtDesk, CampaignId, Cursor, Limit
from api.shapes import CampaignMove, Dating, Happening, Launch
from states.records import (
    acting,
    past,
    reading_campaigns,
    reading_draft,
    reading_events,
    reading_ledger,
    reading_levels,
    reading_preview,
)
from states.records.launch import Order
from states.records.reading_events import Event
from states.records.scopes import Selection
from states.records.told import (
    CampaignInFull,
    CampaignMoves,
    CampaignTold,
    DatesGiven,
    DraftTold,
    EventRecorded,
    EventsTold,
    Page,
    Preview,
    ProposalTold,
    SummaryThen,
)
from states.records.told.levels import SummaryOfLevels

router = APIRouter(prefix="/api/v1/campaigns", tags=["专项行动"])

StateKey = Annotated[str | None, Query(max_length=100)]
FirstDay = Annotated[date, Query(alias="from", ge=date(2000, 1, 1), le=date(2199, 12, 31))]
LastDay = Annotated[date, Query(alias="to", ge=date(2000, 1, 1), le=date(2199, 12, 31))]


@router.get("", summary="专项行动列表", response_model=Page[CampaignTold])
def campaigns(desk: AtDesk, state: StateKey = None, cursor: Cursor = "0", limit: Limit = 100) -> Response:
    """按编号排列；state 如 rectify、closed、rectify.suspended。"""
    with desk.read() as session:
        page = reading_campaigns.page(session, desk.scope, state, int(cursor), limit)
    return desk.tell(page, page["next"])


@router.post(
    "",
    summary="启动专项行动",
    status_code=201,
    response_model=CampaignTold,
    responses={200: {"model": DraftTold, "description": "dry_run：会怎样，还缺什么"}},
)
def start(desk: AtDesk, sent: Launch) -> Response:
    """按方案模板启动；dry_run 只看日期、参加单位、提醒和不能启动的理由。"""
    order = order_of(sent)
    if sent.dry_run:
        return desk.drafted(lambda session: reading_draft.draft(session, desk.scope, order, desk.now))
    return desk.once(lambda session: reading_draft.start(session, desk.scope, order, desk.now), 201)


def order_of(sent: Launch) -> Order:
    """What a coordinator asks for. Raises Faulty unless there is one template."""
    return Order(
        text=templates.text_of(sent.template, sent.text),
        start=sent.start,
        fills=sent.fills,
        selection=Selection(sent.units.codes, sent.units.under, sent.units.kinds, sent.units.levels),
        owner=sent.owner,
        title=sent.title,
        past=sent.past,
    )


@router.get("/{campaign_id}", summary="一个专项行动", response_model=CampaignInFull)
def campaign(desk: AtDesk, campaign_id: CampaignId) -> Response:
    """阶段、节点、填写的日期和提醒。"""
    with desk.read() as session:
        return desk.tell(reading_campaigns.in_full(session, desk.scope, campaign_id))


@router.get("/{campaign_id}/summary", summary="数字", response_model=SummaryOfLevels | SummaryThen)
def summary(desk: AtDesk, campaign_id: CampaignId, as_of: AsOf = None) -> Response:
    """各状态单位数、落后、逾期、报送率、覆盖面、销号率，下级承接的各行动另列；写 as_of 只答当时行动处在哪个阶段、各状态多少单位。"""
    with desk.read() as session:
        if as_of is not None:
            return desk.tell(past.summary(session, desk.scope, campaign_id, as_of, desk.now))
        return desk.tell(reading_levels.summary(session, desk.scope, campaign_id, desk.now))


@router.get("/{campaign_id}/campaign-moves", summary="专项行动可做的动作", response_model=CampaignMoves)
def campaign_moves(desk: AtDesk, campaign_id: CampaignId) -> Response:
    """专项行动自身的动作：进入下一阶段、办结、暂停、恢复、取消、回头看。"""
    with desk.read() as session:
        return desk.tell(reading_campaigns.moves(session, desk.scope, campaign_id))


@router.post("/{campaign_id}/campaign-moves", summary="推动专项行动", response_model=CampaignTold)
def move_campaign(desk: AtDesk, campaign_id: CampaignId, sent: CampaignMove) -> Response:
    """进入下一阶段时，这一阶段到时的事项随即下达。"""
    return desk.once(
        lambda session: acting.move_campaign(
            session,
            desk.scope,
            campaign_id,
            sent.move,
            desk.now,
            reason=sent.reason,
            version=sent.version,
        )
    )


@router.get("/{campaign_id}/events", summary="事项", response_model=EventsTold)
def events(desk: AtDesk, campaign_id: CampaignId) -> Response:
    """期限从哪些事项算起（收到转办、督导组要求、某阶段完成 …），哪些已经发生。"""
    with desk.read() as session:
        return desk.tell(reading_events.events(session, desk.scope, campaign_id))


@router.post("/{campaign_id}/events", summary="记录事项", response_model=EventRecorded)
def record_event(desk: AtDesk, campaign_id: CampaignId, sent: Happening) -> Response:
    """记录一件事项已经发生，从它算起的期限随之确定；dry_run 只看哪些期限会怎样。"""

    event = Event(sent.event.strip(), sent.at, sent.under, sent.again, sent.reason)

    def recorded(session: Session) -> EventRecorded:
        return reading_events.record(session, desk.scope, campaign_id, event, desk.now, dry_run=sent.dry_run)

    return desk.once(recorded, dry_run=sent.dry_run)


@router.post("/{campaign_id}/dates", summary="定期限", response_model=DatesGiven)
def give_dates(desk: AtDesk, campaign_id: CampaignId, sent: Dating) -> Response:
    """给方案没有写期限的事项定期限，或改定期限；dry_run 只看哪些期限会怎样。"""

    def given(session: Session) -> DatesGiven:
        return reading_events.give(
            session, desk.scope, campaign_id, sent.set, desk.now, reason=sent.reason, dry_run=sent.dry_run
        )

    return desk.once(given, dry_run=sent.dry_run)


@router.get("/{campaign_id}/preview", summary="预览", response_model=Preview)
def preview(desk: AtDesk, campaign_id: CampaignId, first: FirstDay, last: LastDay) -> Response:
    """谁会在何时、因为什么收到邮件；用发信的同一套程序推演，一次最多 92 天。"""
    house = desk.house
    return desk.tell(
        reading_preview.preview(house.store, desk.scope, campaign_id, first, last, desk.now, desk.hours)
    )


@router.get("/{campaign_id}/proposals", summary="待确认的措施", response_model=Page[ProposalTold])
def proposals(
    desk: AtDesk, campaign_id: CampaignId, state: StateKey = None, cursor: Cursor = "0", limit: Limit = 100
) -> Response:
    """约谈、通报、挂牌督办等须由专人确认的一级；state 如 proposed、confirmed、dismissed。"""
    with desk.read() as session:
        page = reading_ledger.proposals(session, desk.scope, campaign_id, state, int(cursor), limit)
    return desk.tell(page, page["next"])
