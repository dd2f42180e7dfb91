"""Units of a campaign added up, by phase: what stands in one row of the board, whether that row is one unit or many.

Everything is counted in a few statements for all rows together, by the rules of `figures`: what all rows of a whole
campaign say together is what its summary says.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.progress import HANDED_IN, OWED, Count, Reporting, counts_as
from states.records import escalated, figures
from states.records.campaigns import Running
from states.records.core import milestone, run, unit
from states.records.matters import Matters, handed_out, of_campaign
from states.records.scopes import participating

Key = tuple[str, int]
Conditions = Sequence[sa.ColumnElement[bool]]
WAITING = BESIDE = 0  # the place of units that have not begun, and of matters of no phase in the row
EXEMPT, WAIVED = "exempt", "waived"
GROUP = "board_group"
REPORTED = "reported."
OUTSIDE = "阶段之外"


@dataclass(frozen=True)
class Column:
    """A phase that units walk through, by its place; that of BESIDE holds the matters of no such phase and has no key."""

    place: int
    name: str
    key: str = ""


class _Alike(NamedTuple):
    """So many units of one group that stand alike, and how many of them are late and escalated."""

    key: str
    state: str
    place: int
    takes_part: int
    behind: int
    late: int
    escalated: int
    number: int


class Counted(NamedTuple):
    """Sums by group, what all of them owe together (see `matters.of_campaign`), and the phases of what is asked at all."""

    sums: dict[str, Sums]
    owed: tuple[Matters, ...]
    phases: frozenset[str | None]


class Sums:
    """Some units together; sums can be added. Units that only stand in the campaign for what is theirs are in `all`, not in `units`."""

    def __init__(self, counts: Counter[Key] | None = None) -> None:
        self._counts: Counter[Key] = Counter() if counts is None else counts
        self._everywhere: Counter[str] = Counter()
        for (what, _place), number in self._counts.items():
            self._everywhere[what] += number

    def __getitem__(self, key: str | Key) -> int:
        """`sums["overdue"]` over all places, `sums["overdue", 2]` at one."""
        return self._counts[key] if isinstance(key, tuple) else self._everywhere[key]

    def add(self, what: str, number: int, place: int = 0) -> None:
        self._counts[what, place] += number
        self._everywhere[what] += number

    def plus(self, others: Iterable[Sums]) -> Sums:
        """All of them together."""
        found = Counter(self._counts)
        for one in others:
            found.update(one._counts)
        return Sums(found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sums) and +self._counts == +other._counts

    def __hash__(self) -> int:
        return hash(frozenset((+self._counts).items()))

    def beyond(self, place: int) -> int:
        """Units that have the phase at `place` behind them; those that need not take part do not."""
        past = sum(number for (what, at), number in self._counts.items() if what == "at" and at > place)
        return past - self["exempt"]

    @property
    def reporting(self) -> Reporting:
        """报送率 of what they have to hand in."""
        return Reporting(**{one.name: self[REPORTED + one.name] for one in fields(Reporting)})

    def __repr__(self) -> str:
        return f"Sums({dict(self._counts)})"


def columns(campaign: Running, phases: Iterable[str | None]) -> tuple[Column, ...]:
    """The phases in their row, and one for what is asked beside them where there is such a thing."""
    places = _places(campaign)
    names = {one.ord: one.name for one in campaign.machines.unit.states.values() if one.stage is None}
    row = [Column(place, names[place], key) for key, place in sorted(places.items(), key=itemgetter(1))]
    beside = any(_place(campaign, places, one) == BESIDE for one in phases)
    return (*row, Column(BESIDE, OUTSIDE)) if beside else tuple(row)


def end(campaign: Running) -> int:
    """The place of units that have closed or need not take part."""
    return len(_places(campaign)) + 1


def counted(
    session: Session,
    campaign: Running,
    now: datetime,
    group: sa.ColumnElement[Any],
    where: Conditions,
    *,
    marked: bool = True,
) -> Counted:
    """Sums by `group` (text, over `unit`) of the runs `where` (over `unit_run`); `marked`: with who is late and escalated."""
    found: defaultdict[str, Sums] = defaultdict(Sums)
    for one in _standing(session, campaign, now, group, where, marked=marked):
        mine = found[one.key]
        mine.add("all", one.number)
        mine.add("late", one.late)
        mine.add("escalated", one.escalated)
        if one.takes_part:
            mine.add("units", one.number)
            mine.add("at", one.number, one.place)
            mine.add("behind", one.number if one.behind else 0)
            mine.add("exempt", one.number if one.state == EXEMPT else 0)
    places = _places(campaign)
    owed = _matters(session, campaign, now, group, where)
    at = {phase: _place(campaign, places, phase) for phase in {one.phase for one in owed}}
    for matters in owed:
        _add(found[matters.region], matters.counted, at[matters.phase])
    asked = sa.select(milestone.c.phase).where(*handed_out(campaign.id)).distinct()
    return Counted(dict(found), tuple(owed), frozenset(session.execute(asked).scalars()))


def _add(sums: Sums, count: Count, place: int) -> None:
    if count.status == WAIVED:
        return
    sums.add("asked", count.number, place)
    if count.status in HANDED_IN:
        sums.add("handed_in", count.number, place)
    if count.status in OWED:
        sums.add("open", count.number, place)
    if count.status in OWED and count.due:
        sums.add("overdue", count.number, place)
    for name in counts_as(count):
        sums.add(REPORTED + name, count.number, place)


def _places(campaign: Running) -> dict[str, int]:
    """Key of each phase in the row → its place, from 1."""
    table, last = campaign.machines.unit.states, ("closed", EXEMPT)
    return {one.key: one.ord for one in table.values() if one.ord > WAITING and one.key not in last}


def _place(campaign: Running, places: dict[str, int], phase: str | None) -> int:
    """In a plan without phases everything is of its one phase."""
    if not campaign.template.main_phases:
        return 1
    return places.get(phase or "", BESIDE)


def _standing(
    session: Session,
    campaign: Running,
    now: datetime,
    group: sa.ColumnElement[Any],
    where: Conditions,
    *,
    marked: bool,
) -> Iterator[_Alike]:
    stands = {
        "takes_part": participating(campaign.row.owner_id),
        "behind": figures.behind_condition(session, campaign, now),
    }
    flags = [sa.case((one, 1), else_=0).label(f"board_{name}") for name, one in stands.items()]
    marks: list[sa.ColumnElement[Any]] = [sa.literal(0), sa.literal(0)]
    if marked:
        late = escalated.overdue(campaign, now), escalated.condition(campaign, now)
        marks = [sa.func.sum(sa.case((one, 1), else_=0)) for one in late]
    statement = (
        sa.select(group.label(GROUP), run.c.state, run.c.ord, *flags, *marks, sa.func.count())
        .select_from(run.join(unit, unit.c.id == run.c.unit_id))
        .where(run.c.campaign_id == campaign.id, *where)
        .group_by(sa.text(GROUP), run.c.state, run.c.ord, *(sa.text(one.name) for one in flags))
    )
    for key, *rest in session.execute(statement):
        yield _Alike(str(key), *rest)


def _matters(
    session: Session, campaign: Running, now: datetime, group: sa.ColumnElement[Any], where: Conditions
) -> list[Matters]:
    """The group of a unit is found once, not for each thing that it owes."""
    members = (
        sa.select(run.c.unit_id, group.label("region"))
        .select_from(run.join(unit, unit.c.id == run.c.unit_id))
        .where(run.c.campaign_id == campaign.id, *where)
        .cte("members")
        .prefix_with("MATERIALIZED")
    )
    return of_campaign(session, campaign.id, now, members=members)
