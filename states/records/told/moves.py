"""Moves: offered, made, made of many."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.form import Exact
from states.records.told.places import Named, Place, StageTold, StateTold


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
