"""The forms of letters over HTTP: listed, fetched, replaced by a customer's own from Word or WPS, taken back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from sqlmodel import Session
from starlette.responses import Response

from api.deps import AtDesk
from api.download import saved
from api.workbooks import BYTES, Content
from states.documents.letterfields import DOCX
from states.records import letter_form_acting
from states.records.told.letters import LetterFormChecked, LetterFormsTold

router = APIRouter(prefix="/api/v1/letter-forms", tags=["文书"])

Name = Annotated[
    str, Path(min_length=1, max_length=200, pattern=r"^[^\r\n]*$", description="文书名称，如 约谈通知书")
]
Unit = Annotated[str | None, Query(max_length=100, description="只用于这个单位发出的；不写则用于全部")]
FileName = Annotated[str, Query(min_length=1, max_length=200, description="文件名，如 约谈通知书.docx")]
SENT = {"requestBody": {"required": True, "description": "Word、WPS 保存的 .docx", "content": BYTES}}


@router.get("", summary="文书格式", response_model=LetterFormsTold)
def listed(desk: AtDesk) -> Response:
    """各种文书用自带的格式还是自己换上的，以及格式里可用的字段。"""
    with desk.read() as session:
        return desk.tell(letter_form_acting.listed(session, desk.scope, desk.house.settings.zone))


@router.get(
    "/{name}", summary="现用的格式", response_class=Response, responses={200: {"content": {DOCX: {}}}}
)
def export(desk: AtDesk, name: Name, unit: Unit = None) -> Response:
    """docx，用 Word 或 WPS 修改后再换上。"""
    with desk.read() as session:
        content = letter_form_acting.exported(session, desk.scope, name, unit)
    return saved(content, f"{name}.docx", DOCX, "letter-form")


@router.post("/{name}", summary="换上自己的格式", response_model=LetterFormChecked, openapi_extra=SENT)
def put(
    desk: AtDesk,
    name: Name,
    filename: FileName,
    content: Content,
    unit: Unit = None,
    dry_run: Annotated[bool, Query(description="只检查，不换")] = False,
) -> Response:
    """请求体是文件本身。有一处标签写坏就不换，逐条写明在第几段；已作出的文书不变。"""

    def work(session: Session) -> LetterFormChecked:
        return letter_form_acting.put(
            session, desk.scope, name, unit, content, filename, desk.now, dry_run=dry_run
        )

    return desk.once(work, dry_run=dry_run)


@router.delete("/{name}", summary="恢复自带的格式", response_model=LetterFormsTold)
def reset(desk: AtDesk, name: Name, unit: Unit = None) -> Response:
    """已作出的文书不变。"""

    def work(session: Session) -> LetterFormsTold:
        letter_form_acting.reset(session, desk.scope, name, unit, desk.now)
        return letter_form_acting.listed(session, desk.scope, desk.house.settings.zone)

    return desk.once(work)
