"""No mail on a day that the law gives off, whether the year's arrangement is published or not."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from states.records import core, outbox

# 2029 is not published: 1 January and 1 October are Mondays; 1 and 2 May a Tuesday and a Wednesday.
OFF = ("2029-01-01", "2029-05-01", "2029-05-02", "2029-10-01", "2029-10-02", "2029-10-03")


@pytest.mark.parametrize("day", OFF)
def test_no_digest_goes_out_on_a_holiday_fixed_by_law(stage, day: str) -> None:
    with stage.store.read() as session:
        assert not outbox.by_day(session, stage.at(f"{day} 10:00"), stage.hours)


@pytest.mark.parametrize("day", ["2029-01-02", "2029-04-30", "2029-05-03", "2029-10-04"])
def test_the_working_days_around_it_are_not_guessed_away(stage, day: str) -> None:
    with stage.store.read() as session:
        assert outbox.by_day(session, stage.at(f"{day} 10:00"), stage.hours)


def test_what_falls_due_on_new_years_day_is_mailed_on_the_next_working_day(stage) -> None:
    stage.launch(start="2028-12-29", now="2028-12-29 18:30")
    stage.cycle("2028-12-29 18:31", "2029-01-01 09:00", "2029-01-01 12:00")
    assert stage.post == []
    stage.cycle("2029-01-02 09:00")
    assert {when for when, _to in stage.mails()} == {"2029-01-02 09:00"}
    with stage.store.read() as session:
        days = set(session.execute(sa.select(core.mail.c.day)).scalars())
    assert {day.isoformat() for day in days} == {"2029-01-02"}
