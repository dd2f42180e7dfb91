"""Every page in a real Chromium: nothing keeps people out, nothing is wider than a phone, nothing comes from outside."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from page_browser import CHROMIUM
from page_site import Site
from page_walk import MORE, NO_PAGE, REFUSING, WALK, at, routes_of

EVERY = {**WALK, **MORE}
PHONE, MAGNIFIED = 390, 640  # the second: 1280 at 200 %
SHOTS = os.environ.get("DUBAN_TEST_SHOTS")  # a folder: pictures of every page, to be looked at
FOREIGN = {"/docs"}  # drawn by Swagger UI, which we don't write

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pages not tried in a browser"),
]


@cache
def axe() -> str:
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


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
    picture(tab, name, "1280")
    if name not in FOREIGN:
        tab.page.evaluate(axe())
        found = tab.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
    for width in (MAGNIFIED, PHONE):
        tab.page.set_viewport_size({"width": width, "height": 800})
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    picture(tab, name, "390")
    printed(tab, name)
    troubles = [one for one in tab.troubles if name not in REFUSING or "status of" not in one]
    assert troubles == [], "the browser complained"


def picture(tab: Any, name: str, kind: str) -> None:
    """Kept only where somebody wants to look."""
    if SHOTS and name not in FOREIGN:
        named = name.strip("/").replace("/", "_").replace("{", "").replace("}", "") or "home"
        tab.page.screenshot(path=str(Path(SHOTS) / f"{named}.{kind}.png"), full_page=True)


def printed(tab: Any, name: str) -> None:
    if SHOTS:
        tab.page.set_viewport_size({"width": 794, "height": 1123})
        tab.page.emulate_media(media="print")
        picture(tab, name, "print")
        tab.page.emulate_media(media="screen")
