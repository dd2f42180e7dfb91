"""Obligations: what is owed, and what is done about it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.deps import AtDesk, CampaignId, Cursor, Limit, ObligationId
from api.shapes import Act
from states.records import acting, reading_obligations
from states.records.acting import Deed
from states.records.counting import Numbers
from states.records.handing_in import Content
from states.records.obligations_wanted import Wanted
from states.records.told import ObligationInFull, ObligationTold, Page

router = APIRouter(prefix="/api/v1", tags=["应办事项"])

Reporting = Annotated[
    Literal["due", "on_time", "late", "nil", "missing"],
    Query(description="报送率中算作应报、按时、逾期报送、零报告、未报的"),
]
ActName = Annotated[Literal["submit", "nil", "confirm", "accept", "return", "waive", "count"], Path()]

FIRST, LAST = date(2000, 1, 1), date(2199, 12, 31)
DueFrom = Annotated[date | None, Query(ge=FIRST, le=LAST, description="期限在这一天或以后")]
DueUntil = Annotated[date | None, Query(ge=FIRST, le=LAST, description="期限在这一天或以前")]


@router.get(
    "/campaigns/{campaign_id}/obligations", summary="应办事项列表", response_model=Page[ObligationTold]
)
def obligations(
    desk: AtDesk,
    campaign_id: CampaignId,
    unit: Annotated[str | None, Query(max_length=100)] = None,
    milestone: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    status: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006
    overdue: bool | None = None,
    under: Annotated[str | None, Query(max_length=100, description="这个单位及其下级的")] = None,
    due_from: DueFrom = None,
    due_until: DueUntil = None,
    reporting: Reporting | None = None,
    cursor: Cursor = "0",
    limit: Limit = 100,
) -> Response:
    """按单位、节点、状态、是否逾期、期限、报送率中算作什么筛选，逐页取。"""
    below = (under,) if under is not None else ()
    wanted = Wanted(unit, milestone, tuple(status), overdue, below, due_from, due_until, reporting or "")
    with desk.read() as session:
        page = reading_obligations.page(
            session, desk.scope, campaign_id, wanted, desk.now, int(cursor), limit
        )
    return desk.tell(page, page["next"])


@router.get("/obligations/{obligation_id}", summary="一个应办事项", response_model=ObligationInFull)
def obligation(desk: AtDesk, obligation_id: ObligationId) -> Response:
    """应办事项、可做的动作、各级提醒的时间和报送的文字。"""
    with desk.read() as session:
        return desk.tell(reading_obligations.in_full(session, desk.scope, obligation_id, desk.now))


@router.post(
    "/campaigns/{campaign_id}/obligations/{obligation_id}/{act}",
    summary="办理应办事项",
    response_model=ObligationInFull,
)
def settle(
    desk: AtDesk, campaign_id: CampaignId, obligation_id: ObligationId, act: ActName, sent: Act | None = None
) -> Response:
    """submit 报送、nil 零报告、confirm 确认留存备查、accept 通过、return 退回、waive 免报；单位随之前进。count 报数：各科室或个人应办几、已办几。新的文件用表单交（…/submissions）。"""
    asked = sent or Act()
    content = Content(asked.text, asked.signer, asked.seal, earlier=asked.earlier)
    numbers = Numbers(**vars(asked.tally)) if asked.tally else None
    deed = Deed(act, asked.reason, asked.version, content, numbers, asked.figures)
    return desk.once(
        lambda session: acting.settle(session, desk.scope, campaign_id, obligation_id, deed, desk.now)
    )
