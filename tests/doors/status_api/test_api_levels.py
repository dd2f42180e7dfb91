"""Levels and versions over HTTP: tried first, then made; figures from below with their source; closed to others."""

from __future__ import annotations

from typing import Any

import pytest

NEXT = ("version: 3", "version: 4"), ("due: 2026年11月20日", "due: 2026年11月24日")


@pytest.fixture
def child(world: Any) -> int:
    answer = world.post("/campaigns/1/children", {"owner": "B", "dry_run": False})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def newer(world: Any) -> str:
    text = str(world.template)
    for before, after in NEXT:
        assert before in text
        text = text.replace(before, after, 1)
    return text


def test_adopting_is_tried_unless_it_is_said_to_be_meant(world: Any) -> None:
    told = world.post("/campaigns/1/children", {"owner": "B"}).json()
    assert (told["dry_run"], told["handed_down"], told["draft"]["participants"]) == (True, 2, 2)
    dues = {one["requirement"]: one["due"] for one in told["draft"]["milestones"]}
    assert dues["report"] == "2026-11-17T18:00:00+08:00"
    assert [one["id"] for one in world.get("/campaigns").json()["items"]] == [1]


def test_figures_from_below_stand_beside_those_above_with_their_source(world: Any, child: int) -> None:
    told = world.get("/campaigns/1/summary").json()
    assert {one["state"]: one["units"] for one in told["states"]} == {"self-check": 4, "exempt": 2}
    (below,) = told["children"]
    assert below["owner"] == {"code": "B", "name": "示例西县卫生健康局"}
    assert (below["units"], below["overdue"], below["share"]) == (2, 0, 0.0)
    assert below["source"] == {
        "campaign": child,
        "template_version": 3,
        "href": f"/api/v1/campaigns/{child}/summary",
    }
    assert world.get("/campaigns/1/children").json()["items"] == [below]
    assert world.get(f"/campaigns/{child}").json()["parent"] == 1


def test_a_key_of_another_county_sees_nothing_of_it(world: Any, child: int) -> None:
    other = world.key("east", write=True, under="A")
    assert world.get("/campaigns/1/summary", other).json()["children"] == []
    assert world.get(f"/campaigns/{child}/changes-above", other).status_code == 403
    assert world.post("/campaigns/1/children", {"owner": "B", "dry_run": False}, other).status_code == 403
    only = world.key("one", write=True, campaigns=[1])
    assert world.post("/campaigns/1/children", {"owner": "A", "dry_run": False}, only).status_code == 403


def test_a_county_adopts_for_itself(world: Any) -> None:
    own = world.key("east", write=True, under="A")
    assert world.post("/campaigns/1/children", {"owner": "A", "dry_run": False}, own).status_code == 201
    reader = world.key("reader")
    assert world.post("/campaigns/1/children", {"owner": "B"}, reader).status_code == 403


def test_faults_of_additions_are_told_by_line(world: Any) -> None:
    body = {"owner": "B", "additions": "requirements:\n  - {key: report, due: 2026年12月1日}"}
    answer = world.post("/campaigns/1/children", body)
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["line"] == 2


def test_a_version_is_tried_decided_and_made(world: Any) -> None:
    tried = world.post("/campaigns/1/renewal", {"text": newer(world)}).json()
    (change,) = tried["changes"]
    assert (change["key"], change["what"], change["asks"], change["decision"]) == (
        "report",
        "date",
        True,
        None,
    )
    assert (change["before"], change["after"]) == ("2026-11-20 18:00", "2026-11-24 18:00")
    assert (change["units"], change["finished"]) == (6, 0)
    assert len(tried["refusals"]) == 1
    body = {"text": newer(world), "dry_run": False}
    assert world.post("/campaigns/1/renewal", body).status_code == 409
    made = world.post("/campaigns/1/renewal", {**body, "recompute": ["report"], "reason": "来文"})
    assert made.status_code == 200, made.text
    assert made.json()["changes"][0]["decision"] == "recompute"
    told = world.get("/campaigns/1").json()
    assert told["template_version"] == 4
    assert (
        next(one["due"] for one in told["milestones"] if one["requirement"] == "report")
        == "2026-11-24T18:00:00+08:00"
    )


def test_refusals_about_dates_that_are_over_name_the_places_to_set(world: Any) -> None:
    text = newer(world).replace("2026年11月24日", "2026年11月4日")
    world.at("2026-11-09 09:00")
    body = {"text": text, "dry_run": False}
    refused = world.post("/campaigns/1/renewal", body)
    assert (refused.status_code, refused.json()["places"]) == (409, ["report.due"])
    assert world.post("/campaigns/1/renewal", {**body, "dry_run": True}).json()["places"] == ["report.due"]
    world.at("2026-11-19 09:00")
    below = {"owner": "B", "dry_run": False}
    refused = world.post("/campaigns/1/children", below)
    assert (refused.status_code, refused.json()["places"]) == (409, ["report.due"])
    looked = world.post("/campaigns/1/children", {**below, "dry_run": True})
    assert looked.json()["draft"]["places"] == ["report.due"]
    own = {**below, "set": {"report.due": "2026-11-20"}}
    made = world.post("/campaigns/1/children", own)
    assert made.status_code == 201, made.text


def test_who_has_finished_is_not_touched_and_the_units_come_page_by_page(world: Any) -> None:
    world.hand_in("A-H1", "report")
    world.post(f"/campaigns/1/obligations/{world.owes('A-H1', 'report')}/accept")
    body = {"text": newer(world), "recompute": ["report"]}
    (change,) = world.post("/campaigns/1/renewal", body).json()["changes"]
    assert (change["units"], change["finished"]) == (5, 1)
    seen, after = [], "0"
    while after is not None:
        page = world.post(f"/campaigns/1/renewal/units?limit=2&cursor={after}", body).json()
        seen += page["items"]
        after = page["next"]
    assert {one["unit"]["code"] for one in seen} == {"A", "A-C1", "B", "B-H1", "B-H2"}
    assert {tuple(one["changes"]) for one in seen} == {("report:date",)}


def test_a_part_of_the_units_does_not_decide_for_the_whole(world: Any) -> None:
    part = world.key("east", write=True, under="A")
    assert world.post("/campaigns/1/renewal", {"text": newer(world)}, part).status_code == 403


def test_what_changed_above_is_accepted_or_declined_below(world: Any, child: int) -> None:
    body = {"text": newer(world), "recompute": ["report"], "dry_run": False}
    assert world.post("/campaigns/1/renewal", body).status_code == 200
    world.at("2026-11-02 10:00")
    (change,) = world.get(f"/campaigns/{child}/changes-above").json()["items"]
    assert (change["state"], change["state_name"]) == ("proposed", "待决定")
    assert world.get("/campaigns/1/children").json()["items"][0]["waiting"] == 1
    path = f"/campaigns/{child}/changes-above/{change['id']}"
    tried = world.post(f"{path}/accept", {}).json()
    assert [(one["key"], one["after"]) for one in tried["changes"]] == [("report", "2026-11-19 18:00")]
    assert world.post(f"{path}/decline", {"reason": " "}).status_code == 409
    assert world.post(f"{path}/accept", {"dry_run": False}).status_code == 200
    assert world.post(f"{path}/decline", {"reason": "不"}).status_code == 409
    (told,) = world.get(f"/campaigns/{child}/changes-above").json()["items"]
    assert (told["state"], told["decided_by"]) == ("accepted", "key:all")


def test_below_only_the_additions_can_be_renewed(world: Any, child: int) -> None:
    assert world.post(f"/campaigns/{child}/renewal", {"text": newer(world)}).status_code == 409
    added = "requirements:\n  - {key: own, name: 县级专报, due: 2026年11月10日}"
    tried = world.post(f"/campaigns/{child}/renewal", {"additions": added}).json()
    assert [(one["key"], one["what"]) for one in tried["changes"]] == [("own", "added")]
    made = world.post(f"/campaigns/{child}/renewal", {"additions": added, "dry_run": False})
    assert made.status_code == 200, made.text
    assert world.post("/campaigns/1/renewal", {"additions": added}).status_code == 422
