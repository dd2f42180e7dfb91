"""Extensions, silences and hand-overs as they are told."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.form import Day, Exact, Instant
from states.records.told.places import Named, Place
from states.records.told.submissions import FileTold


@with_config(Exact)
class ExtensionTold(TypedDict):
    """A later date that was asked for, and what was decided.

    `due` is the date in force when it was asked for, `original_due` the first; `whom`: unit, under or all, once granted.
    """

    id: int
    obligation: int
    unit: Place
    name: str
    reason: str
    evidence: str | None
    files: list[FileTold]
    due: Instant
    original_due: Instant
    wanted: Instant
    asked_by: str
    asked_at: Instant
    decide_by: Instant
    overdue: bool
    state: Named
    whom: str | None
    under: str | None
    until: Instant | None
    units: int
    answer: str | None
    decided_by: str | None
    decided_at: Instant | None
    version: int


@with_config(Exact)
class EffectTold(TypedDict):
    """What a later date runs into. `kind`: phase, end, milestone or below (a campaign that carries this one out)."""

    kind: str
    key: str
    at: Instant
    says: str


@with_config(Exact)
class LineChange(TypedDict):
    """A line of a mail that will be there, or will not."""

    at: Day
    to: str
    name: str
    rung: str
    unit: str
    what: str


@with_config(Exact)
class MailsChange(TypedDict):
    """What mails will say otherwise up to `until`: at most so many lines of each are listed, all are counted."""

    until: Instant
    gone: list[LineChange]
    new: list[LineChange]
    gone_count: int
    new_count: int


@with_config(Exact)
class ExtensionDecided(TypedDict):
    """A decision, or what it would be; `mails` only where it was tried."""

    dry_run: bool
    extension: ExtensionTold
    obligations: int
    effects: list[EffectTold]
    notes: list[str]
    mails: MailsChange | None


@with_config(Exact)
class ProlongedPhase(TypedDict):
    """A phase that ends at another time."""

    key: str
    name: str
    before: Instant
    after: Instant


@with_config(Exact)
class ProlongedDate(TypedDict):
    """A milestone with another date; `units` owe it already."""

    milestone: int
    name: str
    before: Instant | None
    after: Instant | None
    units: int


@with_config(Exact)
class Prolonged(TypedDict):
    """A campaign that was extended, or would be; `units` hear of it; `mails` only where it was tried."""

    dry_run: bool
    campaign: int
    version: int
    ends_before: Instant | None
    ends: Instant | None
    phases: list[ProlongedPhase]
    dates: list[ProlongedDate]
    units: int
    mails: MailsChange | None


@with_config(Exact)
class SilenceTold(TypedDict):
    """Nobody is told of it until `ends`; `held` notices wait. `unit`, `requirement` null: any. `reason`, `author` null:
    it comes from above the key's units, and its reason may speak of others.
    """

    id: int
    unit: Place | None
    below: bool
    requirement: str | None
    reason: str | None
    author: str | None
    at: Instant
    ends: Instant
    ended_at: Instant | None
    ended_by: str | None
    active: bool
    held: int


@with_config(Exact)
class PostTold(TypedDict):
    """A role in a unit that passed from one person to another."""

    unit: str
    role: str
    before: str
    after: str


@with_config(Exact)
class HandOverTold(TypedDict):
    """Posts that passed on, notices that found a new reader, people who hear what is open."""

    dry_run: bool
    posts: list[PostTold]
    rerouted: int
    told: int
