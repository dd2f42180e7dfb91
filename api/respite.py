"""More time and peace: extensions asked for and decided, a campaign extended, silences, contacts that change hands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Path, Query
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from api import answers
from api.deps import AtDesk, CampaignId, Cursor, Desk, Limit
from api.shapes import Code, Codes, Reason, Sent, Version, Words
from states.records import foreseeing, reading_respite, reading_scope, reading_silences
from states.records.deciding import Decision
from states.records.granting import Request
from states.records.handing import Person
from states.records.prolonging import Amount
from states.records.silences import Wanted
from states.records.told import ExtensionDecided, ExtensionTold, HandOverTold, Page, Prolonged, SilenceTold
from states.template import Role

router = APIRouter(prefix="/api/v1", tags=["延期、静默、交接"])
HERE = "/campaigns/{campaign_id}"

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="编号")]


class Ask(Sent):
    """A later date for one obligation."""

    obligation: Annotated[int, Field(ge=1, le=2**63 - 1, description="应办事项编号")]
    until: Words = Field(examples=["2026-12-15", "+10wd"], description="延到哪天，或从现在的期限起延多久")
    reason: Reason
    evidence: Reason = Field(default="", description="佐证：文号、说明或材料的名称")


class DecideExtension(Sent):
    """A request granted or refused. Nothing is changed unless `dry_run` is false."""

    grant: bool
    until: Words | None = Field(default=None, description="准予延到哪天；不写则照申请")
    reason: Reason = Field(default="", description="理由；不准予时必须写")
    whom: Literal["unit", "under", "all"] = Field(
        default="unit", description="准予谁：unit 这个单位、under 一个单位及其下级、all 全部单位"
    )
    under: Code | None = Field(default=None, description="whom 为 under 时，哪个单位及其下级")
    version: Version | None = None
    dry_run: bool = Field(default=True, description="只看会怎样，不决定")


class ExtendCampaign(Sent):
    """All that ends or is due after a day moves by the same amount. Nothing is changed unless `dry_run` is false."""

    by: Words = Field(examples=["10wd"], description="延多久，如 10wd、30d、2w、1m")
    after: date = Field(description="这一天以后的期限顺延")
    reason: Reason
    version: Version | None = None
    dry_run: bool = Field(default=True, description="只看会怎样，不办理")


class Silence(Sent):
    """Nobody is told of it up to and with a day. `unit` alone, or `under` with those below; neither: everybody."""

    until: date = Field(description="到哪天止（含）")
    reason: Reason
    unit: Code | None = None
    under: Code | None = None
    requirement: Words | None = Field(default=None, description="只是这一项要求（代号）")


class HandOverContact(Sent):
    """A contact's posts pass to somebody else."""

    before: Words = Field(description="原联系人的邮箱")
    email: Words = Field(description="接任人的邮箱")
    name: Words = Field(description="接任人的姓名")
    units: Codes = Field(default=(), description="只是这些单位；不写则他担任联系人的全部单位")
    roles: tuple[Role, ...] = Field(default=(), description="只是这些角色")
    dry_run: bool = False


@router.get(f"{HERE}/extensions", summary="延期申请", response_model=Page[ExtensionTold])
def extensions(
    desk: AtDesk,
    campaign_id: CampaignId,
    state: Annotated[Literal["asked", "granted", "refused"] | None, Query()] = None,
    cursor: Cursor = "0",
    limit: Limit = 100,
) -> Response:
    """待决定的在前，应先决定的在前。"""
    with desk.read() as session:
        page = reading_respite.page(session, desk.scope, campaign_id, state, desk.now, int(cursor), limit)
    return desk.tell(page, page["next"])


@router.post(f"{HERE}/extensions", summary="申请延期", status_code=201, response_model=ExtensionTold)
def ask(desk: AtDesk, campaign_id: CampaignId, sent: Ask) -> Response:
    """到期前申请；决定以前照原期限催办。"""
    wanted = Request(sent.obligation, sent.until, sent.reason, sent.evidence)
    return desk.once(
        lambda session: reading_respite.ask(session, desk.scope, campaign_id, wanted, desk.now), 201
    )


@router.post(f"{HERE}/extensions/{{number}}/decide", summary="决定延期", response_model=ExtensionDecided)
def decide(desk: AtDesk, campaign_id: CampaignId, number: Number, sent: DecideExtension) -> Response:
    """dry_run（默认）说明与后面哪些阶段、事项、下级行动冲突，哪些邮件会变；已有人决定的回答 409。"""
    wanted = Decision(sent.grant, sent.until, sent.reason, sent.whom, sent.under, sent.version)

    def act(session: Session) -> tuple[ExtensionDecided, datetime]:
        return reading_respite.decide(
            session, desk.scope, campaign_id, number, wanted, desk.now, dry_run=sent.dry_run
        )

    return _tried(desk, campaign_id, act) if sent.dry_run else desk.once(lambda session: act(session)[0])


@router.post(f"{HERE}/extend", summary="整个行动延期", response_model=Prolonged)
def extend(desk: AtDesk, campaign_id: CampaignId, sent: ExtendCampaign) -> Response:
    """某天以后的阶段和期限一律顺延，各单位只通知一次；dry_run（默认）只看会怎样。"""
    amount = Amount(sent.by, sent.after, sent.reason, sent.version)

    def act(session: Session) -> tuple[Prolonged, datetime]:
        return reading_respite.prolong(
            session, desk.scope, campaign_id, amount, desk.now, dry_run=sent.dry_run
        )

    return _tried(desk, campaign_id, act) if sent.dry_run else desk.once(lambda session: act(session)[0])


def _tried(desk: Desk, campaign_id: int, act: Callable[[Session], tuple[Any, datetime]]) -> Response:
    """On a copy, with what mails would say otherwise."""
    desk.scope.check_write()
    with desk.read() as session:
        zone = reading_scope.campaign_seen(session, desk.scope, campaign_id).zone
    told, mails = foreseeing.foresee(desk.house.store, act, desk.now, desk.hours, campaign_id, zone)
    return answers.plain(answers.dumped({**cast(dict[str, Any], told), "mails": mails}))


@router.get(f"{HERE}/silences", summary="静默", response_model=Page[SilenceTold])
def silences(desk: AtDesk, campaign_id: CampaignId) -> Response:
    """哪些单位、要求暂不通知，由谁、为什么、到何时，压着几条通知。由上级定的，下级只看到范围和到何时。"""
    with desk.read() as session:
        return desk.tell(reading_silences.quiet(session, desk.scope, campaign_id, desk.now))


@router.post(f"{HERE}/silences", summary="静默一段时间", status_code=201, response_model=SilenceTold)
def impose(desk: AtDesk, campaign_id: CampaignId, sent: Silence) -> Response:
    """期间的通知先压着；到期后每一项只发最高一级，其余记为跳过。"""
    wanted = Wanted(sent.until, sent.reason, sent.unit, sent.under, sent.requirement)
    return desk.once(
        lambda session: reading_silences.impose(session, desk.scope, campaign_id, wanted, desk.now), 201
    )


@router.post(f"{HERE}/silences/{{number}}/end", summary="提前结束静默", response_model=SilenceTold)
def end(desk: AtDesk, campaign_id: CampaignId, number: Number) -> Response:
    """压着的通知随下一次发信发出。"""
    return desk.once(lambda session: reading_silences.end(session, desk.scope, campaign_id, number, desk.now))


@router.post("/contacts/hand-over", summary="联系人交接", response_model=HandOverTold)
def hand_over(desk: AtDesk, sent: HandOverContact) -> Response:
    """未发的通知改发接任人，接任人在一封邮件里看到尚未办结的各项。"""

    return desk.once(lambda session: handed(session, desk, sent, dry_run=sent.dry_run), dry_run=sent.dry_run)


def handed(session: Session, desk: Desk, sent: HandOverContact, *, dry_run: bool) -> HandOverTold:
    """A hand-over within the reach of whoever asks. Raises NotAllowed, NotFound, Faulty, Refused."""
    return reading_respite.hand_over(
        session,
        desk.scope,
        sent.before,
        Person(sent.name, sent.email),
        desk.now,
        codes=sent.units,
        roles=sent.roles,
        dry_run=dry_run,
    )
