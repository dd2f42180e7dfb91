"""Dates, shares and sizes as people write them; filters of the templates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from states.moves import in_full

WEEKDAYS = "一二三四五六日"


def moment_of(said: datetime | str | None) -> datetime | None:
    """An instant, also where it is told in ISO as in the API."""
    return datetime.fromisoformat(said) if isinstance(said, str) else said


def day(at: datetime | date | str | None, zone: ZoneInfo) -> str:
    """12月5日（六）."""
    local = _local(at, zone)
    return "—" if local is None else f"{local.month}月{local.day}日（{WEEKDAYS[local.weekday()]}）"


def long_day(at: datetime | date | str | None, zone: ZoneInfo) -> str:
    """2026年12月5日 星期六."""
    local = _local(at, zone)
    if local is None:
        return "—"
    return f"{local.year}年{local.month}月{local.day}日 星期{WEEKDAYS[local.weekday()]}"


def moment(at: datetime | str | None, zone: ZoneInfo) -> str:
    """12-05 09:00."""
    found = moment_of(at)
    return "—" if found is None else f"{found.astimezone(zone):%m-%d %H:%M}"


def due(at: datetime | str | None, zone: ZoneInfo) -> str:
    """2026年12月5日（六）18:00."""
    found = moment_of(at)
    if found is None:
        return "未定期限"
    return f"{found.astimezone(zone).year}年{day(found, zone)}{found.astimezone(zone):%H:%M}"


def away(at: datetime | str | None, now: datetime, zone: ZoneInfo) -> str:
    """今天到期, 还有 3 天, 逾期 2 天: by the calendar of the place."""
    found = moment_of(at)
    if found is None:
        return ""
    days = (found.astimezone(zone).date() - now.astimezone(zone).date()).days
    if found < now:
        return f"逾期 {-days} 天" if days < 0 else "今天已逾期"
    return {0: "今天到期", 1: "明天到期"}.get(days, f"还有 {days} 天")


def share(value: float | None) -> str:
    """97.3%; a dash where there is nothing to count."""
    return "—" if value is None else f"{value:.1%}"


def stands(state: Mapping[str, Any]) -> str:
    """Where a unit stands, as it is told (`StateTold`): in review or suspended as well as in a phase."""
    return in_full(state["name"], (state["stage"],))


def size(number: int) -> str:
    """12 字节, 3.4 KB, 1.2 MB."""
    if number < 1024:
        return f"{number} 字节"
    return f"{number / 1024:.1f} KB" if number < 1 << 20 else f"{number / (1 << 20):.1f} MB"


def numbered(found: Sequence[str]) -> bool:
    """Whether a list numbers itself: 1. 2. 3., 1、2、3、 or （1）（2）（3）."""
    return all(re.match(rf"\s*[（(]?{n}\s?[）).．、]", words) for n, words in enumerate(found, start=1))


def span(length: timedelta | float | None) -> str:
    """40 秒, 3 分钟, 2 小时, 5 天; whole ones."""
    if length is None:
        return "—"
    seconds = int(length.total_seconds() if isinstance(length, timedelta) else length)
    for whole, word in ((86_400, "天"), (3_600, "小时"), (60, "分钟")):
        if seconds >= whole:
            return f"{seconds // whole} {word}"
    return f"{seconds} 秒"


def _local(at: datetime | date | str | None, zone: ZoneInfo) -> date | None:
    if isinstance(at, str):
        at = datetime.fromisoformat(at) if "T" in at else date.fromisoformat(at)
    return at.astimezone(zone) if isinstance(at, datetime) else at


FILTERS: dict[str, Any] = {
    "away": away,
    "day": day,
    "due": due,
    "long_day": long_day,
    "moment": moment,
    "numbered": numbered,
    "share": share,
    "size": size,
    "span": span,
    "stands": stands,
}
