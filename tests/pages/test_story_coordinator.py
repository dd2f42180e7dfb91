"""A story in a real Chromium: a coordinator logs in, starts a campaign, and the mails that follow are those that were seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time
from typing import Any

import pytest
import sqlalchemy as sa

from api.app import create_app
from one_round import cycle
from page_browser import CHROMIUM, PHONE, picture, printed, serving, shut_out
from page_site import BEGAN, COUNTY, Site
from states.records import accounts, grants
from states.records.asker import EVERYTHING
from states.records.core import mail, notice
from states.records.grants import Grant
from states.records.outbox import MailHours
from states.records.roles import Role
from states.records.rounds import Answer

TEMPLATE = "2023年医疗行业作风廉政建设工作专项治理"
DATES = {
    "行动开始": "2026-03-18",
    "行动结束": "2026-11-30",
    "自查阶段的结束": "4月17日",
    "整治阶段的开始": "2026-04-20",
    "整治阶段的结束": "2026-09-30",
    "总结阶段的开始": "2026-10-08",
    "总结阶段的结束": "2026-11-30",
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pages not tried in a browser"),
]


def test_a_coordinator_launches(own: Site, tab_of: Callable[..., Any]) -> None:
    login, password = hired(own)
    with serving(create_app(own.settings, now=own.hands)) as address:
        tab = tab_of(address)
        logs_in(tab, login, password)
        chooses_a_template(tab)
        fills_the_blanks(tab)
        picks_units(tab)
        minds_what_is_said(tab)
        foretold = reads_the_first_day(tab)
        key = launches(tab)
        troubles = [one for one in tab.troubles if "status of 422" not in one]
        assert troubles == [], "the browser complained"
    assert foretold == sent_on_the_first_day(own, key)
    assert len(foretold) >= 5


def hired(site: Site) -> tuple[str, str]:
    """Login and password of somebody new, who has chosen the password before."""
    with site.store.write() as session:
        row, password = accounts.create(session, "wang", "王示例", site.hands.at, "test")
        row.must_change = False
        grants.give(session, EVERYTHING, row, Grant(Role.coordinator), BEGAN, "test")
    return "wang", password


def logs_in(tab: Any, login: str, password: str) -> None:
    tab.go("/")
    tab.page.get_by_label("登录名").fill(login)
    tab.page.get_by_label("密码").fill(password)
    looked_at(tab)
    tab.page.get_by_role("button", name="登录").click()
    tab.page.get_by_text("王示例").wait_for()
    looked_at(tab)


def chooses_a_template(tab: Any) -> None:
    page = tab.page
    page.get_by_role("link", name="启动", exact=True).click()
    looked_at(tab)
    page.get_by_role("link", name=TEMPLATE).click()
    undrawn = page.get_by_text("定了日期才画得出的阶段").inner_text()
    assert "整治" in undrawn
    assert page.locator("#refusals li").count() == len(DATES), "each blank is named"
    looked_at(tab)


def fills_the_blanks(tab: Any) -> None:
    """A fault is shown at its field, and all that was typed stays; then the phases are drawn."""
    page = tab.page
    page.get_by_label("名称").fill("春季示例行动")
    for name, words in {**DATES, "自查阶段的结束": "哪天都行"}.items():
        page.get_by_label(name).fill(words)
    page.get_by_role("button", name="下一步：选单位").click()
    wrong = page.get_by_label("自查阶段的结束")
    assert wrong.get_attribute("aria-invalid") == "true"
    said = page.locator(f"[id='{wrong.get_attribute('id')}-wrong']")
    assert "哪天都行" in said.inner_text()
    kept = {name: page.get_by_label(name).input_value() for name in DATES}
    assert kept == {**DATES, "自查阶段的结束": "哪天都行"}
    looked_at(tab, "start_plan_fault")
    wrong.fill(DATES["自查阶段的结束"])
    page.get_by_role("button", name="重新排期").click()
    page.locator("svg.timeline").wait_for()
    assert page.locator("svg.timeline rect.phase").count() == 3
    looked_at(tab, "start_plan_drawn")
    page.get_by_role("button", name="下一步：选单位").click()


def picks_units(tab: Any) -> None:
    page = tab.page
    page.get_by_role("button", name="展开").first.click()
    page.locator(f'input[value="{COUNTY}"]').check()
    page.get_by_role("button", name="按所选重新计算").click()
    assert page.locator(f'input[value="{COUNTY}"]').is_checked()
    for kind in ("医院", "中医院", "诊所"):
        page.get_by_label(re.compile(rf"^\s*{kind}（")).check()
    looked_at(tab, "start_units")
    page.get_by_role("button", name="下一步：核对").click()


def minds_what_is_said(tab: Any) -> None:
    page = tab.page
    assert page.locator("#refusals").count() == 0
    assert "惠民诊所" in page.locator("#vacant").inner_text()
    assert page.locator("#warnings li").count() > 0
    assert "4 个单位" in page.locator("#busy li").first.inner_text()
    looked_at(tab, "start_check")
    page.get_by_role("button", name="预览全部邮件").click()


def reads_the_first_day(tab: Any) -> list[str]:
    """The readers of the first day's mails."""
    page = tab.page
    page.get_by_text("封邮件。").wait_for()
    first = page.locator("#days tbody tr").first
    assert "3月18日" in first.inner_text()
    first.locator("summary").click()
    readers = re.findall(r"\S+@\S+", first.locator(".letters").inner_text())
    assert first.locator("td.number").first.inner_text() == str(len(readers))
    looked_at(tab, "start_mails")
    return sorted(readers)


def launches(tab: Any) -> int:
    """The campaign's number."""
    page = tab.page
    page.get_by_role("button", name="启动", exact=True).click()
    page.get_by_role("status").get_by_text("已启动：春季示例行动").wait_for()
    found = re.search(r"/campaigns/(\d+)$", page.url)
    assert found, page.url
    assert page.locator("svg.timeline rect.phase").count() == 3, "as it was drawn before"
    looked_at(tab)
    return int(found[1])


def sent_on_the_first_day(site: Site, key: int) -> list[str]:
    """The readers of what the rounds of the day send about the campaign."""
    zone = site.settings.zone
    hours = MailHours(zone, site.settings.mail_opens, site.settings.mail_closes)
    for hour in (9, 12, 17):
        now = datetime.combine(site.hands.at.astimezone(zone).date(), time(hour), zone)
        cycle(site.store, lambda _: Answer("sent"), now, hours, "test")
    about = sa.select(notice.c.mail_id).where(notice.c.campaign_id == key)
    asked = sa.select(mail.c.email).where(mail.c.id.in_(about), mail.c.state == "sent")
    with site.store.read() as session:
        return sorted(session.execute(asked).scalars())


def looked_at(tab: Any, name: str = "") -> None:
    """As the walk looks at pages that have an address; pictures of those that have none."""
    assert shut_out(tab.page) == []
    picture(tab, name, "1280")
    size = tab.page.viewport_size
    tab.page.set_viewport_size({"width": PHONE, "height": 800})
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= PHONE
    picture(tab, name, "390")
    if name:
        printed(tab, name)
    tab.page.set_viewport_size(size)
