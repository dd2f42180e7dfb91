"""Quotas, coverage and draws."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from api.deps import AtDesk, CampaignId, ObligationId
from api.shapes import NO_ZERO, Code, Reason, Sent, Words
from states import draws
from states.records import draw_acting, share_acting
from states.records.draw_acting import Asked
from states.records.drawing import Wish
from states.records.quotas import Done
from states.records.reaching import Reach
from states.records.told.shares import (
    CoverageNow,
    DrawsTold,
    DrawTold,
    EventsAdded,
    EventsDone,
    QuotasTold,
    ReachedGone,
    ReachedNew,
    UnitsReached,
)

router = APIRouter(prefix="/api/v1/campaigns/{campaign_id}", tags=["次数、覆盖面和抽查"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Says = Annotated[str, Field(min_length=1, max_length=500, pattern=NO_ZERO)]
Note = Annotated[str, Field(max_length=500, pattern=NO_ZERO)]


class Event(Sent):
    """Something done towards a quota."""

    unit: Code
    requirement: Words = Field(description="要求的代号；哪一期由日期定")
    day: date
    says: Says = Field(description="做了什么，一两句话")
    place: Note = Field(default="", description="地点")


class Events(Sent):
    """Several, all or none."""

    items: Annotated[tuple[Event, ...], Field(min_length=1, max_length=2_000)]


class Why(Sent):
    """A reason."""

    reason: Annotated[Reason, Field(min_length=1)]


class Unit(Sent):
    """A unit that was reached."""

    unit: Code
    day: date
    target: Words = Field(default="", description="计入哪项覆盖面；不写则计入范围内有它的各项")
    says: Note = ""


class Units(Sent):
    """Several, all or none; what is recorded already stays."""

    items: Annotated[tuple[Unit, ...], Field(min_length=1, max_length=500)]


class Gone(Sent):
    """A record to take back."""

    unit: Code
    day: date
    target: Words = ""
    reason: Annotated[Reason, Field(min_length=1)]


Id = Annotated[str, Field(max_length=100, pattern=NO_ZERO)]


class Draw(Sent):
    """A draw. Nothing is drawn unless `dry_run` is false."""

    sampling: Words = Field(description="方案的哪项抽查：名称，或第几项")
    ids: Annotated[tuple[Id, ...], Field(max_length=20_000)] | None = Field(
        default=None, description="编号清单（只写编号，不写个人信息）；不写则从参加单位中抽"
    )
    seed: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00\r\n]*$")] | None = Field(
        default=None, description="种子；不写则随机产生，抽后记录在案"
    )
    percent: Annotated[int, Field(ge=1, le=100)] | None = None
    count: Annotated[int, Field(ge=1, le=200_000)] | None = None
    reason: Reason | None = Field(default=None, description="重抽的理由")
    dry_run: bool = Field(default=True, description="只看会从多少个中抽多少个；写了种子的也给出抽中的")


# -- quotas -----------------------------------------------------------------------------------------------


@router.get("/quotas", summary="次数要求的完成情况", response_model=QuotasTold)
def quotas(
    desk: AtDesk,
    campaign_id: CampaignId,
    requirement: Annotated[str | None, Query(max_length=100, description="只看这项要求")] = None,
) -> Response:
    """每期：应办几个单位，达到、没有达到（期已过）、还没有达到（期未过）各几个，共几次。"""
    with desk.read() as session:
        return desk.tell(share_acting.standings(session, desk.scope, campaign_id, desk.now, requirement))


@router.get("/obligations/{obligation_id}/events", summary="一个单位已办的各次", response_model=EventsDone)
def events(desk: AtDesk, campaign_id: CampaignId, obligation_id: ObligationId) -> Response:
    """日期、地点、内容；撤回的也在，不计数。"""
    with desk.read() as session:
        return desk.tell(share_acting.events(session, desk.scope, campaign_id, obligation_id))


@router.post("/quotas/events", summary="登记次数", status_code=201, response_model=EventsAdded)
def add_events(desk: AtDesk, campaign_id: CampaignId, sent: Events) -> Response:
    """够了次数即自动报送，梯次随之停止；有一处写错就一次也不登记。"""
    found = [Done(one.unit, one.requirement, one.day, one.says, one.place) for one in sent.items]
    return desk.once(
        lambda session: share_acting.add_events(session, desk.scope, campaign_id, found, desk.now), 201
    )


@router.post("/quotas/events/{number}/withdraw", summary="撤回一次登记", response_model=EventsDone)
def withdraw(desk: AtDesk, campaign_id: CampaignId, number: Number, sent: Why) -> Response:
    """撤回后次数不够的，退回单位重办。"""
    return desk.once(
        lambda session: share_acting.withdraw_event(
            session, desk.scope, campaign_id, number, sent.reason, desk.now
        )
    )


# -- coverage ---------------------------------------------------------------------------------------------


@router.get("/coverage", summary="覆盖面", response_model=CoverageNow)
def coverage(desk: AtDesk, campaign_id: CampaignId) -> Response:
    """方案的每项覆盖面：已覆盖几个单位、共几个、百分之几（舍去到 0.1）、目标是否达到。"""
    with desk.read() as session:
        return desk.tell(share_acting.coverage(session, desk.scope, campaign_id, desk.now))


@router.get("/coverage/units", summary="一项覆盖面的各单位", response_model=UnitsReached)
def units_reached(
    desk: AtDesk,
    campaign_id: CampaignId,
    target: Annotated[str, Query(max_length=200, description="覆盖面的名称")],
) -> Response:
    """范围内的单位和最近一次登记的日期；null 为还没有。"""
    with desk.read() as session:
        return desk.tell(share_acting.units_reached(session, desk.scope, campaign_id, target, desk.now))


@router.post("/coverage/reached", summary="登记已检查的单位", status_code=201, response_model=ReachedNew)
def reached(desk: AtDesk, campaign_id: CampaignId, sent: Units) -> Response:
    """由检查的一方登记；有一处写错就一个也不登记。"""
    found = [Reach(one.unit, one.day, one.target, one.says) for one in sent.items]
    return desk.once(
        lambda session: share_acting.reach(session, desk.scope, campaign_id, found, desk.now), 201
    )


@router.post("/coverage/reached/withdraw", summary="撤回检查登记", response_model=ReachedGone)
def unreach(desk: AtDesk, campaign_id: CampaignId, sent: Gone) -> Response:
    """登记错了的。"""
    gone = Reach(sent.unit, sent.day, sent.target)
    return desk.once(
        lambda session: share_acting.unreach(session, desk.scope, campaign_id, gone, sent.reason, desk.now)
    )


# -- draws ------------------------------------------------------------------------------------------------


@router.get("/draws", summary="历次抽取", response_model=DrawsTold)
def draws_made(
    desk: AtDesk,
    campaign_id: CampaignId,
    full: Annotated[bool, Query(description="连同当时的整个清单")] = False,
) -> Response:
    """种子、清单的校验值、抽中的编号；凭这些在任何机器上都能重抽出同样的结果。"""
    with desk.read() as session:
        return desk.tell(draw_acting.draws_made(session, desk.scope, campaign_id, full=full))


@router.post("/draws", summary="抽取", response_model=DrawTold)
def draw(desk: AtDesk, campaign_id: CampaignId, sent: Draw) -> Response:
    """默认只试算。已抽过的，重抽须写明理由；每一次都留存。"""
    ids, warnings = (
        draws.checked([(f"ids[{at}]", one) for at, one in enumerate(sent.ids)])
        if sent.ids is not None
        else (None, [])
    )
    wish = Wish(sent.sampling, tuple(ids) if ids is not None else None, sent.percent, sent.count)

    asked = Asked(wish, sent.seed, sent.reason, warnings)

    def drawn(session: Session) -> DrawTold:
        return draw_acting.draw(session, desk.scope, campaign_id, asked, desk.now, dry_run=sent.dry_run)

    return desk.once(drawn, dry_run=sent.dry_run)
