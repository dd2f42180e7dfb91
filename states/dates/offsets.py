"""Signed offsets in the short form of templates: `-7d`, `+5wd`, `+2h`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from states.dates.faults import DatesError
from states.dates.plain import BLANK, NUMBER, number, plain
from states.dates.points import Unit
from states.dates.spans import moved
from states.workdays import Workdays

_SHORT = re.compile(r"(?P<n>[+-]\d{1,3})(?P<unit>wd|d|w|m|h)")
_LONGER = r"(?:再|延长|延期|推迟|顺延)"
_SPOKEN = re.compile(
    rf"{_LONGER}*(?P<n>{NUMBER})(?P<unit>个?工作日|天|周|个?星期|个月)(?:以后|后)?|{_LONGER}+(?P<days>{NUMBER})日"
)
_CALENDAR_DAYS = re.compile(r"个?(?:自然|日历)日")
_UNITS = {"工作日": "wd", "天": "d", "周": "w", "星期": "w", "月": "m"}


@dataclass(frozen=True)
class Offset:
    """So many units later (earlier when n < 0)."""

    n: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.n:+d}{self.unit}"

    def words(self) -> str:
        """`前7日`, `后5个工作日`, `当时`."""
        if self.n == 0:
            return "当时"
        return f"{'后' if self.n > 0 else '前'}{abs(self.n)}{self.unit.words}"


def parse_offset(text: str) -> Offset:
    """An offset from its short form; DatesError with an example otherwise."""
    found = _SHORT.fullmatch(text.strip())
    if found is None:
        raise DatesError(
            f"看不懂偏移“{text}”。写法：正负号、数字、单位（d日 wd工作日 w周 m月 h小时），如-7d、+5wd、+2h"
        )
    return Offset(int(found["n"]), Unit(found["unit"]))


def spoken_offset(text: str) -> Offset | None:
    """So much longer, as people say it: `3个工作日`, `延长两周`, `7天`; None for what says something else, as `15日` does by itself."""
    found = _SPOKEN.fullmatch(plain(_CALENDAR_DAYS.sub("天", text).replace("半个月", "15天")))
    n = BLANK if found is None else number(found["n"] or found["days"])
    if found is None or n == BLANK:
        return None
    return Offset(int(n), Unit(_UNITS[(found["unit"] or "天").removeprefix("个")]))


def shift_instant(at: datetime, offset: Offset, calendar: Workdays, zone: ZoneInfo) -> datetime:
    """The instant moved, in UTC. Days, working days, weeks and months keep the local time of day; h is clock hours."""
    if offset.unit is Unit.HOUR:
        return at.astimezone(UTC) + timedelta(hours=offset.n)
    local = at.astimezone(zone)
    day = moved(local.date(), offset.n, offset.unit, calendar)
    return datetime.combine(day, local.timetz().replace(tzinfo=None), zone).astimezone(UTC)
