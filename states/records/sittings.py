"""Sessions of people: kept here, not in the browser, so that each can be ended at once and for all processes."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import NotFound
from states.records import grants
from states.records.account_tables import Account, AccountSession
from states.records.asker import Scope
from states.records.attempts import shortened
from states.records.core import account, account_grant, account_session, unit
from states.records.journal import note

IDLE, ABSOLUTE = timedelta(hours=2), timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=1)
KEPT = timedelta(days=30)  # after its end, for whoever asks who was logged in
ITS_OWN = "password"
NOWHERE = "/-/"  # no unit has this path


@dataclass(frozen=True)
class Sitting:
    """A living session: whose, and as what the person acts in it. Without a grant `scope` reaches nothing."""

    id: int
    account_id: int
    login: str
    name: str
    must_change: bool
    seen_at: datetime
    ends_at: datetime
    scope: Scope


def open_(session: Session, row: Account, now: datetime, way: str, address: str) -> str:
    """A new session, in the role of the oldest grant; its token, in clear for this one time."""
    session.execute(sa.delete(account_session).where(account_session.c.opened_at < now - ABSOLUTE - KEPT))
    token = secrets.token_urlsafe(32)
    granted = grants.of(session, row.id)
    made = AccountSession(
        account_id=row.id,
        sha256=_hash(token),
        grant_id=granted[0].id if granted else None,
        way=way,
        address=shortened(address),
        opened_at=now,
        seen_at=now,
    )
    session.add(made)
    session.flush()
    note(
        *(session, now, "session.opened", grants.actor_of(row)),
        after=row.login,
        account=row.id,
        sitting=made.id,
        way=way,
        origin=made.address,
    )
    return token


def find(session: Session, token: str, now: datetime) -> Sitting | None:
    """The living session of a token; None where it has ended, or its account."""
    found = session.execute(_FIND, {"sha256": _hash(token)}).first()
    if found is None or not (found.seen_at > now - IDLE and found.opened_at > now - ABSOLUTE):
        return None
    key, who = -found.account_id, grants.actor_of(found)
    nothing = Scope(key, found.name, False, NOWHERE, frozenset(), by=who)
    return Sitting(
        id=found.id,
        account_id=found.account_id,
        login=found.login,
        name=found.name,
        must_change=found.must_change and found.way == ITS_OWN,
        seen_at=found.seen_at,
        ends_at=min(found.opened_at + ABSOLUTE, found.seen_at + IDLE),
        scope=nothing if found.grant_id is None else grants.scope_of(found, key),
    )


def seen(session: Session, key: int, now: datetime) -> None:
    """The person is still there."""
    mine = account_session.c.id == key
    session.execute(sa.update(account_session).where(mine).values(seen_at=now))


def choose(session: Session, sitting: Sitting, grant_id: int, now: datetime) -> None:
    """Act in the role of another grant of one's own. Raises NotFound."""
    if grant_id not in {one.id for one in grants.of(session, sitting.account_id)}:
        raise NotFound(f"您没有编号为 {grant_id} 的授权")
    mine = account_session.c.id == sitting.id
    session.execute(sa.update(account_session).where(mine).values(grant_id=grant_id))
    note(session, now, "session.role_chosen", sitting.scope.actor, sitting=sitting.id, grant=grant_id)


def end(session: Session, key: int, now: datetime, why: str, actor: str) -> None:
    """One session, by its number."""
    mine = account_session.c.id == key, account_session.c.ended_at.is_(None)
    session.execute(sa.update(account_session).where(*mine).values(ended_at=now, ended_why=why))
    note(session, now, "session.ended", actor, sitting=key, why=why)


def end_all(session: Session, account_id: int, now: datetime, why: str, but: int | None = None) -> None:
    """Every session of an account, except `but`."""
    mine = [account_session.c.account_id == account_id, account_session.c.ended_at.is_(None)]
    mine += [] if but is None else [account_session.c.id != but]
    session.execute(sa.update(account_session).where(*mine).values(ended_at=now, ended_why=why))


def end_every(session: Session, whose: Account, now: datetime, actor: str) -> None:
    """Every session of an account, because an administrator says so."""
    end_all(session, whose.id, now, "administrator")
    note(session, now, "session.ended", actor, after=whose.login, account=whose.id, why="administrator")


def living(session: Session, account_id: int, now: datetime) -> list[AccountSession]:
    """Those that are open, newest first."""
    asked = select(AccountSession).where(
        account_session.c.account_id == account_id,
        account_session.c.ended_at.is_(None),
        account_session.c.seen_at > now - IDLE,
        account_session.c.opened_at > now - ABSOLUTE,
    )
    return list(session.exec(asked.order_by(account_session.c.id.desc())))


def granted(session: Session, grant_id: int, key_id: int) -> Scope | None:
    """The scope of a living grant of a living account, for a key that rests on it."""
    found = session.execute(_GRANT, {"grant": grant_id}).first()
    return None if found is None else grants.scope_of(found, key_id)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


_SESSION = account_session.c
_FIND = (
    sa.select(
        _SESSION.id,
        _SESSION.account_id,
        _SESSION.opened_at,
        _SESSION.seen_at,
        _SESSION.way,
        account.c.must_change,
        *grants.columns(),
    )
    .select_from(account_session)
    .join(account, sa.and_(account.c.id == _SESSION.account_id, account.c.disabled_at.is_(None)))
    .outerjoin(
        account_grant.outerjoin(unit, unit.c.id == account_grant.c.unit_id),
        sa.and_(
            account_grant.c.id == _SESSION.grant_id,
            account_grant.c.account_id == _SESSION.account_id,
            grants.alive_with_unit(),
        ),
    )
    .where(_SESSION.sha256 == sa.bindparam("sha256"), _SESSION.ended_at.is_(None))
)
_GRANT = (
    sa.select(*grants.columns())
    .select_from(account_grant)
    .join(account, sa.and_(account.c.id == account_grant.c.account_id, account.c.disabled_at.is_(None)))
    .outerjoin(unit, unit.c.id == account_grant.c.unit_id)
    .where(account_grant.c.id == sa.bindparam("grant"), grants.alive_with_unit())
)
