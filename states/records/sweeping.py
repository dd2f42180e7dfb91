"""The vault against the record: what is missing, what is damaged, what nobody names; and its removal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.records import locks
from states.records.columns import slices
from states.records.core import (
    extension,
    extension_file,
    handed_file,
    obligation,
    stored_file,
    submission,
    unit,
)
from states.records.session import Store
from states.records.vault import Vault, older

AT_ONCE = 200


class Named(NamedTuple):
    """Where a content is named: campaign, unit, obligation, which version (0: asking for a later date), under which name."""

    campaign: int
    code: str
    unit: str
    obligation: int
    version: int
    name: str


@dataclass(frozen=True)
class Trouble:
    """A recorded content that is not there, or is not what was recorded; and everything that names it."""

    sha256: str
    damaged: bool
    named: tuple[Named, ...]


@dataclass(frozen=True)
class Checked:
    """`orphaned`: hashes that nothing names; `leftovers`: what never came in whole. Both from before an instant."""

    contents: int
    references: int
    size: int
    troubles: tuple[Trouble, ...]
    orphaned: tuple[str, ...]
    leftovers: tuple[Path, ...]


def check(store: Store, vault: Vault, before: datetime) -> Checked:
    """Read every content and compare it with its hash; nothing is changed.

    Of what nothing names only that from before `before` (by the disk's clock) is listed: the rest may be on its way.
    """
    with store.read() as session:
        known = dict(session.execute(sa.select(stored_file.c.sha256, stored_file.c.size)).tuples().all())
        counted = (sa.select(sa.func.count()).select_from(table) for table in (handed_file, extension_file))
        references = sum(session.execute(one).scalar_one() for one in counted)
    real = {digest: vault.digest(digest) for digest in sorted(known)}
    bad = {digest: found is not None for digest, found in real.items() if found != digest}
    with store.read() as session:
        troubles = tuple(Trouble(digest, damaged, _named(session, digest)) for digest, damaged in bad.items())
    orphaned = tuple(one for one in vault.kept() if one not in known and older(vault.place(one), before))
    leftovers = tuple(vault.leftovers(before))
    return Checked(len(known), references, sum(known.values()), troubles, orphaned, leftovers)


def sweep(store: Store, vault: Vault, orphaned: Sequence[str], before: datetime) -> int:
    """Remove contents that nothing names still. Returns how many; none that came after `before`."""
    removed = 0
    for some in slices(orphaned, AT_ONCE):
        with store.write() as session:
            locks.files_swept(session)
            named = set(
                session.execute(
                    sa.select(stored_file.c.sha256).where(stored_file.c.sha256.in_(some))
                ).scalars()
            )
            for one in some:
                place = vault.place(one)
                if one not in named and older(place, before):
                    place.unlink(missing_ok=True)
                    removed += 1
    return removed


def clear(vault: Vault, before: datetime) -> int:
    """Remove what began to come in before an instant and never ended. Returns how many."""
    found = vault.leftovers(before)
    for one in found:
        one.unlink(missing_ok=True)
    return len(found)


def _named(session: Session, sha256: str) -> tuple[Named, ...]:
    joined = handed_file.join(submission, submission.c.id == handed_file.c.submission_id)
    joined = joined.join(obligation, obligation.c.id == submission.c.obligation_id)
    joined = joined.join(unit, unit.c.id == obligation.c.unit_id)
    columns = (obligation.c.campaign_id, unit.c.code, unit.c.name.label("unit"), obligation.c.id)
    statement = sa.select(*columns, submission.c.version, handed_file.c.name).select_from(joined)
    rows = session.execute(statement.where(handed_file.c.sha256 == sha256).order_by(submission.c.id)).all()
    asked = extension_file.join(extension, extension.c.id == extension_file.c.extension_id)
    asked = asked.join(unit, unit.c.id == extension.c.unit_id)
    columns = (extension.c.campaign_id, unit.c.code, unit.c.name.label("unit"), extension.c.obligation_id)
    statement = sa.select(*columns, sa.literal(0), extension_file.c.name).select_from(asked)
    with_it = session.execute(statement.where(extension_file.c.sha256 == sha256).order_by(extension.c.id))
    return tuple(Named(*row) for row in (*rows, *with_it))
