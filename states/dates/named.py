"""The forms of points that go by a name: festivals, 暑期, 放假前, 考核期第2年, and words that only promise a date."""

from __future__ import annotations

import re
from collections.abc import Callable

from states.dates.faults import DatesError
from states.dates.festivals import FESTIVAL, Holiday, festival
from states.dates.parts import AWAY, BEFORE, YEAR, event
from states.dates.plain import HAN, NUMBER, number, year
from states.dates.points import (
    HOLIDAY_TERMS,
    At,
    Edge,
    Feast,
    Period,
    Stretch,
    Term,
    TermYear,
    Vague,
    Written,
)

PERIOD_NAME = (
    r"(?:(?:考核|评价|评估|整改|创建|建设|规划|试点|过渡|任务|服务|聘|任|汛|暑|假)期|"
    rf"{HAN}{{1,8}}(?:周|任|考核|评价|建设|规划|试点)期)"
)
UNDATED_WORDS = (
    "立行立改|立知立改|即知即改|即查即改|即收即办|即接即办|边查边改|按要求及时|按要求|第一时间|立即|马上|即刻|尽快|尽早|"
    "及时|即时|适时|随时|不定期|视情|另行通知"
)
VAGUE = "限期|限时|按期|如期|近期|择期|届时|待定|规定(?:的?(?:时限|时间|期限))内?"
_TERM_ENDS = r"(?:阶段|期)?(?:结束|届满|期满|满)"


def feast(found: re.Match[str]) -> Feast:
    """国庆, 中秋节期间, 2026年端午前."""
    return Feast(Holiday(festival(found["festival"]), year(found["year"])), bool(found["before"]))


def term(found: re.Match[str]) -> Term | None:
    """暑期, 考核期内, 主题教育期间."""
    holidays = re.search(r"(?:节|节日|假日)$", found["name"])  # which ones is not said
    return Term(_name(found["name"])) if event(found["name"]) and not holidays else None


def before_term(found: re.Match[str]) -> Term | None:
    """放假前, 暑期前, 集中整治阶段开始前."""
    return Term(_name(found["name"]), before=True) if event(found["name"]) else None


def at_end(found: re.Match[str]) -> At | None:
    """集中整治阶段结束前, 考核期满前."""
    named = event(found["name"])
    return At(named) if named else None


def term_year(read: Callable[[str], object]) -> Callable[[re.Match[str]], TermYear | None]:
    """考核期第2年, 考核期第2年10月上旬前; `read` reads the part after the year."""

    def reader(found: re.Match[str]) -> TermYear | None:
        name, n, rest = found["name"], number(found["n"]), found["rest"]
        if n == 0:
            raise DatesError(f"“{name}第0年”不存在，从第1年算起")
        if not rest:
            return TermYear(name, n)
        within = read(f"年{rest}" if rest[0] in "底末" else rest)
        ours = isinstance(within, Written) and within.year is None
        return TermYear(name, n, within) if ours and isinstance(within, Written) else None

    return reader


def vague(found: re.Match[str]) -> Vague:
    """限期, 近期, 10月初."""
    return Vague(found[0])


def year_inside(found: re.Match[str]) -> Period:
    """年内: by its end."""
    return Period(Stretch.YEAR, 1, Edge.BY_END)


def _name(name: str) -> str:
    return {"暑假": "暑期", "寒期": "寒假"}.get(name, name)


FEAST_FORM = rf"{YEAR}{FESTIVAL}{AWAY}(?:结束)?{BEFORE}"
_HOLIDAYS = "|".join((*HOLIDAY_TERMS, "暑假", "寒期"))
TERM_FORMS = (
    r"(?P<name>暑期|暑假)(?:期间)?",
    rf"(?P<name>{PERIOD_NAME})(?:间|内|期间)?",
    rf"(?P<name>{HAN}{{2,20}}?)(?<!期)期间",
)
BEFORE_TERM_FORMS = (
    rf"(?P<name>{_HOLIDAYS})(?:开始)?(?:之前|以前|前)",
    rf"(?P<name>{HAN}{{2,20}}?)开始(?:之前|以前|前)",
)
AT_END_FORM = rf"(?P<name>{HAN}{{1,20}}?{_TERM_ENDS})(?:之前|以前|前)"
TERM_YEAR_FORM = rf"(?P<name>{PERIOD_NAME})内?第(?P<n>{NUMBER})年度?(?P<rest>.*)"
VAGUE_FORM = rf"(?:{VAGUE})|{YEAR}(?:{NUMBER}月|年|第?{NUMBER}季度)初{BEFORE}"
YEAR_INSIDE_FORM = r"[今本当]?年度?内"
