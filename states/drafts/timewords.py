"""Where a plan names a time: windows, deadlines, recurrences, as printed.

Only the surface is matched here; what the words mean is for `states.dates`. Titles of documents and document numbers
are looked through: the years in them are not dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from states.dates import parse, parse_cadence, parse_window
from states.errors import Faulty

_B = r"[_＿XxΧ×]"  # a printed blank
_N = rf"(?:\d{{1,2}}|{_B}{{1,6}}|[一二三四五六七八九十]{{1,3}})"
_Y = rf"(?:(?:(?:19|20)(?:\d\d|{_B}{{1,4}})|{_B}{{2,6}}|[二〇零一三四五六七八九]{{4}}|[今本当次明])\s?年)"
_M = rf"(?:{_N}\s?月份?)"
_D = rf"(?:{_N}\s?[日号](?:[（(](?:周|星期)[一二三四五六日天][）)])?)"
_T = r"(?:\s?(?:(?:上午|下午|中午)?\d{1,2}(?:[:：]\d{2}|[时点](?:半|\d{1,2}分)?)|下班))"
_TENS = r"(?:[上中下]旬)"
_PARTS = r"(?:第?[一二三四1-4]季度|[上下]半年)"
_POINT = (
    rf"(?:{_Y}?{_M}(?:\s?{_D}{_T}?|{_TENS}(?:至{_TENS})?|[底末初])?|{_Y}(?:年?[底末]|{_PARTS}[底末]?)?|年[底末]|{_PARTS}[底末]?"
    rf"|(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}))"
)
_TO = r"(?:\s?(?:至|到|[-—–~〜～―－−─ー]{1,2})\s?|(?<=[年月日旬底末])一(?=[\dXx_×]))"
_BEFORE = r"(?:之前|以前|前)"
_UNIT = r"(?:个?工作日|个?小时|个?月|个?星期|周|日|天)"
_ACT = r"(?:调度|通报|报告|报送|上报|小结|总结|研判|汇总|分析|会商|督查|检查|督导|例会|会议)"
_PERIOD = r"(?:天|日|个?工作日|周|星期|旬|半?个?月|季度?|半年|年)"

_LASTS = rf"(?:为期|历时|利?用时?){_N}{_UNIT}(?:左右)?(?:的?时间)?"
_FEAST = r"(?:元旦|春节|清明|五一|劳动节|端午|中秋|国庆)(?:节|假期|长假)?"
_WINDOW = (
    rf"(?:[自从])?(?:{_POINT}|即日)(?:起|开始)?[,，]?{_TO}(?:{_POINT}|{_D}|{_TENS})(?:止)?"
    rf"|[自从]?{_POINT}(?:起|开始)[,，]?{_LASTS}"
    rf"|[自从]?{_POINT}(?:起|开始)[,，]{_POINT}(?=结束|完成)"
)
_GOAL = r"(?:取得(?:明显成效|阶段性成效|实效|成效)|(?:基本|全面)?完成)"
_DEADLINE = (
    rf"{_POINT}{_BEFORE}(?:{_GOAL}?[,，]?并长期坚持)?"
    rf"|{_Y}?{_FEAST}{_BEFORE}|{_Y}?{_M}\s?\d{{1,2}}{_BEFORE}"
    rf"|(?:在?完成(?:本?阶段)?工作后?|(?:(?<=[，,。、；;：:])|^)[\u4e00-\u9fff]{{2,18}}?(?:之日起|以后|之后|后|起)的?){_N}{_UNIT}(?:以内|之内|内)"
    rf"|(?<=[于到])(?:{_Y}?{_M}\s?{_D}|{_Y}?{_M}[底末]|年[底末]|{_Y}[底末])"
    rf"|(?:截至|截止到?){_POINT}|(?<=到){_Y}(?=[,，])|年[底末](?=适时|组织|开展|进行|完成|召开)"
)
_CADENCE = (
    rf"每{_PERIOD}(?:末?的?最后[一1](?:个工作日|[天日])|[一二三四五六日天](?:{_TO}(?:周|星期)?[一二三四五六日天]|(?![次个项])))?"
    rf"(?:(?:(?:第?{_N}|最后一)个?月)?{_N}[日号]|[底末])?{_T}?{_BEFORE}?"
    rf"(?:[^，,。；;：:]{{0,10}}?(?:不少于|至少)[^，,。；;：:]{{0,6}}?{_N}次(?:专项)?{_ACT}?)?"
    rf"|一(?:日|天|周|旬|月|季度?|年)一{_ACT}|{_FEAST}(?:、{_FEAST})+(?:等[^，,。；;]{{0,8}}?)?(?:{_BEFORE}|期间)"
)
_SHORT = rf"(?<![\d_XＸx×每本今当该上下全近一二三四五六七八九十个作昨平节半])(?:日|周|旬|半?月|双月)(?:报(?=表|告|送|制|[，,。；;、及上随]|$)|{_ACT})"


_ENDS = (
    re.compile(
        rf"[自从]?(?P<first>{_POINT}|即日)(?:起|开始)?[,，]?{_TO}(?P<last>{_POINT}|{_D}|{_TENS})(?:止)?"
    ),
    re.compile(rf"[自从]?(?P<first>{_POINT})(?:起|开始)[,，]?(?P<last>{_LASTS})"),
    re.compile(rf"[自从]?(?P<first>{_POINT})(?:起|开始)[,，](?P<last>{_POINT})"),
)


_LOOSE = re.compile(
    rf"{_Y}?{_M}(?:\s?{_D})?(?:起|开始)|{_M}\s?\d{{1,2}}[^\d日号旬底末月年、至到，,。；;\-—–~]{_BEFORE}"
    rf"|适时|随时(?:报告|上报|报送)|第一时间|及时(?:报告|上报|报送|反馈)|(?:届满|期满|到期)前{_N}{_UNIT}|{_N}{_UNIT}(?:以内|之内|内)|零报告|(?:并)?长期坚持|立[行即](?:立改|整改|报告)"
)


class Time(Enum):
    """What sort of time the words name."""

    WINDOW = "window"
    DEADLINE = "deadline"
    CADENCE = "cadence"
    SHORT = "short"  # 月报, 周报送: the rhythm is in the name


@dataclass(frozen=True)
class Span:
    """Words of time inside a sentence: `text[start:end] == words`."""

    start: int
    end: int
    words: str
    kind: Time


_FORMS: tuple[tuple[Time, re.Pattern[str]], ...] = (
    (Time.CADENCE, re.compile(_CADENCE)),
    (Time.SHORT, re.compile(_SHORT)),
    (Time.WINDOW, re.compile(_WINDOW)),
    (Time.DEADLINE, re.compile(_DEADLINE)),
)
_READERS: dict[Time, Callable[[str], object]] = {
    Time.WINDOW: parse_window,
    Time.DEADLINE: parse,
    Time.CADENCE: parse_cadence,
    Time.SHORT: parse_cadence,
}
_TITLES = re.compile(r"《[^》]*》|〔[^〕]*〕|【[^】]*】")
_MODAL = re.compile(r"(?:应当|必须|应|须|要|请|并)+在?")
_ABOUT = re.compile(
    r"[\u4e00-\u9fff]{2,12}?(?:(?:应当|必须|务必|应|须|要|请)(?:于|在)?|(?<![存现])(?:于|在))(?=[\u4e00-\u9fff]{2})"
)
_STAMP = re.compile(rf"{_POINT}(?:止)?|{_WINDOW}|{_DEADLINE}")


def spans(text: str) -> tuple[Span, ...]:
    """Every time named in the text, in order, none inside another."""
    masked = _TITLES.sub(lambda found: "□" * len(found[0]), text)
    found: list[Span] = []
    for kind, pattern in _FORMS:
        for hit in pattern.finditer(masked):
            if not any(one.start < hit.end() and hit.start() < one.end for one in found):
                found.append(_span(text, hit, kind))
    return tuple(sorted(found, key=lambda one: one.start))


def loose(text: str) -> Iterator[str]:
    """Terms and ways of keeping time that no date is made of; a person has to place them."""
    named = spans(text)
    for hit in _LOOSE.finditer(text):
        if not any(one.start < hit.end() and hit.start() < one.end for one in named):
            yield hit[0]


def stamp(text: str) -> str | None:
    """The text itself when it is nothing but a time: the bracket behind the name of a phase."""
    text = text.strip()
    return text if text and (_STAMP.fullmatch(text) or readable(text, Time.WINDOW)) else None


def leading_stamp(text: str) -> str:
    """The time that the text begins with; empty when it does not begin with one."""
    found = [hit[0] for form in (_WINDOW, _DEADLINE, _POINT) if (hit := re.match(form, text))]
    return max(found, key=len, default="")


def ends(words: str) -> tuple[str, str] | None:
    """The two ends of a window, each in its own words; 即日起 for a campaign that begins at once."""
    for form in _ENDS:
        if found := form.fullmatch(words.strip()):
            first = "即日起" if found["first"] == "即日" and "即日起" in words else found["first"]
            return first, found["last"]
    return None


def readable(words: str, kind: Time) -> bool:
    """Whether `states.dates` understands the words."""
    try:
        _READERS[kind](words)
    except Faulty:
        return False
    return True


def _span(text: str, hit: re.Match[str], kind: Time) -> Span:
    """The hit, or the longest part from its beginning that can be read (每季度拟对…至少开展1次专项督查)."""
    words = text[hit.start() : hit.end()].strip()
    if kind is Time.DEADLINE and (modal := _MODAL.match(words)):
        words = words[modal.end() :]
    if kind is Time.DEADLINE and words[-1] == "内" and (about := _ABOUT.match(words)):
        words = words[about.end() :]  # 整改报告须于整改完成后3日内: the thing, then its time
    if kind is Time.CADENCE and not readable(words, kind):
        shorter = next((words[:n] for n in range(len(words) - 1, 1, -1) if readable(words[:n], kind)), words)
        words = shorter
    start = text.index(words, hit.start())
    return Span(start, start + len(words), words, kind)
