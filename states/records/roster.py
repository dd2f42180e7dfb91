"""Units and contacts as recorded, and the writing of a checked unit list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.documents.unitlist import ContactFacts, UnitDiff, UnitFacts, UnitList, UnitRow, diff
from states.errors import Faulty
from states.records import handing
from states.records.columns import slices
from states.records.core import contact, unit
from states.records.directory import fill_vacancies
from states.records.handing import Person, Post
from states.records.journal import note
from states.template import Role

AT_ONCE = 5_000
Progress = Callable[[int, int], None]


def recorded(session: Session, code: str | None = None) -> dict[str, UnitFacts]:
    """Every unit by code, with its parent's code and its contacts; `code`: that one alone."""
    upper = unit.alias("upper_unit")
    asked = sa.select(
        *(unit.c.id, unit.c.code, upper.c.code),
        *(unit.c.name, unit.c.kind, unit.c.level, unit.c.grade, unit.c.beds),
        unit.c.ownership,
    ).outerjoin(upper, upper.c.id == unit.c.parent_id)
    holders = sa.select(contact.c.unit_id, contact.c.role, contact.c.name, contact.c.email)
    if code is not None:
        asked = asked.where(unit.c.code == code)
        holders = holders.where(contact.c.unit_id.in_(sa.select(unit.c.id).where(unit.c.code == code)))
    found = session.execute(asked).tuples().all()
    people: dict[int, list[ContactFacts]] = defaultdict(list)
    for key, role, name, email in session.execute(holders.order_by(contact.c.id)).tuples():
        people[key].append(ContactFacts(Role(role), name, email))
    return {
        code: UnitFacts(name, kind, level, parent, tuple(people[key]), grade, beds, owned)
        for key, code, parent, name, kind, level, grade, beds, owned in found
    }


def apply(
    session: Session,
    unit_list: UnitList,
    existing: Mapping[str, UnitFacts],
    now: datetime,
    actor: str,
    progress: Progress | None = None,
    *,
    seen_to: Iterable[str] | None = None,
) -> UnitDiff:
    """Write a list without faults; raises Faulty with all of them otherwise. Returns what was changed.

    `seen_to`: of the addresses that bounced, those that somebody has looked at; all that are listed unless it is said.
    """
    if unit_list.faults:
        raise Faulty(unit_list.faults)
    changes = diff(unit_list, existing)
    _insert_units(session, changes.new, progress)
    _update_units(session, [change.unit for change in changes.changed])
    moved = [c.unit.code for c in changes.changed if any(f.field == "parent" for f in c.fields)]
    if moved:
        _repath(session)
    _write_contacts(session, changes)
    listed = [row.email for row in unit_list.contacts] if seen_to is None else seen_to
    revived = _try_again(session, listed)
    fill_vacancies(session)
    _hand_over(session, changes, now, actor)
    note(
        session,
        now,
        "units.imported",
        actor,
        new=len(changes.new),
        changed=[change.unit.code for change in changes.changed][:100],
        contacts_new=len(changes.contacts_new),
        contacts_gone=len(changes.contacts_gone),
        bounces_forgiven=len(revived),
    )
    return changes


def _insert_units(session: Session, rows: Iterable[UnitRow], progress: Progress | None) -> None:
    """Rows come parents first; ids are given here, so that paths are known without asking."""
    new = list(rows)
    if not new:
        return
    known = session.execute(sa.select(unit.c.code, unit.c.id, unit.c.path)).tuples()
    placed = {code: (key, path) for code, key, path in known}
    next_id = int(session.execute(sa.select(sa.func.coalesce(sa.func.max(unit.c.id), 0))).scalar_one())
    made: list[dict[str, Any]] = []
    for place, row in enumerate(new, 1):
        next_id += 1
        parent_id, above = placed[row.parent] if row.parent else (None, "/")
        path = f"{above}{next_id}/"
        placed[row.code] = (next_id, path)
        made.append({"id": next_id, "parent_id": parent_id, "path": path, "active": True, **_values(row)})
        if len(made) == AT_ONCE or place == len(new):
            session.execute(sa.insert(unit), made)
            made = []
            if progress:
                progress(place, len(new))
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SELECT setval(pg_get_serial_sequence('unit', 'id'), :at)"), {"at": next_id})


def _values(row: UnitRow) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "kind": row.kind,
        "level": row.level,
        "grade": row.grade,
        "beds": row.beds,
        "ownership": row.ownership,
        "sort_key": sort_key(row.name),
    }


def sort_key(name: str) -> str:
    """Pinyin without tones: the same order on every database."""
    from pypinyin import Style, lazy_pinyin  # 56 MB of dictionaries: only who imports units pays for them

    return "".join(lazy_pinyin(name, style=Style.NORMAL)).lower()[:120]


def _update_units(session: Session, rows: list[UnitRow]) -> None:
    if not rows:
        return
    wanted = {row.parent for row in rows if row.parent}
    parents = session.execute(sa.select(unit.c.code, unit.c.id).where(unit.c.code.in_(wanted))).tuples()
    ids = dict(parents.all())
    for row in rows:
        values = {**_values(row), "parent_id": ids[row.parent] if row.parent else None}
        session.execute(sa.update(unit).where(unit.c.code == row.code).values(**values))


def _repath(session: Session) -> None:
    """After a unit has moved: all paths anew, level by level from the roots."""
    rows = session.execute(sa.select(unit.c.id, unit.c.parent_id)).tuples()
    children: dict[int, list[int]] = defaultdict(list)
    for key, parent in rows:
        children[parent or 0].append(key)
    paths: list[dict[str, Any]] = []
    level = [(key, f"/{key}/") for key in children[0]]
    while level:
        paths += [{"key": key, "new_path": path} for key, path in level]
        level = [(child, f"{path}{child}/") for key, path in level for child in children[key]]
    statement = sa.update(unit).where(unit.c.id == sa.bindparam("key")).values(path=sa.bindparam("new_path"))
    session.connection().execute(statement, paths)


def _write_contacts(session: Session, changes: UnitDiff) -> None:
    touched = {row.code for row in changes.contacts_new} | {code for code, _one in changes.contacts_gone}
    touched |= {change.contact.code for change in changes.contacts_changed}
    ids = _ids(session, touched)
    for code, holder in changes.contacts_gone:
        session.execute(sa.delete(contact).where(*_is(ids[code], holder.role, holder.email)))
    for change in changes.contacts_changed:
        one = change.contact
        session.execute(
            sa.update(contact).where(*_is(ids[one.code], one.role, one.email)).values(name=one.name)
        )
    rows = [
        {"unit_id": ids[row.code], "role": row.role.value, "name": row.name, "email": row.email.lower()}
        for row in changes.contacts_new
    ]
    for some in slices(rows, AT_ONCE):
        session.execute(sa.insert(contact), some)


def _try_again(session: Session, listed: Iterable[str]) -> list[str]:
    """An address that bounced and is listed again has been seen to: it counts as reachable until it bounces anew."""
    bounced = session.execute(sa.select(contact.c.email).where(contact.c.bounced_at.is_not(None))).scalars()
    again = sorted({email.lower() for email in listed} & set(bounced))
    for part in slices(again, AT_ONCE):
        some = contact.c.email.in_(part)
        session.execute(sa.update(contact).where(some).values(bounced_at=None, bounce=None))
    return again


def _hand_over(session: Session, changes: UnitDiff, now: datetime, actor: str) -> None:
    """Where somebody took another's place, what was on its way to the one is told to the other."""
    left: dict[tuple[str, Role], ContactFacts] = {}
    for code, holder in changes.contacts_gone:
        left.setdefault((code, holder.role), holder)
    came = [row for row in changes.contacts_new if (row.code, row.role) in left]
    ids = _ids(session, {row.code for row in came})
    posts = [
        Post(
            ids[row.code],
            row.code,
            row.role,
            Person(left[row.code, row.role].name, left[row.code, row.role].email),
            Person(row.name, row.email.lower()),
        )
        for row in came
    ]
    handing.settle(session, posts, [holder.email for _code, holder in changes.contacts_gone], now, actor)


def _is(unit_id: int, role: Role, email: str) -> tuple[sa.ColumnElement[bool], ...]:
    return contact.c.unit_id == unit_id, contact.c.role == role.value, contact.c.email == email.lower()


def _ids(session: Session, codes: Iterable[str]) -> dict[str, int]:
    wanted = sorted(codes)
    found: dict[str, int] = {}
    for chunk in slices(wanted, AT_ONCE):
        rows = session.execute(sa.select(unit.c.code, unit.c.id).where(unit.c.code.in_(chunk))).tuples()
        found.update(rows.all())
    return found
