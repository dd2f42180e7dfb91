"""The board in a real Chromium: it renews itself, shows today first on a phone, prints on few sheets, works without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from flows.mailer.maildir import Maildir
from page_browser import CHROMIUM, serving
from page_site import LATER, Site, copied
from states.letters import Letter
from states.records import board, health

BOARD = "/campaigns/1"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pages not tried in a browser"),
]


class Show:
    """A demonstration whose clock the test sets."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.at(LATER)

    def at(self, now: Any) -> None:
        self.site.hands.at = now
        health.beat(self.site.store, board.DEMO_CLOCK, True, now.isoformat(), now)


@pytest.fixture(scope="module")
def show(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    made = copied(site, tmp_path_factory.mktemp("show"))
    yield Show(made)
    made.close()


@pytest.fixture(scope="module")
def shown(show: Show) -> Iterator[str]:
    with serving(create_app(show.site.settings, now=show.site.hands)) as found:
        yield found


@pytest.fixture
def tab(show: Show, shown: str, tab_of: Callable[..., Any]) -> Any:
    show.at(LATER)
    return tab_of(shown, show.site.tokens["coordinator"])


def test_an_open_page_follows_the_clock_by_itself(show: Show, tab: Any) -> None:
    tab.go(BOARD)
    tab.page.evaluate("window.sameDocument = true")
    show.at(LATER + timedelta(hours=1))
    tab.page.locator("time", has_text="04:00").wait_for()
    assert tab.page.evaluate("window.sameDocument") is True, "renewed in place, not loaded anew"


def test_a_page_that_loses_its_service_says_so(tab: Any) -> None:
    tab.go(BOARD)
    assert tab.page.is_hidden("#stale")
    tab.page.context.set_offline(True)
    tab.page.wait_for_selector("#stale", state="visible")
    tab.page.context.set_offline(False)
    tab.page.wait_for_selector("#stale", state="hidden")


def test_a_phone_shows_today_on_the_timeline_first(
    show: Show, shown: str, tab_of: Callable[..., Any]
) -> None:
    tab = tab_of(shown, show.site.tokens["coordinator"], width=390)
    tab.go(BOARD)
    box = tab.page.locator("line.today").bounding_box()
    assert 0 <= box["x"] <= 390


def test_a_long_name_breaks_no_menu(show: Show, shown: str, tab_of: Callable[..., Any]) -> None:
    show.at(LATER)
    for width in (1280, 1100, 900):
        tab = tab_of(shown, show.site.tokens["liaison"], width=width)
        tab.go("/")
        lines = tab.page.evaluate(
            "new Set([...document.querySelectorAll('.menu a')].map(a => a.offsetTop)).size"
        )
        assert (width, lines) == (width, 1)


def test_the_page_prints_on_few_sheets(tab: Any) -> None:
    tab.go(BOARD)
    printed = tab.page.pdf(print_background=True)
    assert printed.startswith(b"%PDF")
    assert 1 <= printed.count(b"/Type /Page\n") <= 3


def test_a_link_in_a_mail_leads_the_page_on(show: Show, tab: Any, shown: str) -> None:
    found = show.site.settings
    post = Maildir(Path(found.smtp_url.removeprefix("maildir:")), found.mail_from)
    html = (
        f'<html><head></head><body><a href="{shown}/campaigns" style="font-size:90px">查看</a></body></html>'
    )
    letter = Letter("li@example.org", "李示例", "督办提醒", "查看", html, "<1@example.org>", LATER)
    assert post.send(letter).kind.value == "sent"
    (sent,) = (post.folder / "new").iterdir()
    tab.go(f"/dev/mail/{sent.name}")
    tab.page.frame_locator("iframe").locator("a").click()
    tab.page.wait_for_url("**/campaigns")


def test_without_scripts_the_page_is_whole_and_refreshes_itself(
    show: Show, shown: str, tab_of: Callable[..., Any]
) -> None:
    tab = tab_of(shown, show.site.tokens["coordinator"], java_script_enabled=False)
    tab.go(BOARD)
    assert 'http-equiv="refresh"' in tab.page.content()
    assert tab.page.get_by_text("落后单位", exact=True).is_visible()
