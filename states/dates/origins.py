"""What an offset counts from, in which unit, and the time of day."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from states.dates.festivals import Holiday


class Anchor(Enum):
    """What an offset counts from. The value is its canonical name in Chinese."""

    LAUNCH = "启动"
    ISSUED = "印发"
    BEGINS = "行动开始"
    ENDS = "行动结束"
    EXPIRY = "届满"  # the end of the campaign, in the word of the plan
    PHASE_START = "阶段开始"
    PHASE_END = "阶段结束"


@dataclass(frozen=True)
class Event:
    """Something that happens on no known day, by the plan's own name for it; no name: the matter itself arises."""

    name: str = ""

    @property
    def key(self) -> str:
        """Where `Anchors.events` has its instant."""
        return self.name or "事项发生"


Origin = Anchor | Event | Holiday


def origin_name(origin: Origin) -> str:
    return origin.value if isinstance(origin, Anchor) else origin.name


class Unit(StrEnum):
    """What is counted. Days and hours are different units: 24 hours are not a day, a day ends at office end.

    HOUR runs on the clock, by night and on days off; OFFICE_HOUR only while offices are open.
    """

    DAY = "d"
    WORKDAY = "wd"
    WEEK = "w"
    MONTH = "m"
    HOUR = "h"
    OFFICE_HOUR = "oh"
    YEAR = "y"

    @property
    def words(self) -> str:
        return _UNIT_WORDS[self]


_UNIT_WORDS = {
    Unit.DAY: "日",
    Unit.WORKDAY: "个工作日",
    Unit.WEEK: "周",
    Unit.MONTH: "个月",
    Unit.HOUR: "小时",
    Unit.OFFICE_HOUR: "个工作小时",
    Unit.YEAR: "年",
}


@dataclass(frozen=True)
class Clock:
    """A time of day in minutes after midnight (24:00 allowed); `leaving` is 下班, whose minute is a constant."""

    minutes: int = 0
    leaving: bool = False

    def words(self) -> str:
        return "下班" if self.leaving else f"{self.minutes // 60}:{self.minutes % 60:02d}"
