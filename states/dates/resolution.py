"""A deadline and what is known of the campaign -> the instant it is due, or why there is none yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from states.dates.deadline import Deadline
from states.dates.frame import BLANK_LEFT, Anchors, Frame, NoSuchDayError, UnsetError
from states.dates.points import Lasting, Term, TermYear, Unclear, Vague
from states.dates.spans import span
from states.workdays import Workdays

STANDING = "长期坚持，不设期限"
ONLY_BEGINS = "只写了开始，没有写期限"
_SAY_MORE = (Unclear, Vague, Term, TermYear)  # blanks whose own sentence says what is wanted


@dataclass(frozen=True)
class Due:
    """When something is due. `at` is UTC; where it is None, `missing` says why in Chinese.

    `provisional`: the day, or a working day counted over on the way, lies in a year whose holidays are not
    published. `soft`: the plan does not insist on the day. `standing`: the duty goes on after the date. `wrong`: there
    is no such day, so a person has to give another.
    """

    at: datetime | None
    words: str
    provisional: bool = False
    soft: bool = False
    standing: bool = False
    missing: str | None = None
    wrong: bool = False


def resolve(deadline: Deadline, anchors: Anchors, calendar: Workdays, zone: ZoneInfo) -> Due:
    """The last instant at which the deadline is still kept."""
    if deadline.since:
        return _missing(deadline, BLANK_LEFT if deadline.blank else ONLY_BEGINS)
    return _due(deadline, Frame(anchors, calendar, zone), last=True)


def start_of(deadline: Deadline, anchors: Anchors, calendar: Workdays, zone: ZoneInfo) -> Due:
    """The first instant of what the words name: 8月 is 1 August 00:00, 启动后2周内 the launch itself."""
    return _due(deadline, Frame(anchors, calendar, zone), last=False)


def resolve_window(
    window: tuple[Deadline | None, Deadline | None], anchors: Anchors, calendar: Workdays, zone: ZoneInfo
) -> tuple[Due | None, Due | None]:
    """First and last instant of a window; a duration (用1年, 为期100天) runs from the window's own start."""
    start, end = window
    opens = start_of(start, anchors, calendar, zone) if start else None
    if start is not None and end is not None and isinstance(end.point, Lasting) and end.point.start is None:
        if opens is None or opens.at is None:
            return opens, _missing(end, (opens.missing if opens else None) or BLANK_LEFT)
        anchors = replace(anchors, phase=(opens.at, None))
    return opens, resolve(end, anchors, calendar, zone) if end else None


def _due(deadline: Deadline, frame: Frame, *, last: bool) -> Due:
    if deadline.point is None:
        return _missing(deadline, STANDING)
    if deadline.blank and not isinstance(deadline.point, _SAY_MORE):
        return _missing(deadline, BLANK_LEFT)
    try:
        found = span(deadline.point, frame)
    except UnsetError as unset:
        return replace(_missing(deadline, str(unset)), wrong=isinstance(unset, NoSuchDayError))
    at, counted = (found.last, found.counted) if last else (found.first, found.counted_first)
    provisional = frame.calendar.spans_provisional(*(counted or (at.date(), at.date())))
    return Due(at.astimezone(UTC), deadline.words(), provisional, deadline.soft, deadline.standing)


def _missing(deadline: Deadline, why: str) -> Due:
    return Due(None, deadline.words(), soft=deadline.soft, standing=deadline.standing, missing=why)
