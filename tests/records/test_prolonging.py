"""A whole campaign extended: windows and dates after a day move by the same amount, people hear of it once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from states.errors import Conflict, Faulty, Refused
from states.records import deciding, granting, laying, prolonging
from states.records.campaigns import running
from states.records.deciding import Decision
from states.records.dispatch import Notice
from states.records.granting import Request
from states.records.prolonging import Amount, Prolonged
from states.records.tables import Campaign, LocalWindow, Milestone, PhaseRow

PLAN = """
phases:
  - {key: check, name: 自查自纠, from: 2026年9月1日, until: 2026年9月30日}
  - {key: mend, name: 集中整治, from: 2026年10月8日, until: 2026年10月30日}
  - {key: sum, name: 总结提升, opens: after_previous, window: 为期2周}
requirements:
  - {key: early, name: 动员情况, phase: check, due: 9月4日前}
  - {key: report, name: 自查报告, phase: check, due: 9月25日前, review: true}
  - {key: end, name: 自查台账, phase: check, due: 阶段结束前3个工作日}
  - {key: weekly, name: 周报, phase: mend, every: 每周五, required: false}
  - {key: mended, name: 整改报告, phase: mend, due: 10月28日前}
  - {key: summary, name: 工作总结, phase: sum, due: 阶段结束前3个工作日}
"""
WHY = "全市抗洪抢险"
NOW = "2026-09-10 10:00"


@pytest.fixture
def started(stage: Any) -> Any:
    stage.launch(stage.template(PLAN, stage.ladders), start="2026-09-01")
    return stage.cycle("2026-09-01 09:00")


def prolong(stage: Any, by: str = "5wd", after: str = "2026-09-10", now: str = NOW, **more: Any) -> Prolonged:
    amount = Amount(by, date.fromisoformat(after), more.pop("reason", WHY), **more)
    with stage.store.write() as session:
        return prolonging.prolong(session, running(session, 1), amount, stage.at(now), "王示例")


def dates(stage: Any) -> dict[str, str]:
    rows = stage.rows(Milestone, Milestone.period == "", Milestone.withdrawn_at == None)  # noqa: E711
    return {one.requirement: stage.local(one.due_at) for one in rows}


def windows(stage: Any) -> dict[str, tuple[str, str]]:
    return {
        one.key: (stage.local(one.opens_at)[:10], stage.local(one.closes_at)[:10])
        for one in stage.rows(PhaseRow)
    }


def test_windows_and_dates_after_the_day_move_by_working_days_and_what_hangs_on_them_follows(started) -> None:
    made = prolong(started)
    assert windows(started) == {
        "check": (
            "2026-09-01",
            "2026-10-13",
        ),  # after the holiday the 8th, the 9th, Saturday the 10th, the 12th, the 13th
        "mend": ("2026-10-14", "2026-11-06"),
        "sum": ("2026-11-07", "2026-11-20"),
    }
    assert dates(started) == {
        "early": "2026-09-04 18:00",
        "report": "2026-10-09 18:00",
        "end": "2026-10-09 18:00",
        "mended": "2026-11-04 18:00",
        "summary": "2026-11-17 18:00",
    }
    assert started.local(started.milestone("report").original_due_at)[:10] == "2026-09-25"
    weeks = [
        started.local(one.due_at)[:10] for one in started.rows(Milestone, Milestone.requirement == "weekly")
    ]
    assert sorted(weeks) == ["2026-10-16", "2026-10-23", "2026-10-30", "2026-11-06"]
    assert [started.local(at)[:10] for at in made.ends if at] == ["2026-11-13", "2026-11-20"]
    (line,) = started.journal("campaign.extended")
    assert (line.actor, line.reason, line.payload["by"]) == ("王示例", WHY, "5wd")


def test_everybody_hears_of_it_once_and_is_reminded_of_the_new_dates(started) -> None:
    made = prolong(started)
    assert made.units == 6
    started.cycle(
        "2026-09-10 11:00", "2026-09-11 10:00", "2026-09-18 10:00", "2026-09-29 10:00", "2026-09-30 10:00"
    )
    mine = started.lines(started.address("liaison", "R1-H1"))
    told = [what for rung, _unit, what in mine if rung == "延期"]
    assert len(told) == 1
    assert told[0].startswith("行动延期：“自查自纠”阶段延至2026-10-13")
    assert "“自查报告”2026-09-25改为2026-10-09" in told[0]
    reminded = [line for line in mine if line[0] == "提醒" and line[2] == "自查报告"]
    assert len(reminded) == 1
    assert {one.state for one in started.notices(Notice.kind == "extension")} == {"mailed"}


def test_what_persons_decided_before_is_not_undercut(started) -> None:
    """A unit that was granted a later date is not left behind the others, one that may stay later stays; a date for
    all that a person decided on moves too, and so does a county's own window."""
    with started.store.write() as session:
        laying.lay(session, 1, "mend", "R2", "2026-11-20", started.at("2026-09-02 10:00"), "x", WHY)
    for code, until in (("R1-H1", "2026-09-28"), ("R1-H2", "2026-10-30")):
        with started.store.write() as session:
            campaign, key = running(session, 1), started.owed("report", code).id
            made = granting.ask(
                session, campaign, Request(key, until, WHY), started.at("2026-09-02 10:00"), "x"
            )
            deciding.decide(session, campaign, made.id, Decision(True), started.at("2026-09-02 11:00"), "y")
    prolong(started)
    own = {code: started.owed("report", code).due_at for code in ("R1-H1", "R1-H2", "R1")}
    assert {code: at and started.local(at)[:10] for code, at in own.items()} == {
        "R1-H1": "2026-10-09",
        "R1-H2": "2026-10-30",
        "R1": None,
    }
    assert started.local(started.one(LocalWindow).closes_at)[:10] == "2026-11-27"
    with started.store.write() as session:
        campaign, key = running(session, 1), started.owed("report", "R1").id
        asked = granting.ask(
            session, campaign, Request(key, "+2wd", WHY), started.at("2026-09-10 11:00"), "x"
        )
        everybody = Decision(True, whom="all")
        deciding.decide(session, campaign, asked.id, everybody, started.at("2026-09-10 12:00"), "y")
    assert dates(started)["report"] == "2026-10-12 18:00"
    prolong(started, "1w", now="2026-09-10 13:00")
    assert dates(started)["report"] == "2026-10-19 18:00"


def test_what_would_be_over_all_the_same_stays_and_what_is_overdue_may_come_back(started) -> None:
    prolong(started, "2d", after="2026-09-01")
    assert dates(started)["early"] == "2026-09-04 18:00"
    prolong(started, "10d", after="2026-09-01", now="2026-09-10 11:00")
    assert dates(started)["early"] == "2026-09-14 18:00"


def test_it_is_tried_first_and_done_once(started) -> None:
    before = started.everything()
    with started.store.trial() as session:
        amount = Amount("5wd", date(2026, 9, 10), WHY)
        tried = prolonging.prolong(session, running(session, 1), amount, started.at(NOW), "x")
        seen = (tried.phases, tried.dates, tried.units)
        version = session.exec(select(Campaign.version)).one() - 1
    assert started.everything() == before
    made = prolong(started, version=version)
    assert (made.phases, made.dates, made.units) == seen
    with pytest.raises(Conflict, match=r"刚刚有改动.*现在到2026-11-20结束"):
        prolong(started, version=version)


@pytest.mark.parametrize(
    ("more", "error", "says"),
    [
        ({"reason": " "}, Refused, "延期须写明理由"),
        ({"by": "-5wd"}, Faulty, r"\+10wd"),
        ({"by": "5h"}, Faulty, r"\+10wd"),
        ({"after": "2027-01-01"}, Refused, "2027-01-01 之后没有还未到的期限"),
    ],
)
def test_what_can_not_be_extended_is_refused_with_a_sentence(started, more, error, says) -> None:
    with pytest.raises(error, match=says):
        prolong(started, **more)
