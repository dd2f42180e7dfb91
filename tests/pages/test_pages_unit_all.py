"""The page of a unit has the latest of its mails and its history, says so, and leads to all of them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api.pages import unit
from page_site import HOSPITAL, Site

HERE = f"/campaigns/1/units/{HOSPITAL}"
NEXT = re.compile(r'<a rel="next" href="([^"]+)">')

pytestmark = pytest.mark.xdist_group("pages")


def rows(html: str, table: str) -> list[str]:
    body = html.split(f'id="{table}"')[1].split("<tbody>")[1].split("</tbody>")[0]
    return re.findall(r"<tr>.*?</tr>", body, re.DOTALL)


@pytest.mark.parametrize(
    ("part", "table", "most"), [("mails", "mails", "MAILS"), ("history", "lines", "LINES")]
)
def test_the_latest_are_said_to_be_the_latest_and_lead_to_all(
    site: Site, monkeypatch: pytest.MonkeyPatch, part: str, table: str, most: str
) -> None:
    with site.browsing("liaison") as client:
        every = rows(client.get(f"{HERE}/{part}").text, table)
        assert len(every) > 3
        assert all(re.search(r"2026年3月\d+日（.）\d\d:\d\d", one) for one in every), "of which year"
        whole = client.get(HERE).text
        assert ("只列最近" in whole, rows(whole, table)) == (False, every), (
            "nothing is left out, nothing said"
        )
        monkeypatch.setattr(unit, most, 2)
        page = client.get(HERE).text
        assert len(rows(page, table)) == 2
        assert rows(page, table) == every[:2]
        assert f'只列最近的 2 条，<a href="{HERE}/{part}">看全部</a>' in page
        monkeypatch.setattr(unit, "A_PAGE", 1)
        assert through(client, f"{HERE}/{part}", table) == every


def through(client: Any, path: str, table: str) -> list[str]:
    """All rows, page by page."""
    found, following = [], path
    while following:
        html = client.get(following).text
        found += rows(html, table)
        following = next(iter(NEXT.findall(html)), "")
    return found


def test_there_is_nothing_else_to_list(site: Site) -> None:
    with site.browsing("liaison") as client:
        assert client.get(f"{HERE}/letters").status_code == 404
        assert client.get("/campaigns/1/units/NONE/mails").status_code in (403, 404)
