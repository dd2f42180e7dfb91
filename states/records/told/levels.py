"""Levels and versions: campaigns below with their figures, what changed above, what a new version does."""

from __future__ import annotations

from typing import Any

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.campaigns import StateCount, Summary
from states.records.told.form import Exact, Instant
from states.records.told.places import Place
from states.records.told.prospects import DraftTold
from states.records.told.standing import CampaignInShort


@with_config(Exact)
class SourceTold(TypedDict):
    """Where figures come from: the campaign that counted them, the version it carries out, its own address."""

    campaign: int
    template_version: int
    href: str


@with_config(Exact)
class ChildTold(TypedDict):
    """A campaign below in figures; `share` 0..1 of everything owed in it that is settled, null when nothing is owed.
    `children` carry it out further below and are not counted in it; `waiting` changes above wait for its decision."""

    campaign: CampaignInShort
    owner: Place
    units: int
    states: list[StateCount]
    behind: int
    open: int
    overdue: int
    submitted: int
    settled: int
    share: float | None
    children: int
    waiting: int
    source: SourceTold


@with_config(Exact)
class SummaryOfLevels(Summary):
    """A campaign in figures, beside it those of the campaigns below, each with its source. They are not added up:
    units that take part below are exempt above."""

    children: list[ChildTold]


@with_config(Exact)
class AdoptedTold(TypedDict):
    """A campaign below as it would start: `handed_down` units above would be exempt there. `text` is its plan."""

    dry_run: bool
    parent: int
    handed_down: int
    text: str
    draft: DraftTold


@with_config(Exact)
class ItemTold(TypedDict):
    """One thing that differs: a date (local), or what the plan says."""

    what: str
    key: str
    name: str
    before: Any
    after: Any


@with_config(Exact)
class ChangeAbove(TypedDict):
    """What changed above, for the campaign below to accept or decline; `faults`: why it can't simply be taken."""

    id: int
    campaign: int
    parent: int
    at: Instant
    reason: str
    items: list[ItemTold]
    faults: list[str]
    state: str
    state_name: str
    decided_at: Instant | None
    decided_by: str | None
    answer: str | None


@with_config(Exact)
class ChangeTold(ItemTold):
    """A change of a version. `asks`: it needs a decision; `decision` keep or recompute, null while it is open.
    `units` are touched by it; `finished` ones stay as they are."""

    requirement: str
    period: str
    opened: bool
    asks: bool
    decision: str | None
    units: int
    finished: int


@with_config(Exact)
class RenewalTold(TypedDict):
    """What a new version does to a running campaign. It can be made real when `refusals` is empty."""

    dry_run: bool
    campaign: int
    before: int
    after: int
    fills: dict[str, str]
    changes: list[ChangeTold]
    warnings: list[str]
    refusals: list[str]
    places: list[str]


@with_config(Exact)
class UnitImpact(TypedDict):
    """A unit and the changes that touch it, by their keys."""

    unit: Place
    changes: list[str]
