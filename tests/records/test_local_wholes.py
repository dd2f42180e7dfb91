"""A plan without phases ends at another time for a county: what hangs on its end goes with it, there alone."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources
from typing import Any

import pytest

from states.errors import Faulty, Refused
from states.records import foretell, laying, levels, prolonging
from states.records.laying import Laid
from states.records.levels import Adoption
from states.records.prolonging import Amount
from states.records.tables import LocalWindow, Milestone, Obligation

PLAN = """
begins: 自3月2日
ends: 至4月30日
requirements:
  - {key: clear, name: 到期线索清零, due: 行动期间}
  - {key: report, name: 总结报告, due: 行动结束前3个工作日}
  - {key: early, name: 工作方案, due: 3月20日前}
  - {key: weekly, name: 调度, every: 一周一调度, required: false}
"""
WHY = "洪涝灾害"
NOW = "2026-03-05 10:00"


def lay(
    stage: Any, code: str, until: str, now: str = NOW, phase: str | None = None, campaign: int = 1
) -> Laid:
    with stage.store.write() as session:
        return laying.lay(session, campaign, phase, code, until, stage.at(now), "王示例", WHY)


@pytest.fixture
def started(stage: Any) -> Any:
    stage.launch(stage.template(PLAN, stage.ladders))
    return stage.cycle("2026-03-02 09:00")


def due(stage: Any, requirement: str, code: str, period: str = "") -> str:
    """When it is due for a unit."""
    own, common = stage.owed(requirement, code, period), stage.milestone(requirement, period)
    return str(stage.local(own.due_at or common.due_at))


def owing(stage: Any, period: str) -> set[str]:
    codes = {key: code for code, key in stage.ids.items()}
    about = stage.milestone("weekly", period)
    return {codes[one.unit_id] for one in stage.rows(Obligation, Obligation.milestone_id == about.id)}


def moved(stage: Any, made: Laid) -> Iterable[tuple[str, str, int]]:
    return [
        (f"{one.milestone.requirement}{one.milestone.period}", stage.local(one.after), one.obligations)
        for one in made.shifted
    ]


def test_what_counts_from_the_end_goes_with_it_and_reports_go_on_for_the_county_alone(started: Any) -> None:
    made = lay(started, "R1", "2026-05-15")
    assert moved(started, made) == [
        ("report", "2026-05-12 18:00", 3),  # Friday 15 May less three working days
        ("clear", "2026-05-15 18:00", 3),
        ("weekly2026-W18", "2026-05-03 18:00", 0),  # no longer cut short by 30 April
        ("weekly2026-W19", "2026-05-10 18:00", 0),
        ("weekly2026-W20", "2026-05-15 18:00", 0),
    ]
    assert made.notes == (laying.GOES_ON.format("调度（2026年第19周）、调度（2026年第20周）"),)
    found = {(one, code): due(started, one, code) for one in ("clear", "early") for code in ("R1-H1", "R2")}
    assert found == {
        ("clear", "R1-H1"): "2026-05-15 18:00",
        ("clear", "R2"): "2026-04-30 18:00",
        ("early", "R1-H1"): "2026-03-20 18:00",
        ("early", "R2"): "2026-03-20 18:00",
    }
    started.cycle("2026-04-27 00:00", "2026-05-04 00:00")
    assert (owing(started, "2026-W18"), owing(started, "2026-W19")) == (
        set(started.participants),
        {"R1", "R1-H1", "R1-H2"},
    )
    assert due(started, "weekly", "R2", "2026-W18") == "2026-04-30 18:00"
    assert due(started, "weekly", "R1", "2026-W18") == "2026-05-03 18:00"


def test_a_shorter_one_brings_forward_and_asks_for_no_more_turns(started: Any) -> None:
    made = lay(started, "R2-H1", "2026-04-17")
    assert moved(started, made) == [
        ("weekly2026-W16", "2026-04-17 18:00", 0),
        ("report", "2026-04-14 18:00", 1),
        ("clear", "2026-04-17 18:00", 1),
    ]
    assert made.notes == (laying.NO_MORE.format("调度（2026年第17周）、调度（2026年第18周）"),)
    started.cycle("2026-04-13 00:00", "2026-04-20 00:00")
    assert owing(started, "2026-W16") - owing(started, "2026-W17") == {"R2-H1"}


def test_the_dry_run_says_the_same_writes_nothing_and_the_journal_says_who_and_why(started: Any) -> None:
    before = started.everything()
    with started.store.trial() as session:
        tried = laying.lay(session, 1, None, "R1", "2026-05-15", started.at(NOW), "x", WHY)
        said = moved(started, tried)
    assert started.everything() == before
    assert moved(started, lay(started, "R1", "2026-05-15", phase="run")) == said
    (line,) = started.journal("phase.window")
    assert (line.actor, line.reason, line.payload["phase"], line.payload["obligations"]) == (
        "王示例",
        WHY,
        "run",
        6,
    )
    assert {one.reason for one in started.journal("obligation.redated")} == {WHY}


def test_what_is_foretold_is_what_is_sent(started: Any) -> None:
    lay(started, "R1", "2026-05-15")
    lay(started, "R1-H1", "2026-04-17")
    since, until = started.at("2026-04-08 09:00"), started.at("2026-05-20 18:00")
    started.cycle("2026-04-08 08:00")
    told = foretell.foretell(started.store, since, until, started.hours)
    sent = foretell.run_through(started.store, since, until, started.hours)
    assert [(one.key, one.at, one.lines) for one in told] == [(one.key, one.at, one.lines) for one in sent]
    pressed = {
        (str(started.local(one.at)), line[1])
        for one in sent
        for line in one.lines
        if line[0] == "催办" and "到期线索清零" in line[2] and line[1] != "示例市卫生健康委员会"
    }
    assert pressed == {
        ("2026-04-20 09:00", "示例甲县人民医院"),  # Friday 17 April and a working day
        *(("2026-05-06 09:00", f"示例乙县{name}") for name in ("卫生健康局", "人民医院", "惠民诊所")),
        *(("2026-05-18 09:00", f"示例甲县{name}") for name in ("卫生健康局", "中医院")),
    }


def test_the_sixty_days_of_a_district_end_later_for_a_unit(stage: Any) -> None:
    text = (resources.files("states") / "templates" / "district-sixty-days.yaml").read_text("utf-8")
    stage.launch(text, fills={"begins": "2026-03-02", "ends": "2026-04-30"})
    stage.cycle("2026-03-02 09:00")
    made = lay(stage, "R1-H1", "2026-05-08")
    assert moved(stage, made) == [("clear-clues", "2026-05-08 18:00", 1)]
    assert made.notes == (), "一周一调度 is of the office above, which ends when everybody does"
    assert due(stage, "clear-clues", "R1-H2") == "2026-04-30 18:00"


def test_a_plan_that_never_ends_has_its_reports_where_a_county_has_an_end(stage: Any) -> None:
    text = "requirements:\n  - {key: weekly, name: 周报, every: 每周五}"
    stage.launch(stage.template(text, stage.ladders))
    stage.cycle("2026-03-02 09:00")
    assert stage.rows(Milestone) == []
    made = lay(stage, "R1", "2026-03-20")
    assert [one[0] for one in moved(stage, made)] == ["weekly2026-W10", "weekly2026-W11", "weekly2026-W12"]
    stage.cycle("2026-03-09 00:00")
    assert owing(stage, "2026-W11") == {"R1", "R1-H1", "R1-H2"}


def test_where_nothing_hangs_on_the_end_it_is_said(stage: Any) -> None:
    stage.launch(stage.template("requirements:\n  - {key: early, name: 工作方案, due: 3月20日前}"))
    stage.cycle("2026-03-02 09:00")
    made = lay(stage, "R1", "2026-05-15")
    assert (made.shifted, made.notes) == ((), (laying.UNMOVED,))


def test_the_campaign_is_extended_and_the_county_with_it(started: Any) -> None:
    lay(started, "R1", "2026-05-15")
    lay(started, "R2-H1", "2026-04-17")
    with started.store.write() as session:
        campaign = started.campaign(session, 1)
        amount = Amount("10d", started.at("2026-04-01 00:00").date(), "顺延")
        prolonging.prolong(session, campaign, amount, started.at("2026-03-06 10:00"), "test")
    ends = [started.local(one.closes_at)[:10] for one in started.rows(LocalWindow)]
    assert ends == ["2026-05-25", "2026-04-27"]
    assert [due(started, "clear", code) for code in ("R1-H1", "R2-H1", "R2")] == [
        "2026-05-25 18:00",
        "2026-04-27 18:00",
        "2026-05-10 18:00",
    ]


@pytest.mark.parametrize(
    ("until", "dates", "last"),
    [
        ("2026-05-15", ("2026-05-12", "2026-05-08"), "2026-W20"),  # Saturday 9 May is worked
        ("2026-04-17", ("2026-04-14", "2026-04-09"), "2026-W16"),
    ],
)
def test_a_campaign_below_ends_when_its_owner_does(
    started: Any, until: str, dates: tuple[str, str], last: str
) -> None:
    lay(started, "R1", until)
    with started.store.write() as session:
        wanted = Adoption("R1", past="keep")
        child = levels.adopt(session, 1, wanted, started.at("2026-03-06 10:00"), "test")
    below = started.rows(Milestone, Milestone.campaign_id == child)
    found = {one.requirement: started.local(one.due_at)[:10] for one in below if not one.period}
    assert found == {"clear": dates[0], "report": dates[1], "early": "2026-03-17"}
    assert max(one.period for one in below) == last


def test_a_plan_with_phases_wants_one_named_and_a_day_before_the_beginning_is_refused(stage: Any) -> None:
    stage.launch(stage.template())
    with pytest.raises(Faulty, match="请写明阶段；有的是 check、mend、sum"):
        lay(stage, "R1", "2026-05-15")
    stage.launch(stage.template(PLAN.replace("3月2日", "4月2日")), past="keep")
    with pytest.raises(Refused, match="行动2026-04-02才开始，不能在此之前结束"):
        lay(stage, "R1", "2026-03-20", campaign=2)
