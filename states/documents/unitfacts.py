"""What a unit list is about: units and contacts as recorded, and as a list states them."""

from __future__ import annotations

from dataclasses import dataclass

from states.errors import Fault
from states.template import Role


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """A holder of a role as recorded."""

    role: Role
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """A unit as recorded; `parent` is the code of the unit above, `beds` None where nobody has told."""

    name: str
    kind: str
    level: str = ""
    parent: str | None = None
    contacts: tuple[ContactFacts, ...] = ()
    grade: str = ""
    beds: int | None = None
    ownership: str = ""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit as it will be: what its row states, and what is already known where the row is empty."""

    code: str
    name: str
    kind: str
    level: str
    parent: str | None
    line: int
    grade: str = ""
    beds: int | None = None
    ownership: str = ""


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A holder of a role in unit `code`; `name` may be empty, `email` never is."""

    code: str
    role: Role
    name: str
    email: str
    line: int


@dataclass(frozen=True)
class UnitList:
    """A list read. With any fault it must not be applied; warnings tell what was passed over.

    `cleared` are roles that the list empties on purpose.
    """

    units: tuple[UnitRow, ...]
    contacts: tuple[ContactRow, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...] = ()
    cleared: tuple[tuple[str, Role], ...] = ()
