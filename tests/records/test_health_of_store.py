"""Heartbeats, the fence between clocks, and the watchdog's look at what should have happened."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from states.records import core, health, outbox, rounds
from states.records.chain import sealer, signing
from states.records.rounds import Answer
from states.records.tables import Health, Tick
from states.settings import read as settings_of

NOW = "2026-03-05 09:00"


def look(stage, now: str):
    """As the watchdog looks, after the journal was sealed by the round before it."""
    sealer.seal(stage.store, stage.at(now))
    return health.look(stage.store, stage.at(now))


def test_the_last_word_of_each_part_is_kept(stage) -> None:
    for ok, detail, minute in ((True, "完成 3 项", 0), (False, "轮次出错", 1)):
        health.beat(
            stage.store, "round:remind", ok, detail, stage.at(f"2026-03-05 09:0{minute}"), {"sent": 3.0}
        )
    health.beat(stage.store, "prefect", True, "正常", stage.at(NOW))
    with stage.store.read() as session:
        found = {
            one.name: (one.ok, one.detail, stage.local(one.at), one.figures) for one in health.beats(session)
        }
    assert found == {
        "prefect": (True, "正常", "2026-03-05 09:00", {}),
        "round:remind": (False, "轮次出错", "2026-03-05 09:01", {"sent": 3.0}),
    }


def test_a_long_word_is_cut(stage) -> None:
    health.beat(stage.store, "x", False, "长" * 2000, stage.at(NOW))
    assert len(stage.one(Health, Health.name == "x").detail) == 500


def test_of_many_clocks_one_gets_each_slot(stage) -> None:
    slots = [stage.at(NOW) + timedelta(seconds=10 * number) for number in range(15)]

    def clock(_number: int) -> list:
        return [slot for slot in slots if health.claim_tick(stage.store, "remind", slot, stage.at(NOW))]

    with ThreadPoolExecutor(4) as pool:
        won = [slot for slots in pool.map(clock, range(4)) for slot in slots]
    assert Counter(won) == dict.fromkeys(slots, 1)


def test_a_slot_claimed_by_a_clock_that_was_ahead_is_free_when_its_time_comes(stage) -> None:
    now = stage.at(NOW)
    for minutes in (0, 60):
        assert health.claim_tick(
            stage.store, "remind", now + timedelta(minutes=minutes), now + timedelta(minutes=minutes)
        )
    assert not health.claim_tick(stage.store, "remind", now, now), "that has been"
    later = now + timedelta(minutes=60)
    assert health.claim_tick(stage.store, "remind", later, later)


def test_the_same_slot_of_another_job_is_free(stage) -> None:
    assert health.claim_tick(stage.store, "remind", stage.at(NOW), stage.at(NOW))
    assert health.claim_tick(stage.store, "deliver", stage.at(NOW), stage.at(NOW))
    assert not health.claim_tick(stage.store, "remind", stage.at(NOW), stage.at(NOW))


def test_old_slots_are_forgotten_and_young_ones_kept(stage) -> None:
    for day in ("01", "05"):
        health.claim_tick(stage.store, "remind", stage.at(f"2026-03-{day} 09:00"), stage.at(NOW))
    health.forget_ticks(stage.store, stage.at("2026-03-02 09:00"))
    assert [stage.local(one.slot) for one in stage.rows(Tick)] == ["2026-03-05 09:00"]


def test_where_everything_happens_in_time_there_is_no_trouble(stage) -> None:
    stage.launch()
    stage.cycle("2026-03-02 09:00", NOW)
    found = look(stage, "2026-03-05 09:30")
    assert found.troubles == ()
    assert found.figures["oldest_unfired_seconds"] == found.figures["oldest_unsent_seconds"] == 0
    assert found.figures["milestones_to_open"] == 2


@pytest.mark.parametrize(("now", "trouble"), [("2026-03-05 09:15", False), ("2026-03-05 09:16", True)])
def test_a_rung_that_should_have_fired_is_a_trouble_after_a_quarter_of_an_hour(stage, now, trouble) -> None:
    stage.launch()
    stage.cycle("2026-03-02 09:00")
    found = look(stage, now)
    assert any("未触发" in said for said in found.troubles) == trouble
    assert found.figures["oldest_unfired_seconds"] == (stage.at(now) - stage.at(NOW)).total_seconds()


def test_rungs_of_a_suspended_campaign_are_no_trouble(stage) -> None:
    key = stage.launch()
    stage.cycle("2026-03-02 09:00")
    stage.put(core.campaign, core.campaign.c.id == key, state="check.suspended")
    assert look(stage, "2026-03-20 09:00").troubles == ()


def test_a_mail_that_waits_is_a_trouble(stage) -> None:
    stage.launch()
    stage.cycle("2026-03-02 09:00")
    rounds.decide(stage.store, stage.at(NOW), stage.hours)
    with stage.store.write() as session:
        outbox.claim(session, stage.at(NOW), "killed")
    assert look(stage, "2026-03-05 09:10").troubles == ()
    assert any("未发出" in said for said in look(stage, "2026-03-05 09:16").troubles)


def test_a_phase_that_should_have_opened_is_a_trouble_that_names_its_campaign(stage) -> None:
    stage.launch()
    key = stage.launch(start="2026-03-09", now="2026-03-02 10:00")
    stage.cycle("2026-03-06 10:00")
    stage.put(core.timer, core.timer.c.done_at.is_(None), done_at=stage.at(NOW))
    assert look(stage, "2026-03-09 00:10").troubles == ()
    (said,) = look(stage, "2026-03-09 00:16").troubles
    assert str(key) in said
    assert "应开未开" in said


def test_what_nobody_could_be_told_is_a_trouble(empty_stage) -> None:
    stage = empty_stage.people(
        without=[(code, "liaison") for code in ("R1-H1", "R1", "R")] + [("R", "coordinator")]
    )
    stage.launch()
    stage.cycle("2026-03-02 09:00")
    assert any("无人可送" in said for said in look(stage, "2026-03-02 09:01").troubles)


def test_refused_and_given_up_mails_are_counted(stage) -> None:
    stage.launch()
    stage.answers[stage.address("liaison", "R1")] = lambda _message: Answer("permanent", "550")
    stage.cycle("2026-03-02 09:00")
    found = look(stage, "2026-03-02 09:01")
    assert found.figures["mails_failed"] == 1
    assert found.figures["vacancies"] == 1


def test_a_mail_that_was_given_up_is_a_trouble(stage) -> None:
    stage.launch()
    stage.answers[stage.address("liaison", "R1")] = lambda _message: Answer("temporary", "451")
    hours = ("09:00", "09:01", "09:03", "09:07", "09:15", "09:31", "10:03", "11:07", "13:15")
    stage.cycle(*(f"2026-03-02 {hour}" for hour in hours), "2026-03-09 09:30")
    assert any("放弃" in said for said in look(stage, "2026-03-09 09:31").troubles)


def test_a_journal_that_is_not_sealed_or_not_signed_is_a_trouble(stage, tmp_path) -> None:
    def troubles(now: str) -> list[str]:
        return [one for one in health.look(stage.store, stage.at(now)).troubles if "流水" in one]

    settings = settings_of({"DUBAN_HOME": str(tmp_path)})
    assert troubles("2026-01-05 08:59") == []
    (said,) = troubles("2026-01-05 11:00")
    assert "1 行流水未封存，最早的已 3 小时" in said
    sealer.seal(stage.store, stage.at("2026-01-05 11:00"))
    assert troubles("2026-01-07 10:59") == []
    (said,) = troubles("2026-01-09 12:00")
    assert "已 4 天没有签名" in said
    signing.sign(stage.store, settings, stage.at("2026-01-09 12:00"))
    sealer.seal(stage.store, stage.at("2026-01-09 12:00"))
    assert troubles("2026-01-10 12:00") == []
