"""What a deadline can point at, as frozen values that print themselves in Chinese.

Here are the points that are counted from something or wait for somebody; those of the calendar are in
`states.dates.written`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from states.dates.festivals import Festival, Holiday
from states.dates.origins import Anchor, Clock, Event, Origin, Unit, origin_name
from states.dates.plain import BLANK, Number
from states.dates.written import Day, Edge, Period, Stretch, TenDays

__all__ = [
    "Anchor",
    "At",
    "Clock",
    "Day",
    "Edge",
    "Event",
    "Feast",
    "Festival",
    "Holiday",
    "Lasting",
    "Nth",
    "Origin",
    "Period",
    "Point",
    "Relative",
    "Stretch",
    "TenDays",
    "Term",
    "TermYear",
    "Unclear",
    "Undated",
    "Unit",
    "Vague",
    "Written",
    "origin_name",
]

Written = Day | Period | TenDays
HOLIDAY_TERMS: Final = ("暑期", "寒假", "放假", "开学")  # whose 前 needs no 开始

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
    """`即日起`, `阶段结束前`, `集中整治阶段结束前`: the anchor's or event's own instant."""

    origin: Anchor | Event

    @property
    def blank(self) -> bool:
        return False

    def words(self) -> str:
        return f"{self.origin.name}前" if isinstance(self.origin, Event) else _AT_WORDS[self.origin]


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
        return self.n == BLANK or (isinstance(self.origin, Holiday) and self.origin.blank)

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
        return self.n == BLANK or (isinstance(self.origin, Holiday) and self.origin.blank)

    def words(self) -> str:
        return f"{origin_name(self.origin)}后第{self.n}{self.unit.words}"


@dataclass(frozen=True)
class Lasting:
    """`为期6个月`, `8月1日起用1年`: a duration whose first day counts.

    It runs from the start of the phase or the campaign, unless the words name their own.
    """

    n: Number
    unit: Unit
    start: Written | At | None = None

    @property
    def blank(self) -> bool:
        return self.n == BLANK or (self.start is not None and self.start.blank)

    def words(self) -> str:
        amount = f"{self.n}{self.unit.words}"
        if self.start is None:
            return f"为期{amount}"
        return f"{self.start.words().removesuffix('起')}起用{amount}"


@dataclass(frozen=True)
class Feast:
    """`国庆`: the days off around a festival; `国庆前`: the last working day before them."""

    holiday: Holiday
    before: bool = False

    @property
    def blank(self) -> bool:
        return self.holiday.blank

    def words(self) -> str:
        return f"{self.holiday.name}{'前' if self.before else ''}"


@dataclass(frozen=True)
class Term:
    """`暑期`, `放假前`, `主题教育期间`: a period known by its name alone. Its days are for somebody to give."""

    name: str
    before: bool = False

    @property
    def blank(self) -> bool:
        return True

    def words(self) -> str:
        if self.before:
            return f"{self.name}前" if self.name in HOLIDAY_TERMS else f"{self.name}开始前"
        return self.name if self.name.endswith("期") else f"{self.name}期间"


@dataclass(frozen=True)
class TermYear:
    """`考核期第2年10月上旬前`: a date in the n-th year of a named period, or that whole year."""

    name: str
    n: Number
    within: Written | None = None

    @property
    def blank(self) -> bool:
        return True

    def words(self) -> str:
        return f"{self.name}第{self.n}年{self.within.words() if self.within else ''}"


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


@dataclass(frozen=True)
class Vague:
    """`限期`, `近期`, `10月初`: promises a date and gives none, so a person has to fill it in."""

    text: str

    @property
    def blank(self) -> bool:
        return True

    def words(self) -> str:
        return self.text


Point = Written | At | Relative | Nth | Lasting | Feast | Term | TermYear | Undated | Unclear | Vague
