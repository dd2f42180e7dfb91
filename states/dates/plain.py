"""Characters and numbers as plans write them, brought to one form before anything is read.

Full width becomes half width, spaces go, every printed placeholder (`__`, `XX`, `××`) becomes `__`, ISO dates
become 年月日, 半年 six months and 半个月 fifteen days. Numbers may be Arabic or Chinese up to 99.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

from states.dates.faults import DatesError

Blank = Literal["__"]
Next = Literal["次"]
Number = int | Blank
Year = int | Blank | Next
BLANK: Final[Blank] = "__"
NEXT: Final[Next] = "次"  # 次年, counted from the year of the campaign

NUMBER = r"(?:\d{1,4}|[二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九]|__)"
HAN = r"[\u4e00-\u9fff“”《》]"
LONGEST = 200
FIRST_YEAR, LAST_YEAR = 1990, 2099

_DIGITS = "〇一二三四五六七八九"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)} | {"零": 0, "两": 2}
_GAPS = re.compile(
    r"(?:(?:19|20)?\s{1,8}年)?(?<!\d)\s{1,8}月\s{1,8}日|(?:19|20)\s{1,8}年\s{1,8}月|(?<=\d月)\s{1,8}日(?![报常])"
)
_REWRITES = (
    (re.compile(r"\s+"), ""),
    (re.compile(r"[_XxΧ×*○]+"), BLANK),
    (re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})日?"), r"\1年\2月\3日"),
    (re.compile(r"(?<![上下每\d])半年(?![报总小通调一])"), "6个月"),
    (re.compile(r"(?<![每\d])半个月"), "15日"),
    (re.compile(r"(?:(?<=为期)|(?<=历时)|(?<=^)(?=一))一?百(?=[日天])"), "100"),
    (re.compile(r"个?(?:自然|日历)日(?!期)"), "日"),
    (re.compile(r"\(含(?:当[日天]|本[日数])?\)"), ""),
    (re.compile(rf"(?:工作|办公|上班)时间内?(?={NUMBER}个?小时)(?P<n>{NUMBER})个?小时"), r"\g<n>个工作小时"),
    (re.compile(r"个?小时(?:以内|之内|内)?\(按?(?:工作|办公|上班)时间(?:计算?)?\)"), "个工作小时内"),
    (re.compile(r"(?<=小时内)\((?:含非工作时间|不分昼夜|连续计算)\)"), ""),
)
_CHINESE_YEAR = re.compile(r"[〇零一二三四五六七八九]{4}(?=年)")


def with_blanks(text: str) -> str:
    """With `__` where a date was printed with gaps to be filled by hand: `20  年  月  日`, `8月  日`."""
    return _GAPS.sub(lambda found: re.sub(r"\s+", BLANK, found[0]), text)


def plain(words: str) -> str:
    """The words in one form of writing; the meaning is not touched."""
    if len(words) > LONGEST:
        raise DatesError(f"时间写法太长（{len(words)}字），最多{LONGEST}字")
    text = with_blanks(unicodedata.normalize("NFKC", words))
    for pattern, form in _REWRITES:
        text = pattern.sub(form, text)
    text = _CHINESE_YEAR.sub(lambda year: "".join(str(_VALUES[digit]) for digit in year[0]), text)
    return text.strip("。.;,、()")


def number(text: str) -> Number:
    """Value of what NUMBER matches; `__` stays blank."""
    if text == BLANK:
        return BLANK
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return (_VALUES[ones] if ones else 0) + (10 * _VALUES[tens or "一"] if ten else 0)


def within(text: str, least: int, most: int, what: str) -> Number:
    """As `number`, refused outside [least, most]; `what` names the part in the sentence."""
    value = number(text)
    if isinstance(value, int) and not least <= value <= most:
        raise DatesError(f"“{text}{what}”不存在，{what}只能写{least}至{most}")
    return value


def year(text: str | None) -> Number | None:
    """A year as written: four digits, a printed placeholder such as 20__, or nothing."""
    if text is None:
        return None
    if BLANK in text:
        return BLANK
    value = int(text)
    if not FIRST_YEAR <= value <= LAST_YEAR:
        raise DatesError(f"“{text}年”超出范围，只能写{FIRST_YEAR}年至{LAST_YEAR}年")
    return value


def year_words(value: Year | None) -> str:
    """`2026年`, `20__年`, `次年` or nothing."""
    if value is None:
        return ""
    return f"20{BLANK}年" if value == BLANK else f"{value}年"
