"""Forms of reports: filled one by one or from workbooks, added up; 报送率 by period and region."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from sqlmodel import Session
from starlette.responses import Response

from api.deps import AtDesk, CampaignId, ObligationId
from api.download import saved
from api.shapes import NO_ZERO, Sent, Version
from api.workbooks import SENT, XLSX, Content
from states.documents import formsheet
from states.records import reading_reports, report_acting
from states.records.report_acting import Sheets
from states.records.told.reports import FiguresTold, FormImport, FormSums, RatesTold

router = APIRouter(prefix="/api/v1/campaigns/{campaign_id}", tags=["定期报告"])

Key = Annotated[str, Query(max_length=100, description="要求的代号，如 monthly-form")]
MaybeKey = Annotated[str | None, Query(max_length=100, description="只看这项要求（代号）")]
Period = Annotated[str, Query(max_length=100, description="哪一期，如 2026-12；不分期的不写")]
MaybePeriod = Annotated[str | None, Query(max_length=100, description="只看这一期")]
Text = Annotated[str, Field(max_length=5_000, pattern=NO_ZERO)]
Plain = (
    SkipJsonSchema[bool] | int | float | Text | None
)  # true stays what it is, so that its field refuses it


class Dated(Sent):
    """A figure with the day as of which it is told."""

    value: Plain
    as_of: date | None = Field(default=None, description="截至哪一天")


class Figures(Sent):
    """What is written in a form; null or nothing: blank."""

    figures: Annotated[dict[str, Plain | Dated], Field(max_length=200)] = Field(
        examples=[{"found": 12, "reported": {"value": 3, "as_of": "2026-12-01"}, "letters": None}],
        description="字段代号 → 内容，或 {value, as_of}；不知道的写 null 或不写，不要写 0",
    )
    version: Version | None = None

    @property
    def sent(self) -> dict[str, Any]:
        """As a form takes them."""
        return sent_figures(self.figures)


def sent_figures(figures: dict[str, Any]) -> dict[str, Any]:
    """Shapes as plain data."""
    return {key: one.model_dump() if isinstance(one, Dated) else one for key, one in figures.items()}


class Import(Sent):
    """How a filled form is taken."""

    requirement: Annotated[str, Field(max_length=100, description="要求的代号")]
    period: Annotated[str, Field(max_length=100, description="哪一期；不分期的不写")] = ""
    filename: Annotated[str, Field(min_length=1, max_length=200, description="文件名，如 月报表.xlsx")]
    dry_run: Annotated[bool, Field(description="只看会怎样，不写入")] = True
    submit: Annotated[bool, Field(description="写入后一并报送")] = False


@router.get("/obligations/{obligation_id}/figures", summary="一份报表的内容", response_model=FiguresTold)
def figures(desk: AtDesk, campaign_id: CampaignId, obligation_id: ObligationId) -> Response:
    """报表的各项、已填的内容（空白为 null）、还缺哪些必填项、历次改动。"""
    with desk.read() as session:
        return desk.tell(reading_reports.figures(session, desk.scope, campaign_id, obligation_id))


@router.put("/obligations/{obligation_id}/figures", summary="填报表（整张）", response_model=FiguresTold)
def put_figures(
    desk: AtDesk, campaign_id: CampaignId, obligation_id: ObligationId, sent: Figures
) -> Response:
    """没有写的各项变为空白。填好后用 submit 报送。"""
    return _fill(desk, campaign_id, obligation_id, sent, merge=False)


@router.post("/obligations/{obligation_id}/figures", summary="填报表（几项）", response_model=FiguresTold)
def post_figures(
    desk: AtDesk, campaign_id: CampaignId, obligation_id: ObligationId, sent: Figures
) -> Response:
    """只改写了的各项，其余不变；写 null 的变为空白。"""
    return _fill(desk, campaign_id, obligation_id, sent, merge=True)


def _fill(desk: AtDesk, campaign_id: int, obligation_id: int, sent: Figures, *, merge: bool) -> Response:
    return desk.once(
        lambda session: report_acting.fill(
            session,
            desk.scope,
            campaign_id,
            obligation_id,
            sent.sent,
            desk.now,
            version=sent.version,
            merge=merge,
        )
    )


@router.get("/reporting", summary="报送率", response_model=RatesTold)
def reporting(
    desk: AtDesk, campaign_id: CampaignId, requirement: MaybeKey = None, period: MaybePeriod = None
) -> Response:
    """按时、逾期、零报告、未报和报送率：合计、按期、按地区；不加条件时合计与 summary 一致。"""
    with desk.read() as session:
        return desk.tell(
            reading_reports.rates(session, desk.scope, campaign_id, desk.now, requirement, period)
        )


@router.get("/forms/sums", summary="报表汇总", response_model=FormSums)
def sums(
    desk: AtDesk, campaign_id: CampaignId, requirement: MaybeKey = None, period: MaybePeriod = None
) -> Response:
    """各项相加：几个单位填了，几个单位留空；没有单位填的没有合计。"""
    with desk.read() as session:
        return desk.tell(reading_reports.sums(session, desk.scope, campaign_id, requirement, period))


@router.get(
    "/forms/export", summary="导出报表", response_class=Response, responses={200: {"content": {XLSX: {}}}}
)
def export(desk: AtDesk, campaign_id: CampaignId, requirement: Key, period: Period = "") -> Response:
    """xlsx：每个单位一行，有下拉列表和填写说明；填好后可再导入。"""
    with desk.read() as session:
        content = report_acting.export(session, desk.scope, campaign_id, requirement, period)
    return saved(content, f"{requirement}{period}报表.xlsx", XLSX, "form")


@router.post("/forms/import", summary="导入报表", response_model=FormImport, openapi_extra=SENT)
def import_(
    desk: AtDesk,
    campaign_id: CampaignId,
    asked: Annotated[Import, Query()],
    content: Content,
) -> Response:
    """请求体是文件本身。默认只看会怎样：几个单位有改动，哪一格有错；有一处错就一行也不写。"""
    desk.scope.check_write()

    def take(session: Session) -> FormImport:
        form = reading_reports.form_of(session, desk.scope, campaign_id, asked.requirement)
        lines = formsheet.read(content, asked.filename, form)
        sheets = Sheets(asked.requirement, asked.period, lines, asked.submit)
        return report_acting.take(session, desk.scope, campaign_id, sheets, desk.now, dry_run=asked.dry_run)

    return desk.once(take, dry_run=asked.dry_run)
