"""What a deadline can point at, as frozen values that print themselves in Chinese.

A part that the plan leaves open is BLANK and stays so. A year that is not written is None: it is the year of
the campaign (`Anchors.year`), never one guessed to be the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from states.dates.plain import BLANK, Number, year_words


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


Origin = Anchor | Event


def origin_name(origin: Origin) -> str:
    return origin.name if isinstance(origin, Event) else origin.value


class Unit(StrEnum):
    """What is counted. Days and hours are different units: 24 hours are not a day, a day ends at office end."""

    DAY = "d"
    WORKDAY = "wd"
    WEEK = "w"
    MONTH = "m"
    HOUR = "h"
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
    Unit.YEAR: "年",
}


@dataclass(frozen=True)
class Clock:
    """A time of day in minutes after midnight (24:00 allowed); `leaving` is 下班, whose minute is a constant."""

    minutes: int = 0
    leaving: bool = False

    def words(self) -> str:
        return "下班" if self.leaving else f"{self.minutes // 60}:{self.minutes % 60:02d}"


@dataclass(frozen=True)
class Day:
    """`8月15日前`: a calendar day, which `前` includes. `before` only remembers whether 前 is written."""

    month: Number
    day: Number
    year: Number | None = None
    clock: Clock | None = None
    before: bool = True

    @property
    def blank(self) -> bool:
        return BLANK in (self.year, self.month, self.day)

    def words(self) -> str:
        clock = self.clock.words() if self.clock else ""
        return f"{year_words(self.year)}{self.month}月{self.day}日{clock}{'前' if self.before else ''}"


class Stretch(Enum):
    """Lengths of a calendar period, in months."""

    MONTH = 1
    QUARTER = 3
    HALF = 6
    YEAR = 12


class Edge(Enum):
    """Which moment of a period is meant. WHOLE and END fall due on its last day, BEFORE on the day before it begins."""

    WHOLE = ""
    BEFORE = "前"
    END = "底"
    BY_END = "底前"


@dataclass(frozen=True)
class Period:
    """`8月`, `8月前`, `4月底前`, `3季度`, `上半年`, `年底前`, `2026年`: a whole period of the calendar."""

    stretch: Stretch
    index: Number = 1  # which month, quarter or half; 1 for a year
    edge: Edge = Edge.WHOLE
    year: Number | None = None

    @property
    def blank(self) -> bool:
        return BLANK in (self.year, self.index)

    def words(self) -> str:
        return f"{year_words(self.year)}{self._name()}{self.edge.value}"

    def _name(self) -> str:
        match self.stretch:
            case Stretch.MONTH:
                return f"{self.index}月"
            case Stretch.QUARTER:
                return f"第{self.index}季度"
            case Stretch.HALF:
                return "上半年" if self.index == 1 else "下半年"
            case Stretch.YEAR:
                return "" if self.year is not None else "年"


@dataclass(frozen=True)
class TenDays:
    """`7月上旬`, `7月上、中旬`, `7月下旬前`: tens of days, 前 included as for a day."""

    month: Number
    first: int  # 1 上旬 (1–10), 2 中旬 (11–20), 3 下旬 (21–end)
    last: int
    year: Number | None = None
    before: bool = False

    @property
    def blank(self) -> bool:
        return BLANK in (self.year, self.month)

    def words(self) -> str:
        which = "、".join(dict.fromkeys(("上中下"[self.first - 1], "上中下"[self.last - 1])))
        return f"{year_words(self.year)}{self.month}月{which}旬{'前' if self.before else ''}"


_AT_WORDS = {
    Anchor.LAUNCH: "即日起",
    Anchor.ISSUED: "印发之日起",
    Anchor.BEGINS: "行动开始时",
    Anchor.ENDS: "行动结束前",
    Anchor.EXPIRY: "届满前",
    Anchor.PHASE_START: "阶段开始时",
    Anchor.PHASE_END: "阶段结束前",
}


@dataclass(frozen=True)
class At:
    """`即日起`, `阶段结束前`: the anchor's own instant."""

    origin: Anchor

    @property
    def blank(self) -> bool:
        return False

    def words(self) -> str:
        return _AT_WORDS[self.origin]


@dataclass(frozen=True)
class Relative:
    """`启动后10个工作日内`, `阶段结束前3个工作日`, `2小时内`: counted from an anchor, whose own day is not counted."""

    origin: Origin
    n: Number
    unit: Unit
    backwards: bool = False

    @property
    def name(self) -> str:
        return origin_name(self.origin)

    @property
    def blank(self) -> bool:
        return self.n == BLANK

    def words(self) -> str:
        amount = f"{self.n}{self.unit.words}"
        if not self.name:
            return f"{amount}内"
        return f"{self.name}前{amount}" if self.backwards else f"{self.name}后{amount}内"


@dataclass(frozen=True)
class Nth:
    """`启动后第3周`: the n-th week or month from the anchor; its first begins on the anchor's day."""

    origin: Origin
    n: Number
    unit: Unit

    @property
    def blank(self) -> bool:
        return self.n == BLANK

    def words(self) -> str:
        return f"{origin_name(self.origin)}后第{self.n}{self.unit.words}"


@dataclass(frozen=True)
class Lasting:
    """`为期6个月`, `为期2周`: a duration whose first day counts, from the start of the phase or the campaign."""

    n: Number
    unit: Unit

    @property
    def blank(self) -> bool:
        return self.n == BLANK

    def words(self) -> str:
        return f"为期{self.n}{self.unit.words}"


@dataclass(frozen=True)
class Undated:
    """`立行立改`, `及时`, `适时`: an order without a date, in its own word."""

    word: str

    @property
    def blank(self) -> bool:
        return False

    def words(self) -> str:
        return self.word


@dataclass(frozen=True)
class Unclear:
    """`7月10前`: looks like a slip of the pen. It counts as a blank that a person has to fill."""

    text: str

    @property
    def blank(self) -> bool:
        return True

    def words(self) -> str:
        return self.text


Point = Day | Period | TenDays | At | Relative | Nth | Lasting | Undated | Unclear
