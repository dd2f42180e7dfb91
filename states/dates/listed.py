"""A list of dates that follow no rule -> `Every`: 3月15日、6月15日和9月20日前, 每年6月底、12月底前, 端午、中秋、国庆.

What one part leaves out because another has said it is put in: the year and the month of the part before
(`2026年3月15日、20日前`), the unit of the part after (`3、6、9月底前`). 前 after the last festival holds for all.
"""

from __future__ import annotations

import re
from dataclasses import replace

from states.dates.forms import read_point
from states.dates.plain import NUMBER, Year
from states.dates.points import Day, Edge, Feast, Period, Stretch, TenDays, Written
from states.dates.rhythm import Every, Rhythm

_SPLIT = re.compile(r"[、,;]|以及|和|及|与")
_NUMBERED = re.compile(rf"{NUMBER}(?P<tail>[月日号].*)")
_BARE_DAY = re.compile(rf"{NUMBER}[日号].*")
_AND_SUCH = re.compile(
    r"等?(?:重要|传统|重大|法定)*(?:节日|节点|节假日|假期|假日|期间)*(?P<before>(?:[之以]?前)?)$"
)


def listed(text: str) -> Every | None:
    """The list that the text (already `plain`) gives; None when a part is no date. One date alone needs 每年."""
    yearly = text.startswith("每年")
    points: list[Written | Feast] = []
    for part in _parts(_AND_SUCH.sub(r"\g<before>", text.removeprefix("每年"))):
        point = _point(part, points[-1] if points else None)
        if point is None:
            return None
        points.append(point)
    if (yearly and any(_year(point) is not None for point in points)) or (len(points) < 2 and not yearly):
        return None
    return Every(Rhythm.DATES, dates=tuple(_all_before(points)))


def _parts(text: str) -> list[str]:
    """The parts of the list, each with the unit that only a later part says."""
    parts, done = _SPLIT.split(text), list[str]()
    for part in reversed(parts):
        tail = _NUMBERED.fullmatch(done[-1]) if done else None
        if tail and re.fullmatch(NUMBER, part):
            done.append(part + tail["tail"])
        elif tail and re.search(rf"月{NUMBER}$", part):
            done.append(part + "日")
        else:
            done.append(part)
    return done[::-1]


def _point(part: str, before: Written | Feast | None) -> Written | Feast | None:
    """One date of the list, with the month and the year of the one before it."""
    if isinstance(before, Day) and _BARE_DAY.fullmatch(part):
        part = f"{before.month}月{part}"
    match read_point(part):
        case Day() | TenDays() | Period() as point if _can_be_listed(point):
            carried = _year(before) if before else None
            return point if point.year is not None else replace(point, year=carried)
        case Feast() as feast:
            year = (
                feast.holiday.year if feast.holiday.year is not None else (_year(before) if before else None)
            )
            return replace(feast, holiday=replace(feast.holiday, year=year))
    return None


def _can_be_listed(point: Written) -> bool:
    match point:
        case TenDays(first=first, last=last):
            return first == last  # 7月上、中旬 would fall apart
        case Period(stretch=stretch, edge=edge):
            return stretch is not Stretch.YEAR and edge is not Edge.BEFORE
    return True


def _year(point: Written | Feast) -> Year | None:
    return point.holiday.year if isinstance(point, Feast) else point.year


def _all_before(points: list[Written | Feast]) -> list[Written | Feast]:
    last = points[-1]
    if not (isinstance(last, Feast) and last.before):
        return points
    return [replace(point, before=True) if isinstance(point, Feast) else point for point in points]
