"""Lists in pages: no address beyond the end shows an empty page that says there is nothing."""

from __future__ import annotations

import re

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.testclient import TestClient

from api.pages import home, ledger_queue
from api.pages.paper import PageRoute
from page_site import Site
from page_walk import WALK, flat
from states.records import board_rows

BEYOND = {
    "/admin/outbox": "1",
    "/campaigns/{campaign_id}/units/{code}/{part}": "1",
}  # from the latest back; the others go forward
FIRST = "回到第一页</a>"
PLACE = re.compile(r"第 (\d+) 页，共 (\d+) 页")

pytestmark = pytest.mark.xdist_group("pages")


def by_cursor(site: Site) -> set[str]:
    """The pages that go on from a cursor."""
    routes = [one for one in flat(site.app.routes) if isinstance(one, PageRoute) and "GET" in one.methods]
    return {one.path for one in routes if {"cursor", "asked"} & asked(one.dependant)}


def asked(of: Dependant) -> set[str]:
    """What a route takes from the address, itself or by what it depends on."""
    return {one.name for one in of.query_params}.union(*map(asked, of.dependencies))


def test_beyond_the_end_of_a_list_a_way_leads_back_to_its_beginning(site: Site) -> None:
    found = by_cursor(site)
    assert len(found) >= 10
    for path in found:
        address, role = WALK[path]
        cursor = BEYOND.get(path, "9" * 18)
        with site.browsing(role) as client:
            html = client.get(address, params={"cursor": cursor}).text
            assert (path, html.count(FIRST)) == (path, 1)
            (back,) = re.findall(r'href="([^"]+)">' + FIRST, html)
            assert client.get(back).status_code == 200
            assert FIRST not in client.get(back).text
            assert not re.search("没有这样的|没有等待|现在没有|还没有登记|没有账号", html), path


def listed(client: TestClient, path: str) -> list[str]:
    """The rows of the list in pages."""
    html = client.get(path).text
    table = re.search(r'id="(?:owed|waiting|chart)".*?</table>', html, re.DOTALL)
    assert table, path
    return re.findall(r"/(?:obligations|units|proposals)[/?][^\"]+|<tr class=\"rest\">", table[0])


@pytest.mark.parametrize(
    ("role", "path"),
    [("liaison", "/?page="), ("leader", "/?page="), ("coordinator", "/campaigns/1?each=units&page=")],
)
def test_beyond_the_last_page_stands_the_last_page(
    site: Site, monkeypatch: pytest.MonkeyPatch, role: str, path: str
) -> None:
    for module in (home, board_rows):
        monkeypatch.setattr(module, "A_PAGE", 1)
    with site.browsing(role) as client:
        first = PLACE.search(client.get(f"{path}1").text)
        assert first
        page, pages = map(int, first.groups())
        assert page == 1 < pages
        last = client.get(f"{path}{pages}").text
        for number in (pages + 1, 99_999):
            html = client.get(f"{path}{number}").text
            assert PLACE.findall(html) == PLACE.findall(last) == [(str(pages), str(pages))]
            assert listed(client, f"{path}{number}") == listed(client, f"{path}{pages}") != []
            assert f"page={pages - 1}" in html
            assert f"page={pages + 1}" not in html


def test_the_last_of_a_page_of_the_queue_is_not_the_end_of_the_queue(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_queue, "A_PAGE", 1)
    with site.browsing("coordinator") as client:
        html = client.get("/campaigns/1/ledger/queue?step=claimed&cursor=99").text
        assert "没有等待核查" not in html
        assert 'href="/campaigns/1/ledger/queue?step=claimed">回到第一页' in html
