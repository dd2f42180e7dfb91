"""Roles that a plan would write to and that nobody reachable holds: looked for before it starts. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session

from states.audience import CAMPAIGN_ROLES
from states.records import scopes
from states.records.core import contact, unit
from states.records.launch import Draft
from states.records.scopes import Selection
from states.template import Role, Template

SHOWN = 20


@dataclass(frozen=True)
class Unmanned:
    """So many `units` have nobody in `role` whom mail reaches; the names of the first."""

    role: Role
    units: int
    names: tuple[str, ...]


def unmanned(session: Session, drafted: Draft, selection: Selection) -> list[Unmanned]:
    """Of the roles that the plan's ladders name: those of the units that take part, and of the unit that runs it."""
    taking_part = sa.and_(*scopes.chosen(session, selection, drafted.owner))
    found = []
    for role in roles_of(drafted.template):
        where: sa.ColumnElement[bool]
        if role is Role.parent_principal:
            above = sa.select(unit.c.parent_id).where(taking_part).correlate(None)
            where, held = unit.c.id.in_(above), Role.principal
        else:
            where = unit.c.id == drafted.owner.id if role in CAMPAIGN_ROLES else taking_part
            held = role
        one = _without(session, role, held, where)
        if one.units:
            found.append(one)
    return found


def roles_of(template: Template) -> list[Role]:
    """Every role that some rung or the beginning of some phase is told to, in the order of the roles."""
    named = {
        role
        for ladder in template.ladders.values()
        for rung in ladder.rungs
        for role in _all(rung.to, rung.cc)
    }
    named |= {role for phase in template.phases for role in phase.announce}
    return [role for role in Role if role in named]


def _all(*some: Iterable[Role]) -> Iterable[Role]:
    return (role for roles in some for role in roles)


def _without(session: Session, role: Role, held: Role, where: sa.ColumnElement[bool]) -> Unmanned:
    holder = sa.exists().where(
        contact.c.unit_id == unit.c.id, contact.c.role == held.value, contact.c.bounced_at.is_(None)
    )
    lacking = sa.and_(where, ~holder)
    number = session.execute(sa.select(sa.func.count()).select_from(unit).where(lacking)).scalar_one()
    names = sa.select(unit.c.name).where(lacking).order_by(unit.c.sort_key, unit.c.id).limit(SHOWN)
    return Unmanned(role, number, tuple(session.execute(names).scalars()) if number else ())
