"""One unit in one campaign: where it stands, what it may do next and why not, what it owes, its papers, what was said to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api.deps import CampaignId, Code, Cursor, Desk
from api.pages import forms, nav, paper, telling, wording
from api.pages.forms import AtForm, Done, Form, Sheet
from api.pages.gate import AtPage
from api.shapes import Move
from states import actorwords
from states.progress import light_of_unit
from states.records import (
    about_unit,
    acting,
    board,
    lately,
    reading_ledger,
    reading_letters,
    reading_scope,
    reading_units,
    submissions,
)
from states.records.about_unit import Part
from states.records.campaigns import Running
from states.records.ledger_items import Which
from states.records.told import UnitInFull

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

ONE = "/campaigns/{campaign_id}/units/{code}"
MOVE: Form[Move] = Form(Move, {"move": "动作", "reason": "理由", "outcome": "结果", "version": ""})
MAILS, LINES, ITEMS, LETTERS = 50, 50, 200, 100
A_PAGE = 200
PARTS = {"mails": "邮件和原因", "history": "经过"}
Listed = Annotated[Literal["mails", "history"], Path()]
EVERYTHING = Which()


@router.get(ONE)
def one(desk: AtPage, campaign_id: CampaignId, code: Code) -> Response:
    return _page(desk, campaign_id, code, None, 200)


@router.post(f"{ONE}/moves")
def move(desk: AtPage, typed: AtForm, campaign_id: CampaignId, code: Code) -> Response:
    """One step; refused, with every reason."""

    def work(session: Session, sent: Move) -> Done:
        more: dict[str, Any] = {"reason": sent.reason, "version": sent.version, "outcome": sent.outcome}
        told = acting.move_unit(session, desk.scope, campaign_id, code, sent.move, desk.now, **more)
        says = f"{told['unit']['name']}：{told['move']['name']}，现在{wording.stands(told['state'])}"
        return Done(says, ONE.format(campaign_id=campaign_id, code=quote(told["unit"]["code"])))

    def again(sheet: Sheet, status: int) -> Response:
        return _page(desk, campaign_id, code, sheet, status)

    return forms.act(desk, MOVE, typed, work, again)


@router.get(f"{ONE}/{{part}}")
def all_of(desk: AtPage, campaign_id: CampaignId, code: Code, part: Listed, cursor: Cursor = "0") -> Response:
    """All mails, or the whole history, of which the page of the unit has the latest; the newest first."""
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        place = reading_scope.unit_seen(session, desk.scope, code)
        read = about_unit.mails if part == "mails" else _lines
        found = read(session, campaign, place.id, A_PAGE, int(cursor))
    trail = [*_trail(campaign), (place.name, ONE.format(campaign_id=campaign_id, code=quote(code)))]
    return paper.show(
        desk,
        "unit_all.html",
        campaign=campaign,
        unit=place,
        part=part,
        heading=PARTS[part],
        found=found,
        begun=cursor != "0",
        roles=board.ROLE_NAMES,
        trail=[*trail, (PARTS[part], "")],
        places=nav.within(desk, campaign_id),
    )


def _trail(campaign: Running) -> list[tuple[str, str]]:
    return [
        ("专项行动", "/campaigns"),
        (campaign.row.title, f"/campaigns/{campaign.id}"),
        ("单位", f"/campaigns/{campaign.id}/units"),
    ]


def _page(desk: Desk, campaign_id: int, code: str, refused: Sheet | None, status: int) -> Response:
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        told = reading_units.in_full(session, desk.scope, campaign_id, code, desk.now)
        facts = _facts(session, desk, campaign, told)
        facts["moves"] = reading_units.moves(session, desk.scope, campaign_id, code)
    told["obligations"].sort(key=lambda owed: (owed["due"] is None, owed["due"] or "", owed["id"]))
    facts["sheets"] = _sheets(facts["moves"], refused)
    facts["refused"] = refused.text("move") if refused else ""
    facts["trail"] = [*_trail(campaign), (told["unit"]["name"], "")]
    places = nav.within(desk, campaign_id)
    return paper.show(desk, "unit.html", status=status, u=told, campaign=campaign, places=places, **facts)


def _facts(session: Session, desk: Desk, campaign: Running, told: UnitInFull) -> dict[str, Any]:
    """All that is read beside the state; the ledger and letters as somebody of that unit sees them."""
    code = told["unit"]["code"]
    place = reading_scope.unit_seen(session, desk.scope, code)
    own = replace(desk.scope, path=place.path)
    names = {one["id"]: one["milestone"]["name"] for one in told["obligations"]}
    ledger = reading_ledger.ledger(session, own, campaign.id, EVERYTHING, desk.now, 0, ITEMS)
    letters = reading_letters.letters(session, desk.scope, campaign.id, code, 0, LETTERS)
    return {
        "roles": board.ROLE_NAMES,
        "light": light_of_unit(told["overdue"], told["behind"], told["escalation"] is not None),
        "names": names,
        "files": submissions.kept(session, list(names)),
        "ledger": ledger,
        "letters": letters,
        "mails": about_unit.mails(session, campaign, place.id, MAILS),
        "lines": _lines(session, campaign, place.id, LINES),
    }


def _lines(session: Session, campaign: Running, unit_id: int, limit: int, before: int = 0) -> Part:
    """The history in words: when, who, what."""
    found = about_unit.history(session, campaign, unit_id, limit, before)
    milestones = lately.about(session, found.items)
    told = [
        (one.at, actorwords.actor(one.actor), said)
        for one in found.items
        if (said := telling.sentence(one, campaign, milestones))
    ]
    return found._replace(items=told)


def _sheets(moves: Mapping[str, Any], refused: Sheet | None) -> dict[str, Sheet]:
    """A form for each move, about the version that is shown."""
    version = str(moves["version"])
    made = {one["move"]: forms.blank(MOVE, move=one["move"], version=version) for one in moves["moves"]}
    if refused is not None:
        made[refused.text("move")] = replace(refused, values={**refused.values, "version": (version,)})
    return made
