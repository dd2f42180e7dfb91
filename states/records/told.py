"""What a reader is told: the shapes of every answer, ready for JSON. Keys are English, names Chinese.

Instants are ISO 8601 with the offset of the campaign's zone. `stage` is `review` or `suspended` within a phase.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, with_config
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


@with_config(Exact)
class Named(TypedDict):
    """A key with its name."""

    key: str
    name: str


@with_config(Exact)
class Place(TypedDict):
    """A unit in short."""

    code: str
    name: str


@with_config(Exact)
class UnitTold(TypedDict):
    """A unit; `parent` is the code of the one above it."""

    code: str
    name: str
    kind: str
    parent: str | None


@with_config(Exact)
class StateTold(TypedDict):
    """Where a unit or a campaign stands, and since when."""

    key: str
    name: str
    stage: str | None
    since: Instant


@with_config(Exact)
class StageTold(TypedDict):
    """A state that could be reached."""

    key: str
    name: str
    stage: str | None


@with_config(Exact)
class NextDue(TypedDict):
    """What a unit owes next; `provisional`: its date rests on a year whose days off are not published yet."""

    obligation: int
    name: str
    due: Instant
    provisional: bool


@with_config(Exact)
class Escalation(TypedDict):
    """The highest rung after a due date that has taken effect on what a unit still owes."""

    rung: int
    name: str
    at: Instant


@with_config(Exact)
class CampaignInShort(TypedDict):
    """A campaign beside a unit; a suspended one has a state key ending in `.suspended`."""

    id: int
    template: str
    title: str
    state: Named


@with_config(Exact)
class RunTold(TypedDict):
    """One unit in one campaign."""

    campaign: CampaignInShort
    state: StateTold
    behind: bool
    open: int
    overdue: int
    escalation: Escalation | None
    next_due: NextDue | None
    outcome: str | None
    version: int


@with_config(Exact)
class Status(TypedDict):
    """The current state of a unit in all its campaigns."""

    unit: UnitTold
    as_of: Instant
    campaigns: list[RunTold]


@with_config(Exact)
class CampaignTold(TypedDict):
    """A campaign."""

    id: int
    title: str
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
    """A phase: planned window, and when it really opened."""

    key: str
    name: str
    ord: int
    opens: str
    review: bool
    opens_at: Instant | None
    closes_at: Instant | None
    opened_at: Instant | None
    provisional: bool


@with_config(Exact)
class MilestoneTold(TypedDict):
    """One occurrence of a requirement; `due` null: undated, `words` are the plan's own."""

    id: int
    requirement: str
    period: str
    name: str
    kind: str
    phase: str | None
    words: str
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
    rate: float | None


@with_config(Exact)
class CoverageTold(TypedDict):
    """A coverage target in percent: units closed (`reached`) of the units it speaks of."""

    name: str
    target: int
    reached: int
    units: int
    percent: float | None
    met: bool


@with_config(Exact)
class LedgerRate(TypedDict):
    """销号率: items closed of all; `rate` 0..1, null without a ledger."""

    closed: int
    items: int
    rate: float | None


@with_config(Exact)
class Summary(TypedDict):
    """A campaign in figures; `units` is the sum over `states`, `open + submitted + settled` all obligations."""

    campaign: CampaignInShort
    as_of: Instant
    units: int
    states: list[StateCount]
    behind: int
    open: int
    overdue: int
    submitted: int
    settled: int
    reporting: ReportingTold
    coverage: list[CoverageTold]
    ledger: LedgerRate
    proposals: int
    vacancies: int


@with_config(Exact)
class UnitLine(TypedDict):
    """A unit in a list of one campaign."""

    unit: UnitTold
    state: StateTold
    behind: bool
    open: int
    overdue: int
    submitted: int
    next_due: NextDue | None
    outcome: str | None
    version: int


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
class ObligationTold(TypedDict):
    """What one unit owes. `due` is the date in force, `original_due` the first one; `late` stays for ever."""

    id: int
    campaign: int
    unit: Place
    milestone: MilestoneInShort
    status: Named
    due: Instant | None
    original_due: Instant | None
    words: str
    provisional: bool
    overdue: bool
    late: bool
    required: bool
    review: bool
    nil: bool
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
    """An obligation with what can be done to it, its ladder, and the texts handed in (latest first)."""

    acts: list[ActChoice]
    rungs: list[RungTold]
    texts: list[Handed]


@with_config(Exact)
class UnitInFull(RunTold):
    """One unit in one campaign with everything it owes or owed."""

    unit: UnitTold
    as_of: Instant
    obligations: list[ObligationTold]


@with_config(Exact)
class MoveChoice(TypedDict):
    """A move: where it leads, or every reason why it is not open."""

    move: str
    name: str
    to: StageTold | None
    open: bool
    refusals: list[str]
    needs_reason: bool


@with_config(Exact)
class UnitMoves(TypedDict):
    """The moves of a unit; send `version` back with the move you choose."""

    unit: Place
    state: StateTold
    version: int
    moves: list[MoveChoice]


@with_config(Exact)
class UnitMoved(TypedDict):
    """A move that was made."""

    unit: Place
    move: Named
    before: StageTold
    state: StateTold
    outcome: str | None
    version: int


@with_config(Exact)
class CampaignMoves(TypedDict):
    """The moves of a campaign; send `version` back with the move you choose."""

    campaign: int
    state: StateTold
    version: int
    moves: list[MoveChoice]


@with_config(Exact)
class MassMoved(TypedDict):
    """A move of many: how many made it, or would (`dry_run`), and how many can't."""

    move: Named
    dry_run: bool
    chosen: int
    moved: int
    refused: int


@with_config(Exact)
class ProposalTold(TypedDict):
    """A step with consequences that waits for a named person."""

    id: int
    unit: Place
    obligation: int
    about: str
    rung: int
    name: str
    letter: str | None
    audience: list[str]
    reason: str
    at: Instant
    state: str


@with_config(Exact)
class LedgerTold(TypedDict):
    """An item of the ledger: closed once every unit that answers for it has settled it."""

    no: int
    project: str
    problem: str
    measures: list[str]
    departments: list[str]
    words: str
    due: Instant | None
    standing: bool
    milestone: int
    answering: int
    settled: int
    closed: bool


@with_config(Exact)
class MailLine(TypedDict):
    """One reason to write: which unit, which rung, what about."""

    unit: Place
    name: str
    about: str
    obligation: int | None
    role: str
    reason: str


@with_config(Exact)
class MailForetold(TypedDict):
    """One mail as it will go out if nobody does anything meanwhile."""

    at: Instant
    kind: str
    to: str
    name: str
    lines: list[MailLine]


@with_config(Exact)
class Preview(TypedDict):
    """Who will get what, when and why, from one day to another (both included)."""

    campaign: int
    as_of: Instant
    start: Day
    end: Day
    mails: list[MailForetold]


@with_config(Exact)
class BlankTold(TypedDict):
    """A date the plan leaves open: give it in `set` under `place`."""

    place: str
    name: str
    words: str


@with_config(Exact)
class PlannedTold(TypedDict):
    """A milestone as it would be; `due` null: undated or still blank."""

    requirement: str
    period: str
    name: str
    kind: str
    phase: str | None
    words: str
    opens_at: Instant | None
    due: Instant | None
    provisional: bool
    soft: bool
    standing: bool
    required: bool


@with_config(Exact)
class DraftTold(TypedDict):
    """A campaign as it would start. It can start when `refusals` is empty."""

    dry_run: bool
    template: str
    owner: Place
    participants: int
    phases: list[PhaseTold]
    milestones: list[PlannedTold]
    blanks: list[BlankTold]
    warnings: list[str]
    refusals: list[str]


class Page(TypedDict, Generic[Item]):
    """A page of a list: give `next` as `cursor` for the following one; null at the end."""

    items: list[Item]
    next: str | None
