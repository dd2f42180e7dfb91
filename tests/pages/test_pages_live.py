"""An open board follows what happens: one stream for all tabs of a browser, and nobody loses what he is typing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api.app import create_app
from page_browser import CHROMIUM, serving
from page_site import COUNTY, Site, copied, owing

BOARD = f"/campaigns/1?under={COUNTY}"
WAIT = 15.0  # seconds in which a change must have come; without the stream it takes a minute

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pages not tried in a browser"),
]


@pytest.fixture(scope="module")
def living(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = copied(site, tmp_path_factory.mktemp("living"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def lived(living: Site) -> Iterator[tuple[Any, str]]:
    """The application that the browser talks to, and where."""
    app = create_app(living.settings, now=living.hands)
    with serving(app) as found:
        yield app, found


def readers(app: Any) -> int:
    return int(app.state.house.following._readers.total())


def until(holds: Callable[[], bool]) -> bool:
    ends = time.monotonic() + WAIT
    while not holds() and time.monotonic() < ends:
        time.sleep(0.05)
    return holds()


def something_happens(site: Site) -> None:
    """Somebody of the county hands in what it owes, elsewhere."""
    key = owing(site, ("open", "returned"))[0]
    with site.browsing("liaison") as client:
        sent = {"text": "示例材料", "reason": "没有附件"}
        answer = client.post(f"/api/v1/campaigns/1/obligations/{key}/submit", json=sent)
        assert answer.status_code == 200, answer.text


def handed_in(tab: Any) -> int:
    """What the county has handed in, as its last row says."""
    said = tab.page.locator("#chart tr.whole .done").all_inner_texts()
    return sum(int(one.split()[1].partition("/")[0]) for one in said)


def follows(tab: Any) -> None:
    tab.page.wait_for_selector("body[data-streaming=yes]")


def test_all_tabs_of_a_browser_share_one_stream_and_learn_of_a_change(
    living: Site, lived: tuple[Any, str], tab_of: Callable[..., Any]
) -> None:
    app, address = lived
    first = tab_of(address, living.tokens["coordinator"])
    first.go(BOARD)
    follows(first)
    other = first.page.context.new_page()
    other.goto(address + BOARD)
    other.wait_for_selector("body[data-streaming=yes]")
    assert readers(app) == 1
    first.page.evaluate("window.sameDocument = true")
    before = handed_in(first)
    other.bring_to_front()
    something_happens(living)
    assert until(lambda: handed_in(first) == before + 1 or first.page.evaluate("document.hidden"))
    first.page.bring_to_front()
    assert until(lambda: handed_in(first) == before + 1)
    assert first.page.evaluate("window.sameDocument") is True
    assert first.troubles == []
    other.close()
    first.page.close()
    assert until(lambda: readers(app) == 0), "nobody listens for tabs that are gone"


def test_what_is_being_typed_stays_while_the_table_is_renewed(
    living: Site, lived: tuple[Any, str], tab_of: Callable[..., Any]
) -> None:
    tab = tab_of(lived[1], living.tokens["coordinator"])
    tab.go(BOARD)
    follows(tab)
    before = handed_in(tab)
    field = tab.page.locator("#f-q")
    field.press_sequentially("人民")
    tab.page.evaluate("getSelection().selectAllChildren(document.querySelector('#lines h2'))")
    field.focus()
    tab.page.evaluate("document.querySelectorAll('[data-live]').forEach(one => { one.kept = true; })")
    something_happens(living)
    assert until(lambda: handed_in(tab) == before + 1)
    assert tab.page.evaluate("document.querySelector('#lines').kept"), "somebody marks words in it"
    assert not tab.page.evaluate("document.querySelector('#grid').kept")
    assert field.input_value() == "人民"
    assert tab.page.evaluate("document.activeElement.id") == "f-q"


def test_without_a_stream_the_page_looks_by_itself(
    living: Site, lived: tuple[Any, str], tab_of: Callable[..., Any]
) -> None:
    """A browser that has no shared workers, as on most phones; once the log-in has ended, what it shows stays."""
    app, address = lived
    tab = tab_of(address, living.tokens["auditor"])
    tab.page.add_init_script("delete window.SharedWorker")
    tab.page.clock.install()
    tab.go(BOARD)
    assert until(lambda: readers(app) == 0)
    before = handed_in(tab)
    something_happens(living)
    tab.page.clock.run_for(61_000)
    assert until(lambda: handed_in(tab) == before + 1)
    assert tab.troubles == []
    assert not tab.page.locator("#stale").is_visible()
    with living.browsing("auditor") as client:
        client.post("/logout")
    tab.page.clock.run_for(61_000)
    assert until(lambda: tab.page.locator("#stale").is_visible())
    assert handed_in(tab) == before + 1, "no log-in page where the board was"
