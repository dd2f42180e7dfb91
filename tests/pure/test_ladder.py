"""When a rung falls, to the hour and around days off; expectations by hand from the published calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from states import ladder
from states.dates import parse_offset
from states.template import Ladder, Role, Rung
from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Workdays.of(*published())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def rung(offset: str, *, confirm: bool = False) -> Rung:
    letter = "约谈通知书" if confirm else None
    return Rung(at=offset, name="提醒", to=(Role.liaison,), confirm=confirm, letter=letter)


@pytest.mark.parametrize(
    ("due", "offset", "falls"),
    [
        ("2026-03-13 18:00", "-7d", "2026-03-06 09:00"),  # Friday to Friday
        ("2026-03-14 18:00", "-7d", "2026-03-06 09:00"),  # would be Saturday 7 March: back to Friday
        ("2026-03-13 18:00", "-1wd", "2026-03-12 09:00"),
        ("2026-03-13 18:00", "+1wd", "2026-03-16 09:00"),  # over the weekend
        ("2026-03-14 18:00", "+1wd", "2026-03-16 09:00"),  # due on a Saturday
        ("2026-03-13 18:00", "+1d", "2026-03-16 09:00"),  # a Saturday: forward to Monday
        ("2026-10-08 18:00", "-7d", "2026-09-30 09:00"),  # 1 October is a holiday: back to the eve
        ("2026-10-08 18:00", "-1wd", "2026-09-30 09:00"),
        ("2026-09-30 18:00", "+1wd", "2026-10-08 09:00"),  # 1 to 7 October are off
        ("2026-10-09 18:00", "+1wd", "2026-10-10 09:00"),  # a Saturday that is worked
        ("2026-03-13 12:00", "+2h", "2026-03-13 14:00"),  # hours run on the clock
        ("2026-03-13 23:00", "+2h", "2026-03-14 01:00"),
        ("2026-03-13 18:00", "-2w", "2026-02-27 09:00"),
        ("2026-03-31 18:00", "-1m", "2026-02-28 09:00"),  # 28 February 2026, a worked Saturday
    ],
)
def test_a_rung_falls_in_the_morning_of_a_working_day(due: str, offset: str, falls: str) -> None:
    assert ladder.fire_at(rung(offset), at(due), CALENDAR, ZONE) == at(falls)


def test_what_had_passed_when_it_was_handed_out_is_skipped_with_its_reason() -> None:
    steps = Ladder(rungs=(rung("-7d"), rung("-1wd"), rung("+1wd")))
    times = ladder.timetable(steps, at("2026-03-13 18:00"), at("2026-03-09 08:00"), CALENDAR, ZONE)
    assert [(one.rung, one.after_due, one.skipped) for one in times] == [
        (1, False, ladder.MISSED_AT_OPENING),
        (2, False, None),
        (3, True, None),
    ]


def test_what_was_overdue_when_handed_out_is_demanded_once_and_never_proposed() -> None:
    steps = Ladder(rungs=(rung("-1wd"), rung("+1wd"), rung("+3wd"), rung("+5wd", confirm=True)))
    opened = at("2026-03-30 09:00")
    times = ladder.timetable(steps, at("2026-03-13 18:00"), opened, CALENDAR, ZONE)
    demanded = ladder.demanded_at_once(steps, times, opened)
    assert [(one.rung, one.fire_at) for one in demanded if one.skipped is None] == [(2, opened)]


@pytest.mark.parametrize(
    ("offset", "words"), [("-7d", "到期前7日"), ("+3wd", "逾期3个工作日"), ("+2h", "逾期2小时")]
)
def test_an_offset_is_said_in_words(offset: str, words: str) -> None:
    assert ladder.offset_words(parse_offset(offset)) == words


@pytest.mark.parametrize(
    ("opened", "due", "within", "offsets", "speaks"),
    [
        # a monthly report, asked for from the 1st and due on the 5th
        ("2026-06-01 00:00", "2026-06-05 18:00", 30, ("-7d", "-1wd"), "2026-06-01 09:00"),
        ("2026-06-01 00:00", "2026-06-05 18:00", 30, ("-14d", "-7d", "-1wd"), "2026-06-01 09:00"),  # once
        ("2026-08-01 00:00", "2026-08-05 18:00", 30, ("-7d", "-1wd"), "2026-08-03 09:00"),  # Monday
        ("2026-06-01 10:00", "2026-06-05 18:00", 30, ("-7d", "-1wd"), "2026-06-02 09:00"),
        ("2026-06-01 00:00", "2026-06-05 18:00", 7, ("-7d", "-1wd"), None),  # longer than the period
        ("2026-06-01 00:00", "2026-06-02 18:00", 30, ("-7d", "-1wd"), None),  # another speaks that morning
        ("2026-06-01 00:00", "2026-06-25 18:00", 30, ("-7d", "-1wd"), None),  # none is missed
        ("2026-06-05 19:00", "2026-06-05 20:00", 30, ("-7d",), None),  # over before a morning
    ],
)
def test_a_reminder_that_falls_before_its_turn_opens_speaks_on_the_first_morning(
    opened: str, due: str, within: int, offsets: tuple[str, ...], speaks: str | None
) -> None:
    steps = Ladder(rungs=tuple(rung(offset) for offset in offsets))
    times = ladder.timetable(steps, at(due), at(opened), CALENDAR, ZONE)
    made = ladder.reminded_at_opening(steps, times, at(opened), at(due), within, CALENDAR, ZONE)
    moved = [
        (after.rung, after.fire_at) for before, after in zip(times, made, strict=True) if before != after
    ]
    nearest = max((one.rung for one in times if one.skipped), default=0)
    assert moved == ([(nearest, at(speaks))] if speaks else [])
    assert all(one.skipped is None for one in made if (one.rung, one.fire_at) in moved)
