"""Large cohorts in slices, rounds that die, repeat or run beside each other: everybody is told once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from states.records import core, firing, rounds
from states.records.dispatch import Notice, Proposal, Timer


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7])
def test_a_cohort_served_in_slices_is_told_the_same_as_in_one_go(stage, campaign, monkeypatch, size) -> None:
    monkeypatch.setattr(firing, "SLICE", size)
    assert stage.fire("2026-03-05 09:00", "2026-03-17 09:00", "2026-03-19 09:00") == 18
    everybody = [("提醒", stage.address("liaison", code)) for code in stage.participants]
    everybody += [("督促", stage.address("deputy_leader", code)) for code in stage.participants]
    everybody += [("督促", stage.address("office", "R"))] * 6
    assert stage.told() == sorted(everybody)
    assert stage.counted(Proposal.unit_id) == {stage.ids[code]: 1 for code in stage.participants}
    assert {one.served for one in stage.timers(Timer.outcome == "fired")} == {6}


@pytest.mark.parametrize("size", [1, 2])
def test_a_timer_of_one_obligation_ends_whatever_the_slice(stage, monkeypatch, size) -> None:
    key = stage.launch(
        stage.template(
            stage.one_report.replace("启动后10日内}", "启动后10日内, review: true}"), stage.ladders
        )
    )
    stage.act(key, "report", "R1-H1", "submit", "2026-03-11 10:00")
    stage.act(key, "report", "R1-H1", "return", "2026-03-12 10:00", reason="缺附件")
    monkeypatch.setattr(firing, "SLICE", size)
    stage.fire("2026-03-16 09:00")
    assert stage.outcomes("report", stage.owed("report", "R1-H1").id)[2] == "fired"


@pytest.mark.parametrize("size", [1, 4])
def test_an_announcement_in_slices_reaches_every_unit_once(stage, monkeypatch, size) -> None:
    monkeypatch.setattr(firing, "SLICE", size)
    stage.launch()
    stage.fire("2026-03-02 08:30")
    told_of = Counter(one.email for one in stage.notices(Notice.kind == "phase"))
    assert told_of == {stage.address("liaison", code): 1 for code in stage.participants}
    assert len(stage.notices(Notice.kind == "figures")) == 1


def test_a_round_that_dies_between_slices_goes_on_where_it_stopped(stage, campaign, monkeypatch) -> None:
    monkeypatch.setattr(firing, "SLICE", 2)
    with stage.store.write() as session:
        firing.fire_next(session, stage.at("2026-03-05 09:00"), after_due=False, claimed=[])
    assert len(stage.told()) == 2
    stage.fire("2026-03-05 09:05")
    assert len(stage.told()) == len(set(stage.told())) == 6


def test_a_rung_waits_for_the_one_before_it_that_somebody_else_is_serving(stage, campaign) -> None:
    now, due = stage.at("2026-03-19 09:00"), []

    def fire_next() -> None:
        with stage.store.write() as session:
            firing.fire_next(session, now, after_due=True, claimed=due)

    fire_next()
    with ThreadPoolExecutor(1) as beside, stage.store.write() as session:
        firing.fire_next(session, now, after_due=True, claimed=due)
        wait([beside.submit(fire_next)], timeout=1)  # where there is one writer it comes later
    stage.fire("2026-03-19 09:00")
    assert [one.rung for one in stage.timers(Timer.id.in_([one.id for one in due[:2]]))] == [3, 4]
    assert stage.rows(Proposal) == [], "nobody is asked to answer for what was not mailed yet"
    assert [one.held for one in stage.timers(Timer.rung == 5)] == [True]


def test_a_rung_that_failed_is_waited_for_no_more_in_that_round(stage, campaign) -> None:
    failed, after = stage.timers(Timer.rung.in_([3, 4]))
    due = []
    with stage.store.write() as session:
        now = stage.at("2026-03-19 09:00")
        firing.fire_next(session, now, after_due=True, aside={failed.id}, claimed=due)
    assert [one.id for one in due] == [after.id]


def test_a_slice_that_fails_leaves_nothing_of_itself(stage, campaign, monkeypatch) -> None:
    before = stage.everything()

    def fail(*_args, **_more):
        raise RuntimeError("power cut")

    monkeypatch.setattr(firing, "tell_coordinator", fail)
    with pytest.raises(ExceptionGroup):
        rounds.fire(stage.store, stage.at("2026-03-05 09:00"), after_due=False)
    assert stage.everything() == before


def test_firing_again_says_nothing_again(stage, campaign) -> None:
    stage.fire("2026-03-05 09:00")
    before = stage.everything()
    assert stage.fire("2026-03-05 09:00") == stage.fire("2026-03-05 09:01") == 0
    assert stage.everything() == before


def test_a_timer_set_back_by_hand_finds_its_notices_there(stage, campaign) -> None:
    stage.fire("2026-03-05 09:00", "2026-03-17 09:00", "2026-03-19 09:00")
    told_once, proposed = stage.told(), len(stage.rows(Proposal))
    stage.put(core.timer, core.timer.c.rung.in_([1, 5]), done_at=None, cursor=0, outcome=None)
    stage.put(core.timer, core.timer.c.rung > 1, fire_at=stage.at("2026-04-01 09:00"))
    stage.fire("2026-03-05 09:02")
    assert stage.told() == told_once
    assert len(stage.rows(Proposal)) == proposed


def test_four_at_once_tell_everybody_once(stage, monkeypatch) -> None:
    monkeypatch.setattr(firing, "SLICE", 2)
    for _ in range(3):
        stage.launch()
    moments = [f"2026-03-{day} 09:00" for day in ("05", "06", "13", "16", "17", "18", "19")]
    for moment in moments:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(stage.fire, [moment] * 4))
        stage.posted(moment)
    keys = [one.key for one in stage.notices()]
    assert len(keys) == len(set(keys))
    liaisons = Counter(one.email for one in stage.notices(Notice.rung == 3, Notice.role == "liaison"))
    assert set(liaisons.values()) == {6}, "report and list, in each of three campaigns"
    served = [(one.milestone_id, one.rung, one.served) for one in stage.timers(Timer.outcome == "fired")]
    assert {number for _, _, number in served} == {6}
    done = Counter((one.payload["timer"], one.after) for one in stage.journal("rung.done"))
    assert set(done.values()) == {1}


def test_a_broken_timer_does_not_stop_the_others_and_is_reported(stage) -> None:
    broken, sound = (stage.launch(stage.template(stage.one_report, stage.ladders)) for _ in range(2))
    stage.spoil(broken)
    with pytest.raises(ExceptionGroup) as caught:
        rounds.fire(stage.store, stage.at("2026-03-05 09:00"), after_due=False)
    assert len(caught.value.exceptions) == 1
    assert {one.campaign_id for one in stage.notices()} == {sound}
    left = stage.timers(Timer.campaign_id == broken, Timer.rung == 1)
    assert [one.done_at for one in left] == [None], "it is tried again by the next round"
