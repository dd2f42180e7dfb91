"""Who hears of it: roles of a rung → people, climbing the organisation line where a role is vacant. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from states.template import Role

CAMPAIGN_ROLES = frozenset({Role.office, Role.coordinator, Role.group_leader})
LAST_RESORT = Role.coordinator


@dataclass(frozen=True)
class Person:
    """A reachable holder of a role."""

    unit_id: int
    role: str
    name: str
    email: str


@dataclass(frozen=True)
class Recipient:
    """One person, the role they are addressed in, and the vacant unit they stand in for."""

    person: Person
    role: Role
    instead_of: int | None = None


@dataclass(frozen=True)
class Audience:
    """Who was found for a rung, which roles were vacant on the way, which could not be reached at all."""

    recipients: tuple[Recipient, ...]
    vacancies: tuple[tuple[int, Role], ...]
    unreached: tuple[Role, ...]


@dataclass(frozen=True)
class Directory:
    """Holders by (unit, role) and each unit's parent, as far as one round needs them."""

    holders: Mapping[tuple[int, str], Sequence[Person]]
    parents: Mapping[int, int | None]

    def line(self, unit_id: int) -> Iterable[int]:
        """The unit and its superiors, nearest first."""
        seen: set[int] = set()
        at: int | None = unit_id
        while at is not None and at not in seen:
            seen.add(at)
            yield at
            at = self.parents.get(at)


def audience(roles: Iterable[Role], unit_id: int, owner_id: int, directory: Directory) -> Audience:
    """The people of `roles` for one unit of a campaign that `owner_id` runs.

    A vacant role climbs to the parent unit, up to the owner and not beyond: a county's campaign is not the
    province's. Where the line has no holder, the campaign's coordinator stands in, so that nothing is dropped in
    silence. The same address is never addressed twice.
    """
    found: dict[str, Recipient] = {}
    vacancies: list[tuple[int, Role]] = []
    unreached: list[Role] = []
    for role in roles:
        start, wanted = _start(role, unit_id, owner_id, directory)
        recipients, vacant = _climb(role, wanted, start, owner_id, directory)
        vacancies += vacant
        if not recipients:
            unreached.append(role)
        for recipient in recipients:
            found.setdefault(recipient.person.email, recipient)
    return Audience(tuple(found.values()), tuple(dict.fromkeys(vacancies)), tuple(unreached))


def _start(role: Role, unit_id: int, owner_id: int, directory: Directory) -> tuple[int, Role]:
    if role in CAMPAIGN_ROLES:
        return owner_id, role
    if role is Role.parent_principal:
        return directory.parents.get(unit_id) or owner_id, Role.principal
    return unit_id, role


def _climb(
    role: Role, wanted: Role, start: int, owner_id: int, directory: Directory
) -> tuple[list[Recipient], list[tuple[int, Role]]]:
    vacancies: list[tuple[int, Role]] = []
    for at in directory.line(start):
        holders = directory.holders.get((at, wanted), ())
        if holders:
            instead_of = start if at != start else None
            return [Recipient(person, role, instead_of) for person in holders], vacancies
        if at == start:
            vacancies.append((at, wanted))
        if at == owner_id:
            break
    stand_ins = directory.holders.get((owner_id, LAST_RESORT), ())
    return [Recipient(person, role, start) for person in stand_ins], vacancies
