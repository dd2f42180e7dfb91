"""A person is taken out of the record, for good, and the journal still stands as it was sealed.

Of a sealed row the key goes, what it bound stays as a digest that nobody can guess back, and a fact of the journal
states the digest of what is left. All of it is one transaction, during which nothing is sealed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.chain import batches
from states.chain.check import ERASED
from states.chain.leaves import SAID, SALT_BYTES, commitment
from states.chain.scrub import Scrub
from states.errors import Refused
from states.records import locks
from states.records.chain import rows, scrubbing, sealer
from states.records.chain.leavers import Leavers, empty, leavers
from states.records.core import (
    account,
    contact,
    journal,
    journal_batch,
    journal_erased,
    journal_salt,
    mail,
    notice,
    unit,
)
from states.records.journal import note

IN_A_FACT = 500  # rows that one fact speaks of
SHOWN = 5
SHORTEST = 2  # letters of a name


@dataclass
class Erased:
    """What went: rows by table, and how many of the journal's were sealed. `left`: rows in which the address or a name stands
    still, by what they are: papers, names that were not asked for, others of the same name.
    """

    token: str
    names: list[str]
    rows: dict[str, int] = field(default_factory=dict)
    sealed: int = 0
    left: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """Who is taken out. `names` go wherever they stand; `logins`: accounts that are not linked to the address."""

    address: str
    names: Sequence[str] = ()
    logins: Sequence[str] = ()


def erase(session: Session, who: Person, reason: str, now: datetime, actor: str) -> Erased:
    """Take a person out of everything but papers and plans; to try it, roll back.

    The names under which the address was written to go only beside it. Raises Refused while the person has posts, an
    account that works, or mail that is still to go out, NotFound for an account that there is not.
    """
    address = who.address.strip().lower()
    locks.sealing(session)
    gone = leavers(session, address, who.logins)
    _must_be_gone(session, address, gone)
    token = f"已抹除-{os.urandom(4).hex()}"
    beside = _known_as(session, address) | {one.name for one in gone.rows}
    scrub = Scrub(address, token, beside=beside, anywhere=[*who.names, *gone.actors])
    _check(scrub, reason, actor)
    done = Erased(token, sorted({*beside, *scrub.anywhere}))
    scrubbing.forget_pages(session)
    done.rows = scrubbing.everywhere(session, scrub)
    facts = _journal(session, scrub, gone, done)
    empty(session, gone, token)
    if gone.rows:
        done.rows[account.name] = len(gone.rows)
    done.left = scrubbing.left(session, Scrub(address, token, anywhere=done.names))
    for start in range(0, max(len(facts), 1), IN_A_FACT):
        part = facts[start : start + IN_A_FACT]
        counted = done.rows if start == 0 else {}
        note(session, now, ERASED, actor, after=token, reason=reason.strip(), rows=part, tables=counted)
    return done


def _check(scrub: Scrub, reason: str, actor: str) -> None:
    if scrub.clean(reason, beside=True) != reason or scrub.clean(actor, beside=True) != actor:
        raise Refused("理由和经办人里不能写这个人的邮箱或姓名，否则又留在流水里")
    if short := [one for one in scrub.anywhere if len(one) < SHORTEST]:
        raise Refused(f"“{short[0]}”太短，会误伤别的内容；请写全名")
    if not reason.strip():
        raise Refused("请写明理由，如 本人申请删除")


def _must_be_gone(session: Session, address: str, gone: Leavers) -> None:
    held = sa.select(unit.c.code).join(contact, contact.c.unit_id == unit.c.id)
    held = held.where(sa.func.lower(contact.c.email) == address).order_by(unit.c.code)
    codes = sorted(set(session.execute(held).scalars()))
    refusals = []
    if codes:
        shown = "、".join(codes[:SHOWN]) + ("等" if len(codes) > SHOWN else "")
        refusals.append(f"仍是 {len(codes)} 个单位（{shown}）的联系人：请先交接（duban contact hand-over）")
    if gone.working:
        refusals.append("账号还在使用：请先停用账号")
    told = (sa.func.lower(notice.c.email) == address, notice.c.state.in_(("pending", "held")))
    queued = (sa.func.lower(mail.c.email) == address, mail.c.state == "queued")
    for table, wanted in ((notice, told), (mail, queued)):
        if session.execute(sa.select(table.c.id).where(*wanted).limit(1)).first():
            refusals.append("还有给这个邮箱的通知没有发出：请先交接，或等它发完")
            break
    if refusals:
        raise Refused(*refusals)


def _known_as(session: Session, address: str) -> set[str]:
    """The names under which this address was written to, or logged in."""
    found: set[str] = set()
    for table, name in ((notice, notice.c.person), (mail, mail.c.person), (account, account.c.name)):
        wanted = sa.select(name).where(sa.func.lower(table.c.email) == address).distinct()
        found.update(one for one in session.execute(wanted).scalars() if one)
    return found


# -- the journal -------------------------------------------------------------------------------------------


def _journal(session: Session, scrub: Scrub, gone: Leavers, done: Erased) -> list[list[Any]]:
    """Take the person out of the journal; what is left of each sealed row, for the fact: its number and its digest."""
    changed = []
    wanted = sa.or_(scrubbing.candidates(journal, scrub), gone.facts())
    for row in session.execute(sa.select(*rows.COLUMNS).where(wanted)).all():
        before = rows.read(row)
        said = {name: before[name] for name in SAID}
        own = gone.cleaned(before, said, scrub.token)
        after = own | (scrubbing.cleaned(own, scrub, beside=own != said) or {})
        if after != said:
            changed.append((before, {**before, **after}))
    newest = sealer.last(session)
    sealed = [pair for pair in changed if newest is not None and pair[0]["id"] <= newest.last]
    facts = _unbind(session, sorted(sealed, key=lambda pair: pair[0]["id"]))
    for _, after in changed:
        values = {name: after[name] for name in SAID}
        session.execute(sa.update(journal).where(journal.c.id == after["id"]).values(values))
    if changed:
        done.rows[journal.name] = len(changed)
    done.sealed = len(sealed)
    return facts


def _unbind(session: Session, changed: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> list[list[Any]]:
    """The keys of these rows go; their commitments and new keys for what is left come."""
    keys = _Keys(session)
    kept = journal_erased.c.journal_id
    facts = []
    for before, after in changed:
        salt = os.urandom(SALT_BYTES)
        again = sa.update(journal_erased).where(kept == before["id"]).values(salt=salt)
        old = keys.take(before["id"])
        if old is None:
            session.execute(again)
        else:
            values = {"journal_id": before["id"], "commitment": commitment(old, before), "salt": salt}
            session.execute(sa.insert(journal_erased).values(values))
        facts.append([before["id"], commitment(salt, after).hex()])
    keys.put()
    return facts


class _Keys:
    """The keys of rows, batch after batch in the order of rows."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._no = self._last = 0
        self._places: dict[int, int] = {}
        self._salts = bytearray()

    def take(self, key: int) -> bytes | None:
        """The key of a row, which is nothing but noughts from now on; None where it was taken before."""
        if key > self._last:
            self.put()
            self._open(key)
        start = self._places[key] * SALT_BYTES
        found = bytes(self._salts[start : start + SALT_BYTES])
        self._salts[start : start + SALT_BYTES] = rows.NONE
        return None if found == rows.NONE else found

    def put(self) -> None:
        """Write what became of the batch that was read."""
        mine = sa.update(journal_salt).where(journal_salt.c.no == self._no)
        self._session.execute(mine.values(salts=bytes(self._salts)))

    def _open(self, key: int) -> None:
        wanted = sa.select(
            *(journal_batch.c[name] for name in ("no", "last", "members")), journal_salt.c.salts
        )
        wanted = wanted.join(journal_salt, journal_salt.c.no == journal_batch.c.no)
        batch = self._session.execute(
            wanted.where(journal_batch.c.last >= key).order_by(journal_batch.c.no).limit(1)
        ).one()
        self._no, self._last, self._salts = batch.no, batch.last, bytearray(batch.salts)
        self._places = {one: place for place, one in enumerate(batches.members(batch.members))}
