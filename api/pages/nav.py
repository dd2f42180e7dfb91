"""The way around: what the head of every page shows. A place is shown to those who may open it, once its page is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api import rights
from api.deps import Desk
from states.records import board, reading_accounts
from states.records.roles import WORDS
from states.records.told.accounts import GrantTold, Myself

EVERY, EVERY_DEMO = 60, 2  # seconds between two looks of a page that follows what happens


@dataclass(frozen=True)
class Entry:
    """A place to go to. `path` as its route is registered; `{campaign_id}` stands for the campaign one is in."""

    name: str
    path: str


CAMPAIGN = "/campaigns/{campaign_id}"
ADMIN = Entry("管理", "/admin")
UNITS = Entry("单位", f"{CAMPAIGN}/units")
DECISIONS = Entry("决定", f"{CAMPAIGN}/decisions")
MENU = (
    Entry("我的事项", "/"),
    Entry("专项行动", "/campaigns"),
    Entry("启动", "/start"),
    ADMIN,
    Entry("邮件", "/dev/mail"),
    Entry("帮助", "/help"),
)
WITHIN = (  # inside one campaign
    Entry("看板", CAMPAIGN),
    UNITS,
    DECISIONS,
    Entry("台账", f"{CAMPAIGN}/ledger"),
    Entry("数据", f"{CAMPAIGN}/figures"),
)


def around(desk: Desk) -> dict[str, Any]:
    """Facts for the head: who, as what, where to, what time it is."""
    with desk.read() as session:
        demo = board.is_demo(session)
        over = demo and board.is_over(session)
        zone = desk.house.settings.zone
        myself = reading_accounts.myself(session, desk.scope, desk.sitting, zone)
    return {
        "me": myself,
        "acting": acting(myself),
        "menu": [one for one in MENU if may_open(desk, one) and (demo or one.path != "/dev/mail")],
        "path": desk.request.url.path,
        "now": desk.now,
        "zone": zone,
        "demo": demo,
        "over": over,
        "pace": EVERY_DEMO if demo else EVERY,
    }


def within(desk: Desk, campaign_id: int) -> list[tuple[str, str]]:
    """Names and addresses of the places inside a campaign."""
    return [(one.name, one.path.format(campaign_id=campaign_id)) for one in WITHIN if may_open(desk, one)]


def may_open(desk: Desk, entry: Entry) -> bool:
    """Whether the page is there and the present role may open it."""
    acts = rights.PAGES.get(("GET", entry.path), ())
    return any(desk.scope.may(act) for act in acts)


def acting(myself: Myself) -> str:
    """协调员·示例县: the role and place in which somebody acts; "" without one."""
    chosen = [one for one in myself["grants"] if one["id"] == myself["acting"]]
    return as_what(chosen[0]) if chosen else ""


def as_what(grant: GrantTold) -> str:
    """A grant in words."""
    unit, campaign = grant["unit"], grant["campaign"]
    where = unit["name"] if unit else "全部单位"
    return f"{WORDS[grant['role']['key']]}·{where}" + (f"·第 {campaign} 号行动" if campaign else "")  # type: ignore[index]
