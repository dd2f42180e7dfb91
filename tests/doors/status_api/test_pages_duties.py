"""My duties and the page of a unit, on both databases: what they show is what the API tells, what they do is done once."""

from __future__ import annotations

import re
from typing import Any

import pytest

from page_forms import hidden
from page_person import Person
from states.records import duties
from states.records.asker import EVERYTHING
from states.records.roles import Role


def owed_on(html: str) -> list[int]:
    """Numbers of what a page lists."""
    table = html.split('id="owed"')[1].split("</table>")[0]
    return [int(one) for one in re.findall(r'<a href="/campaigns/1/obligations/(\d+)">', table)]


def test_a_liaison_sees_what_his_units_owe_by_date_and_answers_where_it_stands(world: Any) -> None:
    world.at("2026-11-24 10:00")
    liaison = Person(world, Role.liaison, "A")
    html = liaison.get("/").text
    told = world.get("/campaigns/1/obligations", params={"limit": 500, "status": ["open", "returned"]}).json()
    mine = [one for one in told["items"] if one["unit"]["code"].startswith("A")]
    due = {one["id"]: one["due"] for one in mine}
    assert len(mine) > 4
    assert sorted(owed_on(html)) == sorted(due)
    assert [due[key] for key in owed_on(html)] == sorted(due.values())
    assert "逾期 4 天" in html
    key = world.owes("A-H1", "list")
    found = re.search(rf'<form class="once"[^>]*/{key}/submissions"(.*?)</form>', html, re.DOTALL)
    assert found, "零报告 by one click"
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', found[1]))
    before = world.get(f"/obligations/{key}").json()["version"]
    for _ in range(2):
        assert liaison.post(f"/campaigns/1/obligations/{key}/submissions", **fields).status_code == 303
    assert "已零报告" not in html
    after = liaison.get("/").text
    assert key not in owed_on(after)
    assert world.get(f"/obligations/{key}").json()["status"]["key"] == "nil"
    assert world.get(f"/obligations/{key}").json()["version"] == before + 1


def test_pages_of_duties_follow_each_other_without_a_gap(world: Any) -> None:
    scope = EVERYTHING
    with world.store.read() as session:
        whole, number = duties.owed(session, scope, world.hands.at, 0, 500)
        assert number == len(whole)
        keys: list[int] = []
        for first in range(0, len(whole), 3):
            part, number = duties.owed(session, scope, world.hands.at, first, 3)
            keys += [one.obligation["id"] for one in part]
            assert number == len(whole)
    assert keys == [one.obligation["id"] for one in whole]


def test_a_coordinator_and_a_leader_see_the_figures_of_the_api_and_what_waits(world: Any) -> None:
    world.at("2026-12-02 10:00")
    summary = world.get("/campaigns/1/summary").json()
    assert summary["overdue"] > 0
    assert summary["proposals"] > 0
    html = Person(world, Role.coordinator).get("/").text
    assert f"逾期 {summary['overdue']} 项" in html
    assert f"落后 {summary['behind']} 个" in html
    assert "红灯" in html
    for name, figure in (("待审核", summary["submitted"]), ("待确认", summary["proposals"])):
        cell = re.search(rf'data-name="{name}" class="number">(?:<a[^>]*>)?(\d+)', html)
        assert cell
        assert int(cell[1]) == figure
    waiting = Person(world, Role.leader).get("/").text
    proposed = world.get("/campaigns/1/proposals", params={"limit": 500}).json()["items"]
    rows = waiting.split('id="waiting"')[1].split("</table>")[0]
    assert rows.count("<tr>") == len(proposed) + 1
    assert len(re.findall(r'class="when">2026年\d+月\d+日', rows)) == len(proposed), "of which year"
    assert all(one["unit"]["name"] in rows for one in proposed)
    elsewhere = Person(world, Role.leader, "B").get("/").text
    assert "示例东县人民医院" not in elsewhere


def test_the_page_of_a_unit_says_what_the_api_says_and_refuses_alike(world: Any) -> None:
    world.at("2026-11-24 10:00")
    coordinator = Person(world, Role.coordinator)
    page = coordinator.get("/campaigns/1/units/A-H1")
    told = world.get("/campaigns/1/units/A-H1").json()
    offered = world.get("/campaigns/1/units/A-H1/moves").json()
    assert sorted(owed_on(page.text)) == sorted(one["id"] for one in told["obligations"])
    shut = [one for one in offered["moves"] if not one["open"]]
    assert shut
    assert offered["moves"] != shut
    for one in shut:
        assert f"disabled>{one['name']}</button><small>{'；'.join(one['refusals'])}" in page.text
    assert "催办" in page.text
    assert "liaison.a-h1@example.org" in page.text
    override = next(one for one in offered["moves"] if one["open"] and one["needs_reason"])
    fields = hidden(page.text, override["move"])
    answer = coordinator.send("/campaigns/1/units/A-H1/moves", **fields)
    api = world.post("/campaigns/1/units/A-H1/moves", {"move": override["move"]})
    assert (answer.status_code, api.status_code) == (409, 409)
    assert all(one in answer.text for one in api.json()["refusals"])
    stale = {**fields, "version": "99", "reason": "写好的理由"}
    answer = coordinator.send("/campaigns/1/units/A-H1/moves", **stale)
    assert (answer.status_code, "写好的理由" in answer.text) == (409, True)
    assert hidden(answer.text, override["move"])["version"] == str(offered["version"])
    for _ in range(2):
        answer = coordinator.send("/campaigns/1/units/A-H1/moves", **{**fields, "reason": "写好的理由"})
        assert answer.status_code == 303, answer.text
    after = world.get("/campaigns/1/units/A-H1/moves").json()
    assert after["version"] == offered["version"] + 1
    assert "写好的理由" in coordinator.get("/campaigns/1/units/A-H1").text


@pytest.mark.parametrize(("under", "status"), [("A", 200), ("A-H1", 200), ("B", 403)])
def test_a_unit_is_shown_to_those_above_it_and_to_itself(world: Any, under: str, status: int) -> None:
    liaison = Person(world, Role.liaison, under)
    assert liaison.get("/campaigns/1/units/A-H1").status_code == status
    key = world.owes("A-H1", "list")
    assert liaison.get(f"/campaigns/1/obligations/{key}").status_code == status
    board = liaison.get("/campaigns/1")
    assert board.status_code == 200
    assert ("/campaigns/1/units/A-H1" in board.text) <= (status == 200), "nobody sees what is beside them"


def test_the_list_of_units_is_the_api_s_filtered_and_paged(world: Any) -> None:
    world.at("2026-11-24 10:00")
    coordinator, liaison = Person(world, Role.coordinator), Person(world, Role.liaison, "A")

    def listed(person: Person, query: str = "") -> list[str]:
        html = person.get(f"/campaigns/1/units{query}").text
        return re.findall(r'<a href="/campaigns/1/units/([^"]+)">', html)

    def told(**asked: Any) -> list[str]:
        return [one["unit"]["code"] for one in world.get("/campaigns/1/units", params=asked).json()["items"]]

    assert listed(coordinator) == told()
    assert listed(coordinator, "?only=overdue&q=&state=") == told(overdue=True)
    assert listed(coordinator, "?kind=hospital&under=B") == told(kind="hospital", under="B") == ["B-H1"]
    assert listed(coordinator, "?q=100%25_") == ["A-C1"], "signs of patterns are signs"
    assert set(listed(liaison)) == {"A", "A-H1", "A-C1"}
    assert liaison.get("/campaigns/1/units?under=B").status_code == 403
    refused = coordinator.get("/campaigns/1/units?state=nothing&q=%3Cb%3E")
    assert (refused.status_code, "没有“nothing”这个状态" in refused.text) == (422, True)
    assert 'value="&lt;b&gt;"' in refused.text
    after = world.get("/campaigns/1/units", params={"limit": 2}).json()["next"]
    assert listed(coordinator, f"?cursor={after}") == told()[2:]


def test_a_later_date_is_offered_exactly_where_it_can_be_asked_for(world: Any) -> None:
    """At home and on the page of the thing; where it can't, that page says why in the sentences of the act."""
    world.at("2026-11-24 10:00")
    liaison, auditor = Person(world, Role.liaison, "A"), Person(world, Role.auditor)
    html = liaison.get("/").text
    offered = {int(key) for key in re.findall(r'id="later(\d+)"', html)}
    taken = set()
    for key in owed_on(html):
        page = liaison.get(at := f"/campaigns/1/obligations/{key}").text
        assert ('id="extend"' in page) == (key in offered)
        assert "申请延期" not in auditor.get(at).text, "nothing to see for who can't ask"
        asked = {"obligation": key, "until": "+30d", "reason": "示例理由"}
        answer = world.post("/campaigns/1/extensions", asked)
        if answer.status_code == 201:
            taken.add(key)
            assert "还没有决定，不能再申请" in liaison.get(at).text
        else:
            said = "；".join(answer.json()["refusals"])
            assert f"disabled>申请延期</button><small>{said}" in page
    assert taken == offered
    assert 0 < len(taken) < len(owed_on(html))
    assert 'id="later' not in liaison.get("/").text, "each has been asked for"
