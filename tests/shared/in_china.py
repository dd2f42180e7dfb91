"""Instants as the tests write and read them, and the invented addresses of an invented organisation."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


def at(words: str) -> datetime:
    """`2026-03-02 09:00` in China, as an instant in UTC."""
    return datetime.fromisoformat(words).replace(tzinfo=CHINA).astimezone(UTC)


def local(instant: datetime) -> str:
    """The same back again."""
    return f"{instant.astimezone(CHINA):%Y-%m-%d %H:%M}"


def address(role: str, code: str) -> str:
    """Who holds a role in a unit."""
    return f"{role.replace('_', '-')}.{code.lower()}@example.org"
