"""What units report: forms and what is in them, their sums, 报送率."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.campaigns import ReportingTold
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
