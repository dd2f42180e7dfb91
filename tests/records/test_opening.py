"""Opening: phases and milestones come by their dates, once, in order, with one obligation per unit in scope."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from states import ladder, machine
from states.records import core, moving, opening, rounds
from states.records.columns import obligation_id
from states.records.dispatch import Notice, Timer
from states.records.tables import Campaign, Milestone, Obligation, PhaseRow, UnitRun

BY_HAND = """
phases:
  - {key: check, name: 自查自纠, window: 为期2周}
  - {key: mend, name: 集中整治, opens: by_hand, window: 为期2周, announce: [liaison]}
  - {key: sum, name: 总结提升, opens: after_previous, window: 为期2周, announce: [liaison]}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内}
  - {key: mended, name: 整改报告, phase: mend, due: 阶段开始后5日内}
  - {key: summary, name: 工作总结, phase: sum, due: 阶段结束前3个工作日}
  - {key: fixed, name: 定期材料, phase: sum, due: 12月25日前}
"""
TWO_RHYTHMS = """
phases:
  - {key: check, name: 自查自纠, window: 为期6周}
  - {key: mend, name: 集中整治, opens: by_hand, window: 3月9日-4月10日}
requirements:
  - {key: weekly, name: 周报, phase: check, every: 每周五}
  - {key: mending, name: 整治周报, phase: mend, every: 每周五}
  - {key: fixed, name: 整治材料, phase: mend, due: 3月27日前, opens: 3月10日}
"""
SCOPES = """
requirements:
  - {key: all, name: 全部, due: 启动后10日内}
  - {key: hospitals, name: 医院, due: 启动后10日内, scope: {kinds: [医院, 中医院]}}
  - {key: county, name: 甲县, due: 启动后10日内, scope: {under: [R1]}}
  - {key: named, name: 点名, due: 启动后10日内, scope: {codes: [R2, R2-C1]}}
  - {key: office, name: 办公室, due: 启动后10日内, scope: {departments: [办公室]}}
  - {key: missing, name: 规财处, due: 启动后10日内, scope: {departments: [规财处]}}
"""
WEEKLY = """
phases:
  - {key: check, name: 自查自纠, window: 为期4周}
requirements:
  - {key: weekly, name: 周报, every: 每周五, nil: true}
"""


def open_by_hand(stage, key: int, phase: str, now: str) -> None:
    with stage.store.write() as session:
        campaign = stage.campaign(session, key)
        (row,) = [one for one in stage.rows(PhaseRow, PhaseRow.campaign_id == key) if one.key == phase]
        row = session.get_one(PhaseRow, row.id)
        opening.open_phase(session, campaign, row, stage.at(now), "test")
        opening.open_all(session, campaign, stage.at(now))


def opened(stage) -> list[tuple[str, str]]:
    return [(one.key, stage.local(one.opened_at)) for one in stage.rows(PhaseRow) if one.opened_at]


def test_phases_open_on_their_days_and_the_campaign_moves_with_them(stage) -> None:
    key = stage.launch()
    stage.cycle("2026-03-15 23:59")
    assert opened(stage) == [("check", "2026-03-02 08:30")]
    stage.cycle("2026-03-16 00:00", "2026-03-30 00:01")
    assert opened(stage)[1:] == [("mend", "2026-03-16 00:00"), ("sum", "2026-03-30 00:01")]
    row = stage.one(Campaign, Campaign.id == key)
    assert (row.state, row.ord, row.version) == ("sum", 3, 4)
    moves = [(one.before, one.after) for one in stage.journal("campaign.moved")]
    assert moves == [("draft", "check"), ("check", "mend"), ("mend", "sum")]


def test_after_an_outage_everything_due_opens_in_order_in_one_go(stage) -> None:
    key = stage.launch(start="2026-03-09", now="2026-03-02 08:30")
    stage.cycle("2026-04-10 12:00")
    assert opened(stage) == [(name, "2026-04-10 12:00") for name in ("check", "mend", "sum")]
    assert [(one.before, one.after) for one in stage.journal("campaign.moved")] == [
        ("draft", "check"),
        ("check", "mend"),
        ("mend", "sum"),
    ]
    assert stage.one(Campaign, Campaign.id == key).state == "sum"
    assert stage.counted(Obligation.milestone_id) == {one.id: 6 for one in stage.rows(Milestone)}
    assert set(stage.states(key).values()) == {"check"}, "nobody has handed anything in"


def test_after_an_outage_the_dates_are_still_those_of_the_plan(stage) -> None:
    stage.launch(start="2026-03-09", now="2026-03-02 08:30")
    before = {one.requirement: one.due_at for one in stage.rows(Milestone)}
    stage.cycle("2026-04-10 12:00")
    assert {one.requirement: one.due_at for one in stage.rows(Milestone)} == before


def test_a_phase_by_hand_waits_for_a_person_and_holds_up_those_after_it(stage) -> None:
    key = stage.launch(stage.template(BY_HAND, stage.ladders))
    stage.cycle("2026-04-20 09:00", "2026-06-01 09:00")
    assert [name for name, _ in opened(stage)] == ["check"]
    assert stage.one(Campaign, Campaign.id == key).state == "check"


def test_what_belongs_to_a_phase_that_waits_is_not_handed_out_with_what_does_not(stage) -> None:
    stage.launch(stage.template(TWO_RHYTHMS, stage.ladders))
    stage.cycle("2026-03-09 09:00", "2026-03-16 09:00", "2026-03-23 09:00")
    handed_out = [one for one in stage.rows(Milestone) if one.opened_at is not None]
    waiting = [one for one in stage.rows(Milestone) if one.opens_at is not None and one.opened_at is None]
    assert {one.requirement for one in handed_out} == {"weekly"}
    assert len(handed_out) > 2
    assert {one.requirement for one in waiting if stage.local(one.opens_at) < "2026-03-23"} >= {"fixed"}


def test_what_a_person_opens_is_dated_from_that_day(stage) -> None:
    key = stage.launch(stage.template(BY_HAND, stage.ladders))
    open_by_hand(stage, key, "mend", "2026-04-13 10:00")
    assert stage.local(stage.milestone("mended").due_at) == "2026-04-18 18:00"
    assert stage.owed("mended", "R1-H1").status == "open"
    (phase,) = [one for one in stage.rows(PhaseRow) if one.key == "mend"]
    assert stage.local(phase.closes_at) == "2026-04-26 18:00"


def test_the_phase_after_one_by_hand_opens_by_itself_when_that_one_is_over(stage) -> None:
    key = stage.launch(stage.template(BY_HAND, stage.ladders))
    open_by_hand(stage, key, "mend", "2026-04-13 10:00")
    stage.cycle("2026-04-26 23:59")
    assert stage.one(Campaign, Campaign.id == key).state == "mend"
    stage.cycle("2026-04-27 00:00")
    assert stage.one(Campaign, Campaign.id == key).state == "sum"
    assert stage.local(stage.milestone("summary").due_at) == "2026-05-07 18:00"
    assert stage.owed("summary", "R1-H1").status == "open"


def test_a_phase_opened_early_takes_its_own_dates_and_those_after_it_along_and_leaves_a_trace(stage) -> None:
    key = stage.launch()
    before = {one.requirement: one.due_at for one in stage.rows(Milestone)}
    open_by_hand(stage, key, "mend", "2026-03-09 10:00")
    windows = {
        one.key: (stage.local(one.opens_at), stage.local(one.closes_at)) for one in stage.rows(PhaseRow)
    }
    assert windows["mend"] == ("2026-03-09 10:00", "2026-03-22 18:00")
    assert windows["sum"] == ("2026-03-23 00:00", "2026-04-05 18:00")
    assert stage.local(stage.milestone("mended").due_at) == "2026-03-18 18:00"
    assert stage.milestone("mended").original_due_at == before["mended"]
    assert stage.milestone("report").due_at == before["report"], "what is open already keeps its date"
    said = {one.payload["milestone"]: (one.before, one.after) for one in stage.journal("milestone.redated")}
    assert set(said) == {stage.milestone("mended").id, stage.milestone("summary").id}
    stage.cycle("2026-03-23 00:00")
    assert stage.one(Campaign, Campaign.id == key).state == "sum"


def test_periods_before_a_phase_really_opened_and_after_its_end_are_dropped_with_a_trace(stage) -> None:
    phases = "phases: [{key: check, name: 自查自纠, opens: by_hand, window: 3月2日至3月31日}]"
    weekly = "requirements: [{key: weekly, name: 周报, phase: check, every: 每周五}]"
    key = stage.launch(stage.template(phases, weekly, stage.ladders))
    assert [one.period for one in stage.rows(Milestone)] == [f"2026-W{week}" for week in range(10, 14)]
    open_by_hand(stage, key, "check", "2026-03-17 10:00")
    assert [one.period for one in stage.rows(Milestone)] == ["2026-W12", "2026-W13"]
    dropped = [one.payload["name"] for one in stage.journal("milestone.dropped")]
    assert dropped == ["周报（2026年第10周）", "周报（2026年第11周）"]
    assert stage.counted(Obligation.milestone_id) == {stage.milestone("weekly", "2026-W12").id: 6}


def test_fixed_dates_stay_where_they_are_when_a_phase_opens_at_another_time(stage) -> None:
    key = stage.launch(stage.template(BY_HAND, stage.ladders))
    before = stage.milestone("fixed").due_at
    open_by_hand(stage, key, "mend", "2026-04-13 10:00")
    assert stage.milestone("fixed").due_at == before


def test_each_milestone_is_owed_by_exactly_the_units_in_its_scope(stage) -> None:
    stage.launch(stage.template(SCOPES, stage.ladders))
    codes = {value: code for code, value in stage.ids.items()}
    owing: dict[str, set[str]] = {}
    for one in stage.rows(Milestone):
        rows = stage.rows(Obligation, Obligation.milestone_id == one.id)
        owing[one.requirement] = {codes[row.unit_id] for row in rows}
        assert one.expected == len(rows)
        assert all(row.id == obligation_id(one.id, row.unit_id) for row in rows)
    assert owing == {
        "all": set(stage.participants),
        "hospitals": {"R1-H1", "R1-H2", "R2-H1"},
        "county": {"R1", "R1-H1", "R1-H2"},
        "named": {"R2", "R2-C1"},
        "office": {"R-D1"},
        "missing": {"R"},
    }


def test_every_week_opens_one_milestone_when_the_last_one_is_over(stage) -> None:
    stage.launch(stage.template(WEEKLY, stage.ladders))
    days = [f"2026-03-{day:02} 00:00" for day in range(3, 32)]
    stage.cycle(*days)
    rows = [
        (one.period, stage.local(one.opened_at), stage.local(one.due_at), one.expected)
        for one in stage.rows(Milestone)
    ]
    assert rows == [
        ("2026-W10", "2026-03-02 08:30", "2026-03-06 18:00", 6),
        ("2026-W11", "2026-03-09 00:00", "2026-03-13 18:00", 6),
        ("2026-W12", "2026-03-16 00:00", "2026-03-20 18:00", 6),
        ("2026-W13", "2026-03-23 00:00", "2026-03-27 18:00", 6),
    ]


def test_a_unit_that_has_left_owes_nothing_new_and_one_that_is_suspended_does(stage) -> None:
    key = stage.launch()
    stage.move(key, "R1-H1", "exempt", "2026-03-03 10:00", reason="已撤并")
    stage.move(key, "R1-H2", "suspend", "2026-03-03 10:00")
    stage.cycle("2026-03-16 00:00")
    assert stage.milestone("mended").expected == 5
    assert stage.owed("mended", "R1-H2").status == "open"


def test_units_whose_phase_is_done_follow_when_the_next_one_opens_and_the_others_stay(stage) -> None:
    key = stage.launch()
    for code in ("R1", "R1-H1"):
        stage.act(key, "report", code, "submit", "2026-03-04 10:00")
        stage.act(key, "list", code, "submit", "2026-03-04 10:00")
        stage.act(key, "list", code, "accept", "2026-03-05 10:00")
    stage.cycle("2026-03-16 00:00")
    assert stage.states(key) == {
        **dict.fromkeys(stage.participants, "check"),
        "R1": "check.review",
        "R1-H1": "check.review",
    }, "a phase with review is left by a person's approval"
    for code in ("R1", "R1-H1"):
        stage.move(key, code, "approve", "2026-03-16 10:00")
        stage.act(key, "mended", code, "submit", "2026-03-17 10:00")
    stage.cycle("2026-03-30 00:00")
    assert stage.states(key)["R1"] == stage.states(key)["R1-H1"] == "sum"
    facts = [one for one in stage.journal("unit.moved") if (one.before, one.after) == ("mend", "sum")]
    assert len(facts) == 2


def test_a_unit_that_settled_its_last_matter_at_the_very_moment_a_phase_opened_is_not_left_behind(
    stage,
) -> None:
    """Neither of the two transactions sees the other; the next round looks again."""
    from threading import Event, Thread

    key = stage.launch(
        stage.template(BY_HAND.replace("opens: by_hand", "opens: after_previous"), stage.ladders)
    )
    held, go_on = Event(), Event()

    def settle() -> None:
        with stage.store.write() as session:
            owed = stage.owed("report", "R1-H1").id
            moving.act(
                session, stage.campaign(session, key), owed, "submit", stage.at("2026-03-15 23:59"), "test"
            )
            held.set()
            go_on.wait(2)

    def open_next() -> None:
        rounds.open_due(stage.store, stage.at("2026-03-16 00:00"))

    first, second = Thread(target=settle), Thread(target=open_next)
    first.start()
    held.wait()
    second.start()
    second.join(0.7)
    go_on.set()
    first.join()
    second.join()
    rounds.open_due(stage.store, stage.at("2026-03-16 00:01"))
    assert stage.states(key) == {**dict.fromkeys(stage.participants, "check"), "R1-H1": "mend"}


def test_opening_by_several_at_once_opens_everything_once(stage) -> None:
    for _ in range(3):
        stage.launch(start="2026-03-09", now="2026-03-02 08:30")
    now = stage.at("2026-04-10 12:00")
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: rounds.open_due(stage.store, now), range(8)))
    assert sum(counts) == 3 * (3 + 4)
    assert Counter(one.after for one in stage.journal("campaign.moved")) == {"check": 3, "mend": 3, "sum": 3}
    assert stage.counted(Obligation.milestone_id) == {one.id: 6 for one in stage.rows(Milestone)}
    timers = stage.timers(Timer.milestone_id != 0)
    assert len(timers) == 3 * 4 * 6


def test_opening_again_does_nothing(stage) -> None:
    stage.launch()
    before = stage.everything()
    assert rounds.open_due(stage.store, stage.at("2026-03-02 08:31")) == 0
    assert stage.everything() == before


def test_a_campaign_that_cannot_open_does_not_hold_up_the_others_and_is_reported(stage) -> None:
    broken, sound = (stage.launch(start="2026-03-09", now="2026-03-02 08:30") for _ in range(2))
    stage.spoil(broken)
    with pytest.raises(ExceptionGroup):
        rounds.open_due(stage.store, stage.at("2026-03-09 00:00"))
    assert stage.one(Campaign, Campaign.id == sound).state == "check"
    assert stage.one(Campaign, Campaign.id == broken).state == "draft"


@pytest.mark.parametrize("state", ["check.suspended", "cancelled"])
def test_nothing_opens_in_a_campaign_that_is_suspended_or_over(stage, state: str) -> None:
    key = stage.launch()
    over = {"closed_at": stage.at("2026-03-05 10:00")} if state == "cancelled" else {}
    stage.put(core.campaign, core.campaign.c.id == key, state=state, **over)
    assert rounds.open_due(stage.store, stage.at("2026-03-16 00:00")) == 0
    assert stage.one(Campaign, Campaign.id == key).state == state


def test_an_announced_phase_tells_each_participating_unit_once_and_the_coordinator_once(stage) -> None:
    stage.launch()
    rounds.fire(stage.store, stage.at("2026-03-02 08:30"), after_due=False)
    rounds.fire(stage.store, stage.at("2026-03-02 08:31"), after_due=False)
    told = [one.email for one in stage.notices(Notice.kind == "phase")]
    assert sorted(told) == sorted(stage.address("liaison", code) for code in stage.participants)
    assert [one.email for one in stage.notices(Notice.kind == "figures")] == [
        stage.address("coordinator", "R")
    ]


def test_a_milestone_whose_opening_and_due_date_fell_into_an_outage_is_still_spoken_of(stage) -> None:
    """Late by our fault: the highest demand speaks, the lower ones are recorded; silence is not an answer. What has
    consequences waits until that was heard and the lost days are over.
    """
    stage.launch(stage.template(WEEKLY, stage.ladders))
    stage.cycle("2026-03-02 09:00", "2026-03-24 09:00")
    second = stage.milestone("weekly", "2026-W11")
    rows = {one.rung: one.outcome for one in stage.timers(Timer.milestone_id == second.id)}
    assert rows == {
        1: "下达时已过这一提醒的时间",
        2: ladder.MUTED_BY_HIGHER,
        3: ladder.MUTED_BY_HIGHER,
        4: "fired",
        5: None,
        6: None,
    }


def test_an_opening_that_is_minutes_late_loses_no_reminder(stage) -> None:
    """The machine was off over night: Thursday's reminder of what opened on Monday is not affected, nor is one
    whose time came between the planned opening and the real one."""
    text = stage.template(WEEKLY.replace("每周五", "每周一"), stage.ladders.replace("-1wd", "-0d"))
    stage.launch(text, start="2026-03-03")
    stage.cycle("2026-03-09 09:20")
    monday = stage.milestone("weekly", "2026-W11")
    fired = {one.rung for one in stage.timers(Timer.milestone_id == monday.id) if one.outcome == "fired"}
    assert fired == {2}


def test_what_is_overdue_at_its_launch_is_demanded_once_and_no_missed_rung_catches_up(stage) -> None:
    stage.launch(start="2026-02-20", now="2026-03-10 10:00", past="keep")
    stage.cycle("2026-03-10 10:00")
    rows = {one.rung: one.outcome for one in stage.timers(Timer.milestone_id == stage.milestone("report").id)}
    missed = "下达时已过这一提醒的时间"
    assert rows == {1: missed, 2: missed, 3: "fired", 4: missed, 5: missed, 6: None}
    told = {(one.name, one.reason.split("，")[1]) for one in stage.notices(Notice.kind == "rung")}
    assert told == {("催办", "逾期6个工作日"), ("催办", "逾期5个工作日")}  # due 2 and 3 March


def test_the_order_of_runs_is_that_of_their_states(stage) -> None:
    key = stage.launch()
    stage.cycle("2026-03-16 00:00")
    with stage.store.read() as session:
        campaign = stage.campaign(session, key)
        for row in session.execute(sa.select(UnitRun)).scalars():
            assert row.ord == machine.ord_of(campaign.machines, row.state)
