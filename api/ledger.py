"""The ledger of a campaign: items, their moves, import and export, 销号率."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, Field
from sqlmodel import Session
from starlette.responses import Response

from api.deps import AtDesk, CampaignId, Code, Cursor, Limit
from api.download import saved
from api.shapes import NO_ZERO, Codes, Reason, Sent, Some, Version, Words
from api.workbooks import SENT, XLSX, Content
from states.documents import ledgerfile
from states.records import ledger_acting, ledger_following, ledger_rates, reading_ledger, reading_scope
from states.records.ledger_adding import Found
from states.records.ledger_import import Terms
from states.records.ledger_items import Which
from states.records.told import (
    LedgerAdded,
    LedgerFigures,
    LedgerImport,
    LedgerInFull,
    LedgerMassMoved,
    LedgerTold,
    Page,
)

router = APIRouter(prefix="/api/v1/campaigns/{campaign_id}/ledger", tags=["问题台账"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="台账序号")]
Long = Annotated[str, Field(min_length=1, max_length=5_000, pattern=NO_ZERO)]
Measure = Annotated[str, Field(min_length=1, max_length=2_000, pattern=NO_ZERO)]
FoundBy = Literal["self", "inspection", "complaint", "referred"]


class Problem(Sent):
    """A problem that was found."""

    unit: Code = Field(description="问题所在单位的代码")
    project: Annotated[Words, Field(min_length=1)]
    problem: Long
    measures: Annotated[tuple[Measure, ...], Field(min_length=1, max_length=15)]
    departments: Some = Field(default=(), description="责任部门或单位的名称；不写则由问题所在单位负责")
    lead: Words | None = Field(default=None, description="牵头部门")
    due: Words | None = Field(default=None, examples=["8月底前并长期坚持"], description="完成时限，照原文")
    type: Words | None = Field(default=None, description="问题类型（方案规定的），期限按类型分步")
    found_by: FoundBy = Field(description="self 自查、inspection 检查、complaint 举报、referred 转办")
    reported_at: AwareDatetime | None = Field(default=None, description="何时报告；默认现在")
    handed_to: Words | None = Field(default=None, description="移交给哪个机关")
    handed_no: Words | None = Field(default=None, description="移交文号")
    stand_in: bool = Field(default=False, description="单位表中没有的责任部门，由问题所在单位代收")
    undated: bool = Field(default=False, description="暂不定期，以后补写")
    more: Annotated[dict[Words, Long], Field(max_length=20)] = Field(
        default_factory=dict, description="方案台账另设的栏目写什么，如 责任领导：栏目 → 文字"
    )


class Problems(Sent):
    """Problems to write down, all or none."""

    items: Annotated[tuple[Problem, ...], Field(min_length=1, max_length=500)]


class ItemMove(Sent):
    """One move of one item."""

    move: Words = Field(examples=["claim"])
    reason: Reason | None = None
    version: Version | None = None
    measures: Annotated[tuple[Annotated[int, Field(ge=1, le=999)], ...], Field(max_length=100)] = Field(
        default=(), description="部分销号：已完成的是第几条措施"
    )


class HandOver(Sent):
    """To which authority a problem goes, and under which number of theirs."""

    to: Annotated[Words, Field(min_length=1)]
    number: Words = ""
    version: Version | None = None


class WhichItems(Sent):
    """Items of a ledger; empty fields do not restrict."""

    state: Some = ()
    under: Codes = ()
    department: Words | None = None
    found_by: Some = ()
    standing: bool | None = None
    overdue: bool | None = None
    numbers: Annotated[tuple[int, ...], Field(max_length=5_000)] = ()
    all: Literal[True] | None = Field(default=None, description="全部事项；不加任何条件时必须写明")

    @property
    def which(self) -> Which:
        return Which(
            *(self.state, self.under, self.department, self.found_by, self.standing, self.overdue),
            numbers=self.numbers,
        )


class ItemsMove(Sent):
    """The same move of many items. Nothing is changed unless `dry_run` is false."""

    move: Words = Field(examples=["close"])
    filter: WhichItems
    reason: Reason | None = None
    dry_run: bool = Field(default=True, description="只数一数，不办理")


class Wanted(Sent):
    """What a list can be restricted to."""

    state: Annotated[
        list[str], Field(max_length=20, description="open、rectifying、claimed、checked、closed、withdrawn")
    ] = Field(default_factory=list)
    under: Annotated[str | None, Field(max_length=100, description="问题在这个单位及其下级")] = None
    unit: Annotated[str | None, Field(max_length=100, description="问题就在这个单位，不含下级")] = None
    department: Annotated[str | None, Field(max_length=200)] = None
    answers: Annotated[str | None, Field(max_length=200, description="由谁牵头负责，同统计口径")] = None
    found_by: Annotated[list[str], Field(max_length=4)] = Field(default_factory=list)
    standing: bool | None = None
    overdue: bool | None = None
    undated: bool | None = None
    lenient: bool | None = None
    counted: Annotated[bool, Field(description="不含已撤销的，同统计口径")] = False
    q: Annotated[str | None, Field(max_length=200, description="问题或项目中的文字")] = None

    @property
    def which(self) -> Which:
        under = (self.under,) if self.under is not None else ()
        return Which(
            *(tuple(self.state), under, self.department, tuple(self.found_by)),
            *(self.standing, self.overdue, self.undated, self.lenient),
            q=self.q,
            unit=self.unit,
            answers=self.answers,
            counted=self.counted,
        )


class Listing(Wanted):
    """A page of such a list."""

    cursor: Cursor = "0"
    limit: Limit = 100


class Import(Sent):
    """How a file is taken."""

    filename: Annotated[
        str, Field(min_length=1, max_length=200, description="文件名，如 台账.xlsx、附表.docx")
    ]
    dry_run: Annotated[bool, Field(description="只看会怎样，不写入")] = True
    unit: Annotated[str | None, Field(max_length=100, description="文件没有写单位的，问题在哪个单位")] = None
    found_by: FoundBy = "inspection"
    take: Annotated[
        list[str],
        Field(
            max_length=5_000,
            description="只取这些：+序号 新增的行，12 一项，12.due 一格；不写则取全部无冲突的",
        ),
    ] = Field(default_factory=list)
    due: Annotated[list[str], Field(max_length=500, description="看不懂的期限改写为：序号=2026-12-31")] = (
        Field(default_factory=list)
    )
    stand_in: bool = False
    undated: bool = False

    @property
    def terms(self) -> Terms:
        pairs = [one.partition("=") for one in self.due]
        return Terms(
            unit=self.unit,
            found_by=self.found_by,
            due={key.strip(): words.strip() for key, _, words in pairs},
            stand_in=self.stand_in,
            undated=self.undated,
            take=frozenset(self.take) if self.take else None,
        )


@router.get("", summary="问题台账", response_model=Page[LedgerTold])
def items(desk: AtDesk, campaign_id: CampaignId, wanted: Annotated[Listing, Query()]) -> Response:
    """台账各项、状态和销号情况，可筛选，逐页取。"""
    with desk.read() as session:
        page = reading_ledger.ledger(
            session, desk.scope, campaign_id, wanted.which, desk.now, int(wanted.cursor), wanted.limit
        )
    return desk.tell(page, page["next"])


@router.post("", summary="登记问题", status_code=201, response_model=LedgerAdded)
def add(desk: AtDesk, campaign_id: CampaignId, sent: Problems) -> Response:
    """行动中发现的问题；期限照原文写，随即下达给责任部门。"""
    found = [Found(**{**one.model_dump(exclude={"unit"}), "code": one.unit}) for one in sent.items]
    return desk.once(
        lambda session: ledger_acting.add(session, desk.scope, campaign_id, found, desk.now), 201
    )


@router.get("/figures", summary="销号率", response_model=LedgerFigures)
def figures(desk: AtDesk, campaign_id: CampaignId) -> Response:
    """合计、按地区、按牵头部门，以及反复出现的问题类别。"""
    with desk.read() as session:
        return desk.tell(ledger_rates.figures(session, desk.scope, campaign_id, desk.now))


@router.get("/export", summary="导出台账", response_class=Response, responses={200: {"content": {XLSX: {}}}})
def export(desk: AtDesk, campaign_id: CampaignId, wanted: Annotated[Wanted, Query()]) -> Response:
    """xlsx：可打印，状态和部门有下拉列表；填好后可再导入。"""
    with desk.read() as session:
        content = ledger_acting.export(session, desk.scope, campaign_id, wanted.which, desk.now)
        title = reading_scope.campaign_seen(session, desk.scope, campaign_id).row.title
    return saved(content, f"{title}问题台账.xlsx", XLSX, "ledger")


@router.post("/import", summary="导入台账", response_model=LedgerImport, openapi_extra=SENT)
def import_(
    desk: AtDesk,
    campaign_id: CampaignId,
    asked: Annotated[Import, Query()],
    content: Content,
) -> Response:
    """请求体是文件本身。默认只看会怎样：新增的行、逐格的改动、与记录的冲突、看不懂的期限、不认识的部门。"""
    desk.scope.check_write()
    with desk.read() as session:
        headed = ledger_following.columns(reading_scope.campaign_seen(session, desk.scope, campaign_id))
    file, terms = ledgerfile.read(content, asked.filename, headed), asked.terms

    def take(session: Session) -> LedgerImport:
        dry_run = asked.dry_run
        return ledger_acting.take(session, desk.scope, campaign_id, file, terms, desk.now, dry_run=dry_run)

    return desk.once(take, dry_run=asked.dry_run)


@router.post("/moves", summary="成批办理台账", response_model=LedgerMassMoved)
def move_many(desk: AtDesk, campaign_id: CampaignId, sent: ItemsMove) -> Response:
    """选中的事项走同一步；默认只试算（dry_run）。"""

    def moved(session: Session) -> LedgerMassMoved:
        return ledger_acting.move_many(
            session,
            desk.scope,
            campaign_id,
            sent.filter.which,
            sent.move,
            desk.now,
            everybody=sent.filter.all is True,
            reason=sent.reason,
            dry_run=sent.dry_run,
        )

    return desk.once(moved, dry_run=sent.dry_run)


@router.get("/{no:int}", summary="一项台账", response_model=LedgerInFull)
def item(desk: AtDesk, campaign_id: CampaignId, no: Number) -> Response:
    """一项的内容、可做的动作和全部经过。"""
    with desk.read() as session:
        return desk.tell(reading_ledger.one(session, desk.scope, campaign_id, no))


@router.post("/{no:int}/moves", summary="办理一项台账", response_model=LedgerInFull)
def move(desk: AtDesk, campaign_id: CampaignId, no: Number, sent: ItemMove) -> Response:
    """start 开始整改、claim 申报销号、check 核查通过、close 销号、review 复查、partial 部分销号、return 退回、reopen 回头看、withdraw 撤销登记（写错的；须写理由，保留可查，不再计数）。"""
    return desk.once(
        lambda session: ledger_acting.move(
            session,
            desk.scope,
            campaign_id,
            no,
            sent.move,
            desk.now,
            reason=sent.reason,
            version=sent.version,
            measures=sent.measures,
        )
    )


@router.post("/{no:int}/handover", summary="移交", response_model=LedgerInFull)
def hand_over(desk: AtDesk, campaign_id: CampaignId, no: Number, sent: HandOver) -> Response:
    """记下移交给哪个机关、对方的文号。"""
    return desk.once(
        lambda session: ledger_acting.hand_over(
            session, desk.scope, campaign_id, no, sent.to, sent.number, desk.now, sent.version
        )
    )
