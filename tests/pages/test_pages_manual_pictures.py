"""The pictures of the handbook are taken anew and compared with those that lie there; `make manual` puts the new ones in place."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import manual_pictures
from api.app import create_app
from api.pages import manual
from page_browser import CHROMIUM, serving
from page_site import Site

TAKE = os.environ.get("DUBAN_MANUAL") == "take"
MOST = 1_500_000  # bytes, of all pictures

pytestmark = pytest.mark.xdist_group("pages")
browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: pages not tried in a browser"
)


@pytest.fixture
def here(morning: Site) -> Iterator[str]:
    with serving(create_app(morning.settings, now=morning.hands)) as address:
        yield address


@pytest.mark.slow
@browser
def test_every_picture_shows_what_the_page_shows(
    morning: Site, here: str, tab_of: Callable[..., Any]
) -> None:
    tabs: dict[str, Any] = {}
    found: dict[str, tuple[bytes, list[str]]] = {}
    stale, known = [], manual_pictures.known()
    for name, scene in manual_pictures.scenes(morning).items():
        tab = tabs.setdefault(scene.role, None) or tab_of(here, morning.tokens[scene.role])
        tabs[scene.role] = tab
        clip, words = manual_pictures.taken(tab, scene)
        if TAKE:
            found[name] = (manual_pictures.drawn(tab, clip), words)
        elif words != known.get(name, {}).get("words"):
            before = known.get(name, {}).get("words", [])
            stale.append((name, sorted(set(before) - set(words)), sorted(set(words) - set(before))))
    if TAKE:
        manual_pictures.kept(found)
    assert stale == [], (
        "make manual takes the pictures anew; look at them, and at what the handbook says beside them"
    )


def test_each_picture_is_the_one_that_was_taken_and_is_shown_with_words_for_those_who_can_not_see_it() -> (
    None
):
    known = manual_pictures.known()
    files = {one.stem: one.read_bytes() for one in manual_pictures.FOLDER.glob("*.png")}
    assert {name: manual_pictures.mark(content) for name, content in files.items()} == {
        name: told["mark"] for name, told in known.items()
    }
    chapters = "".join((manual.folder() / f"{one}.md").read_text(encoding="utf-8") for one in manual.DAYS)
    shown = re.findall(r"!\[([^\]]+)\]\(pictures/([\w-]+)\.png\)", chapters)
    assert sorted(name for _, name in shown) == sorted(files), "each is shown once, and none is missing"
    assert all(len(says) > 10 for says, _ in shown)
    assert chapters.count("![") == len(shown)
    assert sum(map(len, files.values())) < MOST


def test_a_picture_is_served_with_its_size_to_whoever_reads(site: Site) -> None:
    with site.browsing("coordinator") as client:
        html = client.get("/help/coordinator").text
        shown = re.findall(r'<img src="([^"]+)" alt="([^"]+)" width="(\d+)" height="(\d+)"', html)
        assert len(shown) == 7
        for address, _says, width, height in shown:
            answer = client.get(address)
            assert answer.headers["content-type"] == "image/png"
            assert (int(width), int(height)) == manual.PNG_SIZE.unpack(answer.content[:24])
            assert "immutable" in answer.headers["cache-control"]
