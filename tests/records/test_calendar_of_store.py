"""The working-day calendar as kept in the database: loaded by hand, never stale, never half a year."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from states.errors import Faulty
from states.records import calendar, core, redating
from states.records.tables import CalendarDay, Milestone, PhaseRow

NEW_YEAR = {date(2027, 1, 1): False, date(2027, 1, 3): True}
NOW = "2026-12-01 10:00"
LATE = """
phases:
  - {key: check, name: 自查自纠, window: 为期20周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后30个工作日内}
"""


def load(stage, days=NEW_YEAR, year: int = 2027, now: str = NOW) -> None:
    with stage.store.write() as session:
        calendar.load_year(session, year, days, "示例通知", stage.at(now))


def known(stage):
    with stage.store.read() as session:
        return calendar.workdays(session)


def test_a_loaded_year_is_no_longer_provisional(stage) -> None:
    assert known(stage).provisional(date(2027, 1, 1))
    load(stage)
    assert not known(stage).provisional(date(2027, 1, 1))
    assert not known(stage).is_workday(date(2027, 1, 1))
    assert known(stage).is_workday(date(2027, 1, 3)), "a Sunday that is worked"


def test_a_year_loaded_again_replaces_what_was_known_of_it_and_of_it_only(stage) -> None:
    load(stage)
    before = len(stage.rows(CalendarDay))
    load(stage, {date(2027, 1, 4): False}, now="2026-12-02 10:00")
    assert known(stage).is_workday(date(2027, 1, 1))
    assert not known(stage).is_workday(date(2027, 1, 4))
    assert len(stage.rows(CalendarDay)) == before - 1


def test_a_session_sees_at_once_what_it_has_loaded_even_twice_at_one_instant(stage) -> None:
    with stage.store.write() as session:
        for days, works in ((NEW_YEAR, False), ({}, True), (NEW_YEAR, False)):
            calendar.load_year(session, 2027, days, "示例通知", stage.at(NOW))
            assert calendar.workdays(session).is_workday(date(2027, 1, 1)) == works


def test_a_load_by_a_clock_that_went_back_is_seen_too(stage) -> None:
    load(stage, now="2026-12-02 10:00")
    assert not known(stage).is_workday(date(2027, 1, 1))
    load(stage, {}, now="2026-12-01 10:00")
    assert known(stage).is_workday(date(2027, 1, 1))


def test_a_load_that_was_taken_back_leaves_the_calendar_as_it_was(stage) -> None:
    with stage.store.trial() as session:  # nothing of it is committed
        calendar.load_year(session, 2027, {date(2027, 3, 1): False}, "示例通知", stage.at(NOW))
        assert not calendar.workdays(session).is_workday(date(2027, 3, 1))
    assert known(stage).is_workday(date(2027, 3, 1))
    load(stage, {date(2027, 1, 4): False})
    assert known(stage).is_workday(date(2027, 3, 1)), "not what was taken back"
    assert not known(stage).is_workday(date(2027, 1, 4))


def test_a_load_is_one_fact_with_its_source(stage) -> None:
    load(stage)
    (fact,) = stage.journal("calendar.loaded")
    assert (fact.payload["year"], fact.payload["source"], fact.payload["days"]) == (2027, "示例通知", 2)


def test_days_of_another_year_are_refused_by_name_and_nothing_is_written(stage) -> None:
    before = stage.everything()
    with pytest.raises(Faulty, match="2026-12-31"):
        load(stage, NEW_YEAR | {date(2026, 12, 31): False})
    assert stage.everything() == before


def test_dates_in_a_year_without_a_calendar_are_marked_and_follow_when_it_is_loaded(stage) -> None:
    stage.launch(stage.template(LATE, stage.ladders), start="2026-12-01")
    row = stage.milestone("report")
    assert (stage.local(row.due_at), row.provisional) == ("2027-01-13 18:00", True)
    load(stage, {date(2027, 1, 1): False, date(2027, 1, 4): False})
    with stage.store.write() as session:
        (moved,) = redating.apply(session, stage.at("2026-12-02 10:00"), "test")
    again = stage.milestone("report")
    assert (moved.before, moved.after) == (row.due_at, again.due_at)
    assert (stage.local(again.due_at), again.provisional) == ("2027-01-14 18:00", False)
    assert again.original_due_at == row.due_at
    assert len(stage.journal("milestone.redated")) == 1


def test_what_a_person_opened_early_keeps_its_dates_when_a_calendar_is_loaded(stage) -> None:
    from states.records import opening

    key = stage.launch(start="2026-11-30")
    with stage.store.write() as session:
        campaign = stage.campaign(session, key)
        (mend,) = session.execute(
            sa.select(PhaseRow).where(PhaseRow.campaign_id == key, PhaseRow.ord == 2)
        ).scalars()
        opening.open_phase(session, campaign, mend, stage.at("2026-12-07 10:00"), "test")
        opening.open_all(session, campaign, stage.at("2026-12-07 10:00"))
    before = {one.requirement: one.due_at for one in stage.rows(Milestone)}
    load(stage, {date(2027, 1, 1): False, date(2027, 6, 1): False})
    with stage.store.write() as session:
        redating.apply(session, stage.at("2026-12-08 10:00"), "test")
    assert {one.requirement: one.due_at for one in stage.rows(Milestone)} == before


def test_the_first_seed_is_not_written_twice(store) -> None:
    with store.write() as session:
        calendar.seed(session)
        numbers = session.execute(sa.select(sa.func.count()).select_from(core.calendar_year)).scalar_one()
    assert numbers == 2026 - 2004 + 1
