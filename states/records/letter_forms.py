"""The forms of letters: duban's own, or what a customer has set for all units or for one issuing unit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlmodel import Session

from states.documents import letterdocx, letterfields
from states.errors import NotFound
from states.records.core import letter_form
from states.records.journal import note
from states.records.papers import LetterForm
from states.records.scopes import paths_of
from states.records.tables import Unit
from states.template import LetterType

if TYPE_CHECKING:
    from states.documents.lettercheck import Checked

ALL = 0
SOME_DAY = datetime(2026, 3, 19, tzinfo=UTC)  # of the example that a form is tried with


@dataclass(frozen=True)
class Form:
    """One form as it is listed; `unit`: code of the issuing unit it is for, empty for all."""

    name: str
    unit: str
    own: bool
    sha256: str
    by: str = ""
    at: datetime | None = None


def form(session: Session, issuer_id: int, kind: LetterType) -> bytes:
    """What a letter of that kind is made of: the issuer's form, else that for all, else duban's own."""
    mine = sa.select(letter_form.c.content).where(
        letter_form.c.name == kind.name, letter_form.c.unit_id.in_((issuer_id, ALL))
    )
    found = session.execute(mine.order_by(letter_form.c.unit_id.desc()).limit(1)).scalar()
    return found if found is not None else letterdocx.default(kind.name, kind.colour)


def exported(session: Session, name: str, unit: str | None = None) -> bytes:
    """The form in force for letters of that name. Raises NotFound."""
    return form(session, _unit(session, unit), LetterType(name=name))


def try_out(content: bytes, file: str, name: str) -> Checked:
    """Check a form and fill it, with an example and with blanks. Raises Faulty with all faults."""
    from states.documents import lettercheck, letterpaper  # Word: a service starts without it

    found = lettercheck.check(content, file)
    for facts in (letterfields.example(name), {"文书": name}):
        letterpaper.made(found.content, facts, SOME_DAY)
    return found


def put(
    session: Session, name: str, content: bytes, file: str, now: datetime, actor: str, unit: str | None = None
) -> Checked:
    """Use this form from now on. Raises Faulty with all faults, NotFound; letters already made stay as they are."""
    found = try_out(content, file, name)
    key = _unit(session, unit)
    row = session.get(LetterForm, (key, name)) or LetterForm(
        unit_id=key, name=name, content=b"", sha256="", by=actor, at=now
    )
    before = row.sha256 or None
    row.content, row.sha256 = found.content, hashlib.sha256(found.content).hexdigest()
    row.by, row.at = actor, now
    session.add(row)
    session.flush()
    note(session, now, "letter.form", actor, before=before, after=row.sha256, name=name, unit=unit)
    return found


def reset(session: Session, name: str, now: datetime, actor: str, unit: str | None = None) -> None:
    """Back to duban's own form. Raises NotFound."""
    row = session.get(LetterForm, (_unit(session, unit), name))
    if row is None:
        raise NotFound(f"“{name}”没有另设格式")
    session.delete(row)
    note(session, now, "letter.form", actor, before=row.sha256, after=None, name=name, unit=unit)


def forms(session: Session, names: Iterable[str]) -> list[Form]:
    """The forms of `names` and all that were set."""
    codes = {ALL: ""} | {one.id: one.code for one in _issuers(session)}
    rows = session.execute(
        sa.select(
            letter_form.c.unit_id,
            letter_form.c.name,
            letter_form.c.sha256,
            letter_form.c.by,
            letter_form.c.at,
        )
    ).tuples()
    own = [Form(name, codes[key], True, sha256, by, at) for key, name, sha256, by, at in rows]
    taken = {one.name for one in own if not one.unit}
    ours = [
        Form(name, "", False, hashlib.sha256(letterdocx.default(name)).hexdigest())
        for name in dict.fromkeys(names)
        if name not in taken
    ]
    return sorted([*own, *ours], key=lambda one: (one.name, one.unit))


def _issuers(session: Session) -> list[Unit]:
    keys = session.execute(sa.select(letter_form.c.unit_id).distinct()).scalars()
    return [one for key in keys if key != ALL and (one := session.get(Unit, key)) is not None]


def _unit(session: Session, code: str | None) -> int:
    """The id of an issuing unit, or that which stands for all."""
    if code is None:
        return ALL
    path = paths_of(session, [code])[code]
    return int(path.rstrip("/").rpartition("/")[2])
