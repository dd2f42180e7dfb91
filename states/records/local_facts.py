"""What is otherwise for some units: a phase that ends at another time, an event of their own; and the dates that follow.

One piece for all of it. Each fact stands at a unit and holds for those below; the nearest above a unit counts, of
each kind by itself. A milestone is concerned by windows of its phase (of the whole, in a plan without phases) and by the
event that it counts from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.phasing import due_within
from states.plan import PlannedMilestone
from states.records import replanning, scopes
from states.records.campaigns import Running
from states.records.core import local_event, local_window, phase, unit
from states.records.ledger_steps import FOUND
from states.records.local_windows import window_of
from states.records.localities import LocalDate
from states.records.scopes import below
from states.records.tables import Milestone, PhaseRow, Unit

Key = tuple[str, str]
Planned = dict[Key, PlannedMilestone]


@dataclass(frozen=True)
class Fact:
    """At a unit and below it phase `phase` ends, or `event` happened, at `at`."""

    unit_id: int
    path: str
    phase: str | None
    event: str | None
    at: datetime
    dates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """A unit and those below it that are under no `nearer` one: when their phase ends, when their event happened.

    `dates`: what goes with the end that was laid at a level above, by `requirement@period`.
    """

    unit_id: int
    path: str
    closes: datetime | None
    happened: datetime | None
    nearer: tuple[str, ...]
    nested: bool
    dates: Mapping[str, str] = field(default_factory=dict)

    def units(self) -> list[sa.ColumnElement[bool]]:
        """Conditions over `unit`."""
        return apart(self.path, self.nearer)


def apart(path: str, nearer: Iterable[str]) -> list[sa.ColumnElement[bool]]:
    """Over `unit`: at or below the unit of a path, and not of those nearer ones."""
    return [below(path), *(~below(one) for one in nearer)]


class Facts:
    """The facts of one campaign, and its plan as it is under each of them; every plan is made once."""

    def __init__(self, session: Session, campaign: Running) -> None:
        self.session, self.campaign = session, campaign
        going = select(PhaseRow).where(PhaseRow.campaign_id == campaign.id, phase.c.withdrawn_at.is_(None))
        self.phases = {one.key: one for one in session.exec(going.order_by(phase.c.id))}
        self.all = sorted([*self._windows(), *self._events()], key=lambda one: (len(one.path), one.unit_id))
        self._plans: dict[tuple[object, ...], Planned] = {}
        self._departments: dict[tuple[str, ...], list[str]] = {}

    def _windows(self) -> list[Fact]:
        own = local_window.c
        about = sa.select(own.unit_id, unit.c.path, own.phase, own.closes_at, own.dates)
        rows = about.join(unit, unit.c.id == local_window.c.unit_id)
        found = self.session.execute(rows.where(local_window.c.campaign_id == self.campaign.id)).tuples()
        return [
            Fact(key, path, name, None, at, dates)
            for key, path, name, at, dates in found
            if name in self.phases
        ]

    def _events(self) -> list[Fact]:
        about = sa.select(local_event.c.unit_id, unit.c.path, local_event.c.name, local_event.c.at)
        rows = about.join(unit, unit.c.id == local_event.c.unit_id)
        found = self.session.execute(rows.where(local_event.c.campaign_id == self.campaign.id)).tuples()
        return [Fact(key, path, None, name, at) for key, path, name, at in found]

    # -- places -------------------------------------------------------------------------------------

    def places(self, milestone: Milestone) -> list[Place]:
        """Where something is otherwise for a milestone, upper units first."""
        found = milestone.requirement.startswith(FOUND)  # not of the plan: `ledger_recounting`
        mine = [one for one in self.all if not found and self._concerns(one, milestone)]
        paths = {one.path: one.unit_id for one in mine}
        return [self._place(path, key, mine, list(paths)) for path, key in paths.items()]

    def asks(self, scope: Mapping[str, Any], path: str) -> bool:
        """Whether anybody below a path can owe what has this scope: departments are of one place and no other."""
        names = tuple(scope.get("departments") or ())
        if names and names not in self._departments:
            owner = self.session.get_one(Unit, self.campaign.row.owner_id)
            keys = scopes.department_ids(self.session, names, owner)
            found = self.session.execute(sa.select(unit.c.path).where(unit.c.id.in_(keys)))
            self._departments[names] = list(found.scalars())
        return not names or any(one.startswith(path) for one in self._departments[names])

    def _concerns(self, fact: Fact, milestone: Milestone) -> bool:
        if not self.asks(milestone.scope, fact.path):
            return False
        if fact.phase is not None:
            return fact.phase == window_of(self.campaign, milestone)
        return fact.event == milestone.event

    def _place(self, path: str, key: int, mine: list[Fact], paths: list[str]) -> Place:
        above = [
            one for one in mine if path.startswith(one.path)
        ]  # upper units first: the last is the nearest
        ends = [one for one in above if one.phase is not None]
        happened = [one.at for one in above if one.event is not None]
        return Place(
            key,
            path,
            ends[-1].at if ends else None,
            happened[-1] if happened else None,
            tuple(one for one in paths if one != path and one.startswith(path)),
            any(one != path and path.startswith(one) for one in paths),
            ends[-1].dates if ends else {},
        )

    # -- plans --------------------------------------------------------------------------------------

    def base(self) -> Planned:
        """The plan of everybody else, by requirement and period."""
        return self.under(None, None, None, None)

    def under(
        self, phase: str | None, closes: datetime | None, event: str | None, at: datetime | None
    ) -> Planned:
        """The plan where the phase ends, and the event happened, otherwise."""
        key = (phase if closes else None, closes, event if at else None, at)
        if key not in self._plans:
            again = replanning.planned_again(
                self.session,
                self.campaign,
                events={event: at} if event and at else None,
                closed={phase: closes} if phase and closes else None,
            )
            self._plans[key] = {(one.requirement, one.period): one for one in again.milestones}
        return self._plans[key]

    def there(self, milestone: Milestone, place: Place) -> PlannedMilestone | None:
        """A milestone as it is planned at a place."""
        window = window_of(self.campaign, milestone)
        planned = self.under(window, place.closes, milestone.event, place.happened)
        return planned.get((milestone.requirement, milestone.period))

    def due(self, milestone: Milestone, place: Place, common: datetime | None) -> datetime | None:
        """Its date there, where everybody else's is `common`; a date that a person decided on outlasts events."""
        base, there = self.base().get((milestone.requirement, milestone.period)), self.there(milestone, place)
        dates = base.due_at if base else None, there.due_at if there else None
        if place.closes is None:
            same = milestone.held or dates[1] is None or (dates[1] == dates[0] and not milestone.local)
            return common if same else dates[1]
        if (fixed := place.dates.get(f"{milestone.requirement}@{milestone.period}")) is not None:
            return datetime.fromisoformat(fixed)
        own = self.phases.get(window_of(self.campaign, milestone) or "")
        closes = own.closes_at if own is not None and not milestone.local else None
        return due_within(common, closes, place.closes, dates)


def dates(session: Session, milestone_id: int) -> dict[int, LocalDate]:
    """The local dates of a milestone by the unit at which they stand."""
    kept = select(LocalDate).where(LocalDate.milestone_id == milestone_id)
    return {one.unit_id: one for one in session.exec(kept)}


def owing(session: Session, campaign: Running, milestone: Milestone) -> sa.ColumnElement[bool]:
    """Over `unit`: who owes what is `local`: those whose nearest place has a date for it."""
    having = dates(session, milestone.id)
    places = [one for one in Facts(session, campaign).places(milestone) if one.unit_id in having]
    return sa.or_(sa.false(), *(sa.and_(*one.units()) for one in places))
