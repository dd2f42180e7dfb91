"""Where a unit stands in a campaign."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.form import Exact, Instant
from states.records.told.places import Named, StateTold, UnitListed, UnitTold


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
class UnitLine(TypedDict):
    """A unit in a list of one campaign. Not `participating`: in it only for what is its own, as a department for its
    rows of the ledger; the figures of the campaign count the others."""

    unit: UnitListed
    participating: bool
    state: StateTold
    behind: bool
    open: int
    overdue: int
    submitted: int
    next_due: NextDue | None
    outcome: str | None
    version: int
