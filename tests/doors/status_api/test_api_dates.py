"""Dates given over HTTP and on the command line's own terms: tried first, within the key's scope."""

from __future__ import annotations

from typing import Any

import pytest

PLAN = """
key: undated
version: 1
title: 示例调度
requirements:
  - {key: meeting, name: 调度会议}
"""


@pytest.fixture
def undated(world: Any) -> Any:
    assert world.post("/campaigns", {"text": PLAN, "start": "2026-11-02"}).status_code == 201
    return world


def due(world: Any) -> str | None:
    (one,) = world.get("/campaigns/2").json()["milestones"]
    return one["due"]


def test_a_date_is_tried_then_given(undated: Any) -> None:
    body = {"set": {"meeting.due": "11月20日前"}, "reason": "主任办公会定"}
    tried = undated.post("/campaigns/2/dates", {**body, "dry_run": True}).json()
    assert (tried["dry_run"], due(undated)) == (True, None)
    made = undated.post("/campaigns/2/dates", body).json()
    assert made["dated"] == tried["dated"]
    assert [(one["name"], one["before"], one["after"], one["units"]) for one in made["dated"]] == [
        ("调度会议", None, "2026-11-20T18:00:00+08:00", 6)
    ]
    assert due(undated) == "2026-11-20T18:00:00+08:00"


def test_a_place_that_is_not_there_is_422_and_a_past_date_409(undated: Any) -> None:
    unknown = undated.post("/campaigns/2/dates", {"set": {"nothing.due": "11月20日前"}})
    assert unknown.status_code == 422
    past = undated.post("/campaigns/2/dates", {"set": {"meeting.due": "10月20日前"}})
    assert past.status_code == 409
    assert "调度会议" in past.json()["refusals"][0]
    assert due(undated) is None


def test_only_the_campaigns_own_side_gives_dates(undated: Any) -> None:
    body = {"set": {"meeting.due": "11月20日前"}}
    for scope in ({"write": False}, {"write": True, "under": "A"}, {"write": True, "campaigns": [1]}):
        key = undated.key("narrow", **scope)
        assert undated.post("/campaigns/2/dates", body, key).status_code == 403
    assert due(undated) is None
