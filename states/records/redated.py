"""A milestone whose date changes, as it is told: of its own, because all that moves dates speaks of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Dated:
    """A milestone whose date changes: before and after; `units` owe it already."""

    id: int
    name: str
    words: str
    before: datetime | None
    after: datetime | None
    units: int
