"""Years are listed with what they change and what hangs on those that are missing; a year's days as they count at present."""

from __future__ import annotations

from datetime import date

from states.records import calendar, reading_calendar

TODAY = date(2026, 11, 20)
FEBRUARY = {date(2027, 2, 8): False, date(2027, 2, 9): False, date(2027, 2, 14): True}


def test_years_say_what_they_change_and_which_are_missing(stage) -> None:
    with stage.store.read() as session:
        listed = {one.year: one for one in reading_calendar.years(session, TODAY)}
    assert list(listed) == sorted(listed, reverse=True)
    assert (listed[2026].published, listed[2026].missing) == (True, False)
    assert (listed[2026].off or 0) > 10
    assert (listed[2027].published, listed[2027].missing, listed[2027].off) == (False, True, None)
    with stage.store.write() as session:
        calendar.load_year(session, 2027, FEBRUARY, "安排.csv", stage.at("2026-11-20 09:00"))
        (now, *_others) = reading_calendar.years(session, TODAY)
    assert (now.year, now.off, now.worked, now.source, now.missing) == (2027, 2, 1, "安排.csv", False)


def test_days_count_as_they_do_now_and_changes_are_what_would_count_otherwise(stage) -> None:
    with stage.store.write() as session:
        before = {one.day: one for one in reading_calendar.days(session, 2027)}
        assert len(before) == 365
        assert before[date(2027, 10, 1)].working is False, "the law puts it on a date"
        assert before[date(2027, 10, 1)].moved
        changed = reading_calendar.changes(session, 2027, FEBRUARY)
        fixed = {day for day, one in before.items() if one.moved}
        assert {one.day for one in changed} == {*FEBRUARY, *fixed}
        assert {one.day: one.working for one in changed if one.day in FEBRUARY} == FEBRUARY
        calendar.load_year(session, 2027, FEBRUARY, "安排.csv", stage.at("2026-11-20 09:00"))
        after = {one.day: one for one in reading_calendar.days(session, 2027)}
        assert {day for day in after if after[day].working != before[day].working} == {
            one.day for one in changed
        }
        assert {day: one.working for day, one in after.items() if one.moved} == FEBRUARY
        assert reading_calendar.changes(session, 2027, FEBRUARY) == []
        assert len(reading_calendar.days(session, 2028)) == 366
