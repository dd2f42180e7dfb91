"""Periods of the calendar: their labels, and the day on which each begins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from states.dates.rhythm import Every, Rhythm


def label(rhythm: Rhythm) -> Callable[[date], str]:
    """Names the period that holds a day."""
    return _LABELS.get(rhythm, date.isoformat)


def begins(rhythm: Rhythm) -> Callable[[date], date]:
    """First day of the period that holds a day; a list of dates has no periods."""
    return _BEGINS.get(rhythm, _same_day)


def days(name: str) -> int:
    """How long, about, the period of that label is; 0 for what is no label of a period of several days."""
    return next((length for shape, length in _LENGTHS.items() if re.fullmatch(shape, name)), 0)


def named(name: str, period: str) -> str:
    """What comes again and again, with its period as an official paper has it: 周报, 2026-W36 → 周报（2026年第36周）."""
    return f"{name}（{spoken(period)}）" if period else name


def spoken(period: str) -> str:
    """A label in words; what is no label stays as it is."""
    for shape, words in _SPOKEN:
        if found := re.fullmatch(shape, period):
            return words(*map(int, found.groups()))
    return period


def left_out(every: Every, turns: list[str], start: date, end: date) -> Iterator[str]:
    """Why a period at either end of a window from `start` to `end` has no turn, `turns` being the labels of those it has."""
    if every.rhythm not in _LABELS or every.also:
        return
    first, last = (label(every.rhythm)(day) for day in (start, end))
    if every.whole and turns and first != turns[0]:
        yield f"不排{spoken(first)}这一期：开始时已不足半期，下一期起报"
    if last != (turns[-1] if turns else ""):
        yield f"不排{spoken(last)}这一期：到结束时不足一期"


def _same_day(day: date) -> date:
    return day


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _third(day: date) -> int:
    """Which ten days of the month, from 0; the 31st belongs to the last."""
    return min((day.day - 1) // 10, 2)


def _half(day: date) -> int:
    return 0 if day.day <= 15 else 1


def _from_month(day: date, months: int) -> date:
    """First day of the stretch of so many months that holds the day."""
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


_SPOKEN: tuple[tuple[str, Callable[..., str]], ...] = (
    (r"(\d{4})-W(\d\d)", lambda year, week: f"{year}年第{week}周"),
    (r"(\d{4})-(\d\d)-T([1-3])", lambda year, month, third: f"{year}年{month}月{'上中下'[third - 1]}旬"),
    (r"(\d{4})-(\d\d)-H([12])", lambda year, month, half: f"{year}年{month}月{'上下'[half - 1]}半月"),
    (r"(\d{4})-(\d\d)-(\d\d)", lambda year, month, day: f"{year}年{month}月{day}日"),
    (r"(\d{4})-(\d\d)", lambda year, month: f"{year}年{month}月"),
    (r"(\d{4})-Q([1-4])", lambda year, quarter: f"{year}年第{'一二三四'[quarter - 1]}季度"),
    (r"(\d{4})-H([12])", lambda year, half: f"{year}年{'上下'[half - 1]}半年"),
    (r"(\d{4})", lambda year: f"{year}年"),
)
_LENGTHS = {
    r"\d{4}-W\d\d": 7,
    r"\d{4}-\d\d-T\d": 10,
    r"\d{4}-\d\d-H\d": 15,
    r"\d{4}-\d\d": 30,
    r"\d{4}-Q\d": 90,
    r"\d{4}-H\d": 180,
    r"\d{4}": 365,
}
_LABELS: dict[Rhythm, Callable[[date], str]] = {
    Rhythm.WEEK: _week,
    Rhythm.TEN_DAYS: lambda day: f"{day:%Y-%m}-T{_third(day) + 1}",
    Rhythm.HALF_MONTH: lambda day: f"{day:%Y-%m}-H{_half(day) + 1}",
    Rhythm.MONTH: lambda day: f"{day:%Y-%m}",
    Rhythm.QUARTER: lambda day: f"{day.year}-Q{(day.month + 2) // 3}",
    Rhythm.HALF_YEAR: lambda day: f"{day.year}-H{1 if day.month <= 6 else 2}",
    Rhythm.YEAR: lambda day: f"{day.year}",
}
_BEGINS: dict[Rhythm, Callable[[date], date]] = {
    Rhythm.WEEK: lambda day: day - timedelta(days=day.weekday()),
    Rhythm.TEN_DAYS: lambda day: day.replace(day=_third(day) * 10 + 1),
    Rhythm.HALF_MONTH: lambda day: day.replace(day=_half(day) * 15 + 1),
    Rhythm.MONTH: lambda day: _from_month(day, 1),
    Rhythm.QUARTER: lambda day: _from_month(day, 3),
    Rhythm.HALF_YEAR: lambda day: _from_month(day, 6),
    Rhythm.YEAR: lambda day: _from_month(day, 12),
    Rhythm.DATES: lambda _: date.min,
}
