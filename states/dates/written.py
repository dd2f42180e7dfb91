"""Points of the calendar as they are written: a day, a whole period, tens of days.

A part that the plan leaves open is BLANK and stays so. A year that is not written is None: it is the year of
the campaign (`Anchors.year`), never one guessed to be the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from states.dates.origins import Clock
from states.dates.plain import BLANK, Number, Year, year_words

WEEKDAYS: Final = "一二三四五六日"


@dataclass(frozen=True)
class Day:
    """`8月15日前`: a calendar day, which `前` includes. `before` only remembers whether 前 is written.

    `weekday` (1 is Monday) is kept where the plan prints it: a day of the week that is not that of the date is a slip.
    """

    month: Number
    day: Number
    year: Year | None = None
    clock: Clock | None = None
    before: bool = True
    weekday: int | None = None

    @property
    def blank(self) -> bool:
        return BLANK in (self.year, self.month, self.day)

    def words(self) -> str:
        clock = self.clock.words() if self.clock else ""
        weekday = f"（周{WEEKDAYS[self.weekday - 1]}）" if self.weekday else ""
        return (
            f"{year_words(self.year)}{self.month}月{self.day}日{weekday}{clock}{'前' if self.before else ''}"
        )


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
    year: Year | None = None

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
    year: Year | None = None
    before: bool = False

    @property
    def blank(self) -> bool:
        return BLANK in (self.year, self.month)

    def words(self) -> str:
        which = "、".join(dict.fromkeys(("上中下"[self.first - 1], "上中下"[self.last - 1])))
        return f"{year_words(self.year)}{self.month}月{which}旬{'前' if self.before else ''}"
