"""What is known of a campaign when its words of time are turned into instants, and in which zone.

A date without a time of day falls due at OFFICE_END of that day, 下班前 at LEAVING, both local.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from states.dates.festivals import FIRST_KNOWN, LAST_KNOWN, Holiday, days_off
from states.dates.origins import Anchor, Clock, Event, Origin
from states.dates.plain import NEXT, Year
from states.workdays import Workdays

OFFICE_END: Final = time(18, 0)  # a date without a time of day is due then, in the campaign's zone
LEAVING: Final = time(17, 30)  # 下班前
OFFICE_HOURS: Final = ((time(9, 0), time(12, 0)), (time(14, 0), LEAVING))  # what N个工作小时 runs through
ONE_DAY: Final = timedelta(days=1)

BLANK_LEFT: Final = "留空，须填写"
SLIP: Final = "疑有笔误，须填写"
UNDATED: Final = "未注明日期"
NO_DATE: Final = "没有写明日期，须填写"


class UnsetError(Exception):
    """The instant cannot be known yet; the message says why, in Chinese."""


class NoSuchDayError(UnsetError):
    """It never can: the words name a day that is not there, so a person has to give another."""


@dataclass(frozen=True)
class Anchors:
    """What deadlines are counted from. Instants are aware; `phase` is the window of the phase the words stand in.

    `year` stands in where a month or a day is written without one. `events` holds instants by the plan's own
    name for the event (`收到通知`, `制作完成`); a deadline that names no event waits for `事项发生`. `periods` holds
    first and last day of periods by their names (`暑期`, `考核期`, `集中整治阶段`): nobody but a person can give them.
    """

    launch: datetime
    issued: date | None
    year: int
    phase: tuple[datetime | None, datetime | None] = (None, None)
    begins: datetime | None = None
    ends: datetime | None = None
    events: Mapping[str, datetime] = field(default_factory=dict)
    periods: Mapping[str, tuple[date | None, date | None]] = field(default_factory=dict)


_ENDINGS: Final = {
    "开始": 0,
    "启动": 0,
    "结束": 1,
    "届满": 1,
    "期满": 1,
    "完成": 1,
    "满": 1,
}  # 0 first day, 1 last


def awaited(event: Event) -> str:
    """Why what counts from the event has no date yet."""
    return f"待“{event.name}”发生" if event.name else "待事项发生"


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

    def year(self, written: Year | None) -> int:
        if written == NEXT:
            return self.anchors.year + 1
        return self.anchors.year if written is None else known(written)

    def at(self, origin: Origin, *, backwards: bool = False) -> datetime:
        """The anchor's instant, local (midnight where only its day is known); UnsetError when it is not known.

        Of a festival it is the first of its days off when counting backwards, else the last.
        """
        if isinstance(origin, Event):
            return self._event(origin, backwards=backwards)
        if isinstance(origin, Holiday):
            return self.opens(self.holiday(origin)[0 if backwards else 1])
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

    def timed(self, origin: Origin) -> bool:
        """Whether an hour of the anchor is known, and not only its day."""
        if isinstance(origin, Event):
            return origin.key in self.anchors.events or self._period_of(origin, backwards=True) is None
        return isinstance(origin, Anchor) and origin is not Anchor.ISSUED

    def holiday(self, holiday: Holiday) -> tuple[date, date]:
        """First and last of the days off around a festival."""
        year = self.year(holiday.year)
        found = days_off(holiday.festival, year, self.calendar)
        if found is None:
            raise NoSuchDayError(
                f"{year}年的{holiday.festival.value}不在历表内（{FIRST_KNOWN}年至{LAST_KNOWN}年），须填写"
            )
        return found

    def period(self, name: str) -> tuple[date | None, date | None]:
        """First and last day of a period that somebody has given."""
        return self.anchors.periods.get(name, (None, None))

    def _event(self, event: Event, *, backwards: bool) -> datetime:
        if event.key not in self.anchors.events:
            day = self._period_of(event, backwards=backwards)
            if day is not None:
                return self.opens(day)
        return self._known(self.anchors.events.get(event.key), awaited(event))

    def _period_of(self, event: Event, *, backwards: bool) -> date | None:
        """The day of `考核期满`, `集中整治阶段结束`, `暑期开始`, where that period is given."""
        for ending, end in _ENDINGS.items():
            name = event.name.removesuffix(ending)
            if name != event.name and name in self.anchors.periods:
                return self.period(name)[end]
        return self.period(event.name)[0] if backwards else None

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


def known(value: Year) -> int:
    if isinstance(value, int):
        return value
    raise UnsetError(BLANK_LEFT)
