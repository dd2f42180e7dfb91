"""When a rung falls due and which one is owed. Pure: due date, ladder and calendar in, instants out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from states.dates import Offset, parse_offset, shift_instant
from states.template import Ladder, Rung
from states.workdays import Workdays

MORNING = time(9, 0)
UNIT_WORDS = {"d": "日", "wd": "个工作日", "w": "周", "m": "个月", "h": "小时"}
DAYS = {"d": 1, "wd": 1.4, "w": 7, "m": 30, "h": 1 / 24}  # to compare only
MISSED_AT_OPENING = "下达时已过这一提醒的时间"
MUTED_BY_HIGHER = "更高一级已到时间，本级并入其中"


@dataclass(frozen=True)
class RungTime:
    """A rung of one due date. `rung` counts from 1 in the order of the ladder; `skipped` says why it never fires."""

    rung: int
    fire_at: datetime
    after_due: bool
    skipped: str | None = None


def fire_at(rung: Rung, due: datetime, calendar: Workdays, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a rung: 9 in the morning of its day; hours are counted on the clock.

    A day off moves a reminder back (a reminder after the holiday is no reminder) and a demand forward.
    """
    offset = parse_offset(rung.at)
    at = shift_instant(due, offset, calendar, zone)
    if offset.unit == "h":
        return at
    day = at.astimezone(zone).date()
    day = calendar.on_or_before(day) if offset.n < 0 else calendar.on_or_after(day)
    return datetime.combine(day, MORNING, zone).astimezone(due.tzinfo)


def timetable(
    ladder: Ladder, due: datetime, opened: datetime, calendar: Workdays, zone: ZoneInfo
) -> list[RungTime]:
    """All rungs of `ladder` for one due date; those whose time lay before `opened` come back as skipped."""
    times = []
    for number, rung in enumerate(ladder.rungs, 1):
        at = fire_at(rung, due, calendar, zone)
        after = parse_offset(rung.at).n > 0
        skipped = MISSED_AT_OPENING if at < opened else None
        times.append(RungTime(number, at, after, skipped))
    return times


def demanded_at_once(ladder: Ladder, times: Sequence[RungTime], opened: datetime) -> list[RungTime]:
    """For what was overdue before anybody was told of it: the first automatic rung after the date speaks when
    it opens, so that nobody owes in silence. The rungs with consequences that were missed stay skipped.
    """
    made = list(times)
    for place, (rung, one) in enumerate(zip(ladder.rungs, times, strict=True)):
        if one.after_due and not rung.confirm:
            if one.skipped:
                made[place] = replace(one, fire_at=opened, skipped=None)
            break
    return made


def reminded_at_opening(
    ladder: Ladder,
    times: Sequence[RungTime],
    opened: datetime,
    due: datetime,
    within: int,
    calendar: Workdays,
    zone: ZoneInfo,
) -> list[RungTime]:
    """For a turn of something that comes every `within` days: of the reminders that would fall before it opens the
    nearest speaks on the first working morning of the turn, unless another one falls on or before that day.

    A reminder that is longer than the period is meant for other things: it stays skipped.
    """
    made = list(times)
    before = [place for place, one in enumerate(times) if not one.after_due]
    missed = [
        place
        for place in before
        if times[place].skipped and not ladder.rungs[place].confirm and _days(ladder.rungs[place]) < within
    ]
    morning = _morning(opened, calendar, zone)
    others = [times[place].fire_at for place in before if not times[place].skipped]
    same_day = any(at.astimezone(zone).date() <= morning.date() for at in others)
    if missed and not same_day and morning < due:
        nearest = max(missed, key=lambda place: times[place].fire_at)
        made[nearest] = replace(made[nearest], fire_at=morning.astimezone(due.tzinfo), skipped=None)
    return made


def _days(rung: Rung) -> float:
    offset = parse_offset(rung.at)
    return abs(offset.n) * DAYS[offset.unit]


def _morning(opened: datetime, calendar: Workdays, zone: ZoneInfo) -> datetime:
    """The first morning of a working day, not before `opened`."""
    local = opened.astimezone(zone)
    day = local.date() if local.time() <= MORNING else local.date() + timedelta(days=1)
    return datetime.combine(calendar.on_or_after(day), MORNING, zone)


def offset_words(offset: Offset) -> str:
    """`-7d` → 到期前7日; `+3wd` → 逾期3个工作日."""
    side = "到期前" if offset.n < 0 else "逾期"
    return f"{side}{abs(offset.n)}{UNIT_WORDS[offset.unit]}"


def reason(
    rung: Rung, what: str, due_words: str, overdue: int | None = None, *, at_opening: bool = False
) -> str:
    """Why somebody hears of it, as a sentence. `overdue`: working days since the date, where a rung counts in
    them; more than the rung says where it speaks late. `at_opening`: it speaks then, and not so long before.
    """
    offset = parse_offset(rung.at)
    counted = overdue is not None and offset.n > 0 and offset.unit == "wd"
    since = f"逾期{overdue}个工作日" if counted else offset_words(offset)
    if at_opening:
        since = "本期已开始"
    return f"“{what}”应于{due_words}前办结，{since}，按方案{rung.name}"
