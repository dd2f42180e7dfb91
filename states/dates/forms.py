"""The forms of a point in time: one pattern and one small reader each.

A form must fit the whole text; the first that fits makes the point. To add a form, write its pattern and
reader and put them into FORMS: nothing else needs to know.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable

from states.dates.faults import DatesError
from states.dates.parts import AMOUNT, BEFORE, CLOCK, ORIGIN, YEAR, YEAR_NUMBER, amount, clock, origin
from states.dates.plain import NUMBER, Number, within, year
from states.dates.points import (
    Anchor,
    At,
    Day,
    Edge,
    Event,
    Lasting,
    Nth,
    Period,
    Point,
    Relative,
    Stretch,
    TenDays,
    Unclear,
    Undated,
    Unit,
)

Reader = Callable[[re.Match[str]], Point | None]

END = r"(?P<end>底|末)?"
UNDATED = "立行立改|立知立改|即知即改|即查即改|边查边改|按要求及时|按要求|立即|及时|即时|适时|随时|不定期|视情|另行通知"
_AT = {
    r"(?:自|从)?即日起?|启动时|启动之日起?": Anchor.LAUNCH,
    r"(?:自|从)?(?:通知|方案|文件)?(?:印发|下发|发文)(?:之日起?|时)": Anchor.ISSUED,
    r"行动开始时": Anchor.BEGINS,
    r"(?:专项)?(?:行动|整治|活动)结束之?前": Anchor.ENDS,
    r"期?限?届满之?前": Anchor.EXPIRY,
    r"本?阶段开始时": Anchor.PHASE_START,
    r"本?阶段(?:工作)?结束之?前": Anchor.PHASE_END,
}


def read_point(text: str) -> Point | None:
    """The point that the text (already `plain`) names; None when no form fits."""
    for pattern, reader in FORMS:
        found = pattern.fullmatch(text)
        point = reader(found) if found else None
        if point is not None:
            return point
    return None


def month_length(month: Number) -> int:
    """Days of the month at its longest; 31 when the month is blank."""
    return monthrange(2000, month)[1] if isinstance(month, int) else 31


def _day(found: re.Match[str]) -> Day:
    month = within(found["month"], 1, 12, "月")
    day = within(found["day"], 1, month_length(month), "日")
    when = clock(found)
    return Day(month, day, year(found["year"]), when, bool(found["before"] or when))


def _edge(found: re.Match[str]) -> Edge:
    return Edge(("底" if found["end"] else "") + ("前" if found["before"] else ""))


def _month(found: re.Match[str]) -> Period:
    return Period(Stretch.MONTH, within(found["month"], 1, 12, "月"), _edge(found), year(found["year"]))


def _quarter(found: re.Match[str]) -> Period:
    return Period(Stretch.QUARTER, within(found["quarter"], 1, 4, "季度"), _edge(found), year(found["year"]))


def _half(found: re.Match[str]) -> Period:
    return Period(Stretch.HALF, "上下".index(found["half"]) + 1, _edge(found), year(found["year"]))


def _year(found: re.Match[str]) -> Period:
    return Period(Stretch.YEAR, 1, _edge(found), year(found["year"]))


def _year_end(found: re.Match[str]) -> Period:
    return Period(Stretch.YEAR, 1, Edge.BY_END if found["before"] else Edge.END)


def _ten_days(found: re.Match[str]) -> TenDays:
    first = "上中下".index(found["first"]) + 1
    last = "上中下".index(found["last"] or found["first"]) + 1
    if last < first:
        raise DatesError(f"“{found[0]}”结束早于开始，请按上旬、中旬、下旬的先后写")
    return TenDays(
        within(found["month"], 1, 12, "月"), first, last, year(found["year"]), bool(found["before"])
    )


def _relative(found: re.Match[str]) -> Relative | None:
    start = origin(found["origin"])
    backwards = "backwards" in found.re.groupindex
    return Relative(start, *amount(found), backwards=backwards) if start else None


def _phase_done(found: re.Match[str]) -> Relative:
    return Relative(Anchor.PHASE_END, *amount(found))


def _arising(found: re.Match[str]) -> Relative:
    return Relative(Event(), *amount(found))


def _nth(found: re.Match[str]) -> Nth | None:
    start = origin(found["origin"])
    return Nth(start, *amount(found)) if start else None


def _lasting(found: re.Match[str]) -> Lasting | None:
    n, unit = amount(found)
    return None if unit is Unit.HOUR else Lasting(n, unit)


def _at(anchor: Anchor) -> Reader:
    return lambda _: At(anchor)


def _undated(found: re.Match[str]) -> Undated:
    return Undated(found[0])


def _unclear(found: re.Match[str]) -> Unclear:
    return Unclear(found[0])


def _form(pattern: str, reader: Reader) -> tuple[re.Pattern[str], Reader]:
    return re.compile(pattern), reader


AFTER = r"(?:之日起|之日后|之后|以后|后|起)的?"
FORMS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    _form(rf"{YEAR}(?P<month>{NUMBER})月(?P<day>{NUMBER})[日号](?:{CLOCK})?{BEFORE}", _day),
    _form(rf"{YEAR}(?P<month>{NUMBER})月份?{END}{BEFORE}", _month),
    _form(
        rf"{YEAR}(?P<month>{NUMBER})月(?P<first>[上中下])旬?(?:、(?P<last>[上中下]))?(?<!旬)旬{BEFORE}",
        _ten_days,
    ),
    _form(rf"{YEAR}第?(?P<quarter>{NUMBER})季度{END}{BEFORE}", _quarter),
    _form(rf"{YEAR}(?P<half>[上下])半年{END}{BEFORE}", _half),
    _form(rf"{YEAR_NUMBER}年度?{END}{BEFORE}", _year),
    _form(r"(?:[今本当]年?)?年[底末](?P<before>之前|以前|前)?", _year_end),
    *(_form(pattern, _at(anchor)) for pattern, anchor in _AT.items()),
    _form(UNDATED, _undated),
    _form(rf"{YEAR}(?:\d{{1,2}}|__)月(?:\d{{1,2}}|__)(?:之前|以前|前)?", _unclear),
    _form(rf"在?完成本?阶段工作后?{AMOUNT}(?:以内|之内|内)", _phase_done),
    _form(rf"(?:自|从|在)?{ORIGIN}{AFTER}{AMOUNT}(?:以内|之内|内)?", _relative),
    _form(rf"(?:在)?{ORIGIN}(?P<backwards>之前|以前|前){AMOUNT}", _relative),
    _form(rf"{ORIGIN}后第(?P<n>{NUMBER})(?P<unit>个?星期|周|个?月)", _nth),
    _form(rf"{AMOUNT}(?:以内|之内|内)", _arising),
    _form(rf"(?:为期|历时|用时?){AMOUNT}", _lasting),
    _form(rf"(?!.*[日年]$){AMOUNT}", _lasting),  # bare 15日 or 26年 may be a date: not taken for a duration
)
