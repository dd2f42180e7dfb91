"""Proposals decided and letters received over HTTP: who may, what is told, what a second decision hears."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

SAID = {"person": "王示例", "reason": "三次催办没有回音"}


@pytest.fixture
def proposed(world: Any) -> Any:
    """约谈 for the report of five units: due on 20 November, five working days later on the 27th."""
    world.at("2026-11-27 10:00")
    return world


def keys(world: Any) -> dict[str, int]:
    found = world.get("/campaigns/1/proposals", params={"state": "proposed"}).json()["items"]
    return {one["unit"]["code"]: one["id"] for one in found if one["about"] == "自查报告"}


def test_a_letter_from_decision_to_answer(proposed: Any) -> None:
    world = proposed
    key = keys(world)["A-H1"]
    again = {"headers": {"Idempotency-Key": "letter-1"}}
    answer = world.post(f"/campaigns/1/proposals/{key}/confirm", SAID, **again)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["state"], told["person"], told["letter"]["number"]) == (
        {"key": "confirmed", "name": "已确认"},
        "王示例",
        "〔2026〕1号",
    )
    assert world.post(f"/campaigns/1/proposals/{key}/confirm", SAID, **again).json() == told
    second = world.post(f"/campaigns/1/proposals/{key}/dismiss", {**SAID, "person": "赵示例"})
    assert second.status_code == 409
    assert (
        "针对示例东县人民医院的约谈已由王示例于2026年11月27日10:00确认（理由：三次催办没有回音）"
        in second.text
    )
    letter = told["letter"]["id"]
    file = world.get(f"/campaigns/1/letters/{letter}/file")
    assert hashlib.sha256(file.content).hexdigest() == told["letter"]["sha256"]
    assert "filename*=UTF-8''%E7%BA%A6%E8%B0%88" in file.headers["content-disposition"]
    world.at("2026-11-27 11:00")
    listed = world.get("/campaigns/1/letters", params={"unit": "A-H1"}).json()["items"]
    assert listed[0]["handed_at"] is not None
    mine = world.key("A-H1", write=True, under="A-H1")
    received = world.post(f"/campaigns/1/letters/{letter}/receipt", {"person": "李示例"}, mine)
    assert received.json()["received_by"] == "李示例"
    assert world.post(f"/campaigns/1/letters/{letter}/receipt", {"person": "赵示例"}, mine).status_code == 409
    (decided,) = world.get("/campaigns/1/proposals", params={"state": "confirmed"}).json()["items"]
    assert (decided["decided_by"], decided["answer"]) == ("王示例", "三次催办没有回音")


def test_a_unit_a_bureau_and_a_reading_key_decide_nothing_and_strangers_see_nothing(proposed: Any) -> None:
    world = proposed
    path = f"/campaigns/1/proposals/{keys(world)['A-H1']}"
    for key in (
        world.key("unit", write=True, under="A-H1"),
        world.key("bureau", write=True, under="A"),
        world.key("west", write=True, under="B"),
        world.key("reader"),
    ):
        for act in ("confirm", "dismiss"):
            assert world.post(f"{path}/{act}", SAID, key).status_code == 403
    assert world.post(f"{path}/confirm", {"person": "", "reason": "x"}).status_code == 422
    owner = world.key("owner", write=True, under="S")
    letter = world.post(f"{path}/confirm", SAID, owner).json()["letter"]["id"]
    west = world.key("west again", write=True, under="B")
    assert world.get("/campaigns/1/letters", west).json()["items"] == []
    assert world.get(f"/campaigns/1/letters/{letter}", west).status_code == 404
    assert world.get(f"/campaigns/1/letters/{letter}/file", west).status_code == 404
    assert world.post(f"/campaigns/1/letters/{letter}/receipt", {"person": "李示例"}, west).status_code == 403


def test_many_are_decided_with_one_reason_each_with_its_own_number(proposed: Any) -> None:
    world, mine = proposed, keys(proposed)
    path = "/campaigns/1/proposals/decide"
    body = {**SAID, "confirm": True, "filter": {"name": "约谈", "under": "A", "requirement": "report"}}
    for unsaid in ({}, {"all": True, "name": "约谈"}):
        assert world.post(path, {**body, "filter": unsaid}).status_code == 422
    world.hand_in("A-C1", "report")
    tried = world.post(path, {**body, "filter": {"ids": sorted(mine.values())}}).json()
    assert (tried["dry_run"], len(tried["decided"]), tried["letters"]) == (True, len(mine) - 1, [])
    assert [one["proposal"] for one in tried["left"]] == [mine["A-C1"]]
    assert world.get("/campaigns/1/letters").json()["items"] == []
    done = world.post(path, {**body, "dry_run": False}).json()
    assert set(done["decided"]) == {mine[code] for code in ("A", "A-H1")}
    assert [one["number"] for one in done["letters"]] == ["〔2026〕1号", "〔2026〕2号"]
    again = world.post(path, {**body, "filter": {"ids": [mine["A"], mine["B-H1"]]}, "dry_run": False}).json()
    assert (again["decided"], [one["proposal"] for one in again["left"]]) == ([mine["B-H1"]], [mine["A"]])
    assert "已由王示例于" in again["left"][0]["says"]
    unknown = world.post(path, {**body, "filter": {"ids": [10**6]}})
    assert (unknown.status_code, unknown.json()["faults"][0]["place"]) == (422, "ids")
    other = world.post(path, {**body, "letter": "嘉奖令", "filter": {"all": True}})
    assert (other.status_code, other.json()["faults"][0]["place"]) == (422, "letter")
    for who in (world.key("unit", write=True, under="A-H1"), world.key("bureau", write=True, under="A")):
        assert world.post(path, {**body, "filter": {"ids": [mine["A-H1"]]}}, who).status_code == 403
    rest = {**body, "confirm": False, "filter": {"all": True}, "dry_run": False}
    owner = world.key("owner", write=True, under="S")
    assert world.post(path, rest, owner).json()["state"]["key"] == "dismissed"
    left = world.get("/campaigns/1/proposals", params={"state": "proposed"}).json()["items"]
    assert {one["unit"]["code"] for one in left} <= {"S", "A-C1"}, "not about itself; answered"


def test_the_summary_and_the_readiness_tell_time_given_back(world: Any) -> None:
    told = world.get("/campaigns/1/summary").json()["credited"]
    assert told == {"obligations": 0, "units": 0, "days": 0, "most": 0, "waiting": 0}
    assert world.client.get("/readyz").json()["credited"] == "没有"
