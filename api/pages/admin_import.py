"""`/admin/import`: a list of units and contacts comes in as a file, is looked at with all that it would change, then taken."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api.deps import Desk
from api.download import saved
from api.pages import admin, forms, kept_files, nav, paper
from api.pages.forms import AtForm, Done, Form, Sheet, Typed
from api.pages.gate import AtPage
from api.pages.kept_files import KeptFile
from states.documents import unitsheet
from states.documents.sheet import read, write
from states.documents.unitlist import UnitDiff, UnitFacts, UnitList, diff, parse_units
from states.errors import Faulty, Refused
from states.kinds import KINDS
from states.records import roster
from states.records.board import ROLE_NAMES

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

IMPORT, UNITS = "/admin/import", "/admin/units"
OWNER = "units"
LISTED = 100  # rows of each kind that are shown; the others go the same way
FORM: Form[KeptFile] = Form(KeptFile, kept_files.LABELS)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHANGED = "看过以后，登记的内容又有变化；下面是现在会有的变化，请再看一遍"
WRONG = "文件里还有 {} 处问题，什么都没有写入；请改正文件，再重新选择"
FIELDS = {"name": "名称", "kind": "类别", "level": "级别", "grade": "等级", "beds": "床位数", "ownership": "举办性质", "parent": "上级"}  # fmt: skip


@dataclass(frozen=True)
class Looked:
    """What a file would do; `mark` tells one such change from another."""

    list: UnitList
    diff: UnitDiff

    @property
    def mark(self) -> str:
        return hashlib.sha256(repr(self.diff).encode()).hexdigest()[:32]


@router.get(IMPORT)
def choose(desk: AtPage) -> Response:
    desk.scope.check_whole()
    return _page(desk, forms.blank(FORM), None, 200)


@router.post(IMPORT)
async def send(desk: AtPage) -> Response:
    """A file comes in, and is looked at."""
    desk.scope.check_write_whole()
    return await kept_files.sent(
        desk, FORM, OWNER, partial(_shown, desk), lambda sheet, status: _page(desk, sheet, None, status)
    )


@router.post(f"{IMPORT}/apply")
def take(desk: AtPage, typed: AtForm) -> Response:
    """The same file, written down, unless it would do something else by now."""
    desk.scope.check_write_whole()

    def work(session: Session, sent: KeptFile) -> Done:
        existing = roster.recorded(session)
        found = _looked(desk, sent, existing)
        if found.list.faults:
            raise Refused(WRONG.format(len(found.list.faults)))
        if found.mark != sent.look:
            raise Refused(CHANGED)
        made = roster.apply(session, found.list, existing, desk.now, desk.scope.actor)
        return Done(said(made), UNITS)

    def again(sheet: Sheet, status: int) -> Response:
        return _shown(desk, typed, sheet, status)

    return kept_files.take(desk, FORM, typed, OWNER, work, again)


@router.get(f"{IMPORT}/recorded")
def recorded(desk: AtPage) -> Response:
    """All that is recorded, in the columns of the list: read again it changes nothing."""
    desk.scope.check_whole()
    with desk.read() as session:
        existing = roster.recorded(session)
    book = write([unitsheet.units_sheet(existing), unitsheet.explained_sheet()])
    return saved(book, _file_name("单位名单", desk.now), XLSX, "units")


@router.get(f"{IMPORT}/blank")
def blank(desk: AtPage) -> Response:
    """An empty list to fill in, with what each column takes."""
    desk.scope.check_whole()
    return saved(unitsheet.template_sheet(), "单位名单模板.xlsx", XLSX, "units")


def said(made: UnitDiff) -> str:
    """What was written, in a sentence."""
    return (
        f"已写入：新增 {len(made.new)} 个单位，修改 {len(made.changed)} 个；联系人新增 {len(made.contacts_new)}、"
        f"改名 {len(made.contacts_changed)}、移除 {len(made.contacts_gone)}"
    )


def _shown(desk: Desk, typed: Typed, refused: Sheet | None = None, status: int = 200) -> Response:
    """What the file would do, above the form to take it. `refused`: why it was not taken just now."""
    try:
        sent = typed.shaped(KeptFile)
        with desk.read() as session:
            existing = roster.recorded(session)
        found = _looked(desk, sent, existing)
    except Faulty as error:
        sheet = Sheet(FORM.labels, {}, forms.refused(FORM, typed, error).errors, forms.fresh())
        return _page(desk, sheet, None, 422)
    return _page(desk, kept_files.looked(FORM, typed, found.mark, refused), found, status)


def _looked(desk: Desk, sent: KeptFile, existing: dict[str, UnitFacts]) -> Looked:
    """Raises Faulty for a file that is gone or no sheet; what is wrong within it is in the list."""
    file = kept_files.content(desk, sent.kept, OWNER)
    try:
        rows = read(file, sent.filename)
    except Faulty as error:
        raise kept_files.at_file(error) from error
    found = parse_units(rows, existing)
    return Looked(found, diff(found, existing))


def _page(desk: Desk, sheet: Sheet, found: Looked | None, status: int) -> Response:
    return paper.show(
        desk,
        "admin_import.html",
        status=status,
        sheet=sheet,
        found=found,
        unread=kept_files.unread(desk, sheet, OWNER) if found else "",
        listed=LISTED,
        fields=FIELDS,
        kinds=KINDS,
        named=ROLE_NAMES,
        trail=admin.trail(desk, "单位", ("导入", "")),
        **nav.of_admin(desk),
    )


def _file_name(name: str, now: datetime) -> str:
    return f"{name}-{now:%Y%m%d}.xlsx"
