"""A campaign, its dates and its figures."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.form import Day, Exact, Instant
from states.records.told.letters import CreditTold
from states.records.told.places import Place, StateTold
from states.records.told.standing import CampaignInShort


@with_config(Exact)
class CampaignTold(TypedDict):
    """A campaign; `parent` is the one above that it carries out at its own level."""

    id: int
    title: str
    parent: int | None
    template: str
    template_version: int
    owner: Place
    state: StateTold
    start: Day
    launched_at: Instant
    ends_at: Instant | None
    closed_at: Instant | None
    zone: str
    version: int


@with_config(Exact)
class PhaseTold(TypedDict):
    """A phase: planned window, and when it really opened.

    `ord`: place in the row of phases that units walk through, null for one beside it; `period`: which occurrence of a
    phase that comes again.
    """

    key: str
    name: str
    ord: int | None
    period: str
    opens: str
    review: bool
    opens_at: Instant | None
    closes_at: Instant | None
    opened_at: Instant | None
    provisional: bool


@with_config(Exact)
class MilestoneTold(TypedDict):
    """One occurrence of a requirement; `due` null: undated, `words` are the plan's own.

    `event`: what the date counts from, by the name under which it is recorded.
    `held`: its date was kept when a later version said another. `withdrawn`: since when nobody is asked for it.
    """

    id: int
    requirement: str
    period: str
    name: str
    kind: str
    phase: str | None
    words: str
    filled: str | None
    opens_at: Instant | None
    opened_at: Instant | None
    due: Instant | None
    original_due: Instant | None
    provisional: bool
    soft: bool
    standing: bool
    required: bool
    review: bool
    nil: bool
    per: str | None
    event: str | None
    held: bool
    withdrawn: Instant | None


@with_config(Exact)
class CampaignInFull(CampaignTold):
    """A campaign with its phases, milestones, the dates that were filled in, and its warnings."""

    fills: dict[str, str]
    warnings: list[str]
    phases: list[PhaseTold]
    milestones: list[MilestoneTold]


@with_config(Exact)
class StateCount(TypedDict):
    """How many units are in one state; `state` is what the filter `state=` takes."""

    state: str
    key: str
    name: str
    stage: str | None
    units: int


@with_config(Exact)
class ReportingTold(TypedDict):
    """报送率: of what has fallen due and was not waived. `rate` 0..1, null when nothing has fallen due."""

    due: int
    on_time: int
    late: int
    nil: int
    missing: int
    late_nil: int
    rate: float | None


@with_config(Exact)
class CoverageTold(TypedDict):
    """A coverage target in percent: units `reached` of the units it speaks of, by records or (`by`: closed) as closed.

    `percent` is rounded down to a tenth; `period`: the one that is counted, empty: from the beginning.
    """

    name: str
    target: int
    reached: int
    units: int
    percent: float | None
    met: bool
    by: str
    period: str


@with_config(Exact)
class CountedTold(TypedDict):
    """Departments or persons (`per`) over all units that owe a milestone; `told` of the `units` gave numbers."""

    requirement: str
    period: str
    name: str
    per: str
    units: int
    told: int
    expected: int
    done: int


@with_config(Exact)
class LedgerRate(TypedDict):
    """销号率: `closed` of `items` less `standing` (长期坚持: reviewed, never closed); `rate` 0..1, null where none can be closed.

    What was withdrawn is not counted. `reviewed`: of the standing ones those that were.
    """

    closed: int
    items: int
    standing: int
    reviewed: int
    rate: float | None


@with_config(Exact)
class OutcomeCount(TypedDict):
    """How many closed units ended so; the outcomes are the template's own."""

    outcome: str
    units: int


@with_config(Exact)
class BesideTold(TypedDict):
    """A phase beside the row of phases: its window (since when it is open) and what is owed in it."""

    key: str
    name: str
    period: str
    opened: bool
    opens_at: Instant | None
    closes_at: Instant | None
    open: int
    submitted: int
    settled: int
    overdue: int


@with_config(Exact)
class Summary(TypedDict):
    """A campaign in figures; `units` is the sum over `states`, `outcomes` add up to the closed ones, `open + submitted + settled` all obligations.

    Units are counted when they take part; the unit that runs the campaign and departments that answer for rows of the
    ledger are not, though what they owe is.
    """

    campaign: CampaignInShort
    as_of: Instant
    units: int
    states: list[StateCount]
    outcomes: list[OutcomeCount]
    beside: list[BesideTold]
    behind: int
    open: int
    overdue: int
    submitted: int
    settled: int
    reporting: ReportingTold
    coverage: list[CoverageTold]
    counted: list[CountedTold]
    ledger: LedgerRate
    proposals: int
    vacancies: int
    credited: CreditTold
