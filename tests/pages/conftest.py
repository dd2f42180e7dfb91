"""Pages over HTTP and in a real Chromium: one seeded house, one server, one browser for all tests of a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from manual_site import lived
from page_browser import CHROMIUM, OPTIONS, Tab, serving
from page_site import Site, copied, seed


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """To be looked at only."""
    made = seed(tmp_path_factory.mktemp("site"))
    yield made
    made.close()


@pytest.fixture
def own(site: Site, tmp_path: Path) -> Iterator[Site]:
    """A copy to change."""
    made = copied(site, tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def morning(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """What the handbook shows; to be looked at only."""
    made = lived(site, tmp_path_factory.mktemp("morning"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless Chromium of this machine. Its driver keeps a loop running in this thread, in which other tests start none,
    so that it ends with its module."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(site: Site) -> Iterator[str]:
    """Where the seeded house is served."""
    with serving(create_app(site.settings, now=site.hands)) as found:
        yield found


@pytest.fixture
def tab_of(chromium: Any) -> Iterator[Callable[..., Tab]]:
    """Opens tabs: `tab_of(address, token, width=1280, **context)`."""
    with ExitStack() as stack:
        opened: list[Tab] = []

        def open_(address: str, token: str = "", *, width: int = 1280, **more: Any) -> Tab:
            context = chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN", **more)
            stack.callback(context.close)
            context.set_default_timeout(20_000)
            if token:
                context.add_cookies([{"name": "duban", "value": token, "url": address}])
            opened.append(Tab(context, address))
            return opened[-1]

        yield open_
        assert [one.outside for one in opened if one.outside] == [], "a page asked somebody outside"
