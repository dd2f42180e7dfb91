"""Words of a recurrence -> `Every`: 每周五, 每月25日前, 每月底前, 每季度, 每天16:00前, 一周一调度, 每月不少于1次 …

What it cannot say in Chinese comes as an RFC 5545 rule through `cadence`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from states.dates.faults import CADENCES, DatesError, unread
from states.dates.forms import month_length
from states.dates.listed import listed
from states.dates.parts import BEFORE, CLOCK, clock
from states.dates.plain import BLANK, NUMBER, Number, number, plain, within
from states.dates.points import Clock
from states.dates.rhythm import LAST_DAY, LAST_WORKDAY, SHIFT_WORDS, SHORTEST, TIMES, Every, Rhythm, Shift
from states.dates.rules import checked

Reader = Callable[[re.Match[str]], Every]

_ENDING = rf"(?:{CLOCK})?{BEFORE}"
_DAY = rf"(?:(?P<day>{NUMBER})[日号]|(?P<end>底|末|的?最后[一1][日天]))"
_DASH = r"(?:至|到|[-—–~〜―─ー])"
_AND = r"(?:、|,|;|以?及|和|与)"
_WEEKDAY = r"(?:(?:周|星期)?[一二三四五六日天])"
_ACTS = (
    r"(?:调度|通报|零?报告|报送|上报|小结|总结|研判|汇总|分析|会商|督查|检查|督导|会议|例会|监测|"
    r"专项|开展|组织|召开|排查|抽查|巡查|核查|培训|演练|宣传|暗访)"
)
_HEDGE = re.compile(r"(?P<before>.*?)(?P<hedge>原则上|力争)[,]?(?P<after>.*)")
_SHIFT = re.compile(
    r"(?P<rest>.+?),?\(?(?:如?遇|逢)(?:非工作日|节假日|休息日|周末)(?:的)?(?P<to>提前|顺延)(?:至.{1,8})?"
)
_MINIMUM = re.compile(
    rf"(?P<rest>(?![一两半]).+?)拟?(?:对各(?:单位|地))?(?:(?P<least>不少于|至少)|各)?{_ACTS}?(?P<n>{NUMBER})(?P<measure>[次项件场例个家户所份])"
    rf"(?(least)(?:(?![每前内])[\u4e00-\u9fff]){{0,10}}|(?:专项)?{_ACTS}?)"
)
_LEAD_IN = re.compile(r"^(?:以后|此后|今后)?(?:于|在)?(?=每)")
_DONE = re.compile(
    r"(?:(?<=前)|(?<=.[日底旬])|(?<=最后一天)|(?<=^每[天周月季年])|(?<=^每季度)|(?<=^每半[年月])|(?<=^每星期))"
    rf"{_ACTS}{{1,3}}(?:制度)?$"
)
_WHAT = r"(?:信息|工作|进展|专项整治|整治)?"
_RULE = re.compile(r"按规则\s*(?P<rule>[A-Z][A-Z0-9=;,+-]*)(?:\s+(?P<time>\S+?)前)?(?:[，,](?P<shift>遇.+))?")
_SHORT = {
    "日": Rhythm.DAY,
    "天": Rhythm.DAY,
    "周": Rhythm.WEEK,
    "星期": Rhythm.WEEK,
    "旬": Rhythm.TEN_DAYS,
    "半月": Rhythm.HALF_MONTH,
}
_SHORT |= {"月": Rhythm.MONTH, "季": Rhythm.QUARTER, "季度": Rhythm.QUARTER, "半年": Rhythm.HALF_YEAR}
_SHORT |= {"年": Rhythm.YEAR}


def parse_cadence(words: str) -> Every:
    """The recurrence that the words mean; DatesError names words that are not understood and shows examples.

    A period without a day falls due on its last day. The words may end in 不少于N次 and 遇非工作日提前/顺延.
    """
    if words.strip().startswith(Rhythm.RULE.value):
        return _rule_in_words(words.strip())
    hedge, text = _hedge(plain(words))
    text, shift = _shift(text)
    text, minimum, measure = _minimum(_LEAD_IN.sub("", text))
    text = _DONE.sub("", text)
    found = _read(text) or listed(text)
    if found is None:
        raise unread("频次", words, CADENCES)
    return replace(found, minimum=minimum, measure=measure, shift=shift, hedge=hedge)


def parse_cadences(words: str) -> tuple[Every, ...]:
    """Several recurrences said in one breath: 一周一调度，一月一通报; DatesError as for `parse_cadence`."""
    try:
        return (parse_cadence(words),)
    except DatesError:
        parts = [part for part in re.split(r"[、，,；;]", words) if part.strip()]
        if len(parts) < 2:
            raise
    return tuple(parse_cadence(part) for part in parts)


def cadence(rrule: str, time: str | None, shift: str) -> Every:
    """A recurrence from an RFC 5545 rule, a local time of day (`16:00`; None: office end) and where days off go."""
    if shift not in tuple(Shift):
        raise DatesError(f"shift“{shift}”不存在，只能写none、previous、next")
    return Every(Rhythm.RULE, clock=_time(time) if time else None, shift=Shift(shift), rule=checked(rrule))


def _time(text: str) -> Clock:
    found = re.fullmatch(CLOCK, plain(text))
    when = clock(found) if found else None
    if when is None:
        raise DatesError(f"看不懂时刻“{text}”，请写成16:00")
    return when


def _rule_in_words(words: str) -> Every:
    found = _RULE.fullmatch(words)
    shifts = {said: shift for shift, said in SHIFT_WORDS.items() if said}
    if found is None or (found["shift"] and found["shift"] not in shifts):
        raise unread("频次", words, "按规则 FREQ=WEEKLY;BYDAY=MO,TH 16:00前，遇非工作日顺延")
    return cadence(found["rule"], found["time"], shifts.get(found["shift"], Shift.NONE))


def _hedge(text: str) -> tuple[str, str]:
    """原则上每月1次 and 每月原则上不少于1次 are one."""
    found = _HEDGE.fullmatch(text)
    return (found["hedge"], found["before"] + found["after"]) if found else ("", text)


def _shift(text: str) -> tuple[str, Shift]:
    found = _SHIFT.fullmatch(text)
    if not found:
        return text, Shift.NONE
    return found["rest"], Shift.PREVIOUS if found["to"] == "提前" else Shift.NEXT


def _minimum(text: str) -> tuple[str, int | None, str]:
    """Without 不少于N次, N, and what is counted (次, 项, 件 …)."""
    found = _MINIMUM.fullmatch(text)
    n = number(found["n"]) if found else None
    if not found or n is None:
        return text, None, TIMES
    if n == BLANK or n < 1:
        raise DatesError(f"“{text}”的次数须写明，至少为1")
    return found["rest"], n, found["measure"]


def _read(text: str) -> Every | None:
    for pattern, reader in _FORMS:
        found = pattern.fullmatch(text)
        if found:
            return reader(found)
    return None


def _weekday(found: re.Match[str]) -> Every:
    name = found["weekday"]
    day = BLANK if name == BLANK else "一二三四五六日".index(name.replace("天", "日")) + 1
    return Every(Rhythm.WEEK, day, clock=clock(found))


def _weekdays(found: re.Match[str]) -> Every:
    """每周一、四: several days of a week, in order."""
    days = sorted({"一二三四五六日".index(name) + 1 for name in _names(found["days"])})
    return _several(Rhythm.WEEK, days, clock(found))


def _from_to(found: re.Match[str]) -> Every:
    """每周一至周五: each of these days."""
    first, last = (
        "一二三四五六日".index(name.replace("天", "日")) + 1 for name in found["from"] + found["to"]
    )
    if first >= last:
        raise DatesError(f"“{found[0]}”的结束早于开始，一周从周一到周日")
    return _several(Rhythm.WEEK, list(range(first, last + 1)), clock(found))


def _last_workday(found: re.Match[str]) -> Every:
    """每月最后一个工作日: of the period, by the calendar of working days."""
    return Every(_SHORT[found["period"].replace("个", "")], LAST_WORKDAY, clock=clock(found))


def _names(text: str) -> str:
    return re.sub(rf"{_AND}|周|星期", "", text).replace("天", "日")


def _days(found: re.Match[str]) -> Every:
    """每月5日、20日前: several days of a month, in order; those that short months lack are refused."""
    days = sorted({int(day) for day in re.findall(r"\d+", found["days"])})
    if not 1 <= days[0] <= days[-1] <= SHORTEST:
        raise DatesError(f"“{found[0]}”里的日子只能写1日至{SHORTEST}日，月末请写底")
    days += [LAST_DAY] if re.search(r"[底末]", found["days"]) else []
    return _several(Rhythm.MONTH, days, clock(found))


def _several(rhythm: Rhythm, days: list[int], when: Clock | None) -> Every:
    return Every(rhythm, days[0], clock=when, also=tuple(days[1:]))


def _third(found: re.Match[str]) -> Every:
    return Every(Rhythm.MONTH, {"上": 10, "中": 20, "下": LAST_DAY}[found["third"]])


def _whole(rhythm: Rhythm) -> Reader:
    return lambda found: Every(rhythm, clock=clock(found))


def _short(found: re.Match[str]) -> Every:
    return Every(_SHORT[found["period"]])


def _number_of_day(found: re.Match[str], longest: int = 31) -> Number:
    return LAST_DAY if found["end"] else within(found["day"], 1, longest, "日")


def _month(found: re.Match[str]) -> Every:
    return Every(Rhythm.MONTH, _number_of_day(found), clock=clock(found))


def _quarter(found: re.Match[str]) -> Every:
    nth = {"首": "1", "末": "3", "最后一": "3"}.get(found["nth"], found["nth"])
    month = within(nth, 1, 3, "个月") if nth else None
    if month is None and not found["end"]:
        raise DatesError(f"“{found[0]}”没有写明是季度的哪个月，请写成每季度第3个月25日前")
    return Every(Rhythm.QUARTER, _number_of_day(found), month, clock(found))


def _year(found: re.Match[str]) -> Every:
    month = within(found["month"], 1, 12, "月") if found["month"] else None
    if month is None and not found["end"]:
        raise DatesError(f"“{found[0]}”没有写明月份，请写成每年6月30日前")
    return Every(Rhythm.YEAR, _number_of_day(found, month_length(month or 12)), month, clock(found))


def _form(pattern: str, reader: Reader) -> tuple[re.Pattern[str], Reader]:
    return re.compile(pattern), reader


_FORMS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    _form(rf"每[天日]{_ENDING}", _whole(Rhythm.DAY)),
    _form(rf"每个?工作日{_ENDING}", _whole(Rhythm.WORKDAY)),
    _form(rf"每(?:周|星期)(?P<weekday>[一二三四五六日天]|__){_ENDING}", _weekday),
    _form(rf"每(?P<days>{_WEEKDAY}(?:{_AND}{_WEEKDAY})+){_ENDING}", _weekdays),
    _form(
        rf"每(?:周|星期)(?P<from>[一二三四五六日天]){_DASH}(?:周|星期)?(?P<to>[一二三四五六日天]){_ENDING}",
        _from_to,
    ),
    _form(
        rf"每个?(?P<period>周|星期|旬|半个?月|月|季度?|半年|年)(?:末?的?最后|末)的?[一1]个工作日{_ENDING}",
        _last_workday,
    ),
    _form(rf"每(?:周|星期){_ENDING}", _whole(Rhythm.WEEK)),
    _form(rf"每旬[底末]?{_ENDING}", _whole(Rhythm.TEN_DAYS)),
    _form(rf"每半个?月{_ENDING}", _whole(Rhythm.HALF_MONTH)),
    _form(rf"每个?月{_ENDING}", _whole(Rhythm.MONTH)),
    _form(rf"每个?月{_DAY}{_ENDING}", _month),
    _form(
        rf"每个?月(?P<days>(?:\d{{1,2}}[日号]?{_AND})+(?:\d{{1,2}}[日号]|月?[底末])){_ENDING}",
        _days,
    ),
    _form(rf"每个?月(?P<third>[上中下])旬{BEFORE}", _third),
    _form(rf"每季度?{_ENDING}", _whole(Rhythm.QUARTER)),
    _form(rf"每季度?(?:(?:第?(?P<nth>{NUMBER}|首|末|最后一)个?月))?{_DAY}{_ENDING}", _quarter),
    _form(rf"每半年[底末]?{_ENDING}", _whole(Rhythm.HALF_YEAR)),
    _form(rf"每年{_ENDING}", _whole(Rhythm.YEAR)),
    _form(rf"每年年?(?:(?P<month>{NUMBER})月)?{_DAY}{_ENDING}", _year),
    _form(rf"一?(?P<period>(?<=一)(?:日|天|周|旬|月|季度?|年)|半月|半年)一(?:{_ACTS}|次|报)", _short),
    _form(rf"每(?P<period>日|天|旬|月|季度?|年)一(?:{_ACTS}|报)", _short),
    _form(rf"(?:实行)?{_WHAT}(?P<period>日|周|旬|半月|月|季度?|半年|年)(?:报表?|{_ACTS})(?:制度?)?", _short),
    _form(rf"按(?P<period>日|周|旬|月|季度?|年)(?:{_ACTS})?", _short),
    _form(rf"定期{_ACTS}{{0,3}}(?:制度)?", lambda _: Every(Rhythm.OPEN)),
)
