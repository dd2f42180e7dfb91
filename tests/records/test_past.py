"""A past moment is told as it was seen then, from the journal alone."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from states.errors import Faulty, NotAllowed
from states.records import campaigning, past
from states.records.access import Scope

ALL = Scope(1, "all", False, None, None)
LATER = "2026-06-01 10:00"
MOMENTS = (
    *("2026-03-02 08:30", "2026-03-04 12:00", "2026-03-10 10:00", "2026-03-12 09:30", "2026-03-16 00:00"),
    *("2026-03-17 10:00", "2026-03-20 10:00", "2026-03-30 00:00", "2026-04-01 10:00"),
)


def lived(stage, **launched: Any) -> dict[str, tuple[str, dict[str, str]]]:
    """Moment → (state of the campaign, state of each unit), looked at while it went on."""
    key = stage.launch(**launched)
    seen = {}
    for moment in MOMENTS:
        if moment == "2026-03-10 10:00":
            for requirement in ("report", "list"):
                stage.act(key, requirement, "R1-H1", "submit", moment)
            stage.move(key, "R2-C1", "exempt", moment, reason="已停业")
        if moment == "2026-03-12 09:30":
            stage.move(key, "R2", "suspend", moment)
        if moment == "2026-03-17 10:00":
            stage.move(key, "R2", "resume", moment)
            stage.move(key, "R1", "override", moment, reason="另行安排")
        if moment == "2026-03-20 10:00":
            with stage.store.write() as session:
                campaigning.move(session, key, "suspend", stage.at(moment), "test")
        if moment == "2026-04-01 10:00":
            with stage.store.write() as session:
                campaigning.move(session, key, "resume", stage.at(moment), "test")
        stage.cycle(moment)
        with stage.store.read() as session:
            seen[moment] = (stage.campaign(session, key).row.state, stage.states(key))
    return seen


def told(stage, moment: str, key: int = 1) -> tuple[dict[str, Any], dict[str, Any]]:
    words = stage.at(moment).isoformat()
    with stage.store.read() as session:
        summed = past.summary(session, ALL, key, words, stage.at(LATER))
        each = {
            code: past.status(session, ALL, code, words, stage.at(LATER), stage.hours.zone)
            for code in stage.participants
        }
    return summed, each


@pytest.mark.parametrize("launched", [{}, {"start": "2026-03-04", "now": "2026-03-02 08:30"}])
def test_every_past_moment_is_told_as_it_was_seen_then(stage, launched) -> None:
    seen = lived(stage, **launched)
    assert len({state for state, _ in seen.values()}) >= 3
    assert len({tuple(sorted(states.items())) for _, states in seen.values()}) >= 4
    for moment, (campaign, states) in seen.items():
        summed, each = told(stage, moment)
        assert summed["campaign"]["state"]["key"] == campaign
        assert {one["state"]: one["units"] for one in summed["states"]} == Counter(states.values())
        assert summed["units"] == 6
        for code, state in states.items():
            (one,) = each[code]["campaigns"]
            key, _, at = state.partition(".")
            assert (one["state"]["key"], one["state"]["stage"]) == (key, at or None), (moment, code)
            assert one["campaign"]["state"]["key"] == campaign


def test_since_is_the_move_that_led_there_and_not_a_later_one(stage) -> None:
    lived(stage)
    _, each = told(stage, "2026-03-13 10:00")
    assert each["R2"]["campaigns"][0]["state"]["since"] == "2026-03-12T09:30:00+08:00"
    assert each["R1"]["campaigns"][0]["state"]["since"] == "2026-03-02T08:30:00+08:00"


def test_a_mere_day_is_meant_to_its_end(stage) -> None:
    lived(stage)
    with stage.store.read() as session:
        found = past.summary(session, ALL, 1, "2026-03-10", stage.at(LATER))
    assert found["as_of"] == "2026-03-10T23:59:59+08:00"
    assert {one["state"]: one["units"] for one in found["states"]}["exempt"] == 1


def test_the_answer_stays_the_same_whatever_happens_later(stage) -> None:
    lived(stage)
    before = told(stage, "2026-03-16 00:00")
    stage.move(1, "R1-H2", "exempt", "2026-04-02 10:00", reason="已停业")
    stage.cycle("2026-04-13 09:00")
    assert told(stage, "2026-03-16 00:00") == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("昨天", "看不懂"),
        ("2026-13-01", "看不懂"),
        ("9999-12-31", "看不懂"),
        ("2026-03-10T10:00:00", "没有写明时区"),
        ("2026-03-10T10:00:00 08:00", "看不懂"),
        ("2026-06-01", "须在一小时以前"),
        ("2026-06-01T09:30:00+08:00", "须在一小时以前"),
        ("2026-03-01", "才启动"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(stage, words, says) -> None:
    stage.launch()
    with stage.store.read() as session, pytest.raises(Faulty, match=says):
        past.summary(session, ALL, 1, words, stage.at(LATER))


def test_an_hour_is_the_least(stage) -> None:
    at = stage.at(LATER)
    assert past.moment((at - timedelta(hours=1)).isoformat(), at, stage.hours.zone) == at - timedelta(hours=1)


def test_a_campaign_that_had_not_begun_is_not_told_of(stage) -> None:
    lived(stage)
    stage.launch(start="2026-04-20", now="2026-04-20 08:30", title="另一个")
    _, each = told(stage, "2026-04-01 10:00")
    assert [one["campaign"]["id"] for one in each["R1"]["campaigns"]] == [1]


def test_a_key_sees_of_the_past_what_it_sees_of_the_present(stage) -> None:
    lived(stage)
    stage.launch(start="2026-03-02", past="keep", now="2026-03-03 08:30", title="另一个")
    mine = Scope(2, "part", False, f"/{stage.ids['R']}/{stage.ids['R1']}/", frozenset({1}))
    words, now = "2026-03-10", stage.at(LATER)
    with stage.store.read() as session:
        assert past.summary(session, mine, 1, words, now)["units"] == 3
        seen = past.status(session, mine, "R1-H1", words, now, stage.hours.zone)
        assert [one["campaign"]["id"] for one in seen["campaigns"]] == [1]
        with pytest.raises(NotAllowed):
            past.summary(session, mine, 2, words, now)
        with pytest.raises(NotAllowed):
            past.status(session, mine, "R2-H1", words, now, stage.hours.zone)
