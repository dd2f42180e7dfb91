"""Deciding in a real Chromium: by keys alone, in place with scripts, and just so without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api.app import create_app
from page_browser import CHROMIUM, serving, shut_out
from page_site import Site

AT = "/campaigns/1/decisions"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pages not tried in a browser"),
]


@pytest.fixture
def served(own: Site) -> Iterator[str]:
    with serving(create_app(own.settings, now=own.hands)) as found:
        yield found


def heading(page: Any) -> str:
    found: str = page.locator("h2#one").inner_text()
    return found


def focused(page: Any) -> str:
    """What the keyboard is at: its words, or the name of its field."""
    found: str = page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()")
    return found


def other(page: Any, before: str) -> str:
    """The heading of the next one, once it is there."""
    page.locator("h2#one").filter(has_not_text=before).wait_for()
    return heading(page)


def test_a_queue_is_worked_off_by_keys_and_the_page_is_never_left(
    own: Site, served: str, tab_of: Callable[..., Any]
) -> None:
    tab = tab_of(served, own.tokens["coordinator"])
    page = tab.page
    tab.go(AT)
    page.evaluate("window.sameDocument = true")
    first = heading(page)
    assert focused(page) == first
    assert page.locator("[data-keys-hint]").is_visible()
    page.keyboard.press("y")
    assert focused(page) == "通过"
    page.keyboard.press("Enter")
    second = other(page, first)
    assert page.get_by_role("status").get_by_text("已通过").is_visible()
    assert focused(page) == second
    page.keyboard.press("t")
    assert focused(page) == "reason"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("须写明理由").wait_for()
    assert heading(page) == second, "refused in place"
    assert shut_out(tab.page) == []
    page.locator("#judge-reason").fill("缺少会议记录，yes")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    third = other(page, second)
    page.keyboard.press("n")
    assert other(page, third) not in (first, second)
    assert page.evaluate("window.sameDocument") is True
    page.reload()
    assert heading(page) not in (first, second, third), "what was skipped stays behind"
    assert [one for one in tab.troubles if "409" not in one] == []


def test_where_the_line_breaks_it_is_said_and_nothing_is_lost(
    own: Site, served: str, tab_of: Callable[..., Any]
) -> None:
    tab = tab_of(served, own.tokens["coordinator"])
    page = tab.page
    tab.go(AT)
    first = heading(page)
    page.locator("#judge-reason").fill("缺少会议记录")
    page.context.set_offline(True)
    page.get_by_role("button", name="退回").click()
    page.get_by_text("暂时连不上服务").wait_for()
    assert (heading(page), page.locator("#judge-reason").input_value()) == (first, "缺少会议记录")
    page.context.set_offline(False)
    page.get_by_role("button", name="退回").click()
    other(page, first)
    page.get_by_text("暂时连不上服务").wait_for(state="hidden")


def test_without_scripts_the_same_by_tab_and_enter(
    own: Site, served: str, tab_of: Callable[..., Any]
) -> None:
    tab = tab_of(served, own.tokens["coordinator"], java_script_enabled=False)
    page = tab.page
    tab.go(AT)
    first = heading(page)
    assert page.locator("[data-keys-hint]").is_hidden()
    page.locator("h2#one").focus()
    for _ in range(20):
        page.keyboard.press("Tab")
        if focused(page) == "通过":
            break
    page.keyboard.press("Enter")
    other(page, first)
    assert page.get_by_role("status").get_by_text("已通过").is_visible()


def test_a_leader_confirms_with_the_letter_before_his_eyes(
    own: Site, served: str, tab_of: Callable[..., Any]
) -> None:
    tab = tab_of(served, own.tokens["leader"])
    page = tab.page
    tab.go("/")
    page.get_by_role("link", name="约谈").first.click()
    first = heading(page)
    assert page.locator(".paper").get_by_text("约谈通知书").first.is_visible()
    page.locator("#decide-letter").select_option("urging")
    page.locator("#decide-reason").fill("三次催办没有回音")
    page.get_by_role("button", name="看文书").click()
    page.locator(".paper").get_by_text("提醒敦促函").first.wait_for()
    assert page.locator("#decide-reason").input_value() == "三次催办没有回音"
    page.get_by_role("button", name="确认并发出").click()
    page.get_by_role("status").get_by_text("已制发提醒敦促函").wait_for()
    assert first not in page.locator("h2").all_inner_texts()
    assert tab.troubles == []


def test_enter_in_a_field_tries_and_decides_nothing(
    own: Site, served: str, tab_of: Callable[..., Any]
) -> None:
    tab = tab_of(served, own.tokens["coordinator"])
    page = tab.page
    tab.go(f"{AT}/extensions")
    page.locator("#decide-until").fill("+3wd")
    page.keyboard.press("Enter")
    page.get_by_text("还没有决定").wait_for()
    assert shut_out(tab.page) == []
    tab.go(f"{AT}/moves")
    page.locator("#many-q").fill("示例")
    page.keyboard.press("Enter")
    page.get_by_text("还没有办理").wait_for()
    assert page.get_by_role("heading", name="选中的单位").is_visible()
    assert shut_out(tab.page) == []
    page.locator("#many-q").focus()
    page.keyboard.press("Enter")
    page.get_by_text("还没有办理").wait_for()
    assert tab.troubles == []
