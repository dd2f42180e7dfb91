"""Contacts as a round needs them, and the vacancies it found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.audience import LAST_RESORT, Directory, Person
from states.records.columns import insert_new
from states.records.core import contact, unit, vacancy
from states.records.tables import Vacancy
from states.template import Role

AT_ONCE = 1_000
NO_HOLDER = "没有人担任，或邮箱退信"


def directory(session: Session, units: Sequence[int], roles: Iterable[Role], owner_id: int) -> Directory:
    """Reachable holders of `roles` in `units` and in every unit above them."""
    wanted = {role.value for role in roles} | {Role.principal.value, LAST_RESORT.value}
    parents = _parents(session, {*units, owner_id})
    holders: dict[tuple[int, str], list[Person]] = defaultdict(list)
    for chunk in _chunks(sorted(parents)):
        statement = sa.select(contact.c.unit_id, contact.c.role, contact.c.name, contact.c.email).where(
            contact.c.unit_id.in_(chunk), contact.c.role.in_(wanted), contact.c.bounced_at.is_(None)
        )
        for unit_id, role, name, email in session.execute(statement.order_by(contact.c.id)).tuples():
            holders[unit_id, role].append(Person(unit_id, role, name, email))
    return Directory(holders, parents)


def _parents(session: Session, units: set[int]) -> dict[int, int | None]:
    parents: dict[int, int | None] = {}
    above: set[int] = set()
    for chunk in _chunks(sorted(units)):
        rows = session.execute(sa.select(unit.c.id, unit.c.path).where(unit.c.id.in_(chunk))).tuples()
        for unit_id, path in rows:
            line = [int(part) for part in path.split("/") if part]
            parents[unit_id] = line[-2] if len(line) > 1 else None
            parents.update(zip(line[1:], line, strict=False))
            parents.setdefault(line[0], None)
            above.update(line)
    return parents


def _chunks(keys: list[int]) -> Iterable[list[int]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


def note_vacancies(session: Session, vacancies: Mapping[tuple[int, Role], None], now: datetime) -> None:
    """Keep each vacant role once, with the moment it was first missed; in one order, so that rounds never deadlock."""
    if not vacancies:
        return
    rows = [
        {"unit_id": key, "role": role.value, "reason": NO_HOLDER, "since": now}
        for key, role in sorted(vacancies)
    ]
    session.execute(insert_new(session, Vacancy), rows)


def fill_vacancies(session: Session) -> None:
    """A role that has a reachable holder again is no vacancy."""
    holder = sa.exists().where(
        contact.c.unit_id == vacancy.c.unit_id,
        contact.c.role == vacancy.c.role,
        contact.c.bounced_at.is_(None),
    )
    session.execute(sa.delete(vacancy).where(holder))
