"""Later dates that were asked for: the most urgent in full, granted to one, a subtree or all, or refused; tried before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api.deps import CampaignId, Cursor, Desk
from api.pages import deciding, forms, paper, wording
from api.pages.forms import AtForm, Done, Form, Sheet
from api.pages.gate import AtPage
from api.respite import DecideExtension, Number
from states.records import extension_list, reading_decisions, reading_respite, reading_scope
from states.records.deciding import WHOM, Decision
from states.records.told import ExtensionDecided, ExtensionTold

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

HERE = f"{deciding.BASE}/extensions"
DECIDE: Form[DecideExtension] = Form(
    DecideExtension,
    {
        "until": "准予延到",
        "whom": "准予谁",
        "under": "哪个单位及其下级",
        "reason": "理由",
        "grant": "",
        "version": "",
    },
)


@router.get(HERE)
def asked(desk: AtPage, campaign_id: CampaignId, cursor: Cursor = "0") -> Response:
    """Those that wait, what must be decided first on top."""
    return _page(desk, campaign_id, int(cursor))


@router.post(f"{HERE}/{{number}}")
def decide(
    desk: AtPage, typed: AtForm, campaign_id: CampaignId, number: Number, cursor: Cursor = "0"
) -> Response:
    """Granted or refused: which, the button says."""
    to = deciding.address(HERE.format(campaign_id=campaign_id), [], int(cursor))

    def work(session: Session, sent: DecideExtension) -> Done:
        made = _decided(session, desk, campaign_id, number, sent, dry_run=False)
        zone = reading_scope.campaign_seen(session, desk.scope, campaign_id).zone
        one = made["extension"]
        what = f"准予延期至{wording.due(one['until'], zone)}" if sent.grant else "不准予延期"
        several = f"，共 {made['obligations']} 项" if made["obligations"] > 1 else ""
        return Done(f"{what}：{one['unit']['name']}的{one['name']}{several}", to)

    def again(sheet: Sheet, status: int) -> Response:
        return _page(desk, campaign_id, int(cursor), status, number, sheet)

    return forms.act(desk, DECIDE, typed, work, again)


@router.post(f"{HERE}/{{number}}/try")
def attempt(
    desk: AtPage, typed: AtForm, campaign_id: CampaignId, number: Number, cursor: Cursor = "0"
) -> Response:
    """What it would run into; nothing is decided."""

    def work(session: Session, sent: DecideExtension) -> ExtensionDecided:
        return _decided(session, desk, campaign_id, number, sent, dry_run=True)

    def show(sheet: Sheet, found: ExtensionDecided | None, status: int) -> Response:
        return _page(desk, campaign_id, int(cursor), status, number, sheet, found)

    return forms.try_out(desk, DECIDE, typed, work, show)


def _decided(
    session: Session, desk: Desk, campaign_id: int, number: int, sent: DecideExtension, *, dry_run: bool
) -> ExtensionDecided:
    reading_scope.campaign_seen(session, desk.scope, campaign_id)
    under = reading_scope.code_meant(session, desk.scope, sent.under or "", "under") or None
    deciding.known(session, desk, under, "under")
    wanted = Decision(sent.grant, sent.until, sent.reason, sent.whom, under, sent.version)
    terms = (session, desk.scope, campaign_id, number, wanted, desk.now)
    return reading_respite.decide(*terms, dry_run=dry_run)[0]


def _page(
    desk: Desk,
    campaign_id: int,
    cursor: int,
    status: int = 200,
    number: int | None = None,
    sheet: Sheet | None = None,
    tried: ExtensionDecided | None = None,
) -> Response:
    """The first that waits in full, or the one (`number`) that was refused or tried, and what comes after it."""
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        facts = deciding.around(session, desk, campaign, deciding.LATER)
        terms = (session, desk.scope, campaign_id)
        found = reading_respite.page(*terms, "asked", desk.now, cursor, deciding.A_PAGE)
        one = next(iter(found["items"]), None)
        if number is not None:
            one = reading_decisions.extension_of(*terms, number, desk.now)
        shut = reading_decisions.hindrances(session, desk.scope, campaign, one["id"]) if one else []
        runs = reading_scope.runs(session, desk.scope, campaign)
    here = HERE.format(campaign_id=campaign_id)
    facts |= _form(here, cursor, one, sheet)
    facts["rest"] = [
        (each, deciding.address(here, [], _place(each) - 1))
        for each in found["items"]
        if one is None or each["id"] != one["id"]
    ]
    facts["whom"] = [(key, words) for key, words in WHOM.items() if key != "all" or runs]
    listed: dict[str, Any] = {"here": here, "next": found["next"], "begun": cursor > 0}
    return paper.show(desk, "decisions_later.html", status=status, tried=tried, shut=shut, **listed, **facts)


def _form(here: str, cursor: int, one: ExtensionTold | None, sheet: Sheet | None) -> dict[str, Any]:
    if one is None:
        return {"one": None, "sheet": None, "to": "", "attempt": "", "skip": ""}
    blank = forms.blank(DECIDE, whom="unit", version=str(one["version"]))
    mine = f"{here}/{one['id']}"
    return {
        "one": one,
        "sheet": sheet or blank,
        "to": deciding.address(mine, [], cursor),
        "attempt": deciding.address(f"{mine}/try", [], cursor),
        "skip": deciding.address(here, [], _place(one)),
    }


def _place(one: ExtensionTold) -> int:
    """Where it stands in the list."""
    return extension_list.at(one["state"]["key"], datetime.fromisoformat(one["decide_by"]), one["id"])
