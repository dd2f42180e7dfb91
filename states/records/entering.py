"""The way in by password. Counted, judged, written in three steps: the hash is computed in no transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import NotKnown, Refused
from states.records import accounts, attempts, passwords, sittings
from states.records.account_tables import Account
from states.records.core import account
from states.records.grants import actor_of
from states.records.journal import note
from states.records.session import Store
from states.records.sittings import Sitting

WRONG = "登录名或密码不对，或账号已停用"
NOT_LINKED = "统一登录认得您，但没有账号与它关联；请联系管理员"
STRANGER = "user"  # whoever it was; a name that was typed is not kept: it may be a password


@dataclass(frozen=True)
class Asked:
    """Who wants in, from where, when. `most`: see `attempts`."""

    login: str
    address: str
    now: datetime
    most: int = attempts.OF_ADDRESS


def enter(store: Store, asked: Asked, password: str) -> str:
    """The token of a new session. Raises NotKnown, the same for whatever was wrong, and TooMany."""
    row, key = _counted(store, asked)
    theirs = _judged(row, password, asked.now)
    if theirs is None:
        _refuse(store, asked, row)
        raise NotKnown(WRONG)
    with store.write() as session:
        present = _unchanged(session, theirs)
        attempts.good(session, key, asked.login)
        return sittings.open_(session, present, asked.now, "password", asked.address)


def change(store: Store, sitting: Sitting, before: str, after: str, asked: Asked) -> str:
    """A new password, once the present one is told; the token of the session that takes this one's place.

    Raises NotKnown and TooMany like a log-in, Faulty for a weak one, Refused where it is the same.
    """
    passwords.check(after, sitting.login, sitting.name)
    if before == after:
        raise Refused("新密码不能与现在的相同")
    asked, now = replace(asked, login=sitting.login), asked.now
    row, key = _counted(store, asked)
    theirs = _judged(row, before, now)
    if theirs is None:
        _refuse(store, asked, row)
        raise NotKnown("现在的密码不对")
    with store.write() as session:
        present = _unchanged(session, theirs)
        attempts.good(session, key, asked.login)
        accounts.changed(session, present, after, now, None)
        return sittings.open_(session, present, now, "password", asked.address)


def _counted(store: Store, asked: Asked) -> tuple[Account | None, int]:
    """The account that is meant, if there is one, and the number of the try. Raises TooMany."""
    with store.write() as session:
        row = session.exec(select(Account).where(account.c.login == asked.login)).first()
        key = attempts.begin(session, *_parts(asked))
    if key is None:
        raise attempts.wait()
    return row, key


def _judged(row: Account | None, password: str, now: datetime) -> Account | None:
    """The account if all is well. Whatever is wrong, the same work is done for it."""
    good = passwords.verify(row.password if row is not None else None, password)
    if row is None or row.disabled_at is not None or not good:
        return None
    return row if row.password_ends is None or row.password_ends > now else None


def _refuse(store: Store, asked: Asked, row: Account | None) -> None:
    with store.write() as session:
        who = STRANGER if row is None else actor_of(row)
        kind = "session.locked" if attempts.is_last(session, *_parts(asked)) else "session.refused"
        about = None if row is None else row.id
        note(session, asked.now, kind, who, account=about, origin=attempts.shortened(asked.address))


def _parts(asked: Asked) -> tuple[str, str, datetime, int]:
    return asked.login, asked.address, asked.now, asked.most


def _unchanged(session: Session, row: Account) -> Account:
    """The account as it is now. Raises NotKnown where it was closed or changed while the password was judged."""
    asked = select(Account).where(account.c.id == row.id, account.c.password == row.password)
    found = session.exec(asked.where(account.c.disabled_at.is_(None)).with_for_update()).first()
    if found is None:
        raise NotKnown(WRONG)
    return found


@dataclass(frozen=True)
class Claims:
    """What the organisation's own server says of a person; `email`: None unless it is verified."""

    subject: str
    email: str | None


def enter_claimed(store: Store, claims: Claims, address: str, now: datetime) -> str:
    """The token of a new session of the account that an administrator linked. Raises NotKnown; makes no account.

    The subject counts. A linked e-mail counts once, and binds the account to the subject.
    """
    with store.write() as session:
        row = _linked(session, claims)
        if row is not None:
            row.subject = claims.subject
            session.add(row)
            session.flush()
            return sittings.open_(session, row, now, "oidc", address)
        note(session, now, "session.refused", STRANGER, way="oidc", origin=attempts.shortened(address))
    raise NotKnown(NOT_LINKED)


def _linked(session: Session, claims: Claims) -> Account | None:
    alive = select(Account).where(account.c.disabled_at.is_(None)).with_for_update()
    bound = session.exec(alive.where(account.c.subject == claims.subject)).first()
    if bound is not None or claims.email is None:
        return bound
    taken = sa.select(account.c.id).where(account.c.subject == claims.subject)
    if session.execute(taken).first() is not None:
        return None
    by_email = alive.where(account.c.email == claims.email.lower(), account.c.subject.is_(None))
    return session.exec(by_email).first()
