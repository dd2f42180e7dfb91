"""What is reached of what the plan wants: quotas, coverage by events, and draws."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.campaigns import CoverageTold
from states.records.told.form import Day, Exact, Instant
from states.records.told.places import Named, Place
from states.records.told.reports import PeriodTold


@with_config(Exact)
class QuotaTold(PeriodTold):
    """A quota in one period over all units; `pending`: not met yet, and the period is not over."""

    least: int
    measure: str
    first: Day | None
    last: Day | None
    units: int
    met: int
    unmet: int
    pending: int
    events: int


@with_config(Exact)
class QuotasTold(TypedDict):
    """Every quota, by period."""

    as_of: Instant
    items: list[QuotaTold]


@with_config(Exact)
class EventDoneTold(TypedDict):
    """Something done towards a quota; `withdrawn`: since when it counts no more."""

    number: int
    day: Day
    place: str
    says: str
    by: str
    at: Instant
    withdrawn: Instant | None
    why: str | None


@with_config(Exact)
class EventsDone(TypedDict):
    """What a unit has done towards a quota in one period; `count` without what was withdrawn.

    `least` null: the plan gives no number of times, it is simply handed in.
    """

    obligation: int
    unit: Place
    name: str
    status: Named
    least: int | None
    measure: str | None
    count: int
    items: list[EventDoneTold]


@with_config(Exact)
class EventsAdded(TypedDict):
    """Numbers of what was written down."""

    added: list[int]


@with_config(Exact)
class CoverageNow(TypedDict):
    """Every target of the plan as it stands."""

    as_of: Instant
    items: list[CoverageTold]


@with_config(Exact)
class UnitReached(TypedDict):
    """A unit that a target speaks of, and the last day on which it was reached (null: not yet)."""

    unit: Place
    day: Day | None


@with_config(Exact)
class UnitsReached(TypedDict):
    """All of them."""

    target: str
    items: list[UnitReached]


@with_config(Exact)
class ReachedNew(TypedDict):
    """How many records are new; what was there already stays."""

    added: int


@with_config(Exact)
class ReachedGone(TypedDict):
    """How many records were taken back."""

    removed: int


@with_config(Exact)
class DrawTold(TypedDict):
    """A draw with all it takes to repeat it; as a trial `id` is null and, without a seed, `drawn` empty. `ids`: the
    whole list, where it was asked for.

    `digest` is the SHA-256 of the list, `population` how many ids it has. `warnings`: about the list that was sent.
    """

    id: int | None
    sampling: str
    no: int
    of: str
    method: str
    seed: str | None
    percent: int | None
    digest: str
    population: int
    number: int
    drawn: list[str]
    reason: str | None
    by: str | None
    at: Instant | None
    repeats: bool
    warnings: list[str]
    ids: list[str]


@with_config(Exact)
class DrawsTold(TypedDict):
    """Every draw of a campaign."""

    items: list[DrawTold]
