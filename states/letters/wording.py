"""Dates and counts in the Chinese of official mails."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from states.letters.cleaning import plain

WEEKDAYS = "一二三四五六日"
SENTENCE_END = re.compile(r"(?<=[。；！？;!?])|\n")
SENTENCE = 60  # characters of a sentence that a mail quotes


def day_words(day: date, today: date) -> str:
    """`12月5日`, with the year when it is not this one."""
    year = "" if day.year == today.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


def moment_words(at: datetime, zone: ZoneInfo, today: date) -> str:
    """`12月5日（周六）18:00`; midnight belongs to the day that ends with it, as 24:00."""
    local = at.astimezone(zone)
    clock = "24:00" if local.time() == time(0) else f"{local:%H:%M}"
    day = last_day(at, zone)
    return f"{day_words(day, today)}（周{WEEKDAYS[day.weekday()]}）{clock}"


def last_day(at: datetime, zone: ZoneInfo) -> date:
    """The last local day on which a deadline can still be met."""
    return (at.astimezone(zone) - timedelta(microseconds=1)).date()


def left_words(days: int) -> str:
    """How many calendar days remain."""
    return {0: "今日到期", 1: "明日到期"}.get(days, f"还有 {days} 天")


def overdue_words(days: int | None) -> str:
    """How many working days have gone by since the due instant; None: not counted."""
    if days is None:
        return "已逾期"
    return f"已逾期 {days} 个工作日" if days > 0 else "已逾期，不足 1 个工作日"


def first_sentence(text: str) -> str:
    """The first sentence of `text` without its full stop, at most SENTENCE characters, an ellipsis where cut."""
    sentences = (part.strip() for part in SENTENCE_END.split(text))
    first = next((part for part in sentences if part), "").rstrip("。；;")
    return plain(first, SENTENCE)


def tally(parts: Iterable[tuple[str, int, str]]) -> str:
    """`逾期 1 项，空缺 2 个` from (words, number, measure word); zeros stay unsaid."""
    return "，".join(f"{words} {number} {measure}" for words, number, measure in parts if number)
