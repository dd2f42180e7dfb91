"""How everything is told: instants with their zone, shapes that allow nothing besides, pages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
Exact = ConfigDict(extra="forbid")
Item = TypeVar("Item")


def instant(at: datetime, zone: ZoneInfo) -> str:
    """To the second, with the zone's offset."""
    return at.astimezone(zone).isoformat(timespec="seconds")


def instant_or_none(at: datetime | None, zone: ZoneInfo) -> str | None:
    """The same for what may not have happened."""
    return None if at is None else at.astimezone(zone).isoformat(timespec="seconds")


class Page(TypedDict, Generic[Item]):
    """A page of a list: give `next` as `cursor` for the following one; null at the end."""

    items: list[Item]
    next: str | None
