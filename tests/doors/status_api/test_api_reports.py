"""Forms, 报送率, quotas, coverage and draws over HTTP: who may do what, what is answered twice, what is refused."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from states.records import launch
from states.records.launch import Order

C = "/campaigns/2"
PLAN = """
key: reports
version: 1
title: 示例专项行动
begins: 2026年11月2日
ends: 2026年12月31日
requirements:
  - key: weekly
    name: 周报
    kind: report
    every: 每周五
    nil: true
    form:
      fields:
        - {key: clues, name: 线索总数, unit: 条, minimum: 0, required: true}
        - {key: own, name: 自查, minimum: 0, unit: 条}
        - {key: given, name: 转办, minimum: 0, unit: 条}
      splits: [{total: clues, parts: [own, given]}]
  - {key: talks, name: 警示教育, kind: quota, every: 每月不少于1次}
coverage: [{name: 医院, percent: 100, scope: {kinds: [医院, 中医院]}}]
sampling: [{name: 随访, of: 出院病人, percent: 10, listed: true}]
"""


@pytest.fixture
def reports(world: Any) -> Any:
    with world.store.write() as session:
        launch.launch(session, Order(PLAN, date(2026, 11, 2), {}), world.hands.at, "test")
    world.at("2026-11-05 10:00")
    world.hospital = world.key("A-H1", write=True, under="A-H1")
    world.east = world.key("A", write=True, under="A")
    return world


def owes(world: Any, code: str, requirement: str) -> int:
    found = world.get(f"{C}/obligations", params={"unit": code, "limit": 500}).json()["items"]
    return next(one["id"] for one in found if one["milestone"]["requirement"] == requirement)


def put(world: Any, key: int, body: Any, who: Any = None, **headers: str) -> Any:
    address = f"/api/v1{C}/obligations/{key}/figures"
    return world._checked(world.client.put(address, json=body, headers={**(who or world.all), **headers}))


def test_a_unit_fills_its_form_and_hands_it_in(reports: Any) -> None:
    key = owes(reports, "A-H1", "weekly")
    bad = put(reports, key, {"figures": {"clues": "二十", "own": -1}}, reports.hospital)
    assert bad.status_code == 422
    assert [one["place"] for one in bad.json()["faults"]] == ["figures.clues", "figures.own"]
    refused = reports.post(f"{C}/obligations/{key}/submit", key=reports.hospital)
    assert (refused.status_code, refused.json()["refusals"]) == (409, ["“线索总数”必填，还是空的"])
    sent = {"figures": {"clues": 3, "own": {"value": 1, "as_of": "2026-11-04"}, "given": None}}
    told = put(reports, key, sent, reports.hospital).json()
    assert told["figures"] == {
        "clues": {"value": 3, "as_of": None},
        "own": {"value": 1, "as_of": "2026-11-04"},
        "given": None,
    }
    merged = reports.post(f"{C}/obligations/{key}/figures", {"figures": {"own": None}}, key=reports.hospital)
    assert merged.json()["figures"]["clues"] == {"value": 3, "as_of": None}
    late = put(reports, key, {"figures": {"clues": 9}, "version": told["version"]}, reports.hospital)
    assert late.status_code == 409
    assert late.json()["refusals"][1:] == ["“自查”由 1（截至 2026-11-04） 改为 空白"]
    body = {"figures": {"clues": 4, "own": 3, "given": 1}}
    done = reports.post(f"{C}/obligations/{key}/submit", body, key=reports.hospital)
    assert done.json()["status"]["key"] == "accepted"
    history = reports.get(f"{C}/obligations/{key}/figures").json()["history"]
    assert [one["by"] for one in history] == ["key:A-H1"] * 3
    other = owes(reports, "B-H1", "weekly")
    assert put(reports, other, {"figures": {"clues": 1}}, reports.hospital).status_code == 403
    assert reports.post(f"{C}/obligations/{other}/nil", {"figures": {"clues": 1}}).status_code == 422


@pytest.mark.parametrize("sent", [True, False, {"value": True}])
def test_true_is_no_number(reports: Any, sent: Any) -> None:
    key = owes(reports, "A-H1", "weekly")
    address = f"{C}/obligations/{key}"
    body = {"figures": {"clues": sent}}
    answers = (put(reports, key, body), reports.post(f"{address}/figures", body))
    for bad in (*answers, reports.post(f"{address}/submit", body)):
        said = [(one["place"], "应为整数" in one["says"]) for one in bad.json()["faults"]]
        assert (bad.status_code, said) == (422, [("figures.clues", True)]), bad.json()
    versioned = reports.post(f"{address}/nil", {"version": True})
    assert (versioned.status_code, versioned.json()["faults"][0]["says"]) == (422, "应为整数")
    assert reports.get(f"{address}/figures").json()["figures"]["clues"] is None


def test_the_same_form_sent_twice_with_one_key_is_written_once(reports: Any) -> None:
    key = owes(reports, "A-H1", "weekly")
    body = {"figures": {"clues": 3}}
    first = put(reports, key, body, **{"Idempotency-Key": "k1"})
    put(reports, key, {"figures": {"clues": 5}})
    again = put(reports, key, body, **{"Idempotency-Key": "k1"})
    assert again.content == first.content
    assert reports.get(f"{C}/obligations/{key}/figures").json()["figures"]["clues"]["value"] == 5


def test_rates_and_sums_are_those_of_the_summary_and_of_the_subtree(reports: Any) -> None:
    for code, value in (("A-H1", 3), ("B-H1", 4)):
        put(reports, owes(reports, code, "weekly"), {"figures": {"clues": value}})
        reports.post(f"{C}/obligations/{owes(reports, code, 'weekly')}/submit")
    reports.at("2026-11-09 10:00")
    whole = reports.get(f"{C}/reporting").json()
    assert whole["whole"] == reports.get(f"{C}/summary").json()["reporting"]
    assert {one["code"]: one["reporting"]["missing"] for one in whole["regions"]} == {"A": 2, "B": 2}
    week = reports.get(f"{C}/reporting", params={"requirement": "weekly", "period": "2026-W45"}).json()
    assert (week["whole"]["due"], week["whole"]["rate"]) == (6, 0.3333)
    mine = reports.get(f"{C}/reporting", reports.east, params={"requirement": "weekly"}).json()
    assert {one["code"] for one in mine["regions"]} == {None, "A-H1", "A-C1"}
    assert reports.get(f"{C}/reporting", params={"period": "2020-W01"}).status_code == 404
    for who, total in ((None, "7"), (reports.east, "3")):
        item = reports.get(f"{C}/forms/sums", who, params={"period": "2026-W45"}).json()["items"][0]
        assert item["fields"][0]["total"] == total
        assert (item["fields"][1]["total"], item["fields"][1]["given"]) == (None, 0)


def test_forms_go_out_and_come_back_with_an_error_per_cell(reports: Any) -> None:
    which = {"requirement": "weekly", "period": "2026-W45"}
    out = reports.get(f"{C}/forms/export", reports.east, params=which)
    assert out.headers["content-type"].endswith("sheet")
    book = load_workbook(BytesIO(out.content))
    page = book.worksheets[0]
    lines = {page.cell(line, 1).value: line for line in range(4, page.max_row + 1)}
    assert set(lines) == {"A", "A-H1", "A-C1"}
    page.cell(lines["A-H1"], 4).value = "好几条"

    def send(**more: Any) -> Any:
        content = BytesIO()
        book.save(content)
        address = f"/api/v1{C}/forms/import"
        params = {**which, "filename": "周报.xlsx", **more}
        return reports._checked(
            reports.client.post(address, content=content.getvalue(), params=params, headers=reports.east)
        )

    tried = send().json()
    assert [one["place"] for one in tried["faults"]] == [f"周报.xlsx D{lines['A-H1']}"]
    assert send(dry_run=False).status_code == 422
    page.cell(lines["A-H1"], 4).value = 12
    assert send(dry_run=False, submit=True).json() == {
        "applied": True,
        "changed": 1,
        "unchanged": 0,
        "empty": 2,
        "handed_in": 1,
        "faults": [],
    }


def test_quotas_are_written_down_within_the_subtree_and_judged_from_above(reports: Any) -> None:
    item = {
        "unit": "A-H1",
        "requirement": "talks",
        "day": "2026-11-04",
        "says": "观看警示片",
        "place": "礼堂",
    }
    outside = {**item, "unit": "B-H1"}
    assert reports.post(f"{C}/quotas/events", {"items": [item, outside]}, key=reports.east).status_code == 422
    added = reports.post(f"{C}/quotas/events", {"items": [item]}, key=reports.hospital)
    assert added.status_code == 201
    (number,) = added.json()["added"]
    key = owes(reports, "A-H1", "talks")
    told = reports.get(f"{C}/obligations/{key}/events").json()
    assert (told["count"], told["status"]["key"], told["items"][0]["place"]) == (1, "accepted", "礼堂")
    quota = reports.get(f"{C}/quotas").json()["items"][0]
    assert (quota["least"], quota["units"], quota["met"], quota["pending"]) == (1, 6, 1, 5)
    address = f"{C}/quotas/events/{number}/withdraw"
    assert reports.post(address, {"reason": "记错"}, key=reports.hospital).status_code == 403
    back = reports.post(address, {"reason": "记错"}, key=reports.east).json()
    assert (back["count"], back["status"]["key"]) == (0, "returned")


def test_a_unit_does_not_record_itself_as_inspected(reports: Any) -> None:
    body = {"items": [{"unit": "A-H1", "day": "2026-11-04"}]}
    own = reports.post(f"{C}/coverage/reached", body, key=reports.hospital)
    assert (own.status_code, "不能登记自己已被检查" in own.text) == (403, True)
    assert reports.post(f"{C}/coverage/reached", body, key=reports.east).json() == {"added": 1}
    (found,) = reports.get(f"{C}/coverage").json()["items"]
    assert (found["reached"], found["units"], found["percent"], found["met"]) == (1, 3, 33.3, False)
    units = reports.get(f"{C}/coverage/units", reports.east, params={"target": "医院"}).json()["items"]
    assert units == [{"unit": {"code": "A-H1", "name": "示例东县人民医院"}, "day": "2026-11-04"}]
    gone = {"unit": "A-H1", "day": "2026-11-04", "reason": "没有去"}
    assert reports.post(f"{C}/coverage/reached/withdraw", gone).json() == {"removed": 1}
    assert reports.post(f"{C}/coverage/reached/withdraw", gone).status_code == 404


def test_a_draw_is_tried_kept_and_belongs_to_who_runs_the_campaign(reports: Any) -> None:
    body = {"sampling": "随访", "ids": [f"ZY-{number:03d}" for number in range(1, 21)], "seed": "0731"}
    assert reports.post(f"{C}/draws", body, key=reports.east).status_code == 403
    tried = reports.post(f"{C}/draws", body).json()
    assert (tried["id"], tried["number"], len(tried["drawn"])) == (None, 2, 2)
    unseeded = reports.post(f"{C}/draws", {**body, "seed": None}).json()
    assert (unseeded["drawn"], unseeded["digest"]) == ([], tried["digest"])
    assert reports.get(f"{C}/draws").json()["items"] == []
    made = reports.post(f"{C}/draws", {**body, "dry_run": False}).json()
    assert (made["drawn"], made["repeats"], made["ids"]) == (tried["drawn"], True, [])
    assert reports.post(f"{C}/draws", {**body, "dry_run": False}).status_code == 409
    (kept,) = reports.get(f"{C}/draws", params={"full": True}).json()["items"]
    assert (kept["drawn"], len(kept["ids"])) == (made["drawn"], 20)
    named = reports.post(f"{C}/draws", {**body, "ids": ["王示例", "ZY-001"]})
    assert [one["place"] for one in named.json()["faults"]] == ["ids[0]"]
