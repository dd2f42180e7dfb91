"""Festivals with days off: on which day each falls, and how long people are away around it.

端午, 中秋 and 春节 follow the moon, so their days are a table; 清明 is a solar term. The days off around a
festival are those of the working-day calendar: where its arrangement is not published, only what it knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Final

from states.dates.plain import BLANK, Year, year_words
from states.workdays import Workdays

_DAY: Final = timedelta(days=1)


class Festival(Enum):
    """The seven festivals with statutory days off; the value is the canonical name."""

    NEW_YEAR = "元旦"
    SPRING = "春节"
    QINGMING = "清明"
    LABOUR = "五一"
    DRAGON_BOAT = "端午"
    MID_AUTUMN = "中秋"
    NATIONAL = "国庆"


FESTIVAL = r"(?P<festival>元旦|春节|清明|(?:五一)?(?:国际)?劳动节|五一|端午|中秋|国庆)节?"
_FIXED: Final = {Festival.NEW_YEAR: (1, 1), Festival.LABOUR: (5, 1), Festival.NATIONAL: (10, 1)}
_LUNAR: Final = (Festival.SPRING, Festival.DRAGON_BOAT, Festival.MID_AUTUMN)

# year, then month and day of 春节, 端午 and 中秋
_TABLE: Final = """
2004 0122 0622 0928  2005 0209 0611 0918  2006 0129 0531 1006  2007 0218 0619 0925  2008 0207 0608 0914
2009 0126 0528 1003  2010 0214 0616 0922  2011 0203 0606 0912  2012 0123 0623 0930  2013 0210 0612 0919
2014 0131 0602 0908  2015 0219 0620 0927  2016 0208 0609 0915  2017 0128 0530 1004  2018 0216 0618 0924
2019 0205 0607 0913  2020 0125 0625 1001  2021 0212 0614 0921  2022 0201 0603 0910  2023 0122 0622 0929
2024 0210 0610 0917  2025 0129 0531 1006  2026 0217 0619 0925  2027 0206 0609 0915  2028 0126 0528 1003
2029 0213 0616 0922  2030 0203 0605 0912  2031 0123 0624 1001  2032 0211 0612 0919  2033 0131 0601 0908
2034 0219 0620 0927  2035 0208 0610 0916  2036 0128 0530 1004  2037 0215 0618 0924  2038 0204 0607 0913
2039 0124 0527 1002  2040 0212 0614 0920
"""
_CELLS: Final = _TABLE.split()
_MOON: Final = {int(_CELLS[at]): _CELLS[at + 1 : at + 4] for at in range(0, len(_CELLS), 4)}
FIRST_KNOWN, LAST_KNOWN = min(_MOON), max(_MOON)


@dataclass(frozen=True)
class Holiday:
    """A festival of some year: `国庆`, `2026年中秋`. Without a year it is that of the campaign's year."""

    festival: Festival
    year: Year | None = None

    @property
    def blank(self) -> bool:
        return self.year == BLANK

    @property
    def name(self) -> str:
        return f"{year_words(self.year)}{self.festival.value}"


def festival(name: str) -> Festival:
    """The festival of what FESTIVAL matches."""
    if "劳动" in name:
        return Festival.LABOUR
    return Festival(name)


def day_of(festival: Festival, year: int) -> date | None:
    """The day of the festival; None where the table does not reach."""
    if festival in _FIXED:
        return date(year, *_FIXED[festival])
    if year not in _MOON:
        return None
    if festival is Festival.QINGMING:
        return date(year, 4, int((year - 2000) * 0.2422 + 4.81) - (year - 2000) // 4)
    cell = _MOON[year][_LUNAR.index(festival)]
    return date(year, int(cell[:2]), int(cell[2:]))


def days_off(festival: Festival, year: int, calendar: Workdays) -> tuple[date, date] | None:
    """First and last of the days off without a break that hold the festival; its own day where that is worked."""
    day = day_of(festival, year)
    if day is None or calendar.is_workday(day):
        return (day, day) if day else None
    return calendar.add(day, -1) + _DAY, calendar.add(day, 1) - _DAY
