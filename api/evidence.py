"""A later date asked for with files as evidence, and fetching what came with a request."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from api.deps import AtDesk, AtOpenDesk, CampaignId, Desk, ObligationId
from api.download import download
from api.files import FILE_ANSWERS, Number, described, sent, taken_in
from api.respite import Number as RequestNumber
from api.shapes import Earlier, Reason, Sent, Words
from api.upload import Form
from states.records import extension_files, handing_in, reading_respite
from states.records.granting import Request
from states.records.handing_in import Content
from states.records.told import ExtensionTold
from states.records.vault import Vault

router = APIRouter(prefix="/api/v1/campaigns/{campaign_id}", tags=["延期、静默、交接"])


class AskWithFiles(Sent):
    """The fields of the form beside its files."""

    until: Words = Field(examples=["2026-12-15", "+10wd"], description="延到哪天，或从现在的期限起延多久")
    reason: Reason
    evidence: Reason = Field(default="", description="佐证的文号、说明")
    earlier: Annotated[Earlier, Field(max_length=handing_in.MOST_FILES)] = ()


@router.post(
    "/obligations/{obligation_id}/extensions",
    summary="申请延期并附佐证",
    status_code=201,
    response_model=ExtensionTold,
    openapi_extra=described(AskWithFiles),
    responses={507: {"description": "存放文件的磁盘已满"}},
)
async def ask(desk: AtOpenDesk, campaign_id: CampaignId, obligation_id: ObligationId) -> Response:
    """表单（multipart/form-data）：until、reason 和佐证文件；earlier 写以前交过的文件（SHA-256，或 应办事项编号/第几次）。"""
    return await taken_in(desk, campaign_id, obligation_id, _asked)


def _asked(desk: Desk, campaign_id: int, key: int, form: Form) -> Response:
    fields, arrived = sent(form, AskWithFiles), form.arrived()
    content = Content(arrived=arrived, earlier=fields.earlier)
    wanted = Request(key, fields.until, fields.reason, fields.evidence)
    asked = replace(desk, digest=form.digest(desk.request))
    return asked.once(partial(_work, desk=desk, campaign_id=campaign_id, wanted=wanted, content=content), 201)


def _work(
    session: Session, *, desk: Desk, campaign_id: int, wanted: Request, content: Content
) -> ExtensionTold:
    return reading_respite.ask(session, desk.scope, campaign_id, wanted, desk.now, content)


@router.get(
    "/extensions/{number}/files/{file}",
    summary="下载延期申请的佐证",
    response_class=Response,
    responses=FILE_ANSWERS,
)
def file(desk: AtDesk, campaign_id: CampaignId, number: RequestNumber, file: Number) -> Response:
    """文件原样，只供下载，不在浏览器里打开；可只取一段（Range），ETag 是内容的 SHA-256。"""
    with desk.read() as session:
        found = extension_files.fetched(session, desk.scope, campaign_id, number, file)
    return download(desk.request, Vault(desk.house.settings.files), found)
