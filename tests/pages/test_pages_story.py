"""A story in a real Chromium without scripts: a liaison hands in by keyboard, is returned, asks for time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from page_browser import CHROMIUM, serving
from page_site import Site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pages not tried in a browser"),
]


def at(page: Any, summary: str, row: str = "") -> Any:
    """What is folded under a word, unfolded by the keyboard; in a `row` of a table where there are several."""
    within = page.locator("tr", has_text=row).first if row else page.locator("main")
    folded = within.locator("details", has=page.locator("summary", has_text=summary)).first
    folded.locator("summary").first.focus()
    page.keyboard.press("Enter")
    return folded


def test_a_liaison_hands_in_is_returned_and_asks_for_time(
    own: Site, tab_of: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "自查报告.txt").write_text("示例", encoding="utf-8")
    with serving(create_app(own.settings, now=own.hands)) as address:
        liaison = tab_of(address, own.tokens["liaison"], java_script_enabled=False).page
        coordinator = tab_of(address, own.tokens["coordinator"], java_script_enabled=False).page
        liaison.goto(f"{address}/")
        liaison.keyboard.press("Tab")
        assert liaison.evaluate("document.activeElement.textContent") == "跳到正文"
        sheet = at(liaison, "报送", "自查报告")
        sheet.locator("textarea").fill("已按方案自查，发现问题三个")
        sheet.locator("input[type=file]").set_input_files(tmp_path / "自查报告.txt")
        sheet.locator("button", has_text="报送").press("Enter")
        liaison.get_by_role("status").get_by_text("已报送：自查报告").wait_for()
        owed = liaison.url
        assert liaison.get_by_role("link", name="自查报告.txt").is_visible()

        coordinator.goto(owed)
        at(coordinator, "退回").locator("button").press("Enter")
        assert "理由" in coordinator.get_by_role("alert").inner_text(), "no reason, not returned"
        coordinator.locator("#return textarea").fill("缺少整改照片")
        coordinator.locator("#return button").press("Enter")
        coordinator.get_by_role("status").get_by_text("已退回").wait_for()

        liaison.goto(owed)
        assert liaison.get_by_text("缺少整改照片").first.is_visible()
        later = at(liaison, "申请延期")
        later.locator("input[name=until]").fill("+3wd")
        later.locator("textarea[name=reason]").fill("照片须重拍")
        later.locator("button").press("Enter")
        liaison.get_by_role("status").get_by_text("已申请延期").wait_for()
        assert liaison.get_by_role("cell", name="照片须重拍").is_visible()
        assert liaison.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_filter_changes_the_list_in_place_and_the_address_with_it(
    site: Site, address: str, tab_of: Callable[..., Any]
) -> None:
    tab = tab_of(address, site.tokens["coordinator"])
    tab.go("/campaigns/1/units")
    tab.page.evaluate("window.sameDocument = true")
    tab.page.get_by_label("只看").select_option("overdue")
    tab.page.wait_for_url("**/units?*only=overdue*")
    tab.page.locator("#units tbody tr").nth(1).wait_for(state="detached")
    assert tab.page.locator("#units tbody tr").count() == 1
    assert tab.page.evaluate("window.sameDocument") is True, "put in place, not loaded anew"
    assert tab.page.get_by_label("只看").input_value() == "overdue"
    assert tab.troubles == []
