"""One item of the ledger: what it says, who answers for it, what may become of it and why not, everything that happened.

Whatever is refused about an item, from the table or from the queue, is shown here with what was typed; whatever is done leads
back to where one came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api.deps import CampaignId, Desk
from api.ledger import HandOver, ItemMove
from api.pages import forms, ledger, ledger_history, ledger_sheets, paper
from api.pages.forms import AtForm, Done, Form, Sheet
from api.pages.gate import AtPage
from api.pages.ledger_sheets import HAND_OVER, LEDGER, MOVE, Correction
from states.closing import MOVES
from states.documents.ledgercolumns import Columns
from states.documents.ledgerfacts import Item
from states.errors import Faulty
from states.records import (
    ledger_acting,
    ledger_correcting,
    ledger_following,
    reading_ledger,
    reading_scope,
)
from states.records.roles import Act
from states.records.told import LedgerInFull

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

ONE = f"{LEDGER}/{{no}}"
No = Annotated[int, Path(ge=1, le=2**31 - 1)]
CORRECT, OVER, UNKNOWN = "correct", "handover", "?"


@router.get(ONE)
def one(desk: AtPage, campaign_id: CampaignId, no: No) -> Response:
    return _page(desk, campaign_id, no, {}, 200)


@router.post(ONE)
def correct(desk: AtPage, typed: AtForm, campaign_id: CampaignId, no: No) -> Response:
    """Its texts, as they were seen and as they should be."""
    with desk.read() as session:
        item, headed = _facts(session, desk, campaign_id, no)
    form: Form[Correction] = ledger_sheets.form_of(item, headed)

    def work(session: Session, sent: Correction) -> Done:
        cells = ledger_sheets.cells_of(sent, item, headed)
        how = {"stand_in": sent.stand_in, "undated": sent.undated}
        try:
            changed = ledger_correcting.correct(
                session, desk.scope, campaign_id, no, cells, sent.stamp, desk.now, **how
            )
        except Faulty as error:
            error.told_at({name: ledger_sheets.field_of(name, headed) for name in headed.own})
            raise
        says = f"台账第{no}项已改：{'、'.join(changed)}" if changed else f"台账第{no}项没有改动"
        return Done(says, ledger_sheets.way_back(typed, campaign_id, no))

    def again(sheet: Sheet, status: int) -> Response:
        return _page(desk, campaign_id, no, {CORRECT: sheet}, status)

    return forms.act(desk, form, typed, work, again)


@router.post(f"{ONE}/moves")
def move(desk: AtPage, typed: AtForm, campaign_id: CampaignId, no: No) -> Response:
    """One step of one item."""

    def work(session: Session, sent: ItemMove) -> Done:
        more: dict[str, Any] = {"reason": sent.reason, "version": sent.version, "measures": sent.measures}
        told = ledger_acting.move(session, desk.scope, campaign_id, no, sent.move, desk.now, **more)
        says = f"台账第{no}项：{MOVES[sent.move]}，现在{told['state']['name']}"
        return Done(says, ledger_sheets.way_back(typed, campaign_id, no))

    def again(sheet: Sheet, status: int) -> Response:
        asked = sheet.text("move")
        return _page(desk, campaign_id, no, {asked if asked in MOVES else UNKNOWN: sheet}, status)

    return forms.act(desk, MOVE, typed, work, again)


@router.post(f"{ONE}/handover")
def hand_over(desk: AtPage, typed: AtForm, campaign_id: CampaignId, no: No) -> Response:
    """To another authority, under its number."""

    def work(session: Session, sent: HandOver) -> Done:
        where = sent.to, sent.number
        ledger_acting.hand_over(session, desk.scope, campaign_id, no, *where, desk.now, sent.version)
        return Done(f"台账第{no}项已移交{sent.to}", LEDGER.format(campaign_id=campaign_id) + f"/{no}")

    def again(sheet: Sheet, status: int) -> Response:
        return _page(desk, campaign_id, no, {OVER: sheet}, status)

    return forms.act(desk, HAND_OVER, typed, work, again)


def _facts(session: Session, desk: Desk, campaign_id: int, no: int) -> tuple[Item, Columns]:
    """Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
    item = ledger_correcting.item(session, desk.scope, campaign, no)
    return item, ledger_following.columns(campaign)


def _page(desk: Desk, campaign_id: int, no: int, refused: Mapping[str, Sheet], status: int) -> Response:
    """`refused`: the form that was not taken, by its move; about one that is offered nowhere it is said at the head."""
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        told = reading_ledger.one(session, desk.scope, campaign_id, no)
        item, headed = _facts(session, desk, campaign_id, no)
        shut = ledger_correcting.shut(session, desk.scope, campaign, [item]).get(no)
    sheets = _sheets(told, item, headed, refused)
    offered = {one["move"] for one in told["moves"]} | {CORRECT, OVER}
    return paper.show(
        desk,
        "ledger_item.html",
        status=status,
        one=told,
        names=headed.ordered(ledger.SHOWN),
        headed=headed,
        cell=ledger.cell,
        awaited=reading_ledger.awaited(told),
        late=reading_ledger.late(told, desk.now),
        shut=shut,
        sheets=sheets,
        refused=refused,
        stray=next((sheet for key, sheet in refused.items() if key not in offered), None),
        judges=desk.scope.write and desk.scope.may(Act.judge),
        lines=ledger_history.lines(told["history"], headed, campaign.zone),
        found_options=ledger_sheets.FOUND,
        **ledger.around(desk, campaign, f"第{no}项"),
    )


def _sheets(
    told: LedgerInFull, item: Item, headed: Columns, refused: Mapping[str, Sheet]
) -> dict[str, Sheet]:
    """A form for each thing to do, about the version that is shown; a refused one as it was typed."""
    version = str(told["version"])
    made = {one["move"]: forms.blank(MOVE, version=version) for one in told["moves"]}
    made[OVER] = forms.blank(HAND_OVER, version=version)
    for key, sheet in refused.items():
        made[key] = replace(sheet, values={**sheet.values, "version": (version,)})
    kept = refused.get(CORRECT)
    made[CORRECT] = (
        ledger_sheets.merged(kept, item, headed) if kept else ledger_sheets.correcting(item, headed)
    )
    return made
