"""A recurrence as a value: what repeats, on which day of the period, until what time, and how often at least."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from states.dates.plain import BLANK, Number
from states.dates.points import Clock, Feast, Written


class Rhythm(Enum):
    """What repeats; the value is how its words begin."""

    DAY = "每天"
    WORKDAY = "每个工作日"
    WEEK = "每周"
    TEN_DAYS = "每旬"
    HALF_MONTH = "每半月"
    MONTH = "每月"
    QUARTER = "每季度"
    HALF_YEAR = "每半年"
    YEAR = "每年"
    OPEN = "定期"  # again and again, the plan does not say how often: a blank
    RULE = "按规则"
    DATES = ""


PERIODS = (
    *(Rhythm.WEEK, Rhythm.TEN_DAYS, Rhythm.HALF_MONTH, Rhythm.MONTH),
    *(Rhythm.QUARTER, Rhythm.HALF_YEAR, Rhythm.YEAR),
)


class Shift(StrEnum):
    """Where a date on a day off goes: stays, to the working day before, or to the one after."""

    NONE = "none"
    PREVIOUS = "previous"
    NEXT = "next"


SHIFT_WORDS = {Shift.NONE: "", Shift.PREVIOUS: "遇非工作日提前", Shift.NEXT: "遇非工作日顺延"}
LAST_DAY = -1  # 底: the last day, when the words name it
LAST_WORKDAY = -2  # 最后一个工作日
LAST_WORKDAY_WORDS = "最后一个工作日"
SHORTEST = 28  # days every month has
TIMES = "次"


@dataclass(frozen=True)
class Every:
    """One recurrence, immutable; `words()` prints it and parses back to the same value.

    `day`: ISO weekday of a week, else day of the month (clamped to short months, LAST_DAY for 底), LAST_WORKDAY of any
    period; None leaves it to the last day of the period. `also`: further days of the same week or month. `month`: month of the year,
    or 1–3 of a quarter. `minimum` is how many times per period at least (None: not said), `measure` what
    is counted (次, 项, 件 …). `rule` is the RRULE of
    Rhythm.RULE; `dates` those of DATES: dates, periods (due on their last day) and festivals, which come again
    every year where they name none. `hedge` keeps 原则上 or 力争: the plan itself does not insist on the day.
    """

    rhythm: Rhythm
    day: Number | None = None
    month: Number | None = None
    clock: Clock | None = None
    minimum: int | None = None
    shift: Shift = Shift.NONE
    rule: str = ""
    dates: tuple[Written | Feast, ...] = ()
    also: tuple[int, ...] = ()
    measure: str = TIMES
    hedge: str = ""

    @property
    def blank(self) -> bool:
        """A day, a month or the very period is left open, so a person has to fill it in."""
        return (
            self.rhythm is Rhythm.OPEN
            or BLANK in (self.day, self.month)
            or any(day.blank for day in self.dates)
        )

    @property
    def whole(self) -> bool:
        """It asks once per period without naming a day in it."""
        return self.day is None and self.month is None and self.rhythm in PERIODS

    def words(self) -> str:
        """Canonical Chinese (an RRULE keeps its own words)."""
        text = self.hedge + self._base_words()
        text += f"不少于{self.minimum}{self.measure}" if self.minimum else ""
        return f"{text}，{SHIFT_WORDS[self.shift]}" if self.shift is not Shift.NONE else text

    def _base_words(self) -> str:
        until = f"{self.clock.words()}前" if self.clock else ""
        if self.rhythm is Rhythm.RULE:
            return " ".join(filter(None, (self.rhythm.value, self.rule, until)))
        return f"{self.rhythm.value}{self._day_words()}{until or self._until_day()}"

    def _until_day(self) -> str:
        return "" if self.day is None else "前"

    def _day_words(self) -> str:
        if self.rhythm is Rhythm.DATES:
            yearly = "每年" if len(self.dates) == 1 else ""
            return yearly + "、".join(day.words() for day in self.dates)
        if self.day is None:
            return ""
        return self._month_words() + "、".join(self._one_day(day) for day in (self.day, *self.also))

    def _one_day(self, day: Number) -> str:
        if day == LAST_WORKDAY:
            return LAST_WORKDAY_WORDS
        if self.rhythm is Rhythm.WEEK:
            return "一二三四五六日"[day - 1] if isinstance(day, int) else day
        return "底" if day == LAST_DAY else f"{day}日"

    def _month_words(self) -> str:
        if self.month is None:
            return ""
        return f"第{self.month}个月" if self.rhythm is Rhythm.QUARTER else f"{self.month}月"
