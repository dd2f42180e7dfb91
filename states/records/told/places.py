"""Units, states and phases: what the other shapes are made of."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.form import Exact, Instant


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
class UnitListed(UnitTold):
    """A unit in a list, with what it can be chosen by; `beds` null: nobody has told it."""

    level: str
    grade: str
    ownership: str
    beds: int | None


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
