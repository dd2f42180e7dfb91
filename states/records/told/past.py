"""What is told of a past moment: who stood where. What is counted anew every day is not kept, and so not told."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.campaigns import StateCount
from states.records.told.form import Exact, Instant
from states.records.told.places import StateTold, UnitTold
from states.records.told.standing import CampaignInShort


@with_config(Exact)
class RunThen(TypedDict):
    """Where a unit and the campaign stood."""

    campaign: CampaignInShort
    state: StateTold


@with_config(Exact)
class StatusThen(TypedDict):
    """A unit in the campaigns that had begun by `as_of`; its name and place are those of today."""

    unit: UnitTold
    as_of: Instant
    campaigns: list[RunThen]


@with_config(Exact)
class SummaryThen(TypedDict):
    """How many units stood in which state at `as_of`; `units` is their sum."""

    campaign: CampaignInShort
    as_of: Instant
    units: int
    states: list[StateCount]
