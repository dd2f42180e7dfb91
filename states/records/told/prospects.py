"""What is proposed, still to be closed, about to be sent, or not yet begun."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.campaigns import PhaseTold
from states.records.told.form import Day, Exact, Instant
from states.records.told.places import Place


@with_config(Exact)
class ProposalTold(TypedDict):
    """A step with consequences that waits for a named person, or what that person decided."""

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
    decided_at: Instant | None
    decided_by: str | None
    answer: str | None


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
    filled: str | None
    opens_at: Instant | None
    due: Instant | None
    provisional: bool
    soft: bool
    standing: bool
    required: bool
    event: str | None


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
    places: list[str]
