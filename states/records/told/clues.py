"""Clues: what many may read of them, and who gave one for those who may know."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.form import Day, Exact, Instant
from states.records.told.places import Named, Place


@with_config(Exact)
class ClueTold(TypedDict):
    """A clue; `informant` says only whether there is one on record. `due`: by which day an answer is wanted."""

    id: int
    number: str
    received: Day
    channel: Named
    grade: Named
    text: str
    about: Place
    handler: Place | None
    due: Day | None
    overdue: bool
    informant: bool
    state: Named
    since: Instant
    version: int
    handed_to: str | None
    handed_no: str | None
    result: str | None
    ledger_no: int | None


@with_config(Exact)
class ClueFact(TypedDict):
    """One thing that happened to a clue."""

    at: Instant
    by: str
    what: Named
    reason: str | None


@with_config(Exact)
class ClueInFull(ClueTold):
    """A clue with the moves that it can make now, and its history, oldest first."""

    moves: list[Named]
    history: list[ClueFact]


@with_config(Exact)
class Informant(TypedDict):
    """Who gave a clue."""

    name: str | None
    contact: str | None
    address: str | None


@with_config(Exact)
class ClueCount(TypedDict):
    """Of some clues so many are ended."""

    of: Named
    total: int
    ended: int


@with_config(Exact)
class ClueFigures(TypedDict):
    """How many clues there are, by class, by channel, by state."""

    total: int
    ended: int
    overdue: int
    classes: list[ClueCount]
    channels: list[ClueCount]
    states: list[ClueCount]
