"""The forms of a point in time: one pattern and one small reader each.

A form must fit the whole text; the first that fits makes the point. To add a form, write its pattern and
reader and put them into FORMS: nothing else needs to know.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from typing import TypeGuard

from states.dates import named
from states.dates.faults import DatesError
from states.dates.parts import (
    AMOUNT,
    BEFORE,
    CLOCK,
    FROM,
    ORIGIN,
    WEEKDAY,
    YEAR,
    YEAR_NUMBER,
    amount,
    clock,
    origin,
)
from states.dates.plain import HAN, NUMBER, Number, within, year
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
    Written,
)

Reader = Callable[[re.Match[str]], Point | None]

END = r"(?P<end>底|末)?"
HOURS = (Unit.HOUR, Unit.OFFICE_HOUR)
CAMPAIGN = r"(?:本次|此次)?(?:集中|专项)?(?:行动|整治|活动|治理)"
_AT = {
    r"(?:自|从)?即日起?|启动时|启动之日起?": Anchor.LAUNCH,
    r"(?:自|从)?(?:通知|方案|文件)?(?:印发|下发|发文|发布)(?:之日起?|时)": Anchor.ISSUED,
    r"行动开始时": Anchor.BEGINS,
    rf"{CAMPAIGN}(?:结束(?:之|以)?前|期间)": Anchor.ENDS,
    r"(?:期?限?届满|期满)(?:之|以)?前": Anchor.EXPIRY,
    r"本?阶段开始时": Anchor.PHASE_START,
    r"本?阶段(?:工作)?结束(?:之|以)?前|本阶段期间": Anchor.PHASE_END,
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
    weekday = "一二三四五六日".index(found["weekday"].replace("天", "日")) + 1 if found["weekday"] else None
    return Day(month, day, year(found["year"]), when, bool(found["before"] or when), weekday)


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
    return None if unit in HOURS else Lasting(n, unit)


def _lasting_from(found: re.Match[str]) -> Lasting | None:
    """自…起用1年: a duration that says itself where it starts."""
    n, unit = amount(found)
    start = read_point(found["start"]) or read_point(found["start"] + "起")
    if unit in HOURS or not _can_start(start):
        return None
    return Lasting(n, unit, start)


def _can_start(point: Point | None) -> TypeGuard[Written | At]:
    match point:
        case Day(before=False, clock=None) | TenDays(before=False) | Period(edge=Edge.WHOLE):
            return True
        case At(origin=Anchor.LAUNCH | Anchor.ISSUED | Anchor.BEGINS | Anchor.PHASE_START):
            return True
    return False


def _over(found: re.Match[str]) -> Relative | None:
    """`届满20个工作日前`: only for what is an anchor, lest 本月25日前 be taken for an event."""
    start = origin(found["origin"])
    ours = start is not None and not isinstance(start, Event)
    return Relative(start, *amount(found), backwards=True) if start and ours else None


def _at(anchor: Anchor) -> Reader:
    return lambda _: At(anchor)


def _undated(found: re.Match[str]) -> Undated:
    return Undated(found[0])


def _unclear(found: re.Match[str]) -> Unclear:
    return Unclear(found[0])


def _form(pattern: str, reader: Reader) -> tuple[re.Pattern[str], Reader]:
    return re.compile(pattern), reader


AFTER = r"(?:之日起|之日后|之后|以后|后|起)的?"
INSIDE = r"(?:以内|之内|内)"
LASTS = (
    r"(?:为期|历时|利?用时?|不超过(?=.*[周月年]))"  # 不超过5个工作日 is no duration but a limit on one matter
)
FORMS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    _form(rf"{YEAR}(?P<month>{NUMBER})月(?P<day>{NUMBER})[日号]{WEEKDAY}(?:{CLOCK})?{BEFORE}", _day),
    _form(rf"{YEAR}(?P<month>{NUMBER})月份?{END}{BEFORE}", _month),
    _form(
        rf"{YEAR}(?P<month>{NUMBER})月(?P<first>[上中下])旬?(?:、?(?P<last>[上中下]))?(?<!旬)旬{BEFORE}",
        _ten_days,
    ),
    _form(rf"{YEAR}第?(?P<quarter>{NUMBER})季度{END}{BEFORE}", _quarter),
    _form(rf"{YEAR}(?P<half>[上下])半年{END}{BEFORE}", _half),
    _form(rf"{YEAR_NUMBER}年(?:度|年(?=[底末]))?{END}{BEFORE}", _year),
    _form(r"(?!__)" + YEAR_NUMBER + r"年度?内" + r"(?P<end>)(?P<before>)", _year),
    _form(r"(?:[今本当]?年)?年[底末](?P<before>之前|以前|前)?", _year_end),
    _form(named.YEAR_INSIDE_FORM, named.year_inside),
    *(_form(pattern, _at(anchor)) for pattern, anchor in _AT.items()),
    _form(named.FEAST_FORM, named.feast),
    *(_form(pattern, named.before_term) for pattern in named.BEFORE_TERM_FORMS),
    _form(named.UNDATED_WORDS, _undated),
    _form(named.VAGUE_FORM, named.vague),
    _form(rf"{YEAR}(?:\d{{1,2}}|__)月(?:\d{{1,2}}|__)(?:之前|以前|前)?", _unclear),
    _form(rf"在?完成本?阶段工作后?{AMOUNT}{INSIDE}", _phase_done),
    _form(rf"{FROM}{ORIGIN}{AFTER}{AMOUNT}{INSIDE}?", _relative),
    _form(rf"(?P<origin>(?:接到|收到|发现|发生){HAN}{{1,12}}?){AMOUNT}{INSIDE}", _relative),
    _form(rf"{FROM}{ORIGIN}(?P<backwards>之前|以前|前)的?{AMOUNT}", _relative),
    _form(rf"{FROM}{ORIGIN}{AMOUNT}(?:之前|以前|前)", _over),
    _form(rf"{ORIGIN}后第(?P<n>{NUMBER})(?P<unit>个?星期|周|个?月)", _nth),
    _form(rf"{AMOUNT}{INSIDE}", _arising),
    _form(rf"超过{AMOUNT}(?:[仍还]?未{HAN}{{1,6}})?", _arising),
    _form(rf"{LASTS}{AMOUNT}(?:时间)?", _lasting),
    _form(rf"(?!.*[日年]$){AMOUNT}", _lasting),  # bare 15日 or 26年 may be a date: not taken for a duration
    _form(rf"(?:自|从)?(?P<start>.+?)(?:起|开始),?{LASTS}{AMOUNT}(?:时间)?", _lasting_from),
    _form(named.AT_END_FORM, named.at_end),
    _form(named.TERM_YEAR_FORM, named.term_year(read_point)),
    *(_form(pattern, named.term) for pattern in named.TERM_FORMS),
)
