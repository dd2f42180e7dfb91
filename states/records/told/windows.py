"""Phases opened by hand, and phases that end at another time for some units."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.campaigns import PhaseTold
from states.records.told.form import Exact, Instant
from states.records.told.places import Named, Place


@with_config(Exact)
class PhaseOpened(TypedDict):
    """A phase beside the row that has begun, with the milestones that were handed out, by name."""

    campaign: int
    phase: PhaseTold
    milestones: list[str]


@with_config(Exact)
class LocalWindowTold(TypedDict):
    """When a phase ends for a unit and those below it; the nearest above a unit counts."""

    phase: Named
    unit: Place
    closes_at: Instant
    planned: Instant | None
    reason: str
    author: str
    at: Instant


@with_config(Exact)
class Shift(TypedDict):
    """A milestone with another date for these units, and how many obligations take it at once."""

    milestone: int
    name: str
    period: str
    opened: bool
    before: Instant | None
    after: Instant | None
    obligations: int


@with_config(Exact)
class WindowLaid(TypedDict):
    """What a window moves, or would (`dry_run`)."""

    dry_run: bool
    window: LocalWindowTold
    obligations: int
    shifts: list[Shift]
    notes: list[str]
