"""What the pages of decisions share: their tabs with the numbers that wait, and the facts that each shows around itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from sqlmodel import Session

from api.deps import Desk
from api.pages import nav
from api.pages.forms import Sheet, Typed
from states.errors import Fault, Faulty, NotFound
from states.records import reading_decisions, reading_scope
from states.records.campaigns import Running
from states.records.roles import Act

BASE = "/campaigns/{campaign_id}/decisions"
A_PAGE = 20  # one of them in full
REVIEW, LATER, RUNGS, MOVES = "review", "later", "rungs", "moves"


@dataclass(frozen=True)
class Tab:
    """One kind of decision; `number`: how many wait, None where nothing waits by itself."""

    name: str
    address: str
    number: int | None
    here: bool


def base(campaign_id: int) -> str:
    return BASE.format(campaign_id=campaign_id)


def address(path: str, kept: Sequence[tuple[str, str]], cursor: int = 0) -> str:
    """A page with its filter, from a place of its list on."""
    query = [*kept, *([("cursor", str(cursor))] if cursor else [])]
    return f"{path}?{urlencode(query)}" if query else path


def around(session: Session, desk: Desk, campaign: Running, here: str) -> dict[str, Any]:
    """Facts for each of the pages."""
    waiting = reading_decisions.waiting(session, desk.scope, campaign, desk.now)
    return {
        "campaign": campaign,
        "base": base(campaign.id),
        "tabs": list(_tabs(desk, campaign.id, waiting, here)),
        "trail": [
            ("专项行动", "/campaigns"),
            (campaign.row.title, f"/campaigns/{campaign.id}"),
            ("决定", ""),
        ],
        "places": nav.within(desk, campaign.id),
    }


def _tabs(desk: Desk, campaign_id: int, waiting: reading_decisions.Waiting, here: str) -> list[Tab]:
    """Those that the present role may open."""
    at = base(campaign_id)
    found: list[Tab] = []
    if desk.scope.may(Act.judge):
        found.append(Tab("报送审核", at, waiting.submitted, here == REVIEW))
        found.append(Tab("延期申请", f"{at}/extensions", waiting.asked, here == LATER))
    if desk.scope.may(Act.confirm):
        found.append(Tab("待确认的措施", f"{at}/proposals", waiting.proposed, here == RUNGS))
    if desk.scope.may(Act.judge):
        found.append(Tab("成批推动", f"{at}/moves", None, here == MOVES))
    return found


def known(session: Session, desk: Desk, code: str | None, field: str) -> None:
    """A code that nobody has is a fault of its field. Raises Faulty; NotAllowed for one that is not to be seen."""
    if code is None:
        return
    try:
        reading_scope.unit_seen(session, desk.scope, code)
    except NotFound as error:
        raise Faulty([Fault(field, error.detail)]) from error


def kept(sheet: Sheet) -> Sheet:
    """The same form with nothing said against it."""
    return replace(sheet, errors={})


def fields(typed: Typed) -> list[tuple[str, tuple[str, ...]]]:
    """What was filled in, without what the page itself carries along."""
    return sorted(
        (name, values) for name, values in typed.values.items() if not name.startswith("_") and any(values)
    )
