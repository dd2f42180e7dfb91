"""Rungs with consequences: decided by a named person; the letters made of them, received and answered."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, Field
from sqlmodel import Session
from starlette.responses import Response

from api.deps import AtDesk, CampaignId, Cursor, Limit
from api.download import saved
from api.shapes import NO_ZERO, Code, Sent, Words
from states.documents.letterfields import DOCX
from states.records import confirming_many, letter_acting, reading_letters
from states.records.told import Decided, LetterTold, ManyDecided, Page

router = APIRouter(prefix="/api/v1/campaigns/{campaign_id}", tags=["文书"])

ProposalId = Annotated[int, Path(ge=1, le=2**63 - 1, description="待确认措施的编号")]
ProposalNumber = Annotated[int, Field(ge=1, le=2**63 - 1)]
LetterId = Annotated[int, Path(ge=1, le=2**31 - 1, description="文书编号")]
Person = Annotated[str, Field(min_length=1, max_length=50, pattern=NO_ZERO)]


class Decision(Sent):
    """By whom and why."""

    person: Person = Field(description="由谁决定（姓名），随记录保存")
    reason: Annotated[str, Field(min_length=1, max_length=2_000, pattern=NO_ZERO)] = Field(description="理由")


class Confirmation(Decision):
    """The same with the kind of letter."""

    letter: Words | None = Field(default=None, description="改用方案列出的另一种文书（名称或代号）")


class Which(Sent):
    """Which of those that wait; empty fields do not restrict."""

    ids: Annotated[tuple[ProposalNumber, ...], Field(max_length=5_000)] = ()
    name: Words | None = Field(default=None, description="哪一级，如 约谈")
    requirement: Words | None = Field(default=None, description="要求的代号")
    under: Code | None = Field(default=None, description="这个单位及其下级")
    all: Literal[True] | None = Field(default=None, description="全部待确认的；不加任何条件时必须写明")


class ManyDecisions(Confirmation):
    """Many at once. Nothing is decided unless `dry_run` is false."""

    confirm: bool = Field(description="true 确认，false 驳回")
    filter: Which
    dry_run: bool = Field(default=True, description="只看会怎样，不办理")


class Receipt(Sent):
    """Who has received a letter, and when."""

    person: Person = Field(description="签收人")
    at: AwareDatetime | None = Field(default=None, description="何时签收（带时区）；默认现在")


@router.post("/proposals/{proposal_id}/confirm", summary="确认措施", response_model=Decided)
def confirm(desk: AtDesk, campaign_id: CampaignId, proposal_id: ProposalId, sent: Confirmation) -> Response:
    """约谈、通报、挂牌督办等确认后，文书随即编号、制成、单独寄出；已被他人决定的答 409，写明何人何时如何决定。"""
    decided = confirming_many.Decision(True, sent.person, sent.reason, sent.letter)
    return desk.once(
        lambda session: letter_acting.decide(session, desk.scope, campaign_id, proposal_id, decided, desk.now)
    )


@router.post("/proposals/{proposal_id}/dismiss", summary="驳回措施", response_model=Decided)
def dismiss(desk: AtDesk, campaign_id: CampaignId, proposal_id: ProposalId, sent: Decision) -> Response:
    """不采取这一级；不占用文号。"""
    decided = confirming_many.Decision(False, sent.person, sent.reason)
    return desk.once(
        lambda session: letter_acting.decide(session, desk.scope, campaign_id, proposal_id, decided, desk.now)
    )


@router.post("/proposals/decide", summary="一并确认或驳回措施", response_model=ManyDecided)
def decide_many(desk: AtDesk, campaign_id: CampaignId, sent: ManyDecisions) -> Response:
    """同一决定人、同一理由，一个事务，每次最多 500 项，文书各自编号；办不了的逐项写明原因。dry_run（默认）只看会怎样。"""
    which = sent.filter
    chosen = confirming_many.Which(which.ids, which.name, which.requirement)
    decision = confirming_many.Decision(sent.confirm, sent.person, sent.reason, sent.letter)

    def act(session: Session) -> ManyDecided:
        return letter_acting.decide_many(
            session,
            desk.scope,
            campaign_id,
            chosen,
            decision,
            desk.now,
            under=which.under,
            everything=which.all is True,
            dry_run=sent.dry_run,
        )

    return desk.once(act, dry_run=sent.dry_run)


@router.get("/letters", summary="文书", response_model=Page[LetterTold])
def letters(
    desk: AtDesk,
    campaign_id: CampaignId,
    unit: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Cursor = "0",
    limit: Limit = 100,
) -> Response:
    """约谈通知书、督办单、通报等，按作出的先后；何时交邮、何人签收、何时应回复。"""
    with desk.read() as session:
        page = reading_letters.letters(session, desk.scope, campaign_id, unit, int(cursor), limit)
    return desk.tell(page, page["next"])


@router.get("/letters/{letter_id}", summary="一份文书", response_model=LetterTold)
def letter(desk: AtDesk, campaign_id: CampaignId, letter_id: LetterId) -> Response:
    """文号、内容的 SHA-256、签收和回复。"""
    with desk.read() as session:
        return desk.tell(reading_letters.one(session, desk.scope, campaign_id, letter_id))


@router.get(
    "/letters/{letter_id}/file",
    summary="文书的文件",
    response_class=Response,
    responses={200: {"content": {DOCX: {}}}},
)
def file(desk: AtDesk, campaign_id: CampaignId, letter_id: LetterId) -> Response:
    """当时制成并寄出的那一份（docx）。"""
    with desk.read() as session:
        name, content = reading_letters.paper(session, desk.scope, campaign_id, letter_id)
    return saved(content, name, DOCX, "letter")


@router.post("/letters/{letter_id}/receipt", summary="签收", response_model=LetterTold)
def receive(desk: AtDesk, campaign_id: CampaignId, letter_id: LetterId, sent: Receipt) -> Response:
    """记下何人何时签收；回复期限从签收之日起算（到期后补记的不再顺延）。"""
    return desk.once(
        lambda session: letter_acting.receive(
            session, desk.scope, campaign_id, letter_id, sent.person, sent.at, desk.now
        )
    )
