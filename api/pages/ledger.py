"""The ledger of a campaign as a table: filtered, a page at a time, each row corrected where it stands, taken out as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from api.deps import CampaignId, Desk
from api.pages import ledger_sheets, nav, paper
from api.pages.forms import Sheet
from api.pages.gate import AtPage
from api.shapes import Sent
from states.closing import FOUND_BY, STATES
from states.documents.ledgercolumns import Columns
from states.errors import Faulty
from states.records import (
    ledger_correcting,
    ledger_following,
    reading_ledger,
    reading_scope,
)
from states.records.campaigns import Running
from states.records.ledger_items import Which
from states.records.told import LedgerTold

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

A_PAGE = 50  # each row is some hundred characters of prose
Choice = Annotated[str, Field(max_length=200)]
Cursor = Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
SHOWN = ("project", "problem", "measures", "lead", "departments", "due", "state", "found_by")
LABELS = {
    "q": "问题或项目",
    "state": "状态",
    "found_by": "发现途径",
    "department": "责任部门",
    "under": "在哪个单位之下",
    "only": "只看",
}
BEHIND = {  # asked for by the figures, not typed
    "answers": "只列由{}牵头负责的",
    "unit": "只列单位代码为 {} 的，不含下级",
    "counted": "不列已撤销的",
}
WAYS = {"take": f"{ledger_sheets.LEDGER}/import", "queue": f"{ledger_sheets.LEDGER}/queue"}
ANY = ("", "全部")
MARKS = ("overdue", "undated", "standing", "lenient")
ONLY = (
    ANY,
    ("overdue", "逾期的"),
    ("undated", "未定期限的"),
    ("standing", "长期坚持的"),
    ("lenient", "自查从宽的"),
)


class Asked(Sent):
    """What the table is restricted to, how far one is in it, and which row is open to be corrected."""

    q: Choice = ""
    state: Choice = ""
    found_by: Choice = ""
    department: Choice = ""
    under: Choice = ""
    only: Choice = ""
    answers: Choice = ""
    unit: Choice = ""
    counted: Literal["", "true"] = ""
    cursor: Cursor = "0"
    edit: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None

    @property
    def filters(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in (*LABELS, *BEHIND)}

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The filters that restrict."""
        return [(name, value) for name, value in self.filters.items() if value]

    @property
    def place(self) -> list[tuple[str, str]]:
        """The same, and how far one is."""
        return [*self.kept, ("cursor", self.cursor)] if self.cursor != "0" else self.kept


@router.get(ledger_sheets.LEDGER)
def ledger(desk: AtPage, campaign_id: CampaignId, asked: Annotated[Asked, Query()]) -> Response:
    """The same list as the API's. What a filter can't mean is said above it, and nothing is listed."""
    wrong: tuple[str, ...] = ()
    found: dict[str, Any] = {"items": [], "next": None}
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        headed = ledger_following.columns(campaign)
        try:
            code = reading_scope.code_meant(session, desk.scope, asked.under, "under")
            asked = asked.model_copy(update={"under": code})  # the file's address takes codes alone
            which = which_of(asked.filters)
            after = int(asked.cursor)
            found = {
                **reading_ledger.ledger(session, desk.scope, campaign_id, which, desk.now, after, A_PAGE)
            }
        except Faulty as error:
            wrong = tuple(one.says for one in error.faults)
        facts = _rows(session, desk, campaign, found["items"], asked)
    facts |= around(desk, campaign) | _asked(asked, campaign_id)
    return paper.show(
        desk,
        "ledger.html",
        status=422 if wrong else 200,
        names=headed.ordered(SHOWN),
        headed=headed,
        cell=cell,
        found=found,
        wrong=wrong,
        **facts,
    )


def which_of(asked: Mapping[str, str]) -> Which:
    """What the filters mean; raises nothing, what names nothing is told where it is looked for."""

    def some(name: str) -> tuple[str, ...]:
        return (asked[name],) if asked[name] else ()

    only = asked["only"]
    marks: dict[str, Any] = {only: True} if only in MARKS else {}
    return Which(
        some("state"),
        some("under"),
        asked["department"] or None,
        some("found_by"),
        q=asked["q"] or None,
        unit=asked["unit"] or None,
        answers=asked["answers"] or None,
        counted=bool(asked["counted"]),
        **marks,
    )


def around(desk: Desk, campaign: Running, last: str = "") -> dict[str, Any]:
    """Where one is: the ledger, or `last` within it."""
    trail = [("专项行动", "/campaigns"), (campaign.row.title, f"/campaigns/{campaign.id}")]
    here = ledger_sheets.LEDGER.format(campaign_id=campaign.id)
    trail += [("台账", here), (last, "")] if last else [("台账", "")]
    places = nav.within(desk, campaign.id)
    may = {name: nav.may_open(desk, nav.Entry("", path)) for name, path in WAYS.items()}
    return {"campaign": campaign, "trail": trail, "places": places, "here": here, "may": may}


def _rows(
    session: Session, desk: Desk, campaign: Running, told: Sequence[LedgerTold], asked: Asked
) -> dict[str, Any]:
    """Beside what is told: which rows may be corrected, which are late, and the form of the one that is open."""
    headed = ledger_following.columns(campaign)
    facts = ledger_correcting.items(session, desk.scope, campaign, [one["no"] for one in told])
    shut = ledger_correcting.shut(session, desk.scope, campaign, facts)
    opened = None
    for one in facts:
        if one.no == asked.edit and one.no not in shut:
            back = ledger_sheets.back_of("list", asked.place, one.no)
            opened = ledger_sheets.correcting(one, headed, back)
    return {
        "may_edit": {one.no for one in facts if one.no not in shut},
        "edit": asked.edit,
        "opened": opened,
        "shut": shut.get(asked.edit or 0, ""),
        "late": {one["no"] for one in told if reading_ledger.late(one, desk.now)},
    }


def _asked(asked: Asked, campaign_id: int) -> dict[str, Any]:
    """The filters as they are shown and kept, and the same choice as a file (of the API, which a browser saves)."""
    same = [(name, value) for name, value in asked.kept if name != "only"]
    same += [(asked.only, "true")] if asked.only in MARKS else []
    address = f"/api/v1{ledger_sheets.LEDGER.format(campaign_id=campaign_id)}/export"
    behind = [(name, value) for name in BEHIND if (value := getattr(asked, name))]
    options = {"state": [ANY, *STATES.items()], "found_by": [ANY, *FOUND_BY.items()], "only": ONLY}
    return {
        "sheet": Sheet(LABELS, {name: (value,) for name, value in asked.filters.items()}),
        "behind": behind,
        "behind_words": "，".join(BEHIND[name].format(value) for name, value in behind),
        "kept": asked.kept,
        "begun": asked.cursor != "0",
        "place": asked.place,
        "export": f"{address}?{urlencode(same)}" if same else address,
        "options": options,
        "found_options": ledger_sheets.FOUND,
    }


def cell(one: LedgerTold, name: str, headed: Columns) -> str:
    """A plain cell of the table; the others have a shape of their own in the template."""
    if name in headed.own:
        return one["more"].get(name, "")
    if name == "departments":
        return "、".join(one["departments"])
    if name == "found_by":
        return one["found_by"]["name"] if one["found_by"] else ""
    return str({"project": one["project"], "lead": one["lead"] or ""}.get(name, ""))
