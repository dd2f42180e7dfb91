"""What units report: forms and what is in them, their sums, 报送率, quotas, coverage, draws."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.campaigns import CoverageTold, ReportingTold
from states.records.told.form import Day, Exact, Instant
from states.records.told.ledger import FaultTold
from states.records.told.places import Named, Place


@with_config(Exact)
class FieldTold(TypedDict):
    """A field of a form: what may be written in it. `minimum`, `maximum`, `places` are null where nothing is said."""

    key: str
    name: str
    type: str
    unit: str
    required: bool
    minimum: float | None
    maximum: float | None
    places: int | None
    choices: list[str]
    note: str | None


@with_config(Exact)
class SplitTold(TypedDict):
    """Parts that must add up to a total."""

    total: str
    parts: list[str]


@with_config(Exact)
class FormTold(TypedDict):
    """The form of a report."""

    fields: list[FieldTold]
    splits: list[SplitTold]
    note: str | None


@with_config(Exact)
class FigureTold(TypedDict):
    """What was written; decimals and days as text. `as_of`: as of which day, null where it was not said."""

    value: int | str
    as_of: Day | None


@with_config(Exact)
class WrittenTold(TypedDict):
    """One time the form was written in, and what changed with it."""

    no: int
    at: Instant
    by: str
    changes: list[str]


@with_config(Exact)
class FiguresTold(TypedDict):
    """The form of one report as it stands (null: the plan gives none); a field that nobody has filled is null. `missing`: what is still required.

    `no`: how many times it was written in; `version` is that of the obligation.
    """

    obligation: int
    unit: Place
    requirement: str
    period: str
    name: str
    status: Named
    version: int
    form: FormTold | None
    figures: dict[str, FigureTold | None]
    missing: list[str]
    no: int
    history: list[WrittenTold]


@with_config(Exact)
class PeriodTold(TypedDict):
    """One period of something that is asked for."""

    requirement: str
    period: str
    name: str
    due: Instant | None


@with_config(Exact)
class PeriodRateTold(PeriodTold):
    """报送率 of one period."""

    reporting: ReportingTold


@with_config(Exact)
class RegionRateTold(TypedDict):
    """报送率 of a unit below the one that runs the campaign, and all below it; `code` null: that one itself."""

    code: str | None
    name: str
    reporting: ReportingTold


@with_config(Exact)
class RatesTold(TypedDict):
    """报送率; `periods` add up to `whole`, and so do `regions`."""

    as_of: Instant
    whole: ReportingTold
    periods: list[PeriodRateTold]
    regions: list[RegionRateTold]


@with_config(Exact)
class ChoiceCount(TypedDict):
    """How many chose it."""

    choice: str
    units: int


@with_config(Exact)
class FieldSumTold(TypedDict):
    """A field over all units: `given` + `blank` have handed in; `total` null where nobody gave a figure."""

    key: str
    name: str
    unit: str
    given: int
    blank: int
    total: str | None
    choices: list[ChoiceCount]
    earliest: Day | None
    latest: Day | None


@with_config(Exact)
class FormSumTold(PeriodTold):
    """One period added up: `units` = `handed_in` + `nil` + `absent`; those that need not report are left out."""

    units: int
    handed_in: int
    nil: int
    absent: int
    fields: list[FieldSumTold]


@with_config(Exact)
class FormSums(TypedDict):
    """Every report that has a form, by period."""

    items: list[FormSumTold]


@with_config(Exact)
class FormImport(TypedDict):
    """What an import does or, until `applied`, would do; nothing is written while there are `faults`."""

    applied: bool
    changed: int
    unchanged: int
    empty: int
    handed_in: int
    faults: list[FaultTold]


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
