"""Every page in a real Chromium: nothing keeps people out, nothing is wider than a phone, nothing comes from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from page_browser import CHROMIUM, PHONE, picture, printed, shut_out
from page_site import Site
from page_walk import MORE, NO_PAGE, REFUSING, WALK, at, routes_of

EVERY = {**WALK, **MORE}
MAGNIFIED = 640  # 1280 at 200 %
FOREIGN = {"/docs"}  # drawn by Swagger UI, which we don't write

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pages not tried in a browser"),
]


def test_the_walk_knows_every_page(site: Site) -> None:
    pages = {path for method, path in routes_of(site.app) if method == "GET"}
    assert pages - NO_PAGE == set(WALK)


@pytest.mark.parametrize("name", EVERY)
def test_a_page_shuts_nobody_out(site: Site, address: str, tab_of: Callable[..., Any], name: str) -> None:
    path, role = EVERY[name]
    tab = tab_of(address, site.tokens.get(role, ""))
    answer = tab.go(at(site, path))
    assert answer.status == REFUSING.get(name, 200)
    if name in FOREIGN:
        tab.page.wait_for_selector(".opblock")
    shown = "" if name in FOREIGN else name
    picture(tab, shown, "1280")
    if name not in FOREIGN:
        assert shut_out(tab.page) == []
    for width in (MAGNIFIED, PHONE):
        tab.page.set_viewport_size({"width": width, "height": 800})
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    picture(tab, shown, "390")
    printed(tab, shown)
    troubles = [one for one in tab.troubles if name not in REFUSING or "status of" not in one]
    assert troubles == [], "the browser complained"
