"""What happens on no known day, and the dates that count from it."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.form import Exact, Instant
from states.records.told.places import Place


@with_config(Exact)
class EventBelow(TypedDict):
    """When it happened to one unit and those below it; the nearest above a unit counts."""

    unit: Place
    at: Instant
    first_at: Instant


@with_config(Exact)
class EventTold(TypedDict):
    """An event that dates count from; `at` null: not recorded yet. `first_at`: before it was recorded anew."""

    name: str
    at: Instant | None
    first_at: Instant | None
    milestones: list[str]
    below: list[EventBelow]


@with_config(Exact)
class EventsTold(TypedDict):
    """The events of a campaign, in the order in which its milestones count from them."""

    campaign: int
    items: list[EventTold]


@with_config(Exact)
class DatedTold(TypedDict):
    """A milestone that takes a date, from an event or given by a person; `units` owe it already."""

    milestone: int
    name: str
    words: str
    before: Instant | None
    after: Instant | None
    units: int


@with_config(Exact)
class EventRecorded(TypedDict):
    """An event as recorded (or, in a dry run, as it would be), and what takes its date from it."""

    campaign: int
    dry_run: bool
    name: str
    under: Place | None
    at: Instant
    before: Instant | None
    dated: list[DatedTold]


@with_config(Exact)
class DatesGiven(TypedDict):
    """Dates given by a person (or, in a dry run, as they would be)."""

    campaign: int
    dry_run: bool
    dated: list[DatedTold]
