"""Words of a deadline -> `Deadline`.

Round the point in time a plan puts how firmly it is meant (原则上, 力争, 左右), what must be reached by then
(取得明显成效) and whether the duty goes on (并长期坚持). These are taken off first; the rest must be one of
the forms of `states.dates.forms`. What is not understood is refused with the words and with examples.
"""

from __future__ import annotations

import re

from states.dates.deadline import Deadline
from states.dates.faults import DEADLINES, unread
from states.dates.forms import read_point
from states.dates.named import UNDATED_WORDS, VAGUE
from states.dates.plain import NUMBER, plain
from states.dates.points import Day, Nth, Period, Point, TenDays

_STANDING = r"(?:长期坚持|长期执行|长期推进|常态化推进|持续推进|长期)"
_STANDING_LAST = re.compile(rf"(?P<rest>.*?)[,、;]?(?:并|且)?{_STANDING}")
_STANDING_FIRST = re.compile(rf"{_STANDING}[,、;](?P<rest>.+)")
_HEDGE = re.compile(r"(?P<hedge>原则上|力争)[,]?(?P<rest>.+)")
_GOAL = re.compile(r"(?P<rest>.+?)(?P<goal>取得明显成效|取得阶段性成效|取得实效|取得成效|基本完成|全面完成)")
_ABOUT = re.compile(r"(?P<rest>.+)左右(?:的?时间)?")
_ABOUT_FIRST = re.compile(rf"(?P<head>为期|历时)?大?约(?={NUMBER}|20__)(?P<rest>.+)")  # but 约谈后3日内
_FITTING = re.compile(r"(?P<rest>.+)适时")
_ACT = r"(?:完成|办结|结束|上报|报送|报告|提出|提交|申请|反馈|公开|整改|落实|到位|移交|移送|通报|组织|开展|召开|电话|书面|口头|为止|止)"
_DONE = re.compile(
    rf"(?P<rest>.+(?:[前内]|(?<=[底日旬月周度])|(?<=工作日))|{UNDATED_WORDS}|{VAGUE}){_ACT}{{1,2}}"
)
_LEAD_IN = re.compile(
    r"(?:请|必须|须|应当?|要|务必)?(?:(?:最迟|至迟)?(?:不超过|不迟于|不晚于)|最迟|至迟|截至|截止到?|于|在|到|至|自|从)?(?P<rest>.+)"
)
_SINCE = re.compile(r"(?:自|从)?(?P<rest>.+?)(?:之日)?(?:起|开始)")


def parse(words: str) -> Deadline:
    """The deadline that the words mean; DatesError names words that are not understood and shows what can be written.

    `8月15日前` includes that day; `8月前` is before 1 August; `8月`, `8月底前` fall due on the last day of August.
    """
    deadline = read(plain(words))
    if deadline is None:
        raise unread("期限", words, DEADLINES)
    return deadline


def read(text: str) -> Deadline | None:
    """As `parse`, for text that is `plain` already; None when it is not understood."""
    text, standing = _standing(text)
    if standing and not text:
        return Deadline(standing=True)
    text, hedge = _taken(_HEDGE, text, "hedge")
    text, goal = _taken(_GOAL, text, "goal")
    text, fitting = _without(_FITTING, text)
    text, about = _about(text)
    text = _taken(_DONE, text)[0]
    point, since = _point(text)
    return Deadline(point, standing, hedge, about, goal, since, fitting) if point else None


def _about(text: str) -> tuple[str, bool]:
    """约3个月 and 3个月左右 are one."""
    text, after = _without(_ABOUT, text)
    found = _ABOUT_FIRST.fullmatch(text)
    return (f"{found['head'] or ''}{found['rest']}", True) if found else (text, after)


def _without(pattern: re.Pattern[str], text: str) -> tuple[str, bool]:
    found = pattern.fullmatch(text)
    return (found["rest"], True) if found else (text, False)


def _standing(text: str) -> tuple[str, bool]:
    found = _STANDING_LAST.fullmatch(text) or _STANDING_FIRST.fullmatch(text)
    return (found["rest"], True) if found else (text, False)


def _point(text: str) -> tuple[Point | None, bool]:
    """The point, and whether the words only say that something begins there."""
    point = read_point(text) or read_point(_taken(_LEAD_IN, text)[0])
    if point is not None:
        return point, False
    point = read_point(_taken(_SINCE, text)[0])
    return (point, True) if isinstance(point, Day | Period | TenDays | Nth) else (None, False)


def _taken(pattern: re.Pattern[str], text: str, group: str | None = None) -> tuple[str, str]:
    """What is left of the text without the pattern's ornament, and the ornament where it is wanted."""
    found = pattern.fullmatch(text)
    if not found:
        return text, ""
    return found["rest"], found[group] if group else ""
