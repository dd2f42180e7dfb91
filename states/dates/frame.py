"""What is known of a campaign when its words of time are turned into instants, and in which zone.

A date without a time of day falls due at OFFICE_END of that day, 下班前 at LEAVING, both local.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from states.dates.plain import Number
from states.dates.points import Anchor, Clock, Event, Origin
from states.workdays import Workdays

OFFICE_END: Final = time(18, 0)  # a date without a time of day is due then, in the campaign's zone
LEAVING: Final = time(17, 30)  # 下班前
ONE_DAY: Final = timedelta(days=1)

BLANK_LEFT: Final = "留空，须填写"
SLIP: Final = "疑有笔误，须填写"
AWAITS_EVENT: Final = "待事项发生"
UNDATED: Final = "未注明日期"


class UnsetError(Exception):
    """The instant cannot be known yet; the message says why, in Chinese."""


@dataclass(frozen=True)
class Anchors:
    """What deadlines are counted from. Instants are aware; `phase` is the window of the phase the words stand in.

    `year` stands in where a month or a day is written without one. `events` holds instants by the plan's own
    name for the event (`收到通知`, `制作完成`); a deadline that names no event waits for `事项发生`.
    """

    launch: datetime
    issued: date | None
    year: int
    phase: tuple[datetime | None, datetime | None] = (None, None)
    begins: datetime | None = None
    ends: datetime | None = None
    events: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Frame:
    """Where and from what a point is resolved."""

    anchors: Anchors
    calendar: Workdays
    zone: ZoneInfo

    def opens(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone)

    def closes(self, day: date, clock: Clock | None = None) -> datetime:
        return closing(day, clock, self.zone)

    def year(self, written: Number | None) -> int:
        return self.anchors.year if written is None else known(written)

    def at(self, origin: Origin) -> datetime:
        """The anchor's instant, local; UnsetError when it is not known."""
        if isinstance(origin, Event):
            return self._known(self.anchors.events.get(origin.key), AWAITS_EVENT)
        anchors = self.anchors
        match origin:
            case Anchor.LAUNCH:
                return self._known(anchors.launch, "启动时间未定")
            case Anchor.ISSUED:
                return self.opens(self.issued())
            case Anchor.BEGINS:
                return self._known(anchors.begins, "行动开始时间未定")
            case Anchor.ENDS | Anchor.EXPIRY:
                return self._known(anchors.ends, "行动结束时间未定")
            case Anchor.PHASE_START:
                return self._known(anchors.phase[0], "阶段开始时间未定")
            case Anchor.PHASE_END:
                return self._known(anchors.phase[1], "阶段结束时间未定")

    def issued(self) -> date:
        if self.anchors.issued is None:
            raise UnsetError("印发日期未填")
        return self.anchors.issued

    def started(self) -> datetime:
        """Where a duration starts: with the phase, else with the campaign."""
        return self._known(self.anchors.phase[0] or self.anchors.begins, "起算时间未定")

    def _known(self, instant: datetime | None, why: str) -> datetime:
        if instant is None:
            raise UnsetError(why)
        if instant.tzinfo is None:
            raise ValueError(f"anchor {instant} has no time zone")
        return instant.astimezone(self.zone)


def closing(day: date, clock: Clock | None, zone: ZoneInfo) -> datetime:
    """Due instant of a day, local; 24:00 is the midnight that follows."""
    if clock and not clock.leaving:
        days, minutes = divmod(clock.minutes, 24 * 60)
        return datetime.combine(day + ONE_DAY * days, time(*divmod(minutes, 60)), zone)
    return datetime.combine(day, LEAVING if clock else OFFICE_END, zone)


def known(value: Number) -> int:
    if isinstance(value, int):
        return value
    raise UnsetError(BLANK_LEFT)
