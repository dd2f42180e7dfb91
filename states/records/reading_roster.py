"""Units and their contacts for those who look after them: as a tree, as a list, and where nobody can be reached.

Everything within the asker's subtree; who holds a part sees his own unit at the top.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import Fault, Faulty
from states.kinds import DEPARTMENT
from states.records import reading_scope, scopes
from states.records.access import Scope
from states.records.core import contact, unit, vacancy
from states.template import Role

ONLY = {"vacant": "有岗位空缺", "bounced": "有退信的地址", "nobody": "没有能收信的联络员"}
MOST = 100  # vacancies and bounced addresses that are listed at once
SHOWN = 3  # names of holders beside a unit


@dataclass(frozen=True)
class Choice:
    """Which units. Nothing at all: the top of the tree; only `under`: those right below it; else all that fit, below it."""

    words: str = ""
    kind: str = ""
    only: str = ""
    under: str = ""

    @property
    def searching(self) -> bool:
        return bool(self.words.strip() or self.kind or self.only)


@dataclass(frozen=True)
class Line:
    """A unit in a list: `below` it so many directly; its liaisons that can be reached; what is wrong, in counts."""

    id: int
    code: str
    name: str
    kind: str
    level: str
    active: bool
    below: int
    liaisons: tuple[str, ...]
    vacant: int
    bounced: int


@dataclass(frozen=True)
class Holding:
    """Somebody who holds a role."""

    role: str
    name: str
    email: str
    bounced_at: datetime | None
    bounce: str | None


@dataclass(frozen=True)
class Missing:
    """A role that nobody reachable held when somebody had to be told."""

    code: str
    unit: str
    role: str
    reason: str
    since: datetime


@dataclass(frozen=True)
class Returned:
    """An address that sent back, and one of the places in which it stands."""

    code: str
    unit: str
    role: str
    name: str
    email: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class InFull:
    """One unit. `line`: those above it that one may see, the highest first (code, name)."""

    code: str
    name: str
    kind: str
    level: str
    grade: str
    beds: int | None
    ownership: str
    active: bool
    line: tuple[tuple[str, str], ...]
    below: int
    holders: tuple[Holding, ...]
    missing: tuple[Missing, ...]


def page(
    session: Session, scope: Scope, wanted: Choice, after: int, limit: int
) -> tuple[list[Line], str | None]:
    """Units in the order in which they were recorded, and where the next page begins. Raises NotAllowed, NotFound, Faulty."""
    asked = sa.select(unit.c.id, unit.c.code, unit.c.name, unit.c.kind, unit.c.level, unit.c.active)
    asked = asked.where(unit.c.id > after, *_chosen(session, scope, wanted))
    rows = session.execute(asked.order_by(unit.c.id).limit(limit + 1)).tuples().all()
    keys = [row[0] for row in rows[:limit]]
    below, liaisons = _below(session, keys), _liaisons(session, keys)
    vacant = _counted(session, vacancy.c.unit_id, keys)
    bounced = _counted(session, contact.c.unit_id, keys, contact.c.bounced_at.is_not(None))
    lines = [
        Line(
            *(key, code, name, kind, level, active),
            *(below.get(key, 0), liaisons[key], vacant.get(key, 0), bounced.get(key, 0)),
        )
        for key, code, name, kind, level, active in rows[:limit]
    ]
    return lines, str(keys[-1]) if len(rows) > limit else None


def in_full(session: Session, scope: Scope, code: str) -> InFull:
    """Raises NotAllowed, NotFound."""
    seen = reading_scope.unit_seen(session, scope, code)
    row = session.execute(sa.select(unit).where(unit.c.id == seen.id)).one()
    c = contact.c
    holders = sa.select(c.role, c.name, c.email, c.bounced_at, c.bounce).where(c.unit_id == seen.id)
    order = list(Role)
    found = [Holding(*one) for one in session.execute(holders.order_by(c.id)).tuples()]
    return InFull(
        *(row.code, row.name, row.kind, row.level, row.grade, row.beds, row.ownership, row.active),
        line=_line(session, scope, row.path),
        below=_below(session, [seen.id]).get(seen.id, 0),
        holders=tuple(sorted(found, key=lambda one: order.index(Role(one.role)))),
        missing=tuple(_missing(session, vacancy.c.unit_id == seen.id)),
    )


def vacancies(session: Session, scope: Scope) -> tuple[list[Missing], int]:
    """The longest first, as many as are listed, and how many there are."""
    mine = reading_scope.within(scope)
    number = sa.select(sa.func.count()).select_from(vacancy).join(unit, unit.c.id == vacancy.c.unit_id)
    return list(_missing(session, *mine)), session.execute(number.where(*mine)).scalar_one()


def returned(session: Session, scope: Scope) -> tuple[list[Returned], int]:
    """Addresses that sent back, the latest first, with every place of theirs; how many places there are."""
    c = contact.c
    mine = (c.bounced_at.is_not(None), *reading_scope.within(scope))
    number = sa.select(sa.func.count()).select_from(contact).join(unit, unit.c.id == c.unit_id).where(*mine)
    asked = sa.select(unit.c.code, unit.c.name, c.role, c.name, c.email, c.bounced_at, c.bounce)
    asked = asked.join(unit, unit.c.id == c.unit_id).where(*mine)
    rows = session.execute(asked.order_by(c.bounced_at.desc(), c.email, c.id).limit(MOST)).tuples()
    found = [
        Returned(code, place, role, name, email, at, why or "")
        for code, place, role, name, email, at, why in rows
    ]
    return found, session.execute(number).scalar_one()


def _chosen(session: Session, scope: Scope, wanted: Choice) -> list[sa.ColumnElement[bool]]:
    mine = list(reading_scope.within(scope))
    place = reading_scope.unit_seen(session, scope, wanted.under) if wanted.under else None
    if not wanted.searching:
        top = unit.c.parent_id.is_(None) if scope.path is None else unit.c.path == scope.path
        return [*mine, unit.c.parent_id == place.id if place is not None else top]
    if place is not None:
        mine.append(scopes.below(place.path))
    if words := wanted.words.strip():
        named = unit.c.name.contains(words, autoescape=True)
        mine.append(named | sa.func.lower(unit.c.code).contains(words.lower(), autoescape=True))
    if wanted.kind:
        mine.append(unit.c.kind.in_(scopes.kind_keys([wanted.kind])))
    if wanted.only:
        mine.append(_only(wanted.only))
    return mine


def _only(which: str) -> sa.ColumnElement[bool]:
    here = contact.c.unit_id == unit.c.id
    reachable = sa.exists().where(here, contact.c.role == Role.liaison, contact.c.bounced_at.is_(None))
    conditions: dict[str, sa.ColumnElement[bool]] = {
        "vacant": sa.exists().where(vacancy.c.unit_id == unit.c.id),
        "bounced": sa.exists().where(here, contact.c.bounced_at.is_not(None)),
        "nobody": sa.and_(unit.c.active, unit.c.kind != DEPARTMENT, ~reachable),
    }
    if which not in conditions:
        raise Faulty([Fault("only", f"没有这种筛选；可用的有 {'、'.join(ONLY)}")])
    return conditions[which]


def _missing(session: Session, *where: sa.ColumnElement[bool]) -> Iterable[Missing]:
    v = vacancy.c
    asked = sa.select(unit.c.code, unit.c.name, v.role, v.reason, v.since).join(unit, unit.c.id == v.unit_id)
    rows = session.execute(asked.where(*where).order_by(v.since, unit.c.id, v.role).limit(MOST)).tuples()
    return [Missing(*row) for row in rows]


def _line(session: Session, scope: Scope, path: str) -> tuple[tuple[str, str], ...]:
    above = [int(part) for part in path.split("/") if part][:-1]
    asked = sa.select(unit.c.code, unit.c.name).where(unit.c.id.in_(above), *reading_scope.within(scope))
    return tuple(
        (code, name) for code, name in session.execute(asked.order_by(sa.func.length(unit.c.path))).tuples()
    )


def _below(session: Session, keys: Sequence[int]) -> dict[int, int]:
    return _counted(session, unit.c.parent_id, keys)


def _counted(
    session: Session, column: sa.ColumnElement[int], keys: Sequence[int], *where: sa.ColumnElement[bool]
) -> dict[int, int]:
    asked = sa.select(column, sa.func.count()).where(column.in_(keys), *where).group_by(column)
    return dict(session.execute(asked).tuples().all())


def _liaisons(session: Session, keys: Sequence[int]) -> dict[int, tuple[str, ...]]:
    c = contact.c
    asked = sa.select(c.unit_id, c.name, c.email).where(c.unit_id.in_(keys), c.role == Role.liaison)
    found: dict[int, list[str]] = defaultdict(list)
    for key, name, email in session.execute(asked.where(c.bounced_at.is_(None)).order_by(c.id)).tuples():
        found[key].append(name or email)
    return defaultdict(tuple, {key: tuple(names[:SHOWN]) for key, names in found.items()})
