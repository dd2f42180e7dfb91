"""Contacts as a round needs them, and the vacancies it found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.audience import LAST_RESORT, Directory, Person
from states.records.columns import insert_new, of_keys
from states.records.core import contact, unit, vacancy
from states.records.tables import Vacancy
from states.template import Role

NO_HOLDER = "没有人担任，或邮箱退信"


def directory(session: Session, units: Sequence[int], roles: Iterable[Role], owner_id: int) -> Directory:
    """Reachable holders of `roles` in `units` and in every unit above them."""
    wanted = {role.value for role in roles} | {Role.principal.value, LAST_RESORT.value}
    parents = _parents(session, {*units, owner_id})
    holders: dict[tuple[int, str], list[Person]] = defaultdict(list)
    one = contact.c
    people = sa.select(one.id, one.unit_id, one.role, one.name, one.email)
    people = people.where(one.role.in_(wanted), one.bounced_at.is_(None))
    found = session.execute(of_keys(session, people, one.unit_id, sorted(parents))).tuples()
    for _key, unit_id, role, name, email in sorted(found):
        holders[unit_id, role].append(Person(unit_id, role, name, email))
    return Directory(holders, parents)


def _parents(session: Session, units: set[int]) -> dict[int, int | None]:
    parents: dict[int, int | None] = {}
    paths = of_keys(session, sa.select(unit.c.id, unit.c.path), unit.c.id, sorted(units))
    for unit_id, path in session.execute(paths).tuples():
        line = [int(part) for part in path.split("/") if part]
        parents[unit_id] = line[-2] if len(line) > 1 else None
        parents.update(zip(line[1:], line, strict=False))
        parents.setdefault(line[0], None)
    return parents


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
