"""Administration in a real Chromium while things are amiss: what is posted to is looked at too, on paper and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from api.app import create_app
from page_browser import CHROMIUM, PHONE, picture, printed, serving, shut_out
from page_lists import CHANGED, NEW, sheet
from page_site import HOSPITAL, LATER, Site, copied, unit_of
from states.records import core, health

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pages not tried in a browser"),
]


def amiss(site: Site) -> None:
    """Mails that failed, an address that sends back, a round that stands still."""
    with site.store.write() as session:
        keys = (
            session.execute(sa.select(core.mail.c.id).order_by(core.mail.c.id.desc()).limit(3))
            .scalars()
            .all()
        )
        values = {"state": "failed", "sent_at": None, "error": "451 稍后再试", "tries": 12}
        session.execute(sa.update(core.mail).where(core.mail.c.id.in_(keys)).values(**values))
        mine = core.contact.c.unit_id == unit_of(site, HOSPITAL).id
        session.execute(sa.update(core.contact).where(mine).values(bounced_at=LATER, bounce="550 没有这个人"))
    counts = {("rung_late", "60"): 300.0, ("rung_late", "900"): 12.0, ("rung_late", "sum"): 9_000.0}
    for job in ("open_due", "remind", "deliver"):
        health.beat(
            site.store,
            f"round:{job}",
            True,
            "完成 3 项",
            LATER - timedelta(minutes=50),
            {"seconds": 0.4},
            counts,
        )
        for minutes in range(6):
            slot = LATER + timedelta(minutes=minutes)
            health.claim_tick(site.store, job, slot, slot + timedelta(seconds=minutes * 30))
    health.beat(site.store, "prefect", False, "没有回答", LATER)


@pytest.fixture(scope="module")
def trouble(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = copied(site, tmp_path_factory.mktemp("trouble"))
    amiss(made)
    yield made
    made.close()


@pytest.fixture
def tab(trouble: Site, tab_of: Callable[..., Any]) -> Iterator[Any]:
    with serving(create_app(trouble.settings, now=trouble.hands)) as address:
        yield tab_of(address, trouble.tokens["administrator"])


def judged(tab: Any, name: str) -> None:
    """Nobody is kept out, and nothing is wider than a phone."""
    assert shut_out(tab.page) == []
    picture(tab, name, "1280")
    tab.page.set_viewport_size({"width": PHONE, "height": 800})
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= PHONE
    picture(tab, name, "390")
    printed(tab, name)
    tab.page.set_viewport_size({"width": 1280, "height": 900})


def test_what_is_amiss_shuts_nobody_out(tab: Any) -> None:
    for path in ("/admin", "/admin/outbox?state=trouble", "/admin/contacts", "/admin/rounds"):
        assert tab.go(path).status == 200
        judged(tab, f"amiss{path.partition('?')[0]}")
    tab.go("/admin/outbox?state=trouble")
    tab.page.locator("#list a").first.click()
    tab.page.locator("summary", has_text="重发").click()
    judged(tab, "amiss mail")
    tab.page.get_by_role("button", name="重发").click()
    assert "重新排队" in tab.page.inner_text("p.said")
    assert tab.troubles == []


def test_a_list_with_its_changes_shuts_nobody_out(tab: Any, tmp_path: Path) -> None:
    file = tmp_path / "名单.csv"
    file.write_bytes(sheet(NEW, CHANGED, {"code": "XIN-2", "name": "示例", "kind": "没有这种"}))
    tab.go("/admin/import")
    tab.page.set_input_files("#send-file", str(file))
    tab.page.get_by_role("button", name="看看会改动什么").click()
    tab.page.wait_for_selector("#changed")
    judged(tab, "amiss import")
    assert tab.troubles == []


def test_what_answers_a_form_shuts_nobody_out(tab: Any, tmp_path: Path) -> None:
    tab.go("/admin/keys")
    tab.page.locator("summary", has_text="生成密钥").click()
    tab.page.fill("#new-name", "数据中台")
    tab.page.get_by_role("button", name="生成").click()
    tab.page.wait_for_selector(".secret")
    judged(tab, "amiss secret")
    tab.go("/admin/keys")
    judged(tab, "amiss keys")
    file = tmp_path / "安排.csv"
    file.write_text("日期,上班\n2026-04-13,0\n2026-04-14,0\n", encoding="utf-8")
    tab.go("/admin/calendar")
    tab.page.fill("#send-year", "2026")
    tab.page.set_input_files("#send-file", str(file))
    tab.page.get_by_role("button", name="看看会改变什么").click()
    tab.page.wait_for_selector("#days")
    judged(tab, "amiss calendar")
    plan = tmp_path / "方案.yaml"
    plan.write_text(
        "key: own\nversion: 1\ntitle: 示例\nphases:\n  - {key: a, name: 甲, window: 改天}\n", encoding="utf-8"
    )
    tab.go("/admin/templates")
    tab.page.set_input_files("#own-file", str(plan))
    tab.page.get_by_role("button", name="检查", exact=True).click()
    tab.page.wait_for_selector(".source .wrong")
    judged(tab, "amiss template")
    assert [one for one in tab.troubles if "status of 422" not in one] == []


def test_contacts_are_put_right_by_keyboard_and_without_scripts(
    trouble: Site, tab_of: Callable[..., Any]
) -> None:
    with serving(create_app(trouble.settings, now=trouble.hands)) as address:
        tab = tab_of(address, trouble.tokens["administrator"], java_script_enabled=False)
        tab.go(f"/admin/units/{HOSPITAL}")
        tab.page.locator("#holders summary").first.focus()
        tab.page.keyboard.press("Enter")
        tab.page.locator("#h1-name").focus()
        tab.page.keyboard.press("Control+A")
        tab.page.keyboard.type("键盘示例")
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_selector("p.said")
        assert "已改好：联络员 键盘示例" in tab.page.inner_text("p.said")
