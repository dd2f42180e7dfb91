"""What applying a unit list would change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from states.documents.unitfacts import ContactFacts, ContactRow, UnitFacts, UnitList, UnitRow
from states.template import Role

FIELDS = ("name", "kind", "level", "grade", "beds", "ownership", "parent")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a unit, before and after."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class UnitChange:
    """A recorded unit that will differ."""

    unit: UnitRow
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class ContactChange:
    """The same address in the same role under another name."""

    contact: ContactRow
    before: str


@dataclass(frozen=True)
class UnitDiff:
    """Everything a list would do. `absent` are recorded units it does not name: they stay.

    `contacts_gone`: (unit code, holder) replaced by what the list states for that unit and role; a role that the
    list leaves empty keeps its holders.
    """

    new: tuple[UnitRow, ...]
    changed: tuple[UnitChange, ...]
    unchanged: tuple[str, ...]
    absent: tuple[str, ...]
    contacts_new: tuple[ContactRow, ...]
    contacts_changed: tuple[ContactChange, ...]
    contacts_gone: tuple[tuple[str, ContactFacts], ...]

    @property
    def empty(self) -> bool:
        """Nothing would change."""
        return not (
            self.new or self.changed or self.contacts_new or self.contacts_changed or self.contacts_gone
        )


def diff(unit_list: UnitList, existing: Mapping[str, UnitFacts]) -> UnitDiff:
    """The list held against what is recorded."""
    known = [unit for unit in unit_list.units if unit.code in existing]
    changes = [UnitChange(unit, _fields(unit, existing[unit.code])) for unit in known]
    named = {unit.code for unit in unit_list.units}
    contacts_new, contacts_changed = _contacts(unit_list, existing)
    return UnitDiff(
        new=tuple(unit for unit in unit_list.units if unit.code not in existing),
        changed=tuple(change for change in changes if change.fields),
        unchanged=tuple(change.unit.code for change in changes if not change.fields),
        absent=tuple(code for code in existing if code not in named),
        contacts_new=contacts_new,
        contacts_changed=contacts_changed,
        contacts_gone=tuple(_gone(unit_list, existing)),
    )


def _fields(unit: UnitRow, facts: UnitFacts) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(field, _text(before), _text(after))
        for field in FIELDS
        if (before := getattr(facts, field)) != (after := getattr(unit, field))
    )


def _text(value: str | int | None) -> str | None:
    return str(value) if isinstance(value, int) else value


def _contacts(
    unit_list: UnitList, existing: Mapping[str, UnitFacts]
) -> tuple[tuple[ContactRow, ...], tuple[ContactChange, ...]]:
    """A row without a name says nothing about the name."""
    new, changed = [], []
    for contact in unit_list.contacts:
        name = _recorded(existing.get(contact.code)).get((contact.role, contact.email.lower()))
        if name is None:
            new.append(contact)
        elif contact.name and contact.name != name:
            changed.append(ContactChange(contact, name))
    return tuple(new), tuple(changed)


def _recorded(facts: UnitFacts | None) -> dict[tuple[Role, str], str]:
    if facts is None:
        return {}
    return {(contact.role, contact.email.lower()): contact.name for contact in facts.contacts}


def _gone(unit_list: UnitList, existing: Mapping[str, UnitFacts]) -> Iterator[tuple[str, ContactFacts]]:
    stated: dict[tuple[str, Role], set[str]] = defaultdict(set)
    for pair in unit_list.cleared:
        stated[pair] = set()
    for contact in unit_list.contacts:
        stated[contact.code, contact.role].add(contact.email.lower())
    for unit in unit_list.units:
        for holder in existing[unit.code].contacts if unit.code in existing else ():
            emails = stated.get((unit.code, holder.role))
            if emails is not None and holder.email.lower() not in emails:
                yield unit.code, holder
