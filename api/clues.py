"""Clues (线索): registered, moved, counted. Who gave one is told to one kind of key only, and every look is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field, SecretStr
from sqlmodel import Session
from starlette.responses import Response

from api.deps import AtDesk, CampaignId, Cursor, Desk, Limit
from api.shapes import NO_ZERO, Code, Reason, Sent, Version, Words
from states.records import clues, reading_clues, reading_scope
from states.records.clues import Said, Tip
from states.records.reading_clues import Which
from states.records.sealing import Seal, seal
from states.records.told import Page
from states.records.told.clues import ClueFigures, ClueInFull, ClueTold, Informant

router = APIRouter(prefix="/api/v1/campaigns/{campaign_id}/clues", tags=["线索"])

Key = Annotated[int, Path(ge=1, le=2**31 - 1, description="线索的编号（id）")]
Long = Annotated[str, Field(min_length=1, max_length=5_000, pattern=NO_ZERO)]
Secret = Annotated[SecretStr, Field(max_length=200)]


class Person(Sent):
    """Who gave the clue. Kept sealed; an anonymous one has none."""

    name: Secret | None = None
    contact: Secret | None = None
    address: Secret | None = None

    @property
    def parts(self) -> dict[str, str]:
        given = {"name": self.name, "contact": self.contact, "address": self.address}
        return {key: value.get_secret_value() for key, value in given.items() if value is not None}


class Clue(Sent):
    """A clue to register."""

    channel: Literal["letter", "web", "phone", "visit", "referred"] = Field(
        description="letter 信、web 网、phone 电、visit 访、referred 转办"
    )
    grade: Literal["major", "ordinary", "conduct"] = Field(
        description="major 重大、ordinary 普通、conduct 行风"
    )
    text: Long = Field(description="反映的内容；不要写举报人的姓名和联系方式")
    about: Code = Field(description="被反映单位的代码")
    received: date | None = Field(default=None, description="收到的日期；默认今天")
    due: date | None = Field(default=None, description="办理期限")
    informant: Person | None = Field(default=None, description="举报人；加密保存，匿名的不写")


class ClueMove(Sent):
    """One move of one clue."""

    move: Words = Field(examples=["take"])
    text: Reason | None = Field(default=None, description="理由；办结和反馈时写结果")
    handler: Code | None = Field(default=None, description="由哪个单位办理（代码）")
    handed_to: Words | None = Field(default=None, description="移交给哪个机关")
    handed_no: Words | None = Field(default=None, description="移交文号")
    ledger_no: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        default=None, description="查实后列入台账第几项"
    )
    due: date | None = Field(default=None, description="办理期限改为")
    version: Version | None = None


class Listing(Sent):
    """What the list can be restricted to."""

    state: Annotated[list[str], Field(max_length=10)] = Field(default_factory=list)
    channel: Annotated[list[str], Field(max_length=10)] = Field(default_factory=list)
    grade: Annotated[list[str], Field(max_length=10)] = Field(default_factory=list)
    overdue: bool | None = None
    cursor: Cursor = "0"
    limit: Limit = 100

    @property
    def which(self) -> Which:
        return Which(tuple(self.state), tuple(self.channel), tuple(self.grade), self.overdue)


@router.get("", summary="线索", response_model=Page[ClueTold])
def listed(desk: AtDesk, campaign_id: CampaignId, wanted: Annotated[Listing, Query()]) -> Response:
    """线索的内容和办理情况，不含举报人；按状态、来源、类别、是否逾期筛选。"""
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        page = reading_clues.page(
            session, campaign, desk.scope, wanted.which, desk.now, int(wanted.cursor), wanted.limit
        )
    return desk.tell(page, page["next"])


@router.get("/figures", summary="线索统计", response_model=ClueFigures)
def figures(desk: AtDesk, campaign_id: CampaignId) -> Response:
    """总数、办结数、逾期数，按类别、来源、状态。"""
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        return desk.tell(reading_clues.figures(session, campaign, desk.scope, desk.now))


@router.post("", summary="登记线索", status_code=201, response_model=ClueInFull)
def register(desk: AtDesk, campaign_id: CampaignId, sent: Clue) -> Response:
    """逐一编号；举报人信息加密保存，回答中没有。"""
    box = _seal(desk)
    today = desk.now.astimezone(desk.house.settings.zone).date()
    informant = sent.informant.parts if sent.informant else None
    tip = Tip(sent.channel, sent.grade, sent.text, sent.about, sent.received or today, sent.due, informant)

    def work(session: Session) -> ClueInFull:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        row = clues.register(session, campaign, desk.scope, tip, desk.now, box, desk.scope.actor)
        return reading_clues.in_full(session, campaign, desk.scope, row.id, desk.now)

    return replace(desk, digest=box.digest(desk.digest)).once(work, 201)


@router.get("/{clue_id:int}", summary="一条线索", response_model=ClueInFull)
def one(desk: AtDesk, campaign_id: CampaignId, clue_id: Key) -> Response:
    """内容、可做的动作和全部经过，不含举报人。"""
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        return desk.tell(reading_clues.in_full(session, campaign, desk.scope, clue_id, desk.now))


@router.post("/{clue_id:int}/moves", summary="办理线索", response_model=ClueInFull)
def move(desk: AtDesk, campaign_id: CampaignId, clue_id: Key, sent: ClueMove) -> Response:
    """take 受理、assign 转交办理、hand 移交、feed_back 反馈、close 办结、decline 不予受理、reopen 重新办理。"""
    box = _seal(desk)
    said = Said(sent.text, sent.handler, sent.handed_to, sent.handed_no, sent.ledger_no, sent.due)

    def work(session: Session) -> ClueInFull:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        clues.move(
            session,
            campaign,
            desk.scope,
            clue_id,
            sent.move,
            desk.now,
            box,
            said,
            desk.scope.actor,
            sent.version,
        )
        return reading_clues.in_full(session, campaign, desk.scope, clue_id, desk.now)

    return desk.once(work)


class Look(Sent):
    """Why somebody looks at who gave a clue."""

    reason: Reason


@router.post("/{clue_id:int}/informant", summary="查看举报人", response_model=Informant)
def informant(desk: AtDesk, campaign_id: CampaignId, clue_id: Key, sent: Look) -> Response:
    """只有专门的密钥可以看；谁在何时为什么看过，记入流水。回答不作留存，不接受 Idempotency-Key。"""
    box = _seal(desk)

    def work(session: Session) -> Informant:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        found = clues.informant(
            *(session, campaign, desk.scope, clue_id, desk.now, box, sent.reason), desk.scope.actor
        )
        return {
            "name": found.get("name"),
            "contact": found.get("contact"),
            "address": found.get("address"),
        }

    return desk.once_only(work)


def _seal(desk: Desk) -> Seal:
    return seal(desk.house.settings)
