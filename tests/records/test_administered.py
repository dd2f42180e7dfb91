"""What wants a look is counted, and the rounds are shown with their last turns: of a part only what is the part's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from in_china import CHINA
from states.errors import NotAllowed
from states.records import access, board, calendar, core, health, reading_rounds, wanting
from states.records.access import EVERYTHING
from states.records.campaigns import _compiled
from states.records.rounds import Answer

NOW = "2026-03-05 09:30"


def look(stage, scope=EVERYTHING, now=NOW):
    with stage.store.read() as session:
        return wanting.look(session, scope, stage.at(now), CHINA)


def test_what_wants_a_look_is_counted_and_nothing_where_all_is_well(stage, campaign) -> None:
    found = look(stage)
    assert (found.vacancies, found.bounced, found.unheard, found.keys, found.unreadable) == (0, 0, 0, 0, ())
    for code in ("R1-H1", "R2-H1"):
        stage.answers[stage.address("liaison", code)] = lambda _message: Answer("permanent", "550 no")
    stage.decide("2026-03-05 09:00")
    stage.deliver("2026-03-05 09:02")
    with stage.store.write() as session:
        access.create(session, "示例", stage.at(NOW), days=10)
        access.create(session, "长期", stage.at(NOW))
        ended = access.create(session, "作废", stage.at(NOW), days=10)
        access.revoke(session, ended[: access.SHOWN], stage.at(NOW))
    found = look(stage)
    assert (found.vacancies, found.bounced, found.keys) == (2, 2, 1)
    assert (found.mails.refused, found.mails.failed) == (2, 0)
    part = look(stage, replace(EVERYTHING, path=f"/{stage.ids['R']}/{stage.ids['R1']}/"))
    assert (part.vacancies, part.bounced, part.mails, part.keys) == (1, 1, None, 0)


def test_a_year_is_missing_when_dates_lie_in_it_or_it_should_be_published(stage) -> None:
    def missing(today):
        with stage.store.read() as session:
            return wanting.missing_years(session, today)

    assert (missing(date(2026, 10, 31)), missing(date(2026, 11, 1))) == ((), (2027,))
    key = stage.launch(start="2026-12-21", now="2026-12-01 09:00")
    assert missing(date(2026, 10, 31)) == (2027,)
    with stage.store.write() as session:
        assert wanting.unsure(session) > 0
        calendar.load_year(session, 2027, {date(2027, 2, 8): False}, "示例", stage.at("2026-12-02 09:00"))
    assert missing(date(2026, 12, 2)) == ()
    assert missing(date(2028, 1, 2)) == (2028,)
    stage.put(core.campaign, core.campaign.c.id == key, closed_at=stage.at("2026-12-03 09:00"))
    with stage.store.read() as session:
        assert wanting.unsure(session) == 0, "of one that is over nothing hangs on a year"


def test_a_running_campaign_whose_template_cannot_be_read_is_named(stage, campaign) -> None:
    stage.put(
        core.campaign, core.campaign.c.id == campaign, template_text="key: [", template_sha256="not-known"
    )
    assert "not-known" not in _compiled
    assert look(stage).unreadable == ("示例专项行动",)


def test_a_round_shows_its_last_word_its_turns_and_what_it_did_in_all(stage) -> None:
    now = stage.at(NOW)
    health.beat(
        stage.store, "round:deliver", True, "完成 3 项", now, {"seconds": 0.5}, {("round_done", "deliver"): 3}
    )
    health.beat(
        stage.store,
        "round:deliver",
        False,
        "出错了",
        now,
        {},
        {("mail_late", "60"): 2, ("mail_late", "sum"): 80},
    )
    health.beat(stage.store, "backup", True, "好", now)
    for minutes in reversed(range(12)):
        slot = now - timedelta(minutes=minutes)
        assert health.claim_tick(stage.store, "deliver", slot, slot + timedelta(seconds=90))
    with stage.store.read() as session:
        found = reading_rounds.look(session, EVERYTHING, ("deliver", "seal"), now + timedelta(minutes=5))
        with pytest.raises(NotAllowed):
            reading_rounds.look(session, replace(EVERYTHING, path="/1/"), (), now)
    deliver, seal = found.rounds
    assert (deliver.word.detail, deliver.silent, deliver.ok, deliver.failed, deliver.done) == (
        *("出错了", timedelta(minutes=5)),
        *(1, 1, 3),
    )
    assert len(deliver.turns) == reading_rounds.TURNS
    assert (deliver.turns[0].slot, deliver.turns[0].late) == (now, timedelta(seconds=90))
    assert (seal.word, seal.silent, seal.turns) == (None, None, ())
    assert [one.name for one in found.others] == ["backup"]
    assert (found.mails.number, found.mails.mean, found.mails.steps[0]) == (2, 40.0, (60, 2))
    assert (found.rungs.number, found.rungs.mean) == (0, 0.0)


def test_in_a_demonstration_a_round_is_silent_since_its_latest_event(stage) -> None:
    """It leaps from event to event: by its clock days may pass between two, and nothing was to run in them."""
    now = stage.at(NOW)
    health.beat(stage.store, "round:deliver", True, "好", now - timedelta(minutes=2))
    health.beat(stage.store, board.DEMO_STEP, True, "", now)
    with stage.store.read() as session:
        found = reading_rounds.look(session, EVERYTHING, ("deliver",), now + timedelta(days=9))
    assert found.rounds[0].silent == timedelta(minutes=2)
