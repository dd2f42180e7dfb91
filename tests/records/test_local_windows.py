"""A phase that ends at another time for a county: its dates, its timers, what opens later, and the figures."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from states.errors import Faulty, NotFound, Refused
from states.records import board, calendar, core, figures, laying, mass, redating
from states.records.dispatch import Notice, Timer
from states.records.laying import Laid
from states.records.reads import STATUS
from states.records.tables import LocalWindow, Milestone, Obligation
from states.workdays import published

PLAN = """
phases:
  - {key: check, name: 自查自纠, window: 3月2日-3月31日}
  - {key: mend, name: 集中整治, opens: after_previous, window: 为期2周}
requirements:
  - {key: early, name: 动员情况, phase: check, due: 3月10日前}
  - {key: report, name: 自查报告, phase: check, due: 阶段结束前3个工作日, review: true}
  - {key: end, name: 自查台账, phase: check, due: 3月31日前}
  - {key: after, name: 公示材料, phase: check, due: 4月10日前}
  - {key: weekly, name: 周报, phase: check, every: 每周五, required: false}
  - {key: mended, name: 整改报告, phase: mend, due: 阶段结束前3个工作日}
"""
WHY = "洪涝灾害"


def lay(stage: Any, code: str, until: str, now: str = "2026-03-05 10:00", **more: Any) -> Laid:
    phase, reason = more.get("phase", "check"), more.get("reason", WHY)
    with stage.store.write() as session:
        return laying.lay(
            session, more.get("campaign", 1), phase, code, until, stage.at(now), "王示例", reason
        )


@pytest.fixture
def started(stage: Any) -> Any:
    stage.launch(stage.template(PLAN, stage.ladders))
    stage.cycle("2026-03-02 09:00")
    return stage


def due(stage: Any, requirement: str, code: str, period: str = "") -> str | None:
    own = stage.owed(requirement, code, period).due_at
    return None if own is None else stage.local(own)


def test_what_hangs_on_the_end_of_the_phase_goes_with_it_for_the_county_alone(started) -> None:
    made = lay(started, "R1", "2026-04-15")
    assert [
        (one.milestone.requirement, started.local(one.after), one.obligations) for one in made.shifted
    ] == [
        ("report", "2026-04-10 18:00", 3),
        ("end", "2026-04-15 18:00", 3),
        ("weekly", "2026-04-03 18:00", 0),
        ("weekly", "2026-04-10 18:00", 0),
    ]
    assert {due(started, "report", code) for code in ("R1", "R1-H1", "R1-H2")} == {"2026-04-10 18:00"}
    assert due(started, "end", "R1-H1") == "2026-04-15 18:00"
    assert [due(started, one, "R1-H1") for one in ("early", "after")] == [None, None]
    assert [due(started, one, code) for one in ("report", "end") for code in ("R2", "R2-H1")] == [None] * 4
    assert started.local(started.milestone("report").due_at) == "2026-03-26 18:00"
    assert started.milestone("report").original_due_at == started.milestone("report").due_at


def test_a_shorter_window_brings_forward_what_lies_beyond_it(started) -> None:
    made = lay(started, "R2-H1", "2026-03-20 12:00")
    found = {
        one.milestone.requirement: started.local(one.after)
        for one in made.shifted
        if not one.milestone.period
    }
    assert found == {"report": "2026-03-17 18:00", "end": "2026-03-20 12:00"}
    assert due(started, "after", "R2-H1") is None


def test_each_has_rungs_of_its_own_and_no_others(started) -> None:
    lay(started, "R1", "2026-04-15")
    key = started.owed("end", "R1-H1").local_id
    rungs = {one.rung: started.local(one.fire_at) for one in started.timers(Timer.local_id == key)}
    assert rungs[1] == "2026-04-08 09:00"  # seven days before 15 April
    assert len(rungs) == 6
    started.cycle(*(f"2026-{day} 10:00" for day in ("03-24", "03-30", "04-01", "04-08", "04-14")))
    told = {
        (one.name, one.unit_id) for one in started.notices(Notice.milestone_id == started.milestone("end").id)
    }
    mine = {name for name, unit in told if unit == started.ids["R1-H1"]}
    theirs = {name for name, unit in told if unit == started.ids["R2-H1"]}
    assert mine == {"提醒", "再提醒"}
    assert "催办" in theirs


def test_a_journal_line_each_names_author_reason_and_both_dates(started) -> None:
    lay(started, "R1", "2026-04-15")
    lines = started.journal("obligation.redated")
    assert len(lines) == 6
    line = next(one for one in lines if one.payload == {"obligation": started.owed("end", "R1-H1").id})
    assert (line.actor, line.reason, line.unit_id) == ("王示例", WHY, started.ids["R1-H1"])
    assert (line.before, line.after) == ("2026-03-31T10:00:00+00:00", "2026-04-15T10:00:00+00:00")
    (whole,) = started.journal("phase.window")
    assert whole.payload == {"phase": "check", "name": "自查自纠", "obligations": 6}
    lay(started, "R1", "2026-04-20", "2026-03-06 10:00", reason="续延")
    again = [one for one in started.journal("obligation.redated") if one.reason == "续延"]
    assert ("2026-04-15T10:00:00+00:00", "2026-04-20T10:00:00+00:00") in {
        (one.before, one.after) for one in again
    }
    row = started.one(LocalWindow)
    assert (row.reason, row.author) == ("续延", "王示例")


def test_trying_it_writes_nothing_and_counts_the_same(started) -> None:
    before = started.everything()
    with started.store.trial() as session:
        tried = laying.lay(session, 1, "check", "R1", "2026-04-15", started.at("2026-03-05 10:00"), "x", WHY)
        counted = [(one.milestone.requirement, one.after, one.obligations) for one in tried.shifted]
    assert started.everything() == before
    made = lay(started, "R1", "2026-04-15")
    assert counted == [(one.milestone.requirement, one.after, one.obligations) for one in made.shifted]


def test_the_nearest_window_counts_whichever_was_laid_first(started) -> None:
    lay(started, "R1-H1", "2026-04-08")
    lay(started, "R1", "2026-04-15")
    assert (due(started, "end", "R1-H1"), due(started, "end", "R1-H2")) == (
        "2026-04-08 18:00",
        "2026-04-15 18:00",
    )
    lay(started, "R1-H2", "2026-04-03")  # nearer and earlier than the county's
    assert due(started, "end", "R1-H2") == "2026-04-03 18:00"


def test_a_date_given_to_one_unit_after_a_return_is_put_off_but_never_brought_forward(started) -> None:
    started.act(1, "report", "R1-H1", "submit", "2026-03-26 10:00")
    started.act(1, "report", "R1-H1", "return", "2026-03-26 16:00", reason="缺附件")
    assert due(started, "report", "R1-H1") == "2026-03-31 16:00"
    lay(started, "R1", "2026-04-02", "2026-03-27 09:00")  # its report: 30 March
    assert due(started, "report", "R1-H1") == "2026-03-31 16:00"
    lay(started, "R1", "2026-04-15", "2026-03-27 10:00")
    assert due(started, "report", "R1-H1") == "2026-04-10 18:00"


def test_what_is_done_stays_as_it_was(started) -> None:
    started.act(1, "end", "R1-H1", "submit", "2026-03-04 10:00")
    made = lay(started, "R1", "2026-04-15")
    assert {one.milestone.requirement: one.obligations for one in made.shifted}["end"] == 2
    assert due(started, "end", "R1-H1") is None


def test_what_waits_for_review_has_the_date_when_it_comes_back(started) -> None:
    started.act(1, "report", "R1-H1", "submit", "2026-03-04 10:00")
    lay(started, "R1", "2026-04-15")
    started.act(1, "report", "R1-H1", "return", "2026-03-26 16:00", reason="缺附件")
    assert due(started, "report", "R1-H1") == "2026-04-10 18:00"


def test_what_opens_later_obeys_and_turns_after_a_shorter_end_are_not_owed(started) -> None:
    lay(started, "R1", "2026-03-18 12:00")
    started.cycle("2026-03-09 00:00", "2026-03-16 00:00", "2026-03-23 00:00")
    assert due(started, "weekly", "R1-H1", "2026-W11") is None  # due on Friday 13 March
    assert due(started, "weekly", "R1-H1", "2026-W12") == "2026-03-18 12:00"
    later = started.milestone("weekly", "2026-W13")
    codes = {key: code for code, key in started.ids.items()}
    owing = {codes[one.unit_id] for one in started.rows(Obligation, Obligation.milestone_id == later.id)}
    assert owing == {"R2", "R2-H1", "R2-C1"}
    key = started.owed("weekly", "R1-H1", "2026-W12").local_id
    assert {one.cycle for one in started.timers(Timer.local_id == key)} == {1}


def test_a_phase_still_to_come_can_have_its_window_already(started) -> None:
    made = lay(started, "R2", "2026-04-24", phase="mend")
    assert [(one.milestone.requirement, one.obligations) for one in made.shifted] == [("mended", 0)]
    started.cycle("2026-04-01 00:00")
    assert due(started, "mended", "R2-H1") == "2026-04-21 18:00"
    assert due(started, "mended", "R1-H1") is None


def test_turns_that_are_still_to_come_hold_nobody_whose_window_is_over(stage) -> None:
    stage.launch(stage.template(PLAN.replace(", required: false", "").replace(", review: true", "")))
    stage.cycle("2026-03-02 09:00")
    lay(stage, "R1", "2026-03-06 12:00", "2026-03-03 10:00")
    for requirement in ("early", "report", "end", "after"):
        for code in ("R1-H1", "R2-H1"):
            stage.act(1, requirement, code, "submit", "2026-03-03 11:00")
    for code in ("R1-H1", "R2-H1"):
        key = stage.owed("weekly", code, "2026-W10").id
        with stage.store.write() as session:
            from states.records import moving

            moving.act(
                session, stage.campaign(session, 1), key, "submit", stage.at("2026-03-04 10:00"), "test"
            )
    with stage.store.read() as session:
        from states.records import moving

        campaign = stage.campaign(session, 1)
        found = {code: moving.choices(session, campaign, stage.ids[code]) for code in ("R1-H1", "R2-H1")}
    said = {
        code: " ".join(one.refusals) for code, each in found.items() for one in each if one.move == "submit"
    }
    assert said["R1-H1"] == "“集中整治”阶段尚未开始"
    assert "项未办结" in said["R2-H1"]
    stage.put(core.campaign, core.campaign.c.id == 1, ord=2, state="mend")
    with stage.store.read() as session:
        made = mass.mass_move(
            session, stage.campaign(session, 1), "submit", [], stage.at("2026-03-05 10:00"), "t", dry_run=True
        )
    assert made.moved == 1


def test_units_are_behind_by_their_own_window(started) -> None:
    lay(started, "R1", "2026-04-15")
    started.cycle("2026-04-01 00:00", "2026-04-02 09:00")
    now = started.at("2026-04-02 09:00")

    def behind(words: str) -> set[str]:
        with started.store.read() as session:
            found = board.lagging(session, started.campaign(session, 1), started.at(words))
            tally = figures.tally(session, started.campaign(session, 1), started.at(words))
        names = {one.code for one in found if one.behind}
        assert tally.behind == len(names)
        return names

    assert behind("2026-04-02 09:00") == {"R2", "R2-H1", "R2-C1"}
    assert behind("2026-04-16 09:00") == set(started.participants)
    assert now > started.milestone("end").due_at


def test_a_shorter_window_makes_behind_and_overdue_before_the_others(started) -> None:
    lay(started, "R2", "2026-03-20 12:00")
    now = started.at("2026-03-21 09:00")
    with started.store.write() as session:
        campaign = started.campaign(session, 1)
        campaign.row.ord, campaign.row.state = 2, "mend"
        session.add(campaign.row)
    with started.store.read() as session:
        campaign = started.campaign(session, 1)
        found = {one.code: one for one in board.lagging(session, campaign, now)}
        worst = figures.tally(session, campaign, now).worst
    assert {code for code, one in found.items() if one.behind} == {"R2", "R2-H1", "R2-C1"}
    assert found["R2-H1"].overdue == found["R1-H1"].overdue + 2
    assert dict(worst)["示例乙县人民医院"] == found["R2-H1"].overdue


def test_the_status_of_a_unit_knows_its_own_window(started) -> None:
    from states.records.prepared import Driver

    lay(started, "R1", "2026-04-15")
    driver = Driver(started.store)
    place = [str(one) for one in ("R1-H1", "R2-H1")]
    try:
        closes = [{row[16] for row in driver.rows(STATUS, code=code)} for code in place]
    finally:
        driver.close()
    assert [{started.local(at) for at in each} for each in closes] == [
        {"2026-04-15 18:00"},
        {"2026-03-31 18:00"},
    ]


def test_the_preview_of_a_calendar_names_the_dates_of_single_places_as_they_will_be(started) -> None:
    lay(started, "R1", "2026-04-15")
    days = {day: works for day, works in published()[0].items() if day.year == 2026}
    now = started.at("2026-03-06 10:00")
    with started.store.write() as session:
        calendar.load_year(
            session, 2026, {**days, date(2026, 4, 14): False, date(2026, 3, 27): False}, "示例", now
        )
        found = redating.changes(session, now)
        assert [
            (one.name, one.place, started.local(one.before), started.local(one.after)) for one in found
        ] == [
            ("自查报告", None, "2026-03-26 18:00", "2026-03-25 18:00"),
            ("自查报告", "示例甲县卫生健康局", "2026-04-10 18:00", "2026-04-09 18:00"),
        ]
        assert redating.apply(session, now, "test") == found
        assert redating.changes(session, now) == []
    assert (due(started, "report", "R1-H1"), due(started, "report", "R2-H1")) == ("2026-04-09 18:00", None)


def test_dates_that_a_window_gave_follow_the_calendar_and_nobodys_own(started) -> None:
    lay(started, "R1", "2026-04-15")
    started.act(1, "report", "R1-H2", "submit", "2026-04-09 10:00")
    started.act(1, "report", "R1-H2", "return", "2026-04-10 16:00", reason="缺附件")
    own = due(started, "report", "R1-H2")
    days = {day: works for day, works in published()[0].items() if day.year == 2026}
    now = started.at("2026-03-06 10:00")
    with started.store.write() as session:
        calendar.load_year(session, 2026, {**days, date(2026, 4, 14): False}, "示例", now)
        redating.apply(session, now, "test")
    assert due(started, "report", "R1-H1") == "2026-04-09 18:00"
    assert due(started, "report", "R1-H2") == own == "2026-04-15 16:00"


@pytest.mark.parametrize(
    ("code", "until", "more", "says"),
    [
        ("R1", "2026-04-15", {"reason": " "}, "另定期限须写明理由"),
        ("R1", "2026-03-04", {}, "2026-03-04 18:00已经过去，请写今后的日期"),
        ("R1", "2026-03-31", {"phase": "mend"}, "“集中整治”阶段2026-04-01才开始，不能在此之前结束"),
        (
            "R1",
            "2026-03-08",
            {"now": "2026-03-06 10:00"},
            "“自查报告”的期限会成为2026-03-04 18:00，已经过去，请写更晚的日期",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    started, code: str, until: str, more: dict[str, str], says: str
) -> None:
    before = started.everything()
    with pytest.raises(Refused) as refused:
        lay(started, code, until, **more)
    assert says in refused.value.refusals
    assert started.everything() == before


def test_a_unit_of_somebody_else_a_phase_or_a_date_that_is_none(started) -> None:
    with pytest.raises(NotFound, match="没有“chek”这个阶段；已有的有 check、mend"):
        lay(started, "R1", "2026-04-15", phase="chek")
    with pytest.raises(Faulty, match="单位表中没有这个代码"):
        lay(started, "R9", "2026-04-15")
    with pytest.raises(Faulty, match="不是确定的日期"):
        lay(started, "R1", "__月__日前")
    started.launch(started.template(PLAN), owner="R1")
    with pytest.raises(Refused, match="示例乙县卫生健康局不属示例甲县卫生健康局管辖"):
        lay(started, "R2", "2026-04-15", campaign=2)


def owing(stage: Any, period: str) -> set[str]:
    """Who owes a weekly report."""
    codes = {key: code for code, key in stage.ids.items()}
    (key,) = [one.id for one in stage.rows(Milestone, Milestone.period == period)]
    return {codes[one.unit_id] for one in stage.rows(Obligation, Obligation.milestone_id == key)}


def test_periodic_reports_go_on_until_the_end_of_a_longer_window_for_its_units_alone(started) -> None:
    words = "、".join(f"周报（2026年第{week}周）" for week in (14, 15))
    assert lay(started, "R1", "2026-04-15").notes == (laying.GOES_ON.format(words),)
    lay(started, "R1-H2", "2026-04-05")
    started.cycle("2026-03-30 00:00", "2026-04-06 00:00", "2026-04-13 00:00")
    assert owing(started, "2026-W13") == set(started.participants)
    assert owing(started, "2026-W14") == {"R1", "R1-H1", "R1-H2"}
    assert owing(started, "2026-W15") == {"R1", "R1-H1"}
    assert started.milestone("weekly", "2026-W15").expected == 2
    assert due(started, "weekly", "R1-H1", "2026-W15") == "2026-04-10 18:00"
    assert started.rows(Milestone, Milestone.period == "2026-W16") == []
    told = started.cycle("2026-04-09 09:00").notices(
        Notice.milestone_id == started.milestone("weekly", "2026-W15").id, Notice.kind == "rung"
    )
    assert {(one.name, one.unit_id) for one in told} == {
        ("再提醒", started.ids[code]) for code in ("R1", "R1-H1")
    }


def test_a_window_that_is_shortened_again_takes_the_turns_back_that_nobody_was_asked_for(started) -> None:
    lay(started, "R1", "2026-04-25")
    assert len(started.rows(Milestone, Milestone.local)) == 4
    lay(started, "R1", "2026-04-11", "2026-03-06 10:00")
    assert {one.period for one in started.rows(Milestone, Milestone.local)} == {"2026-W14", "2026-W15"}
    dropped = [one.payload["name"] for one in started.journal("milestone.dropped")]
    assert dropped == ["周报（2026年第16周）", "周报（2026年第17周）"]


def test_turns_that_go_on_hold_their_units_in_the_phase_and_no_others(stage) -> None:
    from states.records import moving

    stage.launch(stage.template(PLAN.replace(", required: false", "").replace(", review: true", "")))
    stage.cycle("2026-03-02 09:00", *(f"2026-03-{day:02} 00:00" for day in (9, 16, 23, 30)))
    lay(stage, "R1", "2026-04-10", "2026-03-30 10:00")
    turns = [one.period for one in stage.rows(Milestone, Milestone.requirement == "weekly") if not one.local]
    for code in ("R1-H1", "R2-H1"):
        for requirement, period in [
            *(("weekly", one) for one in turns),
            *((one, "") for one in ("early", "report", "end", "after")),
        ]:
            key = stage.owed(requirement, code, period).id
            with stage.store.write() as session:
                moving.act(
                    session, stage.campaign(session, 1), key, "submit", stage.at("2026-03-30 11:00"), "t"
                )
    stage.cycle("2026-04-01 00:00", "2026-04-06 00:00")
    assert {code: stage.run(code).state for code in ("R1-H1", "R2-H1")} == {"R1-H1": "check", "R2-H1": "mend"}


def test_turns_that_everybody_has_by_a_later_version_are_shared_out(started) -> None:
    from states.records import renewed
    from states.records.renewing import Version

    lay(started, "R1", "2026-04-15")
    started.cycle("2026-04-01 00:00", "2026-04-06 00:00")
    assert owing(started, "2026-W15") == {"R1", "R1-H1", "R1-H2"}
    longer = PLAN.replace("3月2日-3月31日", "3月2日-4月30日")
    text = started.template(longer, started.ladders).replace("version: 1", "version: 2")
    with started.store.write() as session:
        renewed.renew(session, 1, Version(text, recompute=("report",)), started.at("2026-04-06 10:00"), "t")
    started.cycle("2026-04-06 11:00")
    assert owing(started, "2026-W15") == set(started.participants)
