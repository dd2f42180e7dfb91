"""Phases of a campaign beside the row, opened by hand; phases that end at another time for some units."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from sqlmodel import Session
from starlette.responses import Response

from api.deps import AtDesk, CampaignId
from api.shapes import LocalWindow, PhaseOpen
from states.records import reading_windows
from states.records.told import LocalWindowTold, Page, PhaseOpened, WindowLaid

router = APIRouter(prefix="/api/v1/campaigns/{campaign_id}", tags=["阶段"])

PhaseKey = Annotated[str, Path(max_length=100, description="阶段代号，如 spot-check 或 spot-check-2026-Q4")]


@router.post("/phases/{key}/open", summary="开始并行阶段", response_model=PhaseOpened)
def open_phase(desk: AtDesk, campaign_id: CampaignId, key: PhaseKey, sent: PhaseOpen) -> Response:
    """人工开始或提前开始一个并行阶段；到时的事项随即下达。"""
    return desk.once(
        lambda session: reading_windows.open_phase(
            session, desk.scope, campaign_id, key, desk.now, sent.reason
        )
    )


@router.get("/windows", summary="另定的期限", response_model=Page[LocalWindowTold])
def windows(desk: AtDesk, campaign_id: CampaignId) -> Response:
    """哪些单位（及其下级）的哪个阶段另定了结束时间、由谁、为什么。"""
    with desk.read() as session:
        return desk.tell(reading_windows.page(session, desk.scope, campaign_id))


@router.post("/windows", summary="为部分单位另定期限", response_model=WindowLaid)
def lay(desk: AtDesk, campaign_id: CampaignId, sent: LocalWindow) -> Response:
    """一个阶段（方案没有阶段的，整个行动）对某单位及其下级提前或延后结束；默认只试算（dry_run），列出哪些事项改到何时。"""

    def laid(session: Session) -> WindowLaid:
        return reading_windows.lay(
            session,
            desk.scope,
            campaign_id,
            sent.phase,
            sent.under,
            sent.until,
            desk.now,
            reason=sent.reason,
            dry_run=sent.dry_run,
        )

    return desk.once(laid, dry_run=sent.dry_run)
