"""A dated plan as data: its milestones, and what became of the template's blanks. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from states.fills import Blank
from states.phasing import PlannedPhase
from states.template import Scope
from states.workdays import Workdays

FIRST = "首次"
UNDATED = "未注明日期"


@dataclass(frozen=True)
class PlannedMilestone:
    """One occurrence of a requirement. `opens_at` None: opens with its phase or by hand.

    `event`: what its date (or its opening) counts from, when that has to be recorded first. `words` are the
    template's own; `filled` is what a person gave instead, empty where nobody did.
    """

    requirement: str
    period: str
    name: str
    kind: str
    phase: str | None
    ladder: str | None
    words: str
    opens_at: datetime | None
    due_at: datetime | None
    provisional: bool = False
    soft: bool = False
    standing: bool = False
    required: bool = True
    review: bool = False
    nil: bool = False
    per: str | None = None
    event: str | None = None
    filled: str = ""
    scope: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What a campaign would be if it started so."""

    phases: tuple[PlannedPhase, ...]
    milestones: tuple[PlannedMilestone, ...]
    blanks: tuple[Blank, ...]
    warnings: tuple[str, ...]
    ends_at: datetime | None
    begins_at: datetime | None = None

    def past(self, now: datetime) -> list[PlannedMilestone]:
        """Milestones whose due date lies before `now`."""
        return [one for one in self.milestones if one.due_at is not None and one.due_at < now]


def as_written(scope: Scope) -> dict[str, Any]:
    """A scope as a milestone keeps it: only what restricts."""
    written = {key: value for key, value in scope.model_dump().items() if value not in ((), None)}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in written.items()}


def provisional_years(
    phases: Iterable[PlannedPhase], milestones: Iterable[PlannedMilestone], calendar: Workdays, zone: ZoneInfo
) -> list[int]:
    """The years whose days off are not published, and on which a date hangs: one at the end of a published year may
    hang on the next."""
    due = {one.due_at for one in milestones if one.due_at is not None and one.provisional}
    ends = {one.closes_at for one in phases if one.closes_at is not None and one.provisional}
    days = (at.astimezone(zone).date() for at in due | ends)
    return sorted({day.year + (not calendar.provisional(day)) for day in days})
