"""Earlier than the level above asks: milestones brought forward by what a template says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from states.dates import parse_offset, shift_instant
from states.planned import PlannedMilestone
from states.workdays import Workdays


def brought_forward(
    one: PlannedMilestone, ahead: Mapping[str, str], calendar: Workdays, zone: ZoneInfo
) -> PlannedMilestone:
    """Due so much earlier than its words say, where `ahead` has it; a period that would end before it begins
    begins as much earlier."""
    lead = ahead.get(f"{one.requirement}@{one.period}") or ahead.get(one.requirement)
    if lead is None or one.due_at is None or not (offset := parse_offset(f"-{lead}")).n:
        return one
    due = shift_instant(one.due_at, offset, calendar, zone)
    opens = one.opens_at
    if opens is not None and one.period and due <= opens:
        opens = shift_instant(opens, offset, calendar, zone)
    first, last = (at.astimezone(zone).date() for at in (due, one.due_at))
    return replace(
        one,
        due_at=due,
        opens_at=opens,
        words=f"{one.words}（提{offset.words()}）",
        provisional=one.provisional or calendar.spans_provisional(first, last),
    )
