"""What the text seems to say: a proposal for one entry of the template, with its sentence and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from states.drafts.sentences import Heading, Sentence

Path = tuple[Heading, ...]


class Sure(StrEnum):
    """How far a person has to look again."""

    HIGH = "高"
    MIDDLE = "中"
    LOW = "低"


@dataclass(frozen=True)
class Proposal:
    """One entry: its fields in the order in which they are written, the sentence it comes from, why it is unsure."""

    fields: Mapping[str, Any]
    said: Sentence
    sure: Sure = Sure.HIGH
    why: str = ""

    @property
    def remark(self) -> str:
        return f"把握：{self.sure}" + (f"（{self.why}）" if self.why else "")


@dataclass(frozen=True)
class Part:
    """A part of a plan, and the headings under which its text stands."""

    key: str
    path: Path
    proposal: Proposal

    def holds(self, said: Sentence) -> bool:
        return bool(self.path) and said.path[: len(self.path)] == self.path


class Stage(Part):
    """A phase."""


class Stream(Part):
    """A workstream."""


@dataclass(frozen=True)
class Findings:
    """Everything that was found in one plan."""

    title: Proposal
    stages: tuple[Stage, ...] = ()
    streams: tuple[Stream, ...] = ()
    owed: tuple[Proposal, ...] = ()
    coverage: tuple[Proposal, ...] = ()
    sampling: tuple[Proposal, ...] = ()
    letters: tuple[Proposal, ...] = ()
    links: tuple[Proposal, ...] = ()
    rows: tuple[Proposal, ...] = ()
    columns: tuple[str, ...] = ()
    conflicts: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    extensions: Proposal | None = None
    rungs: tuple[tuple[str, Sentence], ...] = ()
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = field(default=())
    """Sentences for the list of what is left to do."""
