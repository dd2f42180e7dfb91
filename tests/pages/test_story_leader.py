"""A story in a real Chromium: a unit is late, the round proposes a 约谈, a leader reads its letter and confirms; it goes out."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from api.app import create_app
from flows import rounds
from loopback import served
from page_browser import CHROMIUM, Tab, serving, shut_out
from page_site import LATER, Site
from smtp_servers import Post
from states.records import accounts, grants
from states.records.actors import Actors
from states.records.asker import EVERYTHING
from states.records.core import proposal, unit
from states.records.foretell import run_through
from states.records.grants import Grant
from states.records.roles import Role

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pages not tried in a browser"),
]

FALLS = datetime(2026, 3, 20, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
WHY = "三次催办没有回音，请主要负责人当面说明"


def hired(site: Site, role: Role, name: str, under: str | None = None) -> tuple[str, str]:
    """Somebody with a password of his own: login, password."""
    with site.store.write() as session:
        row, password = accounts.create(session, f"story-{role}", name, site.hands.at, "test")
        row.must_change = False
        grants.give(session, EVERYTHING, row, Grant(role, under=under), site.hands.at, "test")
    return f"story-{role}", password


def entered(tab: Tab, login: str, password: str) -> Any:
    """The page on which one is after the log-in."""
    tab.go("/")
    looked(tab, "登录")
    tab.page.get_by_label("登录名").fill(login)
    tab.page.get_by_label("密码").fill(password)
    tab.page.keyboard.press("Enter")
    looked(tab, "我的事项")
    return tab.page


def looked(tab: Tab, title: str) -> None:
    """One is on that page, and it shuts nobody out."""
    tab.page.get_by_role("heading", level=1, name=title).wait_for()
    assert shut_out(tab.page) == [], title


def proposed(site: Site) -> dict[int, Any]:
    with site.store.read() as session:
        rows = session.execute(
            sa.select(
                proposal.c.id, proposal.c.name, proposal.c.reason, unit.c.code, unit.c.name.label("unit")
            )
            .join(unit, unit.c.id == proposal.c.unit_id)
            .where(proposal.c.state == "proposed")
        )
        return {row.id: row for row in rows}


def late(site: Site) -> Any:
    """Everybody lives on till the morning on which the rung of one unit falls; the round proposes it."""
    hours = rounds.mail_hours(site.settings)
    run_through(site.store, LATER, FALLS - timedelta(minutes=1), hours, Actors(site.store, 1).act)
    before = proposed(site)
    site.hands.at = FALLS + timedelta(minutes=5)
    rounds.escalate(site.store, site.settings, site.hands.at)
    found = [one for key, one in proposed(site).items() if key not in before]
    (one,) = [one for one in found if one.name == "约谈"]
    return one


def test_a_leader_confirms_a_talk_and_the_unit_has_the_letter(own: Site, tab_of: Callable[..., Any]) -> None:
    rung, post = late(own), Post()
    leader, liaison = (
        hired(own, Role.leader, "林示例"),
        hired(own, Role.liaison, "周示例", under=rung.code),
    )
    with serving(create_app(own.settings, now=own.hands)) as address, served(post) as port:
        above, below = tab_of(address), tab_of(address)
        number = confirmed(above, entered(above, *leader), rung)
        own.hands.at += timedelta(minutes=20)
        posted = replace(own.settings, smtp_url=f"smtp://127.0.0.1:{port}")
        rounds.deliver(own.store, posted, own.hands.at)
        told = letters(post, number)
        assert sorted(told) == [
            f"{who}.{rung.code.lower()}@example.org" for who in ("deputy-leader", "principal")
        ]
        page = entered(below, *liaison)
        page.get_by_role("link", name="示例行动").last.click()
        looked(below, "示例行动")
        page.get_by_role("navigation", name="这次专项行动").get_by_role("link", name="单位").click()
        looked(below, "单位")
        page.get_by_role("link", name=rung.unit, exact=True).click()
        kept = received(below, rung, number)
    assert set(told.values()) == {kept}, "the unit finds what was mailed"
    assert ([one for one in above.troubles if "422" not in one], below.troubles) == ([], [])


def confirmed(tab: Tab, page: Any, rung: Any) -> str:
    """Found at home, read, confirmed with a reason; the number that the letter got."""
    row = page.get_by_role("table", name="等您决定").get_by_role("row").filter(has_text=rung.reason)
    row.get_by_role("link", name="约谈").click()
    looked(tab, "待确认的措施")
    letter = page.locator(".paper").inner_text()
    for words in ("约谈通知书", f"{rung.unit}：", "主要负责人、分管领导进行约谈", "2026年3月20日"):
        assert words in letter, words
    page.get_by_role("button", name="确认并发出").click()
    page.locator("#decide-reason-wrong").wait_for()
    looked(tab, "待确认的措施")
    page.get_by_label("理由").fill(WHY)
    page.get_by_role("button", name="确认并发出").click()
    said = page.get_by_role("status").filter(has_text="已制发约谈通知书").inner_text()
    looked(tab, "待确认的措施")
    return str(said.partition("约谈通知书")[2])


def letters(post: Post, number: str) -> dict[str, bytes]:
    """The letter that each was sent, by address."""
    mails = [
        email.message_from_bytes(one.content, EmailMessage, policy=email.policy.default) for one in post.mails
    ]
    return {
        str(mail["To"].addresses[0].addr_spec): attached.get_content()
        for mail in mails
        for attached in mail.iter_attachments()
        if number in (attached.get_filename() or "")
    }


def received(tab: Tab, rung: Any, number: str) -> bytes:
    """The unit's own page shows the letter, to whom it was sent and why it was decided; the file."""
    page = tab.page
    looked(tab, rung.unit)
    row = page.get_by_role("table", name="文书").get_by_role("row").filter(has_text=number)
    mails = page.get_by_role("table", name="邮件和原因")
    assert mails.get_by_role("row").filter(has_text="principal.").filter(has_text="约谈").count() > 0
    assert page.get_by_role("table", name="经过").get_by_text(WHY).count() > 0
    with page.expect_download() as download:
        row.get_by_role("link").click()
    with open(download.value.path(), "rb") as file:
        return file.read()
