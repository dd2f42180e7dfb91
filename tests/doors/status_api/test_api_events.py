"""Events over HTTP: what is waited for, what follows when it happens, tried first."""

from __future__ import annotations

from typing import Any

import pytest

PLAN = """
key: events
version: 1
title: 示例转办
requirements:
  - {key: answer, name: 转办答复, due: 收到转办之日起3个工作日内}
  - {key: fixed, name: 报告, due: 启动后20日内}
"""


@pytest.fixture
def answering(world: Any) -> Any:
    assert world.post("/campaigns", {"text": PLAN, "start": "2026-11-02"}).status_code == 201
    return world


def record(world: Any, **body: Any) -> Any:
    return world.post("/campaigns/2/events", {"event": "收到转办", **body})


def due(world: Any) -> dict[str, str | None]:
    rows = world.get("/campaigns/2").json()["milestones"]
    return {one["requirement"]: (one["due"], one["event"]) for one in rows}


def test_an_event_gives_dates_to_what_counts_from_it(answering: Any) -> None:
    assert answering.get("/campaigns/2/events").json() == {
        "campaign": 2,
        "items": [
            {"name": "收到转办", "at": None, "first_at": None, "milestones": ["转办答复"], "below": []}
        ],
    }
    assert due(answering)["answer"] == (None, "收到转办")
    answering.at("2026-11-05 10:00")
    made = record(answering, at="2026-11-04T16:00:00+08:00", reason="转办函").json()
    ((dated,), made["dated"]) = (made["dated"], [])
    assert made == {
        "campaign": 2,
        "dry_run": False,
        "name": "收到转办",
        "under": None,
        "at": "2026-11-04T16:00:00+08:00",
        "before": None,
        "dated": [],
    }
    assert (dated["name"], dated["before"], dated["after"], dated["units"]) == (
        "转办答复",
        None,
        "2026-11-09T18:00:00+08:00",
        6,
    )
    assert due(answering) == {
        "answer": ("2026-11-09T18:00:00+08:00", "收到转办"),
        "fixed": ("2026-11-22T18:00:00+08:00", None),
    }
    (told,) = answering.get("/campaigns/2/events").json()["items"]
    assert (told["at"], told["first_at"]) == ("2026-11-04T16:00:00+08:00", "2026-11-04T16:00:00+08:00")


def test_a_dry_run_shows_the_same_and_changes_nothing(answering: Any) -> None:
    before = answering.get("/campaigns/2").json()
    tried = record(answering, dry_run=True).json()
    assert tried["dry_run"] is True
    assert [one["name"] for one in tried["dated"]] == ["转办答复"]
    assert answering.get("/campaigns/2").json() == before
    assert record(answering).json()["dated"] == tried["dated"]


def test_twice_or_unknown_or_at_no_instant_is_refused(answering: Any) -> None:
    assert record(answering).status_code == 200
    twice = record(answering, at="2026-11-01T10:00:00+08:00")
    assert (twice.status_code, twice.json()["refusals"][0].split("；")[0]) == (
        409,
        "“收到转办”已记录在 2026-11-02 09:00",
    )
    assert record(answering, at="2026-11-01T10:00:00+08:00", again=True).status_code == 200
    assert answering.post("/campaigns/2/events", {"event": "收到通知"}).status_code == 422
    assert record(answering, at="2026-11-01T10:00:00", again=True).status_code == 422


def test_only_who_holds_the_whole_campaign_records_its_events(answering: Any) -> None:
    east = answering.key("east", write=True, under="A")
    reader = answering.key("reader", write=False)
    for key in (east, reader):
        answer = answering.post("/campaigns/2/events", {"event": "收到转办"}, key)
        assert answer.status_code == 403, answer.text
    assert answering.get("/campaigns/2/events", east).status_code == 200


def test_an_event_of_one_unit_dates_what_it_owes_and_is_listed_with_it(answering: Any) -> None:
    places = [one["unit"]["code"] for one in answering.get("/campaigns/2/units").json()["items"]]
    tried = record(answering, under=places[0], dry_run=True).json()
    assert answering.get("/campaigns/2/events").json()["items"][0]["below"] == []
    made = record(answering, under=places[0]).json()
    assert made["dated"] == tried["dated"]
    assert (made["under"]["code"], due(answering)["answer"]) == (places[0], (None, "收到转办"))
    (kept,) = answering.get("/campaigns/2/events").json()["items"][0]["below"]
    assert (kept["unit"]["code"], kept["at"]) == (places[0], made["at"])
    assert record(answering, under="nowhere").status_code == 422
