"""Words of a window -> its two ends: `9月-11月`, `自8月1日至9月30日`, `从即日起至…`, `启动后2周内`, `8月`.

What the second end leaves out because the first has said it is carried over: the year (`2019年3月—9月`), the
month (`8月1日至15日`), the unit (`9-11月`), the anchor (`启动后第3周至第8周`). A window that would end before
it begins is refused: which year is meant is for the writer to say.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from states.dates.deadline import Deadline
from states.dates.faults import WINDOWS, DatesError, unread
from states.dates.forms import CAMPAIGN
from states.dates.grammar import read
from states.dates.plain import BLANK, NEXT, NUMBER, plain
from states.dates.points import (
    Anchor,
    At,
    Day,
    Edge,
    Feast,
    Lasting,
    Nth,
    Period,
    Point,
    Relative,
    TenDays,
    Term,
    TermYear,
    Undated,
    Unit,
    origin_name,
)

Window = tuple[Deadline | None, Deadline | None]

# five kinds of dash, 至 and 到; 一 where a scan put it for a dash; a comma or nothing after 起
_BETWEEN = re.compile(
    r"至|到|[-—–~〜―−‐─ー]+|(?<=[年月日旬底末])一(?=[\d_])|(?<=[起始])[,、]|(?<=[起始])(?=为期|历时|利?用)"
)
_BARE = re.compile(rf"(?P<number>{NUMBER})(?P<unit>[日号]|月)|\d{{4}}(?P<year>年)")
_NEXT_YEAR = re.compile(r"(?:次|翌|第二)年(?P<rest>.+)")
_CAMPAIGN = re.compile(rf"{CAMPAIGN}期间")
_BARE_TENS = re.compile(r"[上中下]旬")
_BARE_NTH = re.compile(rf"第{NUMBER}(?:个?星期|周|个?月)")


def parse_window(words: str) -> Window:
    """Start and end that the words give; None for the end they do not name.

    `8月` gives the month twice: `start_of` is its first instant, `resolve` its last. `8月15日前` and `为期6周`
    have an end only, `4月起` a start only, `启动后2周内` runs from its anchor. DatesError as for `parse`.
    """
    text = plain(words)
    if _CAMPAIGN.fullmatch(text):
        return Deadline(At(Anchor.BEGINS)), Deadline(At(Anchor.ENDS))
    window = _closed(text, words) or _single(text)
    if window is None:
        raise unread("起止时间", words, WINDOWS)
    return window


def window_words(window: Window) -> str:
    """The window in canonical Chinese, which `parse_window` reads back; empty where it has neither end."""
    start, end = window
    if start is None or end is None or start == end:
        only = start or end
        return only.words() if only else ""
    if window == (Deadline(At(Anchor.BEGINS)), Deadline(At(Anchor.ENDS))):
        return "行动期间"
    if _single(plain(end.words())) == window:  # 启动后2周内, 8月1日起用1年 say where they begin
        return end.words()
    return f"{start.words()}{'，' if isinstance(end.point, Lasting) else '至'}{end.words()}"


def _closed(text: str, words: str) -> Window | None:
    """The first place at which the text falls into two readable ends."""
    for found in _BETWEEN.finditer(text):
        left, right = text[: found.start()], text[found.end() :]
        start = read(_with_unit(left, right)) if left else None
        end = _end(start, right) if start and right else None
        if start and end and start.point and end.point and not isinstance(start.point, Lasting | Undated):
            end = _with_year(start, end)
            _in_order(start.point, end.point, words)
            return start, end
    return None


def _end(start: Deadline, right: str) -> Deadline | None:
    """The second end; 次年 after a first without a year is the year after that of the campaign."""
    later = _NEXT_YEAR.fullmatch(right)
    if not later or not isinstance(start.point, Day | TenDays | Period) or start.point.year is not None:
        return read(_with_context(start, right))
    end = read(later["rest"])
    if end is None or not isinstance(end.point, Day | TenDays | Period) or end.point.year is not None:
        return None
    return replace(end, point=replace(end.point, year=NEXT))


def _single(text: str) -> Window | None:
    only = read(text)
    if only is None:
        return None
    if only.since or only.point == At(Anchor.LAUNCH):
        return only, None
    if _names_both_ends(only.point):
        return only, only
    match only.point:
        case Lasting(start=start) if start is not None:
            return Deadline(start), only
        case Relative(origin=Anchor() as origin, backwards=False, unit=unit) if unit is not Unit.HOUR:
            return Deadline(At(origin)), only
    return None, only


def _names_both_ends(point: Point | None) -> bool:
    """The words name a stretch of days, from its first to its last."""
    match point:
        case Day(before=before) | TenDays(before=before) | Feast(before=before) | Term(before=before):
            return not before
        case TermYear(within=within):
            return within is None or _names_both_ends(within)
        case Period(edge=edge):
            return edge is Edge.WHOLE
    return isinstance(point, Nth)


def _with_unit(left: str, right: str) -> str:
    """`9` before `11月` is 9月; `8月1` before `15日` is 8月1日."""
    bare = _BARE.match(right)
    if bare and bare["year"]:
        return left + "年" if re.search(r"\d{4}$", left) else left
    return left + bare["unit"] if bare and re.search(r"(?:\d|__)$", left) else left


def _with_context(start: Deadline, right: str) -> str:
    """The month or the anchor that the first end has said already, put before the second."""
    bare, point, later = _BARE.match(right), start.point, _NEXT_YEAR.fullmatch(right)
    if later and isinstance(point, Day | TenDays | Period) and isinstance(point.year, int):
        return f"{point.year + 1}年{later['rest']}"
    if isinstance(point, Day | TenDays | Period) and _BARE_TENS.match(right):
        return f"{_month_of(point)}月{right}"
    if isinstance(point, Day) and bare and bare["unit"] in {"日", "号"}:
        return f"{point.month}月{right}"
    if isinstance(point, Nth) and _BARE_NTH.match(right):
        return f"{origin_name(point.origin)}后{right}"
    return right


def _month_of(point: Day | TenDays | Period) -> object:
    return point.index if isinstance(point, Period) else point.month


def _with_year(start: Deadline, end: Deadline) -> Deadline:
    """The year of the first end also holds for the second where that has none."""
    match start.point, end.point:
        case Day(year=year) | Period(year=year) | TenDays(year=year), Day() | Period() | TenDays() as point:
            if point.year is None and year is not None:
                return replace(end, point=replace(point, year=year))
    return end


def _in_order(start: Point, end: Point | None, words: str) -> None:
    first, last = _first_day(start), _last_day(end)
    if first is None or last is None or first[0] is BLANK or last[0] is BLANK:
        return
    if first[0] == last[0] and first[1:] > last[1:]:
        raise DatesError(f"起止时间“{words}”结束早于开始；跨年的请写明两端的年份")
    if first[0] and last[0] and first[0] > last[0]:
        raise DatesError(f"起止时间“{words}”结束早于开始；请核对年份")


def _first_day(point: Point) -> tuple[Any, int, int] | None:
    """Year, month and day at which the point begins; None when it has a blank or is not in the calendar."""
    match point:
        case Day(year=year, month=int(month), day=int(day)):
            return year, month, day
        case TenDays(year=year, month=int(month), first=first):
            return year, month, first * 10 - 9
        case Period(year=year, index=int(index), stretch=stretch, edge=Edge.WHOLE):
            return year, (index - 1) * stretch.value + 1, 1
    return _last_day(point)


def _last_day(point: Point | None) -> tuple[Any, int, int] | None:
    match point:
        case Day(year=year, month=int(month), day=int(day)):
            return year, month, day
        case TenDays(year=year, month=int(month), last=last):
            return year, month, last * 10
        case Period(year=year, index=int(index), stretch=stretch):
            return year, index * stretch.value, 31
    return None
