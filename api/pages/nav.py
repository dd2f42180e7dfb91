"""The way around: what the head of every page shows. A place is shown to those who may open it, once its page is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from api import rights
from api.deps import Desk
from states.records import board, campaigns, reading_accounts
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
CONTACTS = Entry("联系人", "/admin/units")  # of those who look after contacts and administer nothing else
UNITS = Entry("单位", f"{CAMPAIGN}/units")
DECISIONS = Entry("决定", f"{CAMPAIGN}/decisions")
RUNGS = Entry("待确认的措施", f"{CAMPAIGN}/decisions/proposals")
MENU = (
    Entry("我的事项", "/"),
    Entry("专项行动", "/campaigns"),
    Entry("启动", "/start"),
    ADMIN,
    CONTACTS,
    Entry("邮件", "/dev/mail"),
    Entry("帮助", "/help"),
)
ADMIN_PLACES = (
    Entry("概览", "/admin"),
    Entry("单位", "/admin/units"),
    Entry("联系人", "/admin/contacts"),
    Entry("工作日历", "/admin/calendar"),
    Entry("方案模板", "/admin/templates"),
    Entry("账号", "/admin/accounts"),
    Entry("接口密钥", "/admin/keys"),
    Entry("发件箱", "/admin/outbox"),
    Entry("轮次", "/admin/rounds"),
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
    path = desk.request.url.path
    with desk.read() as session:
        demo = board.is_demo(session)
        over = demo and board.is_over(session)
        zone = desk.house.settings.zone
        myself = reading_accounts.myself(session, desk.scope, desk.sitting, zone)
        acts_as = acting(session, myself)
    return {
        "me": myself,
        "acting": acts_as,
        "menu": [(one, here(one, path)) for one in MENU if _shown(desk, one, demo=demo)],
        "path": path,
        "now": desk.now,
        "zone": zone,
        "demo": demo,
        "over": over,
        "pace": pace(demo=demo),
    }


def here(entry: Entry, path: str) -> str:
    """What `aria-current` says of a place in the menu: the very page, one below it, or nothing."""
    if path == entry.path:
        return "page"
    below = ("/admin/units", "/admin/contacts") if entry is CONTACTS else (entry.path,)
    return (
        "true"
        if any(path == one or path.startswith(f"{one.rstrip('/')}/") for one in below if one != "/")
        else ""
    )


def pace(*, demo: bool) -> int:
    """Seconds between two looks of a page."""
    return EVERY_DEMO if demo else EVERY


def _shown(desk: Desk, entry: Entry, *, demo: bool) -> bool:
    if entry is CONTACTS and may_open(desk, ADMIN):
        return False
    return may_open(desk, entry) and (demo or entry.path != "/dev/mail")


def within(desk: Desk, campaign_id: int) -> list[tuple[str, str]]:
    """Names and addresses of the places inside a campaign."""
    return [(one.name, one.path.format(campaign_id=campaign_id)) for one in WITHIN if may_open(desk, one)]


def of_admin(desk: Desk) -> dict[str, Any]:
    """Facts for the places of administration: names and addresses of those that may be opened."""
    found = [(one.name, one.path) for one in ADMIN_PLACES if may_open(desk, one)]
    return {"places": found, "places_of": "管理"}


def may_open(desk: Desk, entry: Entry) -> bool:
    """Whether the page is there and the present role may open it."""
    acts = rights.PAGES.get(("GET", entry.path), ())
    return any(desk.scope.may(act) for act in acts)


def acting(session: Session, myself: Myself) -> str:
    """协调员·示例县: the role and place in which somebody acts; "" without one."""
    chosen = [one for one in myself["grants"] if one["id"] == myself["acting"]]
    return next(iter(in_words(session, chosen).values()), "")


def in_words(session: Session, grants: Sequence[GrantTold]) -> dict[int, str]:
    """Grants of one's own, by their numbers."""
    limited = {one["campaign"] for one in grants if one["campaign"]}
    titles = campaigns.titles(session, limited) if limited else {}
    return {one["id"]: as_what(one, titles) for one in grants}


def as_what(grant: GrantTold, titles: Mapping[int, str]) -> str:
    """A grant in words; `titles`: of the campaigns that may be named."""
    where = grant["unit"]["name"] if grant["unit"] else "全部单位"
    said = f"{WORDS[grant['role']['key']]}·{where}"  # type: ignore[index]
    return f"{said}·{of_campaign(grant['campaign'], titles)}" if grant["campaign"] else said


def of_campaign(number: int, titles: Mapping[int, str]) -> str:
    """A campaign by its title; by its number where it is none of those that may be named."""
    return f"“{titles[number]}”" if number in titles else f"第 {number} 号行动"
