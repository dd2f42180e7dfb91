"""Who hears of it, and who stands in where nobody holds the role."""

from __future__ import annotations

import pytest

from states.audience import Directory, Person, audience
from states.template import Role

OWNER, BUREAU, HOSPITAL = 1, 2, 3
PARENTS = {OWNER: None, BUREAU: OWNER, HOSPITAL: BUREAU}


def directory(*held: tuple[int, Role, str]) -> Directory:
    holders: dict[tuple[int, str], list[Person]] = {}
    for unit, role, email in held:
        holders.setdefault((unit, role.value), []).append(Person(unit, role.value, "示例", email))
    return Directory(holders, PARENTS)


BASE = (
    (OWNER, Role.coordinator, "coordinator@example.org"),
    (OWNER, Role.group_leader, "leader@example.org"),
    (BUREAU, Role.liaison, "bureau@example.org"),
    (BUREAU, Role.principal, "head@example.org"),
)


@pytest.mark.parametrize(
    ("held", "role", "email", "instead_of"),
    [
        ([(HOSPITAL, Role.liaison, "own@example.org")], Role.liaison, "own@example.org", None),
        ([], Role.liaison, "bureau@example.org", HOSPITAL),
        ([], Role.deputy_leader, "coordinator@example.org", HOSPITAL),
        ([], Role.parent_principal, "head@example.org", None),
        ([], Role.group_leader, "leader@example.org", None),
        ([], Role.office, "coordinator@example.org", OWNER),
    ],
)
def test_a_vacant_role_climbs_and_ends_at_the_coordinator(
    held: list[tuple[int, Role, str]], role: Role, email: str, instead_of: int | None
) -> None:
    (found,) = audience([role], HOSPITAL, OWNER, directory(*BASE, *held)).recipients
    assert (found.person.email, found.instead_of) == (email, instead_of)


def test_the_vacancy_is_reported_where_it_is() -> None:
    found = audience([Role.liaison], HOSPITAL, OWNER, directory(*BASE))
    assert found.vacancies == ((HOSPITAL, Role.liaison),)
    assert found.unreached == ()


def test_nobody_at_all_is_said_and_not_passed_over() -> None:
    found = audience([Role.liaison], HOSPITAL, OWNER, directory())
    assert (found.recipients, found.unreached) == ((), (Role.liaison,))


def test_one_address_in_two_roles_is_addressed_once() -> None:
    both = [(HOSPITAL, role, "one@example.org") for role in (Role.liaison, Role.department_head)]
    found = audience([Role.liaison, Role.department_head], HOSPITAL, OWNER, directory(*both))
    assert [one.person.email for one in found.recipients] == ["one@example.org"]


def test_a_ring_of_parents_ends() -> None:
    ring = Directory({}, {HOSPITAL: BUREAU, BUREAU: HOSPITAL})
    assert audience([Role.liaison], HOSPITAL, OWNER, ring).unreached == (Role.liaison,)
