"""A ledger that comes in as a file: looked at first, cell by cell, then the same file is taken.

What was looked at is kept for whoever sent it, for a day (`states.records.aside`), so that it need not be chosen again and
nobody takes in another file than the one he looked at. Of what the file would do, only what is left out or chosen besides
comes back with the form: a file of fifty thousand rows has the same small form as one of five.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from api.deps import CampaignId, Desk
from api.pages import forms, kept_files, ledger, paper
from api.pages.forms import AtForm, Done, Form, Sheet, Typed
from api.pages.gate import AtPage
from api.pages.kept_files import LOOK, KeptFile
from api.pages.ledger_sheets import HOW, LEDGER
from api.shapes import NO_ZERO
from states.closing import FOUND_BY
from states.documents import ledgerfile
from states.documents.ledgerfile import LedgerFile
from states.errors import Fault, Faulty, NotAllowed, NotFound
from states.records import ledger_acting, ledger_following, reading_scope
from states.records.access import Scope
from states.records.ledger_import import Looked, Terms
from states.records.told import ChangedTold, LedgerImport

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

TAKE = f"{LEDGER}/import"
LISTED, FAULTS_LISTED = 100, 100  # rows of each kind that are shown; the others go the same way
ONE_FILE = "请选择一个台账文件（xlsx、csv 或 docx）"
LABELS = {
    "unit": "文件没有写单位的，问题在哪个单位",
    "found_by": "没有写发现途径的，是怎么发现的",
    "due": "看不懂的期限，改写为",
    **HOW,
    "conflicts": "两边都改过的，全部取文件里的",
    "leave": "不取",
    "pick": "取文件里的",
    **kept_files.LABELS,
}
Mark = Annotated[str, Field(min_length=1, max_length=300, pattern=NO_ZERO)]
Marks = Annotated[tuple[Mark, ...], Field(max_length=1_000)]


class Taking(KeptFile):
    """How a file that was looked at is taken. `due`: lines 序号=期限; `leave`, `pick`, `conflicts`: as `Terms`."""

    unit: Annotated[str, Field(max_length=100, pattern=NO_ZERO)] | None = None
    found_by: Literal["self", "inspection", "complaint", "referred"] = "inspection"
    due: Annotated[str, Field(max_length=50_000, pattern=NO_ZERO)] = ""
    stand_in: bool = False
    undated: bool = False
    conflicts: bool = False
    leave: Marks = ()
    pick: Marks = ()

    @property
    def terms(self) -> Terms:
        pairs = [line.replace("＝", "=").partition("=") for line in self.due.split("\n") if line.strip()]
        return Terms(
            unit=self.unit,
            found_by=self.found_by,
            due={key.strip().removeprefix("+"): words.strip() for key, _, words in pairs},
            stand_in=self.stand_in,
            undated=self.undated,
            leave=frozenset(self.leave),
            pick=frozenset(self.pick),
            conflicts=self.conflicts,
            seen=self.look,
        )


FORM: Form[Taking] = Form(Taking, LABELS)


@router.get(TAKE)
def choose(desk: AtPage, campaign_id: CampaignId) -> Response:
    return _page(desk, campaign_id, forms.blank(FORM, found_by="inspection"), None, 200)


@router.post(TAKE)
async def send(desk: AtPage, campaign_id: CampaignId) -> Response:
    """A file comes in, and is looked at."""
    await to_thread.run_sync(_check, desk, campaign_id)

    def again(sheet: Sheet, status: int) -> Response:
        return _page(desk, campaign_id, sheet, None, status)

    look_at = partial(_looked, desk, campaign_id)
    return await kept_files.sent(desk, FORM, str(campaign_id), look_at, again, ONE_FILE)


@router.post(f"{TAKE}/look")
def look(desk: AtPage, typed: AtForm, campaign_id: CampaignId) -> Response:
    """The file that was sent, looked at under other terms."""
    return _looked(desk, campaign_id, typed)


@router.post(f"{TAKE}/apply")
def take(desk: AtPage, typed: AtForm, campaign_id: CampaignId) -> Response:
    """The same file, written down."""

    def work(session: Session, sent: Taking) -> Done:
        made = ledger_acting.take(session, *_wanted(session, desk, campaign_id, sent))
        return Done(said(made), LEDGER.format(campaign_id=campaign_id))

    def again(sheet: Sheet, status: int) -> Response:
        return _looked(desk, campaign_id, typed, sheet, status)

    return kept_files.take(desk, FORM, typed, str(campaign_id), work, again)


def said(made: LedgerImport) -> str:
    """What was taken, in a sentence."""
    changed = [one["no"] for one in made["changed"] if any(cell["chosen"] for cell in one["cells"])]
    cells = sum(cell["chosen"] for one in made["changed"] for cell in one["cells"])
    numbers = made["numbers"]
    parts = [f"新增 {len(numbers)} 项（第 {numbers[0]} 至 {numbers[-1]} 项）"] if numbers else []
    parts += [f"改动 {len(changed)} 项 {cells} 处"] if changed else []
    return f"已导入：{'，'.join(parts)}" if parts else "文件与台账一致，没有要取的内容"


def _check(desk: Desk, campaign_id: int) -> None:
    """Asked before anything is taken in. Raises NotAllowed, NotFound."""
    desk.scope.check_write()
    with desk.read() as session:
        reading_scope.campaign_seen(session, desk.scope, campaign_id)


def _looked(
    desk: Desk, campaign_id: int, typed: Typed, refused: Sheet | None = None, status: int = 200
) -> Response:
    """What the file would do, above the form to take it. `refused`: why it was not taken just now."""

    def work(session: Session, sent: Taking) -> Looked:
        return ledger_acting.look(session, *_wanted(session, desk, campaign_id, sent))

    def show(sheet: Sheet, found: Looked | None, wrong: int) -> Response:
        shown = refused or sheet
        if found is None:
            return _page(desk, campaign_id, shown, None, status if refused else wrong)
        shown = replace(shown, values={**shown.values, LOOK: (found.mark,)})
        return _page(desk, campaign_id, shown, ledger_acting.told(found), status if refused else wrong)

    return forms.try_out(desk, FORM, typed, work, show)


def _wanted(
    session: Session, desk: Desk, campaign_id: int, sent: Taking
) -> tuple[Scope, int, LedgerFile, Terms, datetime]:
    """The file that was kept, read, and how it is taken. Raises Faulty at the fields of the file and of the unit."""
    headed = ledger_following.columns(reading_scope.campaign_seen(session, desk.scope, campaign_id))
    content = kept_files.content(desk, sent.kept, str(campaign_id))
    try:
        file = ledgerfile.read(content, sent.filename, headed)
    except Faulty as error:
        raise kept_files.at_file(error) from error
    terms = sent.terms
    if terms.unit is not None:
        try:
            reading_scope.unit_seen(session, desk.scope, terms.unit)
        except (NotFound, NotAllowed) as error:
            raise Faulty([Fault("unit", error.detail)]) from error
    return desk.scope, campaign_id, file, terms, desk.now


def _page(desk: Desk, campaign_id: int, sheet: Sheet, found: LedgerImport | None, status: int) -> Response:
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
    facts: dict[str, Any] = ledger.around(desk, campaign, "导入")
    return paper.show(
        desk,
        "ledger_import.html",
        status=status,
        headed=ledger_following.columns(campaign),
        sheet=sheet,
        found=found,
        unread=kept_files.unread(desk, sheet, str(campaign_id)) if found else "",
        parted=_parted(found) if found else None,
        ways=list(FOUND_BY.items()),
        listed=LISTED,
        **facts,
    )


def _parted(found: LedgerImport) -> dict[str, Any]:
    """As much as is shown, and how much there is of each."""
    sides: dict[bool, list[ChangedTold]] = {True: [], False: []}
    for one in found["changed"]:
        sides[any(cell["conflict"] for cell in one["cells"])].append(one)
    return {
        "added": found["added"][:LISTED],
        "changed": [*sides[True], *sides[False]][:LISTED],  # what asks for a choice stands first
        "faults": found["faults"][:FAULTS_LISTED],
        "taken": sum(one["chosen"] for one in found["added"]),
        "cells": sum(cell["chosen"] for one in found["changed"] for cell in one["cells"]),
        "nothing": not (found["added"] or found["changed"] or found["faults"]),
    }
