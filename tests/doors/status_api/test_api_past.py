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
