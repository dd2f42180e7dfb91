"""The tree of units, one level at a time, for somebody who chooses among them. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session

from states.kinds import DEPARTMENT
from states.records import reading_scope, scopes
from states.records.access import Scope
from states.records.core import unit

MOST = 200  # units of one level that are shown


@dataclass(frozen=True)
class Branch:
    """A unit with how many there are at and below it (`units`), and whether it has any below."""

    code: str
    name: str
    kind: str
    units: int
    parent: bool


@dataclass(frozen=True)
class Level:
    """The units right below one; `more`: so many are not shown."""

    branches: tuple[Branch, ...]
    more: int


def below(session: Session, scope: Scope, code: str, kinds: Sequence[str] = ()) -> Level:
    """What lies right below a unit; `kinds`: only these are counted. Raises NotAllowed, NotFound, Faulty."""
    seen = reading_scope.unit_seen(session, scope, code)
    here = sa.and_(unit.c.parent_id == seen.id, unit.c.active, unit.c.kind != DEPARTMENT)
    number = session.execute(sa.select(sa.func.count()).select_from(unit).where(here)).scalar_one()
    rows = sa.select(unit.c.code, unit.c.name, unit.c.kind, _counted(kinds), _any_below())
    rows = rows.where(here).order_by(unit.c.sort_key, unit.c.code).limit(MOST)
    branches = tuple(Branch(*row) for row in session.execute(rows).tuples())
    return Level(branches, number - len(branches))


def named(session: Session, scope: Scope, codes: Iterable[str]) -> dict[str, str]:
    """Code → name, of units that may be seen; codes of no unit are left out."""
    wanted = list(dict.fromkeys(codes))
    rows = sa.select(unit.c.code, unit.c.name).where(unit.c.code.in_(wanted), *reading_scope.within(scope))
    found: dict[str, str] = dict(session.execute(rows).tuples().all())
    return {code: found[code] for code in wanted if code in found}


def _counted(kinds: Sequence[str]) -> sa.ScalarSelect[int]:
    """Units at or below, as a range over the index of paths."""
    lower = unit.alias("lower_unit")
    path = sa.func.substr(unit.c.path, 1, sa.func.length(unit.c.path) - 1, type_=unit.c.path.type)
    asked = sa.select(sa.func.count()).select_from(lower).where(lower.c.active, lower.c.kind != DEPARTMENT)
    asked = asked.where(lower.c.path >= unit.c.path, lower.c.path < path.concat("0"))
    if kinds:
        asked = asked.where(lower.c.kind.in_(scopes.kind_keys(kinds)))
    return asked.correlate(unit).scalar_subquery()


def _any_below() -> sa.Exists:
    child = unit.alias("child_unit")
    return (
        sa.exists()
        .where(child.c.parent_id == unit.c.id, child.c.active, child.c.kind != DEPARTMENT)
        .correlate(unit)
    )
