"""Rungs with consequences: the first that waits in full, with the letter that would be made; confirmed, or dismissed.

What is confirmed is the letter that was shown: with another kind chosen meanwhile that one is shown first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api.deps import CampaignId, Cursor, Desk
from api.download import saved
from api.letters import Confirmation, ProposalId
from api.pages import deciding, forms, paper
from api.pages.forms import AtForm, Done, Form, Sheet, Typed
from api.pages.gate import AtPage
from states.documents.letterfields import DOCX
from states.errors import Faulty, Refused
from states.records import board, letter_acting, reading_decisions, reading_ledger, reading_scope
from states.records.campaigns import Running
from states.records.confirming import STATE_NAMES
from states.records.confirming_many import Decision
from states.records.letter_mail import file_of
from states.records.lettering import Draft
from states.records.reading_decisions import Meant
from states.records.told import Decided, Page, ProposalTold

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

HERE = f"{deciding.BASE}/proposals"
ONE = f"{HERE}/{{proposal_id}}"
SHOWN = "_shown"  # the field that says of which kind the letter was that stood on the page
OTHER = "已换成所选的文书，请看过再确认"
DECIDE: Form[Confirmation] = Form(Confirmation, {"letter": "文书", "person": "由谁决定", "reason": "理由"})
Kind = Annotated[str | None, Query(max_length=200)]


@dataclass(frozen=True)
class Filled:
    """A form that was sent, as it is shown again: of which proposal, with which status, what is said above it."""

    key: int
    sheet: Sheet
    status: int = 200
    says: str = ""


@router.get(HERE)
def proposed(desk: AtPage, campaign_id: CampaignId, cursor: Cursor = "0") -> Response:
    return page(desk, campaign_id, int(cursor))


@router.post(f"{ONE}/confirm")
def confirm(
    desk: AtPage, typed: AtForm, campaign_id: CampaignId, proposal_id: ProposalId, cursor: Cursor = "0"
) -> Response:
    """Only with the letter that was shown."""
    if typed.text("letter") != typed.text(SHOWN):
        return page(desk, campaign_id, int(cursor), Filled(proposal_id, _as_typed(typed), 409, OTHER))
    return _decide(desk, typed, campaign_id, proposal_id, int(cursor), confirmed=True)


@router.post(f"{ONE}/dismiss")
def dismiss(
    desk: AtPage, typed: AtForm, campaign_id: CampaignId, proposal_id: ProposalId, cursor: Cursor = "0"
) -> Response:
    """With a reason; takes no number."""
    return _decide(desk, typed, campaign_id, proposal_id, int(cursor), confirmed=False)


@router.post(f"{ONE}/letter")
def look(
    desk: AtPage, typed: AtForm, campaign_id: CampaignId, proposal_id: ProposalId, cursor: Cursor = "0"
) -> Response:
    """The letter as it would be with what is filled in; nothing is decided."""
    return page(desk, campaign_id, int(cursor), Filled(proposal_id, _as_typed(typed)))


@router.get(f"{ONE}/draft")
def draft(desk: AtPage, campaign_id: CampaignId, proposal_id: ProposalId, letter: Kind = None) -> Response:
    """The letter to be looked at in Word; nobody has decided it."""
    with desk.read() as session:
        made = reading_decisions.draft(
            session, desk.scope, campaign_id, proposal_id, Meant(letter or None), desk.now
        )
    return saved(made.content, f"样稿-{file_of(made.name, made.number)}", DOCX, "draft")


def _decide(
    desk: Desk, typed: Typed, campaign_id: int, key: int, cursor: int, *, confirmed: bool
) -> Response:
    def work(session: Session, sent: Confirmation) -> Done:
        decision = Decision(confirmed, sent.person, sent.reason, sent.letter if confirmed else None)
        told = letter_acting.decide(session, desk.scope, campaign_id, key, decision, desk.now)
        return Done(_says(told), deciding.address(HERE.format(campaign_id=campaign_id), [], cursor))

    def again(sheet: Sheet, status: int) -> Response:
        return page(desk, campaign_id, cursor, Filled(key, sheet, status))

    return forms.act(desk, DECIDE, typed, work, again)


def _says(told: Decided) -> str:
    letter = told["letter"]
    made = f"，已制发{letter['name']}{letter['number']}" if letter else ""
    return f"{told['state']['name']}：{told['unit']['name']}的{told['name']}{made}"


def _as_typed(typed: Typed) -> Sheet:
    """Shown again, with nothing said against it."""
    return deciding.kept(forms.refused(DECIDE, typed, Refused()))


# -- the page ------------------------------------------------------------------------------------------------


def page(desk: Desk, campaign_id: int, cursor: int, filled: Filled | None = None) -> Response:
    """The first that waits in full with its letter, or the one that was filled in, and what comes after it."""
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        facts = deciding.around(session, desk, campaign, deciding.RUNGS)
        terms = (session, desk.scope, campaign_id)
        found = reading_ledger.proposals(*terms, "proposed", cursor, deciding.A_PAGE)
        one = next(iter(found["items"]), None)
        if filled is not None:
            one = reading_ledger.one_proposal(*terms, filled.key)
        facts |= _about(session, desk, campaign, one, filled)
    here = HERE.format(campaign_id=campaign_id)
    facts |= _lists(here, found, cursor, one) | _addresses(here, cursor, one)
    status = filled.status if filled else 200
    if filled and status == 200 and facts["sheet"].errors:
        status = 422
    return paper.show(
        desk,
        "decisions_rungs.html",
        status=status,
        says=filled.says if filled else "",
        roles=board.ROLE_NAMES,
        states=STATE_NAMES,
        **facts,
    )


def _about(
    session: Session, desk: Desk, campaign: Running, one: ProposalTold | None, filled: Filled | None
) -> dict[str, Any]:
    """One that waits: why it can't be decided, its form, its letter."""
    if one is None:
        return {"one": None, "shut": [], "sheet": None, "letter": None, "blocks": [], "kinds": []}
    sheet = filled.sheet if filled else forms.blank(DECIDE, person=desk.scope.name)
    shut = reading_decisions.refusals(session, desk.scope, campaign, one["id"])
    made: Draft | None = None
    if not shut:
        try:
            made = _draft(session, desk, campaign, one["id"], sheet)
        except Faulty as error:
            says = tuple(fault.says for fault in error.faults)
            sheet = Sheet(sheet.labels, sheet.values, {**sheet.errors, "letter": says}, sheet.token)
    kinds = reading_decisions.kinds(campaign)
    return {
        "one": one,
        "shut": shut,
        "sheet": sheet,
        "letter": made,
        "blocks": _read(made) if made else [],
        "kinds": [("", "方案规定的"), *kinds] if kinds else [],
    }


def _read(letter: Draft) -> list[Any]:
    """Its paragraphs and tables, as Word would show them."""
    from states.documents import worddoc  # a service starts without it

    return [*worddoc.in_order(letter.content, letter.name)]


def _draft(session: Session, desk: Desk, campaign: Running, key: int, sheet: Sheet) -> Draft:
    """With what is filled in. Raises Faulty."""
    meant = Meant(sheet.text("letter") or None, sheet.text("person"), sheet.text("reason"))
    return reading_decisions.draft(session, desk.scope, campaign.id, key, meant, desk.now)


def _lists(here: str, found: Page[ProposalTold], cursor: int, one: ProposalTold | None) -> dict[str, Any]:
    shown = one["id"] if one else None
    return {
        "here": here,
        "rest": [
            (each, deciding.address(here, [], each["id"] - 1))
            for each in found["items"]
            if each["id"] != shown
        ],
        "next": found["next"],
        "begun": cursor > 0,
    }


def _addresses(here: str, cursor: int, one: ProposalTold | None) -> dict[str, Any]:
    if one is None:
        return {"to": {}, "skip": "", "file": ""}
    mine = f"{here}/{one['id']}"
    return {
        "to": {
            act: deciding.address(f"{mine}/{act}", [], cursor) for act in ("confirm", "dismiss", "letter")
        },
        "skip": deciding.address(here, [], one["id"]),
        "file": f"{mine}/draft",
    }
