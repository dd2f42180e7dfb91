"""Handing in with files, and fetching what was handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

from anyio import to_thread
from fastapi import APIRouter, Path
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from sqlmodel import Session
from starlette.responses import Response

from api.deps import AtDesk, AtOpenDesk, CampaignId, Desk, ObligationId
from api.download import download
from api.shapes import Earlier, Reason, Seal, Sent, Signer, Text, Version
from api.upload import Form, received
from states.errors import Fault, Faulty
from states.records import acting, handing_in, reading_obligations, submissions
from states.records.acting import Deed
from states.records.handing_in import Arrived, Content
from states.records.told import ObligationInFull
from states.records.vault import Vault

router = APIRouter(prefix="/api/v1", tags=["应办事项"])

HandedVersion = Annotated[int, Path(ge=1, le=2**31 - 1, description="第几次报送")]
Number = Annotated[int, Path(ge=1, le=handing_in.MOST_FILES, description="第几个文件")]
MANY = "earlier"
Shape = TypeVar("Shape", bound=Sent)
Work = Callable[[Desk, int, int, Form], Response]
FILE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}},
    206: {"description": "所要的一段（Range）"},
    416: {"description": "没有这一段"},
}
ADDRESS = "/campaigns/{campaign_id}/obligations/{obligation_id}/submissions"


class HandedIn(Sent):
    """The fields of the form beside its files."""

    act: Literal["submit", "nil", "confirm"] = "submit"
    text: Text | None = None
    signer: Signer | None = None
    seal: Seal | None = None
    earlier: Annotated[Earlier, Field(max_length=handing_in.MOST_FILES)] = ()
    reason: Reason | None = None
    version: Version | None = None


def described(model: type[Sent]) -> dict[str, Any]:
    """How a form with files is described to callers."""
    shape = model.model_json_schema()
    shape["properties"]["file"] = {
        "type": "array",
        "items": {"type": "string", "format": "binary"},
        "description": f"文件，可有几个，最多 {handing_in.MOST_FILES} 个",
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": shape}}}}


@router.post(
    ADDRESS,
    summary="报送材料",
    status_code=201,
    response_model=ObligationInFull,
    openapi_extra=described(HandedIn),
    responses={507: {"description": "存放文件的磁盘已满"}},
)
async def hand_in(desk: AtOpenDesk, campaign_id: CampaignId, obligation_id: ObligationId) -> Response:
    """表单（multipart/form-data）：文件、文字、签发人、盖章情况；earlier 写以前交过的文件（SHA-256，或 应办事项编号/第几次）。每次报送都留存。"""
    return await taken_in(desk, campaign_id, obligation_id, _handed_in)


async def taken_in(desk: Desk, campaign_id: int, key: int, work: Work) -> Response:
    """A form with files about an obligation comes in, if the key may write there at all, and `work` answers."""
    settings = desk.house.settings
    await to_thread.run_sync(check_may_write, desk, campaign_id, key)
    async with received(desk.request, Vault(settings.files), settings.file_bytes) as form:
        return await to_thread.run_sync(work, desk, campaign_id, key, form)


def check_may_write(desk: Desk, campaign_id: int, key: int) -> None:
    """Whether the key may write here at all; asked before anything is taken in."""
    desk.scope.check_write()
    with desk.read() as session:
        reading_obligations.campaign_with(session, desk.scope, campaign_id, key)


def _handed_in(desk: Desk, campaign_id: int, key: int, form: Form) -> Response:
    fields, arrived = sent(form, HandedIn), form.arrived()
    asked = replace(desk, digest=form.digest(desk.request))
    return asked.once(
        partial(_work, desk=desk, campaign_id=campaign_id, key=key, sent=fields, arrived=arrived), 201
    )


def _work(
    session: Session, *, desk: Desk, campaign_id: int, key: int, sent: HandedIn, arrived: tuple[Arrived, ...]
) -> ObligationInFull:
    content = Content(sent.text, sent.signer, sent.seal, arrived, sent.earlier)
    deed = Deed(sent.act, sent.reason, sent.version, content)
    return acting.settle(session, desk.scope, campaign_id, key, deed, desk.now)


def sent(form: Form, shape: type[Shape]) -> Shape:
    """The fields, each once but for `earlier`. Raises Faulty, RequestValidationError."""
    doubled = [name for name, values in form.fields.items() if len(values) > 1 and name != MANY]
    if doubled:
        raise Faulty([Fault(name, "写了两次") for name in doubled])
    given: dict[str, Any] = {
        name: tuple(values) if name == MANY else values[0] for name, values in form.fields.items()
    }
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


@router.get(
    "/obligations/{obligation_id}/submissions/{version}/files/{number}",
    summary="下载报送的文件",
    response_class=Response,
    responses=FILE_ANSWERS,
)
def file(desk: AtDesk, obligation_id: ObligationId, version: HandedVersion, number: Number) -> Response:
    """文件原样，只供下载，不在浏览器里打开；可只取一段（Range），ETag 是内容的 SHA-256。"""
    with desk.read() as session:
        reading_obligations.campaign_of(session, desk.scope, obligation_id)
        found = submissions.fetched(session, obligation_id, version, number)
    return download(desk.request, Vault(desk.house.settings.files), found)
