"""What is owed, what can be done about it, what comes."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.form import Day, Exact, Instant
from states.records.told.places import Named, Place, UnitTold
from states.records.told.standing import RunTold
from states.records.told.submissions import EvidenceTold, SubmissionTold


@with_config(Exact)
class MilestoneInShort(TypedDict):
    """What an obligation is about."""

    id: int
    requirement: str
    period: str
    name: str
    kind: str
    phase: str | None


@with_config(Exact)
class TallyTold(TypedDict):
    """Of `expected` departments or persons `done` have done their part, as of a day; `by` who said so."""

    expected: int
    done: int
    as_of: Day
    by: str


@with_config(Exact)
class ObligationTold(TypedDict):
    """What one unit owes. `due` is the date in force, `original_due` the first one; `late` stays for ever.

    `to`, `copies`: whom it goes to and who gets a copy (抄报), as in the plan; `keep_at_unit`: it is only confirmed.
    `per`: done by each of the unit's departments or persons, and `tally` their number (null: not told yet).
    """

    id: int
    campaign: int
    unit: Place
    milestone: MilestoneInShort
    status: Named
    due: Instant | None
    original_due: Instant | None
    words: str
    filled: str | None
    provisional: bool
    overdue: bool
    late: bool
    required: bool
    review: bool
    nil: bool
    to: str | None
    copies: list[str]
    keep_at_unit: bool
    per: str | None
    tally: TallyTold | None
    submitted_at: Instant | None
    settled_at: Instant | None
    version: int


@with_config(Exact)
class ActChoice(TypedDict):
    """Something that can be done to an obligation, or why not."""

    act: str
    name: str
    open: bool
    refusals: list[str]
    needs_reason: bool


@with_config(Exact)
class RungTold(TypedDict):
    """A step of the ladder of one obligation; `outcome` says what became of it once it is `done_at`."""

    rung: int
    name: str
    at: Instant
    after_due: bool
    confirm: bool
    done_at: Instant | None
    outcome: str | None


@with_config(Exact)
class Handed(TypedDict):
    """A text that was handed in."""

    at: Instant
    by: str
    text: str


@with_config(Exact)
class ObligationInFull(ObligationTold):
    """An obligation with what can be done to it, its ladder, what must come with it, and what was handed in.

    `submissions`, latest first; `texts`: their texts alone.
    """

    acts: list[ActChoice]
    rungs: list[RungTold]
    evidence: EvidenceTold
    submissions: list[SubmissionTold]
    texts: list[Handed]


@with_config(Exact)
class UnitInFull(RunTold):
    """One unit in one campaign with everything it owes or owed."""

    unit: UnitTold
    as_of: Instant
    obligations: list[ObligationTold]
