"""`?as_of=` on the summary: who stood where then; what can't be told of the past is left out."""

from __future__ import annotations

from typing import Any


def test_the_summary_as_of_a_day_tells_the_states_of_then_and_only_them(world: Any) -> None:
    world.at("2026-11-10 10:00")
    before = world.get("/campaigns/1/summary").json()
    world.post("/campaigns/1/units/A-C1/moves", {"move": "exempt", "reason": "已停业", "version": 1})
    world.at("2026-12-02 10:00")
    told = world.get("/campaigns/1/summary", params={"as_of": "2026-11-09"}).json()
    assert set(told) == {"campaign", "as_of", "units", "states"}
    assert (told["as_of"], told["campaign"]) == ("2026-11-09T23:59:59+08:00", before["campaign"])
    assert (told["units"], told["states"]) == (before["units"], before["states"])
    now = world.get("/campaigns/1/summary").json()
    assert now["states"] != told["states"]
    exact = world.get("/campaigns/1/summary", params={"as_of": "2026-11-10T10:00:00+08:00"}).json()
    assert {one["state"] for one in exact["states"]} == {"self-check", "exempt"}


def test_a_past_that_is_not_over_or_not_understood_is_refused(world: Any) -> None:
    world.at("2026-11-10 10:00")
    for words in ("2026-11-10", "2027-01-01", "昨天", ""):
        answer = world.get("/campaigns/1/summary", params={"as_of": words})
        assert answer.status_code == 422, words
        assert "as_of" in answer.text


def test_an_answer_of_the_past_has_a_tag_of_its_own(world: Any) -> None:
    world.at("2026-11-20 10:00")
    first = world.get("/campaigns/1/summary", params={"as_of": "2026-11-09"})
    again = world.get(
        "/campaigns/1/summary",
        params={"as_of": "2026-11-09"},
        headers={"If-None-Match": first.headers["etag"]},
    )
    assert again.status_code == 304
    assert first.headers["etag"] != world.get("/campaigns/1/summary").headers["etag"]


def test_the_status_as_of_a_day_tells_the_state_of_then_the_same_for_ever(world: Any) -> None:
    world.at("2026-11-09 10:00")
    assert world.post("/campaigns/1/units/A-H1/moves", {"move": "suspend"}).status_code == 200
    world.at("2026-11-30 10:00")
    (then,) = world.get("/units/A-H1/status", params={"as_of": "2026-11-05"}).json()["campaigns"]
    assert then["state"]["key"] == "self-check"
    assert then["state"].get("stage") != "suspended"
    (later,) = world.get("/units/A-H1/status", params={"as_of": "2026-11-10"}).json()["campaigns"]
    assert later["state"]["stage"] == "suspended"
    world.hands.at = world.hands.at.replace(month=12)
    assert world.get("/units/A-H1/status", params={"as_of": "2026-11-05"}).json()["campaigns"] == [then]


def test_a_moment_that_cannot_be_told_is_refused_for_a_unit_too(world: Any) -> None:
    world.at("2026-11-09 10:00")
    for words in ("gestern", "2026-11-10", "2026-11-05T10:00:00"):
        answer = world.get("/units/A-H1/status", params={"as_of": words})
        assert answer.status_code == 422
        assert "as_of" in answer.text
    narrow = world.key("narrow", under="B")
    assert world.get("/units/A-H1/status", narrow, params={"as_of": "2026-11-05"}).status_code == 403


def test_the_owner_and_departments_are_never_behind(world: Any) -> None:
    """They are in it for what is theirs; the list and the status say the same."""
    world.at("2026-12-20 10:00")
    rows = world.get("/campaigns/1/units", params={"limit": 100}).json()["items"]
    listed = {one["unit"]["code"]: one["behind"] for one in rows}
    assert any(listed.values())
    told = {code: world.get(f"/units/{code}/status").json()["campaigns"][0]["behind"] for code in listed}
    assert told == listed
    assert told["S-D1"] is False
