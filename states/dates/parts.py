"""Patterns shared by the forms, and the readers of their parts: time of day, amount, anchor."""

from __future__ import annotations

import re

from states.dates.faults import DatesError
from states.dates.festivals import FESTIVAL, Holiday, festival
from states.dates.origins import Anchor, Clock, Event, Origin, Unit
from states.dates.plain import HAN, NUMBER, Number, number, year

YEAR_NUMBER = r"(?P<year>\d{4}|(?:(?:19|20)\d?)?__)"
YEAR = rf"(?:{YEAR_NUMBER}年)?"
BEFORE = r"(?P<before>之前|以前|前)?"
CLOCK = (
    r"(?P<clock>下班|(?P<noon>上午|中午|下午|晚上?)?(?P<hour>\d{1,2})(?::|[时点])(?P<minute>半|\d{1,2})?分?)"
)
WEEKDAY = r"(?:\(?(?:周|星期)(?P<weekday>[一二三四五六日天])\)?)?"  # 8月15日（周六）
AMOUNT = rf"(?P<n>{NUMBER})(?P<unit>个?工作日|个?(?:工作|办公)小时|日|天|个?星期|周|个月|个?小时|年)"
ORIGIN = rf"(?P<origin>(?:(?:\d{{4}}|20__)年)?{HAN}{{1,20}}?)"
FROM = r"(?:(?:自|从|在)(?![查纠评检治学建主行业严重职岗]))?"  # 自 of 自查 belongs to the name

_UNITS = {
    "工作日": Unit.WORKDAY,
    "日": Unit.DAY,
    "天": Unit.DAY,
    "星期": Unit.WEEK,
    "周": Unit.WEEK,
    "月": Unit.MONTH,
    "小时": Unit.HOUR,
    "工作小时": Unit.OFFICE_HOUR,
    "办公小时": Unit.OFFICE_HOUR,
    "年": Unit.YEAR,
}
_MOST = {Unit.WEEK: 999, Unit.MONTH: 999, Unit.YEAR: 99}
_ANCHORS = {
    r"(?:专项)?(?:行动|整治|活动|工作)?启动|即日": Anchor.LAUNCH,
    r"(?:本|此)?(?:通知|方案|文件|公文)?(?:印发|下发|发文|发布)": Anchor.ISSUED,
    r"(?:专项)?(?:行动|整治|活动)开始": Anchor.BEGINS,
    r"(?:专项)?(?:行动|整治|活动)(?:结束|完成)": Anchor.ENDS,
    r"期?限?届满|期满": Anchor.EXPIRY,
    r"本?阶段(?:工作)?(?:开始|启动)": Anchor.PHASE_START,
    r"本?阶段(?:工作)?(?:结束|完成)|完成本?阶段工作": Anchor.PHASE_END,
}
AWAY = r"(?:假期|长假|小长假|放假)?(?:期间)?"  # what may follow the name of a festival
_FESTIVAL = re.compile(rf"{YEAR}{FESTIVAL}{AWAY}(?:结束)?")
_NO_EVENT = re.compile(
    r".*(?:[年月季旬周][底末初]|季度|半年|[上中下]旬|每|左右|为期|不少于|即日|下班|长期坚持).*"
    r"|[前后起内].*|.*[前后起]|[今本上下次当翌]个?[年月日周天旬].*|[年月日周天]|第"
)


def unit(text: str) -> Unit:
    return _UNITS[text.removeprefix("个")]


def amount(found: re.Match[str]) -> tuple[Number, Unit]:
    """Number and unit of what AMOUNT matches; at least 1, at most about a century."""
    measure = unit(found["unit"])
    value, most = number(found["n"]), _MOST.get(measure, 9999)
    if isinstance(value, int) and not 1 <= value <= most:
        raise DatesError(f"“{found['n']}{found['unit']}”超出范围，只能写1至{most}")
    return value, measure


def clock(found: re.Match[str]) -> Clock | None:
    """Time of day of what CLOCK matches: 12:00, 9时, 下午3点半, 晚上8点, 24:00, 下班."""
    if found["clock"] in {None, "下班"}:
        return Clock(leaving=True) if found["clock"] else None
    noon, said = found["noon"] or "", int(found["hour"])
    hour = said + 12 if noon[:1] in {"下", "晚"} and said < 12 else said
    minute = 30 if found["minute"] == "半" else int(found["minute"] or 0)
    odd = (noon == "上午" and hour > 12) or (noon[:1] == "晚" and not 17 <= hour <= 23)
    if odd or minute > 59 or hour * 60 + minute > 24 * 60:
        raise DatesError(f"“{found['clock']}”不是一天里的时刻，请写0:00至24:00")
    return Clock(hour * 60 + minute)


def origin(text: str) -> Origin | None:
    """The anchor or festival of that name, else an event of that name; None for words that name no event."""
    for pattern, anchor in _ANCHORS.items():
        if re.fullmatch(pattern, text):
            return anchor
    return _holiday(text) or event(text)


def event(text: str) -> Event | None:
    """An event of that name; None for words that name no event."""
    return None if _NO_EVENT.fullmatch(text) or text[0].isdigit() else Event(text)


def _holiday(text: str) -> Holiday | None:
    found = _FESTIVAL.fullmatch(text)
    return Holiday(festival(found["festival"]), year(found["year"])) if found else None
