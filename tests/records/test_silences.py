"""Silences: held back as decided, told afterwards only at its height, in the preview as in fact."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from one_round import cycle
from states.errors import Conflict, Faulty, Refused
from states.records import foretell, silences
from states.records.campaigns import running
from states.records.dispatch import Notice, Proposal
from states.records.respite import Silence
from states.records.rounds import Answer
from states.records.silences import Wanted

WHY = "抗洪抢险期间"


@pytest.fixture
def started(stage: Any) -> Any:
    """The report is due on Thursday 12 March; rungs on the 5th, 11th, 13th, 17th, 19th and 23rd."""
    stage.launch()
    return stage.cycle("2026-03-02 09:00")


def hush(stage: Any, until: str, now: str = "2026-03-04 10:00", **more: Any) -> Silence:
    wanted = Wanted(date.fromisoformat(until), more.pop("reason", WHY), **more)
    with stage.store.write() as session:
        return silences.impose(session, running(session, 1), wanted, stage.at(now), "王示例")


def days(stage: Any, *numbers: int) -> Any:
    return stage.cycle(*(f"2026-03-{day:02} 10:00" for day in numbers))


def rungs(stage: Any, code: str, what: str = "自查报告", role: str = "liaison") -> list[str]:
    lines = stage.lines(stage.address(role, code))
    return [rung for rung, _unit, about in lines if about == what and rung != "下发"]


def states(stage: Any, code: str) -> dict[str, set[str]]:
    about = Notice.milestone_id == stage.milestone("report").id
    found: dict[str, set[str]] = {}
    for one in stage.notices(about, Notice.unit_id == stage.ids[code]):
        found.setdefault(one.name, set()).add(one.state)
    return found


def test_of_what_was_held_back_only_the_highest_rung_is_told_and_the_rest_is_recorded(started) -> None:
    hush(started, "2026-03-17", unit="R1-H1")
    days(started, 5, 11, 13, 17)
    assert rungs(started, "R1-H1") == []
    assert rungs(started, "R1-H2") == ["提醒", "再提醒", "催办"]
    assert states(started, "R1-H1") == {name: {"held"} for name in ("提醒", "再提醒", "催办", "督促")}
    days(started, 18)
    assert rungs(started, "R1-H1") == []  # the highest is for the deputy leader alone
    assert rungs(started, "R1-H1", role="deputy_leader") == ["督促"]
    assert states(started, "R1-H1") == {
        "提醒": {"skipped"},
        "再提醒": {"skipped"},
        "催办": {"skipped"},
        "督促": {"mailed"},
    }
    (line,) = started.journal("silence.flushed")
    assert line.payload["skipped"] >= 4


@pytest.mark.parametrize(
    ("more", "silent"),
    [
        ({"under": "R1"}, {"R1", "R1-H1", "R1-H2"}),
        ({"unit": "R1"}, {"R1"}),
        ({"requirement": "report"}, {"R1", "R1-H1", "R1-H2", "R2", "R2-H1", "R2-C1"}),
        ({}, {"R1", "R1-H1", "R1-H2", "R2", "R2-H1", "R2-C1"}),
    ],
)
def test_whom_a_silence_covers(started, more, silent) -> None:
    hush(started, "2026-03-31", **more)
    days(started, 5, 6, 11)
    heard = {code for code in started.participants if rungs(started, code)}
    assert heard == set(started.participants) - silent
    others = {code for code in started.participants if rungs(started, code, "问题清单")}
    assert (others != set()) == (more != {})


def test_what_was_settled_or_put_off_meanwhile_is_not_told(started) -> None:
    hush(started, "2026-03-13", under="R1")
    days(started, 5, 11, 13)
    started.act(1, "report", "R1-H1", "submit", "2026-03-13 11:00")
    days(started, 16)
    assert rungs(started, "R1-H1") == []
    assert rungs(started, "R1-H2") == ["催办"]
    assert set.union(*states(started, "R1-H1").values()) == {"withdrawn"}


def test_a_rung_with_consequences_waits_too_and_only_the_highest_is_proposed_then(started) -> None:
    hush(started, "2026-03-23", unit="R1-H1", requirement="report")
    days(started, 5, 11, 13, 17, 19, 23)
    mine = Proposal.unit_id == started.ids["R1-H1"], Proposal.milestone_id == started.milestone("report").id
    assert {one.state for one in started.rows(Proposal, *mine)} <= {"held", "superseded"}
    days(started, 24)
    assert [(one.name, one.state) for one in started.rows(Proposal, *mine)] == [
        ("约谈", "superseded"),
        ("通报", "proposed"),
    ]


def test_ended_early_it_lets_go_with_the_next_mails_and_is_over_once(started) -> None:
    hush(started, "2026-03-31", unit="R1-H1")
    days(started, 5)
    with started.store.write() as session:
        silences.end(session, running(session, 1), 1, started.at("2026-03-06 08:00"), "李示例")
    with pytest.raises(Conflict, match="已于 2026-03-06 08:00 结束"), started.store.write() as session:
        silences.end(session, running(session, 1), 1, started.at("2026-03-06 09:00"), "李示例")
    days(started, 6)
    assert rungs(started, "R1-H1") == ["提醒"]


@pytest.mark.parametrize(
    ("more", "error", "says"),
    [
        ({"reason": " "}, Refused, "静默须写明理由"),
        ({"until": "2026-03-03"}, Refused, "2026-03-03 已经过去"),
        ({"until": "2028-03-03"}, Refused, "静默最长366天"),
        ({"requirement": "none"}, Faulty, "没有“none”这项要求"),
        ({"unit": "R1", "under": "R1"}, Faulty, "只写一种"),
        ({"unit": "X"}, Faulty, "单位表中没有这个代码"),
    ],
)
def test_a_silence_that_can_not_be_is_refused_with_a_sentence(started, more, error, says) -> None:
    with pytest.raises(error, match=says):
        hush(started, **{"until": "2026-03-31", **more})


def test_what_is_foretold_under_silences_is_what_is_sent(started) -> None:
    hush(started, "2026-03-09", under="R1")
    hush(started, "2026-03-15", requirement="list")
    hush(started, "2026-03-18", unit="R2-H1")
    days(started, 5)
    told = foretell.foretell(
        started.store, started.at("2026-03-05 11:00"), started.at("2026-03-25 18:00"), started.hours
    )
    done = []
    for day in range(6, 26):
        now = started.at(f"2026-03-{day:02} 10:30")

        def send(message: Any, now: Any = now) -> Answer:
            done.append(foretell._foretold(message, now))
            return Answer("sent")

        cycle(started.store, send, now, started.hours, uuid4().hex)

    def said(found: list[Any]) -> set[Any]:
        return {(one.key, tuple(sorted(one.lines))) for one in found}

    assert said(told) == said(done)
    assert len(told) > 20
