"""Charts: every figure is that of the API and of the periodic report, and leads to as many rows as it says."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.pages import figures, owed
from page_site import COUNTY, ELSEWHERE, Site
from states.reading import shipped
from states.records import board_rows, launch, ledger_acting, working_out
from states.records.asker import EVERYTHING
from states.records.campaigns import running
from states.records.ledger_adding import Found
from states.worked import Figures

FIGURES = "/campaigns/1/figures"
CITY, THIRD = "SL001", "SL00103"
ROW = re.compile(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', re.DOTALL)
LINK = re.compile(r'<a href="([^"]+)">([^<]*)</a>')

pytestmark = pytest.mark.xdist_group("pages")


def chart(html: str, name: str) -> dict[str, list[str]]:
    """Name of each line → its cells as text; the address of its rows first."""
    part = html[html.index(f'id="{name}"') :]
    part = part[: part.index("</table>")]
    return dict(line(*one) for one in ROW.findall(part))


def line(head: str, rest: str) -> tuple[str, list[str]]:
    cells = [re.sub(r"<svg.*?</svg>|<[^>]+>", "", one, flags=re.DOTALL) for one in rest.split("</td>")]
    linked = LINK.findall(head)
    name = linked[0][1] if linked else head
    return unescape(name), [unescape(linked[0][0]) if linked else "", *(unescape(one) for one in cells)]


def listed(client: TestClient, address: str) -> int:
    """How many rows are listed there, over all pages."""
    number, said = 0, set()
    while address:
        html = client.get(address).text
        said |= set(re.findall(r"共 (\d+) 项。", html))
        body = html[html.index("<tbody>") : html.index("</tbody>")] if "<tbody>" in html else ""
        number += body.count("<tr")
        following = re.findall(r'rel="next" href="([^"]+)"', html)
        address = unescape(following[0]) if following else ""
    assert said == ({str(number)} if number else set()), "each page says how many there are"
    return number


def items(client: TestClient, address: str) -> int:
    """How many items of the ledger are listed there, on the page and in the API alike."""
    number = len(re.findall(r'<tr id="item-', client.get(address).text))
    same = re.sub(r"only=(\w+)", r"\1=true", address)
    assert number == len(client.get(f"/api/v1{same}").json()["items"])
    return number


def units(client: TestClient, address: str) -> int:
    """How many units are listed there, on the page and in the API alike."""
    number = client.get(address).text.count('<tr><th scope="row">')
    assert number == len(client.get(f"/api/v1{address}&limit=500").json()["items"])
    return number


def leads(html: str, name: str) -> list[tuple[str, str, int]]:
    """The figures of a chart that lead somewhere: where, what they say, how many."""
    part = html[html.index(f'id="{name}"') :]
    found = [one for row in ROW.findall(part[: part.index("</table>")]) for one in LINK.findall(row[1])]
    return [(unescape(to), says, int(re.sub(r"\D", "", says))) for to, says in found]


def percent(rate: float | None) -> str:
    return "—" if rate is None else f"{rate:.1%}"


def reported(site: Site, campaign: int = 1) -> dict[str, Figures]:
    """Name of each place → what the periodic report says of it, made now."""
    with site.store.read() as session:
        found = working_out.worked(session, running(session, campaign), site.hands.at)
    return {one.name: one.figures for one in found.regions}


def test_rates_are_those_of_the_api_and_of_the_report(site: Site) -> None:
    with site.browsing("coordinator") as client:
        html = client.get(FIGURES).text
        told = client.get("/api/v1/campaigns/1/reporting").json()
        drawn = chart(html, "reporting")
        rates = {name: cells[2] for name, cells in drawn.items()}
        assert rates == {one["name"]: percent(one["reporting"]["rate"]) for one in told["regions"]}
        for one in told["regions"]:
            assert listed(client, drawn[one["name"]][0]) == one["reporting"]["missing"], one["name"]
        assert f"合计 {percent(told['whole']['rate'])}，未报 {told['whole']['missing']}" in html
        found = leads(html, "reporting")
        for to, says, number in found:
            assert listed(client, to) == number > 0, (to, says)
        summed = {
            words: sum(number for _to, says, number in found if says.startswith(words))
            for words in ("应报", "逾期报")
        }
        assert summed == {"应报": told["whole"]["due"], "逾期报": told["whole"]["late"]}
    assert rates == {name: percent(of.handed.rate) for name, of in reported(site).items()}


def test_what_counts_in_a_rate_is_listed_by_the_rule_by_which_it_is_counted(site: Site) -> None:
    with site.browsing("coordinator") as client:
        told = client.get("/api/v1/campaigns/1/reporting").json()["whole"]
        for name in ("due", "on_time", "late", "nil", "missing"):
            path = f"/api/v1/campaigns/1/obligations?reporting={name}&limit=500"
            number = 0
            while path:
                page = client.get(path).json()
                number += len(page["items"])
                path = f"{path.split('&cursor')[0]}&cursor={page['next']}" if page["next"] else ""
            assert number == told[name], name
        assert min(told["due"], told["on_time"], told["missing"]) > 0
        assert client.get("/api/v1/campaigns/1/obligations?reporting=nothing").status_code == 422


def closed_some(site: Site) -> int:
    """A campaign of the city with problems in three counties: closed are all of the first, half of the second, none of
    the third; one stands."""
    now = site.hands.at
    order = launch.Order(shipped()["standard-four-phase"], now.date(), {}, owner=CITY, title="市级行动")
    plain = {
        "project": "示例项目",
        "problem": "收费项目没有公示",
        "measures": ("上墙公示",),
        "stand_in": True,
    }
    places = (COUNTY, COUNTY, ELSEWHERE, ELSEWHERE, THIRD, THIRD)
    dues = ["发现后5个工作日内"] * 5 + ["长期坚持"]
    who = ({"lead": "医务处"}, {}, {"departments": ("医务处", "财务处")}, {}, {"lead": "财务处"}, {})
    found = [
        Found(code=code, due=due, **plain, **by) for code, due, by in zip(places, dues, who, strict=True)
    ]
    with site.store.write() as session:
        key = launch.launch(session, order, now, "test")
        numbers = ledger_acting.add(session, EVERYTHING, key, [*found, found[0]], now)["added"]
        ledger_acting.move(session, EVERYTHING, key, numbers[-1], "withdraw", now, reason="重复")
        for no in numbers[:3]:
            for move in ("start", "claim", "check", "close"):
                ledger_acting.move(session, EVERYTHING, key, no, move, now)
    return key


def test_the_closing_of_problems_is_that_of_the_api_and_of_the_report(own: Site) -> None:
    key = closed_some(own)
    with own.browsing("coordinator") as client:
        html = client.get(f"/campaigns/{key}/figures").text
        told = client.get(f"/api/v1/campaigns/{key}/ledger/figures").json()
        for name, all_of in (("closing", told["regions"]), ("departments", told["departments"])):
            for one in all_of:
                assert items(client, chart(html, name)[one["name"]][0]) == one["items"], one["name"]
            for to, says, number in leads(html, name):
                assert items(client, to) == number > 0, (to, says)
    rates = {name: cells[2] for name, cells in chart(html, "closing").items()}
    assert list(rates.items()) == [(one["name"], percent(one["rate"])) for one in told["regions"]]
    assert rates == {name: percent(of.closing) for name, of in reported(own, key).items() if of.items}
    assert set(rates.values()) == {"100.0%", "50.0%", "0.0%"}
    assert f"合计 {percent(told['whole']['rate'])}" in html
    departments = {name: cells[2] for name, cells in chart(html, "departments").items()}
    assert list(departments.items()) == [(one["name"], percent(one["rate"])) for one in told["departments"]]
    ranked = [one["rate"] for one in told["regions"] if one["rate"] is not None]
    assert ranked == sorted(ranked)


def test_of_a_long_ranking_the_worst_are_shown_beside_the_rate_of_all(
    own: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = closed_some(own)
    monkeypatch.setattr(figures, "MOST", 1)
    with own.browsing("coordinator") as client:
        html = client.get(f"/campaigns/{key}/figures").text
        told = client.get(f"/api/v1/campaigns/{key}/ledger/figures").json()
    assert list(chart(html, "closing")) == [told["regions"][0]["name"]]
    assert f"共 {len(told['regions'])} 个，只列销号率最低的 1 个" in html
    assert f"合计 {percent(told['whole']['rate'])}" in html


def test_progress_is_that_of_the_summary_and_of_the_report(site: Site) -> None:
    with site.browsing("coordinator") as client:
        drawn = chart(client.get(FIGURES).text, "progress")
        told = client.get("/api/v1/campaigns/1/summary").json()
        assert all(client.get(cells[0]).status_code == 200 for cells in drawn.values())
        for to, says, number in leads(client.get(FIGURES).text, "progress"):
            assert units(client, to) == number > 0, (to, says)
    numbers = {name: int(cells[2].removesuffix(" 个")) for name, cells in drawn.items()}
    assert sum(numbers.values()) == told["units"]
    assert numbers == {name: of.units for name, of in reported(site).items() if of.units}


def test_what_is_overdue_adds_up_and_each_week_leads_to_its_rows(site: Site) -> None:
    with site.browsing("coordinator") as client:
        drawn = chart(client.get(FIGURES).text, "weeks")
        told = client.get("/api/v1/campaigns/1/summary").json()
        assert told["overdue"] > 0
        assert sum(int(cells[2]) for cells in drawn.values()) == told["overdue"]
        for cells in drawn.values():
            assert listed(client, cells[0]) == int(cells[2])


def test_the_heat_map_counts_over_all_campaigns_and_leads_to_as_many_rows(site: Site) -> None:
    with site.browsing("coordinator") as client:
        html = client.get(FIGURES).text
        part = html[html.index('class="heat"') :]
        found = LINK.findall(part[: part.index("</table>")])
        cells = [(address, number) for address, number in found if number.isdigit()]
        assert cells
        for address, number in cells[:12]:
            page = client.get(unescape(address))
            assert page.status_code == 200
            assert f"应办事项 {number} 项" in page.text
            assert page.text.count('<td data-name="期限"') == int(number)


def test_of_a_unit_that_owes_very_much_the_number_is_told_and_where_all_of_it_is(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.browsing("coordinator") as client:
        whole = client.get(f"/owed?unit={COUNTY}").text
        monkeypatch.setattr(owed, "OF_A_UNIT", 2)
        part = client.get(f"/owed?unit={COUNTY}").text
        said = re.compile(r"应办事项 (\d+) 项")
        assert said.findall(part) == said.findall(whole) != ["2"]
        assert "只列" not in whole
        (first, *_) = re.findall(r'只列 2 项，共 (\d+) 项；<a href="([^"]+)">', part)
        assert listed(client, unescape(first[1])) == int(first[0])


def test_a_county_sees_the_figures_of_its_own_units(site: Site) -> None:
    with site.browsing("liaison") as client:
        html = client.get(FIGURES).text
        told = client.get("/api/v1/campaigns/1/summary").json()
        drawn = chart(html, "progress")
        assert sum(int(cells[2].removesuffix(" 个")) for cells in drawn.values()) == told["units"]
        assert f"unit={ELSEWHERE}" not in html
        assert drawn["本级"][0] == f"/campaigns/1/units/{COUNTY}"
        assert all(client.get(cells[0]).status_code == 200 for cells in drawn.values())
        rates = client.get("/api/v1/campaigns/1/reporting").json()
        assert [listed(client, cells[0]) for cells in chart(html, "reporting").values()] == [
            one["reporting"]["missing"] for one in rates["regions"]
        ]
        assert client.get(f"/owed?unit={ELSEWHERE}").status_code == 403
        assert client.get(f"/owed?unit={COUNTY}").status_code == 200
        assert client.get(f"/campaigns/1/obligations?under={ELSEWHERE}").status_code == 403


def test_a_list_says_what_its_filter_cannot_mean(site: Site) -> None:
    with site.browsing("coordinator") as client:
        wrong: Any = client.get("/campaigns/1/obligations?status=nothing")
        assert (wrong.status_code, "没有“nothing”这个状态" in unescape(wrong.text)) == (422, True)
        assert client.get("/campaigns/1/obligations?due_from=yesterday").status_code == 422
        assert client.get("/owed").status_code == 422
        both = "/campaigns/1/obligations?due_from=2026-03-09&due_until=2026-03-15"
        for one in client.get(f"/api/v1{both}").json()["items"]:
            assert "2026-03-09" <= one["due"][:10] <= "2026-03-15"
        assert listed(client, both) == len(client.get(f"/api/v1{both}&limit=500").json()["items"]) > 0


@pytest.mark.parametrize(("under", "size"), [(CITY, 2), (COUNTY, 2), (COUNTY, 4)])
def test_the_row_of_all_others_leads_to_the_rows_it_stands_for(
    own: Site, monkeypatch: pytest.MonkeyPatch, under: str, size: int
) -> None:
    monkeypatch.setattr(board_rows, "A_PAGE", size)
    token = own.person("coordinator", "here", under=under)
    with own.browsing() as client:
        client.cookies.set("duban", token)
        html = client.get(FIGURES).text
        for name, count in (("progress", named), ("reporting", listed)):
            drawn = chart(html, name)
            (others,) = [one for one in drawn if one.startswith("其余")]
            part = html[html.index(f'id="{name}"') :]
            row = next(one for one in ROW.findall(part) if "其余" in one[0])
            found = [(unescape(to), int(re.sub(r"\D", "", says))) for to, says in LINK.findall(row[1])]
            assert found
            for to, number in found:
                assert count(client, to) == number, (others, to)
        units_of_all = drawn_units(html)
        assert sum(units_of_all) == client.get("/api/v1/campaigns/1/summary").json()["units"]
        some = client.get(found[0][0]).text
        assert '<input type="hidden" name="beyond"' in some, "a filter goes on within these rows"
        away = client.get("/campaigns/1/units?beyond=NONE")
        assert away.status_code in (403, 404)


def named(client: TestClient, address: str) -> int:
    """How many units are listed there."""
    return client.get(address).text.count('<tr><th scope="row">')


def drawn_units(html: str) -> list[int]:
    return [int(cells[2].split()[0]) for cells in chart(html, "progress").values()]
