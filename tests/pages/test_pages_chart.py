"""The table of units and phases: the summary's figures, down to single units and back, within one's reach, kept when refused."""

from __future__ import annotations

import re
from html import unescape

import pytest
from fastapi.testclient import TestClient

from api.pages import sight
from page_site import COUNTY, ELSEWHERE, HOSPITAL, HOSTILE, Site

BOARD = "/campaigns/1"
GRID = re.compile(r'<div id="grid".*?</section>', re.DOTALL)
GLANCE = re.compile(r"(\d+) 个单位：.*?落后 (\d+).*?有逾期 (\d+).*?已催办 (\d+)", re.DOTALL)

pytestmark = pytest.mark.xdist_group("pages")


def grid(client: TestClient, query: str = "", status: int = 200) -> str:
    answer = client.get(f"{BOARD}{query}")
    assert answer.status_code == status
    return GRID.findall(answer.text)[0]


def glance(html: str) -> tuple[int, ...]:
    return tuple(int(one) for one in GLANCE.findall(html)[0])


def rows(html: str) -> list[str]:
    """The heads of the rows: a place or a unit, without the rest and the sum."""
    found = re.findall(r'<tr class="(\w+)">\s*<th scope="row">(.*?)</th>', html, re.DOTALL)
    return [re.sub(r"<[^>]+>", " ", head).split()[0] for tone, head in found if tone not in ("rest", "whole")]


def links(html: str, words: str) -> str:
    """Where the link with these words leads."""
    (found,) = re.findall(rf'<a(?: class="bad")? href="([^"]+)">{words}', html)
    return unescape(found).partition("#")[0]


def api(client: TestClient, path: str, **query: object) -> dict[str, object]:
    return dict(client.get(f"/api/v1/campaigns/1/{path}", params={**query}).json())


def every_unit(client: TestClient, **query: object) -> set[str]:
    found: set[str] = set()
    cursor = "0"
    while cursor:
        page = client.get("/api/v1/campaigns/1/units", params={**query, "cursor": cursor}).json()
        found |= {one["unit"]["name"] for one in page["items"]}
        cursor = page["next"]
    return found


def test_the_whole_at_a_glance_is_what_the_api_says(site: Site) -> None:
    with site.browsing("coordinator") as client:
        html = grid(client)
        told = api(client, "summary")
        assert glance(html)[:2] == (told["units"], told["behind"])
        assert f"逾期事项 {told['overdue']}" in html
        for place, query in ((2, {"overdue": True}), (3, {"escalated": True}), (1, {"behind": True})):
            assert glance(html)[place] == len(every_unit(client, **query)), query


def test_a_figure_leads_to_its_rows_where_there_are_any(site: Site) -> None:
    with site.browsing("coordinator") as client:
        late, quiet = (client.get(path).text for path in (BOARD, "/campaigns/2"))
    assert f'<a href="{BOARD}/obligations?only=overdue">' in late
    assert "<span>逾期事项</span><strong>0</strong>" in quiet


def test_one_goes_down_to_single_units_and_back(site: Site) -> None:
    city = COUNTY[:5]
    with site.browsing("coordinator") as client:
        top = grid(client)
        assert f'href="{BOARD}?under={city}#grid"' in top
        middle = grid(client, f"?under={city}")
        assert f'href="{BOARD}?under={COUNTY}#grid"' in middle
        below = grid(client, f"?under={COUNTY}")
        assert f'href="{BOARD}/units/{HOSPITAL}"' in below
        assert f'href="{BOARD}?under={city}#grid"' in below, "the way back"
        chosen = grid(client, links(below, "逐个列出").removeprefix(BOARD))
        assert set(rows(chosen)) == every_unit(client, under=COUNTY)
        assert glance(chosen) == glance(below)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("?only=overdue", {"overdue": True}),
        ("?only=behind", {"behind": True}),
        ("?only=escalated", {"escalated": True}),
        (f"?only=overdue&under={COUNTY}", {"overdue": True, "under": COUNTY}),
        ("?kind=hospital", {"kind": "hospital"}),
        ("?q=%E5%8C%BB%E9%99%A2", {"q": "医院"}),
    ],
)
def test_filters_find_the_same_units_as_the_api(site: Site, query: str, asked: dict[str, object]) -> None:
    with site.browsing("coordinator") as client:
        assert set(rows(grid(client, query))) == every_unit(client, **asked)


def test_what_a_filter_cannot_mean_is_said_and_what_was_typed_stays(site: Site) -> None:
    with site.browsing("coordinator") as client:
        page = client.get(f"{BOARD}?state=nothing&q=%E7%A4%BA")
        assert page.status_code == 422
        assert "没有“nothing”这个状态" in unescape(page.text)
        assert 'value="示"' in page.text
        for words in HOSTILE[:4]:
            answer = client.get(BOARD, params={"q": words})
            assert answer.status_code == 200
            assert "没有这样的单位" in answer.text
            assert "<script>alert" not in answer.text
            assert "<img src=x" not in answer.text
        assert client.get(f"{BOARD}?under=nobody").status_code == 404
        assert client.get(f"{BOARD}?page=0").status_code == 422
        long = client.get(BOARD, params={"q": "长" * 201}).text
        assert ("地址里的 q：最多 200 个字" in long, "query." in long) == (True, False)


def test_a_county_sees_its_own_part_and_nothing_of_others(site: Site) -> None:
    with site.browsing("liaison") as client, site.browsing("coordinator") as other:
        page = client.get(BOARD)
        whole = other.get(BOARD)
        assert page.status_code == 200
        assert glance(page.text)[0] == api(client, "summary")["units"]
        assert glance(page.text)[0] < glance(whole.text)[0]
        assert ("最新邮件" in whole.text, "最新邮件" in page.text) == (True, False)
        assert ("最新流水" in whole.text, "最新流水" in page.text) == (True, False)
        for query in (f"?under={ELSEWHERE}", f"?only=overdue&under={ELSEWHERE}"):
            assert client.get(f"{BOARD}{query}").status_code == 403
        names = every_unit(other, under=ELSEWHERE)
        assert not any(f">{name}<" in client.get(f"{BOARD}?each=units").text for name in names)


def test_a_state_in_the_bar_leads_to_the_units_in_it(site: Site) -> None:
    for role in ("coordinator", "liaison"):
        with site.browsing(role) as client:
            html = client.get(BOARD).text
            shares = re.findall(r'<a href="([^"]+)"><b>(\d+)</b></a></li>', html)
            assert sum(int(number) for _to, number in shares) == api(client, "summary")["units"]
            assert len(shares) == html.count('width="11" height="11" aria-hidden="true"><rect')
            for to, number in shares:
                page = client.get(unescape(to).partition("#")[0]).text
                assert glance(page)[0] == int(number), to


def test_measures_that_are_not_listed_are_reached_by_whoever_confirms_them(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight, "LATEST_PROPOSALS", 1)
    for role, rungs in (("coordinator", 1), ("leader", 1), ("auditor", 0)):
        with site.browsing(role) as client:
            html = client.get(BOARD).text
            assert "另有更早的" in html
            found = re.findall(r'<a href="([^"]+)">从最早的看起</a>', html)
            assert found.count("/campaigns/1/decisions/proposals") == rungs
            assert all(client.get(one).status_code == 200 for one in found)
