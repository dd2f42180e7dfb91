"""`/admin`: what wants looking at just now. Each figure leads to the page on which it is put right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api import system
from api.deps import Desk
from api.pages import nav, paper
from api.pages.gate import AtPage
from api.pages.nav import Entry
from api.pages.round_words import plainly
from api.system import Readiness
from states.records import campaigns, reading_scope, wanting
from states.records.wanting import Wanting

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

HOME = ("管理", "/admin")
NOT_PUBLISHED = "年的放假安排还没有载入"


@dataclass(frozen=True)
class Figure:
    """A figure with its page. `tone`: bad, warn, or nothing where all is well."""

    name: str
    value: str
    note: str
    tone: str
    path: str


@router.get("/admin")
def overview(desk: AtPage) -> Response:
    """Counts over what is wrong; whoever holds a part of the units sees what is theirs."""
    with desk.read() as session:
        found = wanting.look(session, desk.scope, desk.now, desk.house.settings.zone)
    ready = system.look(desk.house) if desk.scope.whole else None
    figures = [*_people(found), *(_service(found, ready) if ready else ())]
    return paper.show(
        desk,
        "admin.html",
        figures=[one for one in figures if may_open(desk, one.path)],
        problems=plainly(ready.problems) if ready else [],
        unreadable=found.unreadable,
        trail=[(HOME[0], "")],
        **nav.of_admin(desk),
    )


def titles(session: Session, desk: Desk) -> dict[int, str]:
    """The campaigns within reach, by their numbers."""
    return campaigns.titles(session, reading_scope.seen_ids(session, desk.scope))


def to_choose(found: Mapping[int, str]) -> list[tuple[str, str]]:
    """The same for a field of a form."""
    return [("", "全部行动"), *((str(key), title) for key, title in found.items())]


def trail(desk: Desk, name: str, *further: tuple[str, str]) -> list[tuple[str, str]]:
    """Where one is: under which place of administration, and where in it. Nobody is led to where he may not go."""
    place = next(one.path for one in nav.ADMIN_PLACES if one.name == name)
    home = HOME if may_open(desk, HOME[1]) else (HOME[0], "")
    return [home, (name, place if further else ""), *further]


def may_open(desk: Desk, path: str) -> bool:
    return nav.may_open(desk, Entry("", path.partition("?")[0].partition("#")[0]))


def _people(found: Wanting) -> Iterator[Figure]:
    yield _figure("岗位空缺", found.vacancies, "要通知时没有人可通知", "/admin/contacts#vacant", "warn")
    yield _figure("退信的地址", found.bounced, "邮件送不到，改由上级收", "/admin/contacts#bounced", "bad")


def _service(found: Wanting, ready: Readiness) -> Iterator[Figure]:
    mails = found.mails
    if mails is not None:
        yield _figure(
            "没有发出的邮件",
            mails.failed + mails.refused,
            f"放弃 {mails.failed}，退信 {mails.refused}",
            "/admin/outbox?state=trouble",
            "bad",
        )
        yield _figure(
            "等待发出的邮件",
            mails.waiting,
            f"其中试过没有成功的 {mails.tried}",
            "/admin/outbox?state=waiting",
            "warn" if mails.tried else "",
        )
    yield _figure(
        "无人可送的通知", found.unheard, "该通知的岗位和上级都没有人", "/admin/contacts#vacant", "bad"
    )
    yield _figure(
        "轮次的问题",
        len(ready.problems),
        "有工作停着" if ready.problems else "都按时",
        "/admin/rounds",
        "bad",
    )
    years = "、".join(map(str, found.years))
    note = f"{years} {NOT_PUBLISHED}" if years else "要用到的年份都已载入"
    yield _figure(
        "缺少的日历年份", len(found.years), f"{note}；{found.unsure} 个期限暂定", "/admin/calendar", "warn"
    )
    yield _figure("读不懂的模板", len(found.unreadable), "进行中的行动所用的", "/admin/templates", "bad")
    yield _figure("快到期的密钥", found.keys, "30 天内失效", "/admin/keys", "warn")


def _figure(name: str, value: int, note: str, path: str, tone: str) -> Figure:
    return Figure(name, str(value), note, tone if value else "", path)
