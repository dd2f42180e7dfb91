"""The rows of a campaign's board: what lies right below a place, added up, or single units that are looked for.

However many units there are, so many rows at most are shown; what is not shown is one row, so that the rows always add
up to the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.machine import CLOSED, state_name
from states.progress import Light, light_of_some, light_of_unit
from states.records import board_sums, reading_scope, reading_units
from states.records.access import Scope
from states.records.board_sums import EXEMPT, Column, Conditions, Counted, Sums
from states.records.campaigns import Running
from states.records.core import run, unit
from states.records.matters import Matters, region_of
from states.records.reading_scope import UnitRow
from states.records.reading_units import Wanted
from states.records.scopes import below

A_PAGE = 100
ITSELF = "本级"
REST = "rest"
PLACE = (unit.c.id, unit.c.code, unit.c.name, unit.c.path)


@dataclass(frozen=True)
class Standing:
    """Where one unit stands: `label` in words, `place` in the row of phases, how it ended."""

    label: str
    place: int
    ended: bool
    outcome: str | None


@dataclass(frozen=True)
class Row:
    """One unit (`standing` says where it is), or a unit and all below it together (None)."""

    code: str
    name: str
    above: str
    sums: Sums
    standing: Standing | None = None
    own: bool = False  # the place itself, without what lies below

    @cached_property
    def light(self) -> Light:
        one = self.sums
        if self.standing is not None:
            return light_of_unit(one["overdue"], one["behind"] > 0, one["escalated"] > 0)
        return light_of_some(one["overdue"], one.reporting.due, one["behind"], one["units"])


@dataclass(frozen=True)
class Board:
    """One page of rows. `rest`: those that are not on this page, how many rows they would be; `way`: from the top down;
    `owed`: what all of them owe."""

    columns: tuple[Column, ...]
    end: int
    top: UnitRow
    way: tuple[UnitRow, ...]
    rows: tuple[Row, ...]
    found: int
    rest: Sums
    whole: Sums
    owed: tuple[Matters, ...]

    @property
    def left(self) -> int:
        """Rows that are not on this page."""
        return self.found - len(self.rows)


class _Unit(NamedTuple):
    id: int
    code: str
    name: str
    above: str | None = None


def root(session: Session, scope: Scope, campaign: Running) -> UnitRow:
    """The highest place of a campaign that is within reach: the unit that runs it, or one below."""
    owner = reading_scope.owner(session, campaign)
    if scope.path is None or not scope.path.startswith(owner.path):
        return owner
    return UnitRow(*session.execute(sa.select(*PLACE).where(unit.c.path == scope.path)).one())


def tree(
    session: Session,
    scope: Scope,
    campaign: Running,
    under: str | None,
    now: datetime,
    page: int,
    *,
    marked: bool = True,
) -> Board:
    """What lies right below a place, each with all below it; `marked`: with who is late and escalated. Raises NotAllowed,
    NotFound."""
    top = _top(session, scope, campaign, under)
    group, where = region_of(session, top.path), _within(scope, under, top)
    shown, number = _places(session, campaign, top, where, page)
    if number > len(shown):
        group = apart(group, [_key(one, top) for one in shown])
    counted = board_sums.counted(session, campaign, now, group, where, marked=marked)
    stands = _stands(session, campaign, [one.id for one in shown])
    rows = [_group(one, top, counted.sums, stands) for one in shown]
    return _board(session, scope, campaign, top, rows, number, counted)


def single(
    session: Session, scope: Scope, campaign: Running, wanted: Wanted, now: datetime, page: int
) -> Board:
    """The units that are looked for, one by one. Raises NotAllowed, NotFound, Faulty."""
    top = _top(session, scope, campaign, wanted.under[0] if wanted.under else None)
    where = reading_units.chosen(session, scope, campaign, wanted, now)
    shown = _looked_for(session, where, page)
    keys = [str(one.id) for one in shown]
    group = apart(sa.cast(unit.c.id, sa.String), keys)
    counted = board_sums.counted(session, campaign, now, group, where)
    found = counted.sums
    stands = _stands(session, campaign, [one.id for one in shown])
    rows = [Row(one.code, one.name, one.above or "", found[str(one.id)], stands[one.id]) for one in shown]
    number = sum(one["all"] for one in found.values())
    return _board(session, scope, campaign, top, rows, number, counted)


def apart(group: sa.ColumnElement[str], keys: Sequence[str]) -> sa.ColumnElement[str]:
    """Groups that are shown by themselves, all others together."""
    return sa.case((group.in_(keys), group), else_=REST) if keys else sa.literal_column(f"'{REST}'")


def _board(
    session: Session,
    scope: Scope,
    campaign: Running,
    top: UnitRow,
    rows: list[Row],
    number: int,
    counted: Counted,
) -> Board:
    return Board(
        columns=board_sums.columns(campaign, counted.phases),
        end=board_sums.end(campaign),
        top=top,
        way=_way(session, root(session, scope, campaign), top),
        rows=tuple(rows),
        found=number,
        rest=counted.sums.get(REST, Sums()),
        whole=Sums().plus(counted.sums.values()),
        owed=counted.owed,
    )


def _top(session: Session, scope: Scope, campaign: Running, under: str | None) -> UnitRow:
    if under is None:
        return root(session, scope, campaign)
    return reading_scope.unit_seen(session, scope, under)


def _within(scope: Scope, under: str | None, top: UnitRow) -> list[sa.ColumnElement[bool]]:
    """All in reach, or all below the place that was named."""
    if under is None:
        return reading_scope.units_within(scope, run.c.unit_id)
    return [run.c.unit_id.in_(sa.select(unit.c.id).where(below(top.path)))]


def _way(session: Session, first: UnitRow, top: UnitRow) -> tuple[UnitRow, ...]:
    """The places from the highest in reach down to this one."""
    if not top.path.startswith(first.path):
        return (top,)
    keys = [int(key) for key in top.path[len(first.path) :].split("/") if key]
    rows = session.execute(sa.select(*PLACE).where(unit.c.id.in_([first.id, *keys])))
    return tuple(sorted((UnitRow(*row) for row in rows), key=lambda one: len(one.path)))


def _places(
    session: Session, campaign: Running, top: UnitRow, where: Conditions, page: int
) -> tuple[list[_Unit], int]:
    """The rows of one page, and how many there are: the place itself where it is in the campaign, then those right below
    it that are, in the order of the units."""
    region = sa.func.nullif(region_of(session, top.path), "")
    place = sa.func.coalesce(sa.cast(region, sa.Integer), top.id)
    there = sa.select(sa.case((unit.c.parent_id == top.id, unit.c.id), else_=place)).distinct()
    joined = run.join(unit, unit.c.id == run.c.unit_id)
    there = there.select_from(joined).where(run.c.campaign_id == campaign.id, *where)
    mine = sa.or_(unit.c.id == top.id, unit.c.parent_id == top.id), unit.c.id.in_(there)
    order = sa.case((unit.c.id == top.id, 0), else_=1), unit.c.sort_key, unit.c.id
    statement = sa.select(unit.c.id, unit.c.code, unit.c.name, sa.func.count().over()).where(*mine)
    rows = session.execute(statement.order_by(*order).offset((page - 1) * A_PAGE).limit(A_PAGE)).all()
    if rows:
        return [_Unit(*row[:3]) for row in rows], rows[0][3]
    return [], session.execute(sa.select(sa.func.count()).select_from(unit).where(*mine)).scalar_one()


def _key(one: _Unit, top: UnitRow) -> str:
    """By which its units are grouped."""
    return "" if one.id == top.id else str(one.id)


def _group(one: _Unit, top: UnitRow, found: Mapping[str, Sums], stands: Mapping[int, Standing]) -> Row:
    """A place with what is below it; a unit with nothing below it is told as one."""
    own = one.id == top.id
    sums = found[_key(one, top)]
    alone = stands.get(one.id) if sums["all"] == 1 else None
    return Row(one.code, ITSELF if own else one.name, "", sums, alone, own)


def _looked_for(session: Session, where: Conditions, page: int) -> list[_Unit]:
    above = unit.alias("above")
    joined = run.join(unit, unit.c.id == run.c.unit_id).outerjoin(above, above.c.id == unit.c.parent_id)
    statement = (
        sa.select(unit.c.id, unit.c.code, unit.c.name, above.c.name.label("above"))
        .select_from(joined)
        .where(*where)
        .order_by(unit.c.sort_key, unit.c.id)
        .offset((page - 1) * A_PAGE)
        .limit(A_PAGE)
    )
    return [_Unit(*row) for row in session.execute(statement)]


def _stands(session: Session, campaign: Running, keys: Sequence[int]) -> dict[int, Standing]:
    """Where each of these units stands; those that are not in the campaign are left out."""
    mine = run.c.campaign_id == campaign.id, run.c.unit_id.in_(keys)
    rows = session.execute(sa.select(run.c.unit_id, run.c.state, run.c.ord, run.c.outcome).where(*mine))
    ended = (CLOSED, EXEMPT)
    return {
        key: Standing(state_name(campaign.machines, state).label, place, state in ended, outcome)
        for key, state, place, outcome in rows
    }
