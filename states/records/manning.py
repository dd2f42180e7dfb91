"""One holder of one role in one unit: named, put right, taken out. It is done as an import of that one row would do it.

So whoever takes another's place hears what is open, and what was on its way to the one goes to the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.documents.addresses import Addresses
from states.documents.columns import ROLES
from states.documents.unitdiff import UnitDiff
from states.documents.unitfacts import ContactFacts, ContactRow, UnitFacts, UnitList, UnitRow
from states.documents.unitlist import person_complaint
from states.errors import Fault, Faulty, NotAllowed, Refused
from states.records import handing, reading_scope, roster
from states.records.access import Scope
from states.records.core import unit
from states.records.reading_respite import EVERYWHERE
from states.template import Role

GONE = "{email} 已不是{unit}的{role}，可能刚被改过；请重新打开这一页"
THERE = "已经是这个单位的{role}"
NO_NAME, NO_ADDRESS = "请写明姓名", "请写明邮箱"


@dataclass(frozen=True)
class Holder:
    """Who is to hold a role. `before`: the address of whoever holds that place now, "" for one more. Without `email` the
    place is left empty."""

    role: Role
    name: str
    email: str
    before: str = ""


def put(session: Session, scope: Scope, code: str, wanted: Holder, now: datetime) -> UnitDiff:
    """Within the asker's subtree; the leaders of its own head only from above, as with a hand-over.

    An address that bounced and is put down again counts as reachable. Raises NotAllowed, NotFound, Faulty, Refused.
    """
    place = reading_scope.unit_seen(session, scope, code)
    _check(scope, place, wanted.role)
    session.execute(sa.select(unit.c.id).where(unit.c.id == place.id).with_for_update())
    facts = roster.recorded(session, code)
    known = facts[code]
    held = [one for one in known.contacts if one.role is wanted.role]
    before = wanted.before.strip().lower()
    if before and before not in {one.email for one in held}:
        raise Refused(GONE.format(email=before, unit=known.name, role=ROLES[wanted.role][0]))
    kept = [one for one in held if one.email != before]
    listed = _listed(code, known, kept, _judged(wanted, kept), wanted.role)
    return roster.apply(session, listed, facts, now, scope.actor, seen_to=[wanted.email])


def _check(scope: Scope, place: reading_scope.UnitRow, role: Role) -> None:
    """Raises NotAllowed."""
    scope.check_write()
    if scope.campaigns is not None:
        raise NotAllowed(EVERYWHERE)
    head = scope.path == place.path and place.path.count("/") > 2
    if head and role not in (*handing.DOING, *handing.RUNNING):
        raise NotAllowed(handing.LEADERS.format(role=ROLES[role][0], unit=place.code))


def _judged(wanted: Holder, kept: list[ContactFacts]) -> ContactFacts | None:
    """The new holder; None where nobody is to be. Raises Faulty with what is wrong at each field."""
    name, email = wanted.name.strip(), wanted.email.strip()
    if not email and wanted.before and not name:
        return None
    address, complaint = Addresses().judge(email) if email else ("", NO_ADDRESS)
    if complaint is None and address.lower() in {one.email for one in kept}:
        complaint = THERE.format(role=ROLES[wanted.role][0])
    said = [("name", person_complaint(name) if name else NO_NAME), ("email", complaint)]
    faults = [Fault(place, says) for place, says in said if says is not None]
    if faults:
        raise Faulty(faults)
    return ContactFacts(wanted.role, name, address.lower())


def _listed(
    code: str, known: UnitFacts, kept: list[ContactFacts], new: ContactFacts | None, role: Role
) -> UnitList:
    """The unit as it is, with all holders that the role shall have."""
    row = UnitRow(
        *(code, known.name, known.kind, known.level, known.parent, 1),
        *(known.grade, known.beds, known.ownership),
    )
    holders = [*kept, *([new] if new is not None else [])]
    contacts = tuple(ContactRow(code, one.role, one.name, one.email, 1) for one in holders)
    return UnitList((row,), contacts, (), cleared=() if contacts else ((code, role),))
