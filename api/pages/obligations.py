"""One thing that a unit owes: what is asked for, what was handed in; handing in, judging, asking for time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api import files
from api.deps import CampaignId, Desk, ObligationId
from api.evidence import AskWithFiles
from api.files import HandedIn
from api.pages import forms, nav, paper, uploads
from api.pages.forms import AtForm, Done, Form, Sheet
from api.pages.gate import AtPage
from api.pages.uploads import Came
from api.shapes import Act, Sent
from states.records import acting, extendable, reading_obligations, reading_respite, roles
from states.records.acting import Deed
from states.records.granting import Request
from states.records.handing_in import Content
from states.records.settling import OPEN

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

ONE = "/campaigns/{campaign_id}/obligations/{obligation_id}"
HAND_IN: Form[HandedIn] = Form(
    HandedIn,
    {
        "act": "怎么报",
        "text": "文字",
        "signer": "签发人",
        "seal": "盖章情况",
        "reason": "缺少所要求的内容时，说明理由",
        "file": "文件",
        "version": "",
    },
)


class Nothing(Sent):
    """A form with nothing to fill in."""


STOP: Form[Nothing] = Form(Nothing, {})
JUDGE: Form[Act] = Form(Act, {"reason": "理由", "version": ""})
LATER: Form[AskWithFiles] = Form(
    AskWithFiles, {"until": "延到哪天", "reason": "理由", "evidence": "佐证的文号、说明", "file": "佐证文件"}
)
JudgeAct = Annotated[Literal["accept", "return", "waive"], Path()]
DONE = {
    "submit": "已报送",
    "nil": "已零报告",
    "confirm": "已确认留存备查",
    "accept": "已通过",
    "return": "已退回",
    "waive": "已免报",
}
ASKED = "已申请延期，等待决定；决定以前照原期限催办"


@router.get(ONE)
def one(desk: AtPage, campaign_id: CampaignId, obligation_id: ObligationId) -> Response:
    return _page(desk, campaign_id, obligation_id, {}, 200)


@router.post(f"{ONE}/submissions")
async def hand_in(desk: AtPage, campaign_id: CampaignId, obligation_id: ObligationId) -> Response:
    """Handed in with text and files, nil, or only confirmed."""
    return await _with_files(desk, campaign_id, obligation_id, _handed_in)


async def _with_files(
    desk: Desk, campaign_id: int, key: int, work: Callable[[Desk, int, int, Came], Response]
) -> Response:
    """Nothing is taken in from somebody who may not write about this obligation."""
    await to_thread.run_sync(files.check_may_write, desk, campaign_id, key)
    async with uploads.received(desk) as came:
        return await to_thread.run_sync(work, desk, campaign_id, key, came)


def _handed_in(desk: Desk, campaign_id: int, key: int, came: Came) -> Response:
    def work(session: Session, sent: HandedIn) -> Done:
        content = Content(sent.text, sent.signer, sent.seal, came.arrived, sent.earlier)
        return _settled(session, desk, campaign_id, key, Deed(sent.act, sent.reason, sent.version, content))

    def again(sheet: Sheet, status: int) -> Response:
        return _page(desk, campaign_id, key, {"nil" if sheet.has("act", "nil") else "submit": sheet}, status)

    return forms.act(desk, HAND_IN, came.typed, work, again, wrong=came.wrong)


@router.post(f"{ONE}/extensions")
async def ask(desk: AtPage, campaign_id: CampaignId, obligation_id: ObligationId) -> Response:
    """A later date asked for."""
    return await _with_files(desk, campaign_id, obligation_id, _asked)


def _asked(desk: Desk, campaign_id: int, key: int, came: Came) -> Response:
    def work(session: Session, sent: AskWithFiles) -> Done:
        wanted = Request(key, sent.until, sent.reason, sent.evidence)
        content = Content(arrived=came.arrived, earlier=sent.earlier)
        reading_respite.ask(session, desk.scope, campaign_id, wanted, desk.now, content)
        return Done(ASKED, _address(campaign_id, key))

    def again(sheet: Sheet, status: int) -> Response:
        return _page(desk, campaign_id, key, {"extend": sheet}, status)

    return forms.act(desk, LATER, came.typed, work, again, wrong=came.wrong)


@router.post(f"{ONE}/{{act}}")
def judge(
    desk: AtPage, typed: AtForm, campaign_id: CampaignId, obligation_id: ObligationId, act: JudgeAct
) -> Response:
    """Accepted, returned, waived."""

    def work(session: Session, sent: Act) -> Done:
        deed = Deed(act, sent.reason, sent.version)
        return _settled(session, desk, campaign_id, obligation_id, deed)

    def again(sheet: Sheet, status: int) -> Response:
        return _page(desk, campaign_id, obligation_id, {act: sheet}, status)

    return forms.act(desk, JUDGE, typed, work, again)


def _settled(session: Session, desk: Desk, campaign_id: int, key: int, deed: Deed) -> Done:
    told = acting.settle(session, desk.scope, campaign_id, key, deed, desk.now)
    return Done(f"{DONE[deed.act]}：{told['milestone']['name']}", _address(campaign_id, key))


def _page(desk: Desk, campaign_id: int, key: int, sheets: Mapping[str, Sheet], status: int) -> Response:
    """With every form that is open; `sheets`: the one that was refused, by its act."""
    with desk.read() as session:
        campaign = reading_obligations.campaign_with(session, desk.scope, campaign_id, key)
        told = reading_obligations.full(session, desk.scope, campaign, key, desk.now)
        asked = reading_respite.of_obligation(session, campaign, key, desk.now)
        kept_date = extendable.refusals(session, extendable.all_owed(session, [(campaign, key)]), desk.now)
    shown: dict[str, Any] = {"o": told, "campaign": campaign, "asked": asked, "refused": sheets}
    shown |= {"asks": desk.scope.may(roles.Act.report), "kept_date": kept_date[key]}
    shown["sheets"] = sheets_of(told, sheets)
    shown["passes"] = forms.blank(STOP) if told["status"]["key"] in OPEN and desk.scope.write else None
    shown["trail"] = [
        ("专项行动", "/campaigns"),
        (campaign.row.title, f"/campaigns/{campaign_id}"),
        (told["milestone"]["name"], ""),
    ]
    shown["places"] = nav.within(desk, campaign_id)
    return paper.show(desk, "obligation.html", status=status, **shown)


def sheets_of(told: Mapping[str, Any], refused: Mapping[str, Sheet]) -> dict[str, Sheet]:
    """The forms for what may be done with an obligation, by their acts; each about the version that is shown."""
    version = str(told["version"])
    blank = {
        "submit": forms.blank(HAND_IN, act="submit", version=version),
        "nil": forms.blank(HAND_IN, act="nil", version=version),
        "confirm": forms.blank(HAND_IN, act="confirm", version=version),
        "extend": forms.blank(LATER),
        **{act: forms.blank(JUDGE, version=version) for act in ("accept", "return", "waive")},
    }
    seen = {act: replace(one, values={**one.values, "version": (version,)}) for act, one in refused.items()}
    return {**blank, **seen}


def _address(campaign_id: int, key: int) -> str:
    return f"/campaigns/{campaign_id}/obligations/{key}"
