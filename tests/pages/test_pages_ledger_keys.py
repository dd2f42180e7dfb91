"""The ledger in a real Chromium: claims checked by keyboard, one after the other; what a file would change, on every width."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from api.app import create_app
from page_browser import CHROMIUM, PHONE, Tab, picture, serving, shut_out
from page_site import HOSPITAL, Site, problems
from states.records import ledger_acting
from states.records.asker import EVERYTHING

LEDGER = "/campaigns/1/ledger"
QUEUE = f"{LEDGER}/queue"
ROWS = "项目,存在问题,整改措施,完成时限\n甲,重复收取检查费,退费；再查,7月底前\n乙,新问题,改,尽早抓一下\n"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pages not tried in a browser"),
]


def test_claims_are_checked_without_a_mouse(own: Site, tab_of: Callable[..., Tab]) -> None:
    found = [{"problem": f"问题{n}", "measures": ("改",), "due": "发现后5个工作日内"} for n in range(2)]
    first, last = problems(own, HOSPITAL, found)
    with own.store.write() as session:
        for no in (first, last):
            ledger_acting.move(session, EVERYTHING, 1, no, "claim", own.hands.at)
    with serving(create_app(own.settings, now=own.hands)) as address:
        tab = tab_of(address, own.tokens["coordinator"])
        page, keys = tab.page, tab.page.keyboard
        tab.go(f"{QUEUE}#item-2")
        page.locator("#item-2:focus").wait_for()
        keys.press("n")
        page.locator(f"#item-{first}:focus").wait_for()
        keys.press("t")
        page.locator(f"#q{first}-reason:focus").wait_for()
        keys.type("yes, no, tty")
        keys.press("Shift+Tab")
        keys.press("y")
        keys.press("Enter")
        page.get_by_role("status").get_by_text(f"台账第{first}项：核查通过").wait_for()
        assert page.url.endswith(f"#item-{last}"), "on at the one that follows"
        assert shut_out(page) == []
        assert tab.troubles == []
    with own.browsing("coordinator") as client:
        told = client.get(f"/api/v1/campaigns/1/ledger/{first}").json()
    assert (told["state"]["key"], told["history"][-1]["reason"]) == ("checked", "yes, no, tty")


def test_what_a_file_would_change_shuts_nobody_out(
    site: Site, address: str, tab_of: Callable[..., Tab], tmp_path: Path
) -> None:
    (tmp_path / "台账.csv").write_text(ROWS, encoding="utf-8")
    tab = tab_of(address, site.tokens["coordinator"])
    tab.go(f"{LEDGER}/import")
    tab.page.locator("input[type=file]").set_input_files(tmp_path / "台账.csv")
    tab.page.get_by_role("button", name="看看会改动什么").click()
    tab.page.get_by_text("有误的地方").wait_for()
    assert shut_out(tab.page) == []
    picture(tab, "ledger that comes in", "1280")
    for width in (PHONE * 2, PHONE):
        tab.page.set_viewport_size({"width": width, "height": 800})
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    picture(tab, "ledger that comes in", "390")
    assert tab.troubles == []
