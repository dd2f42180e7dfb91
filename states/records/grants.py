"""Grants: a role on a campaign and a subtree. Nobody gives what lies outside his own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Fault, Faulty, NotAllowed, NotFound, Refused
from states.records import locks
from states.records.account_tables import Account, AccountGrant
from states.records.asker import Scope
from states.records.campaigns import running
from states.records.core import account, account_grant, unit
from states.records.journal import note
from states.records.roles import MAY_SEE_INFORMANTS, PEOPLE, WORDS, Role, writes
from states.records.scopes import below

BEYOND = "只能在自己管理的专项行动和单位范围内授权"
LAST = "这是最后一个管理全部单位的管理员，不能停用或收回；请先授权另一个"
GONE = "没有这个账号，或它不在授权范围内"


@dataclass(frozen=True)
class Grant:
    """What is to be granted; `under` is the code of a unit."""

    role: Role
    campaign_id: int | None = None
    under: str | None = None
    informants: bool = False


def give(
    session: Session, giver: Scope, to: Account, wanted: Grant, now: datetime, actor: str
) -> AccountGrant:
    """Raises Faulty, NotAllowed outside the giver's own reach, Refused for one that is there already."""
    locks.accounts(session)
    place = check_reach(session, giver, wanted)
    row = AccountGrant(
        account_id=to.id,
        role=wanted.role,
        campaign_id=wanted.campaign_id,
        unit_id=None if place is None else place.id,
        informants=wanted.informants,
        created_at=now,
    )
    if any(_alike(row, one) for one in of(session, to.id)):
        raise Refused("已有同样的授权")
    session.add(row)
    session.flush()
    _note(session, now, "given", actor, to, row)
    return row


def check_reach(session: Session, giver: Scope, wanted: Grant) -> Any:
    """The unit (id, path) that a grant names, if any. Raises Faulty, NotFound, NotAllowed outside the giver's reach."""
    place = _place(session, wanted)
    whole = giver.path is None and giver.campaigns is None
    if wanted.informants and not whole:
        raise NotAllowed("查看举报人的授权只能由管理全部单位和专项行动的管理员给出")
    if not _inside(giver, wanted.campaign_id, None if place is None else place.path):
        raise NotAllowed(BEYOND)
    return place


def revoke(session: Session, giver: Scope, whose: Account, key: int, now: datetime, actor: str) -> None:
    """Take a grant back, at once. Raises NotFound, NotAllowed, Refused for the last administrator of everything."""
    locks.accounts(session)
    row = session.get(AccountGrant, key)
    if row is None or row.account_id != whose.id or row.revoked_at is not None:
        raise NotFound(f"{whose.login} 没有编号为 {key} 的授权")
    _check_row(session, giver, row)
    keep_one(session, whose.id, key)
    row.revoked_at = now
    session.add(row)
    session.flush()
    _note(session, now, "revoked", actor, whose, row)


def of(session: Session, account_id: int) -> list[AccountGrant]:
    """The living grants of an account, oldest first."""
    mine = select(AccountGrant).where(account_grant.c.account_id == account_id)
    return list(session.exec(mine.where(_alive()).order_by(account_grant.c.id)))


def keep_one(session: Session, account_id: int, grant_id: int | None = None) -> None:
    """Raises Refused where without this account, or this grant of it, nobody would administer everything."""
    g, a = account_grant.c, account.c
    whole = sa.and_(g.role == Role.administrator, g.campaign_id.is_(None), g.unit_id.is_(None), _alive())
    lost = g.account_id == account_id if grant_id is None else g.id == grant_id
    asked = sa.select(g.id).join(account, a.id == g.account_id).where(whole, a.disabled_at.is_(None))
    if session.execute(asked.where(lost)).first() and not session.execute(asked.where(~lost)).first():
        raise Refused(LAST)


def reaches(session: Session, giver: Scope, account_id: int) -> bool:
    """Whether an administrator may have a hand on an account: all that it is granted lies within what is his."""
    asked = sa.select(account.c.id).where(account.c.id == account_id, *within_reach(giver))
    return session.execute(asked).first() is not None


def within_reach(giver: Scope) -> list[sa.ColumnElement[bool]]:
    """Conditions over `account`: the same for many; none for who administers everything."""
    if giver.path is None and giver.campaigns is None:
        return []
    inside = []
    if giver.campaigns is not None:
        inside.append(account_grant.c.campaign_id.in_(sorted(giver.campaigns)))
    if giver.path is not None:
        inside.append(account_grant.c.unit_id.in_(sa.select(unit.c.id).where(below(giver.path))))
    beyond = sa.case(
        (sa.and_(*inside), False), else_=True
    )  # a grant on everything is NULL there, and not inside
    granted = sa.select(account_grant.c.account_id).where(_alive())
    return [account.c.id.in_(granted), account.c.id.not_in(granted.where(beyond))]


def check_account(session: Session, giver: Scope, account_id: int) -> Account:
    """An account that the administrator may have a hand on. Raises NotFound, or NotAllowed in the same words."""
    row = session.get(Account, account_id)
    if row is None and giver.path is None and giver.campaigns is None:
        raise NotFound(f"没有编号为 {account_id} 的账号")
    if row is None or not reaches(session, giver, row.id):
        raise NotAllowed(GONE)
    return row


def scope_of(row: Any, key_id: int) -> Scope:
    """The scope of a living grant, from a row of `columns()`."""
    role = Role(row.role)
    return Scope(
        key_id=key_id,
        name=row.name,
        write=writes(role),
        path=row.path,
        campaigns=None if row.campaign_id is None else frozenset({row.campaign_id}),
        informants=row.informants and role in MAY_SEE_INFORMANTS,
        by=actor_of(row),
        role=role,
        grant_id=row.grant_id,
    )


def columns() -> tuple[sa.ColumnElement[Any], ...]:
    """What `scope_of` reads, of account, grant and (outer) unit."""
    g, a = account_grant.c, account.c
    return (
        *(a.login, a.name, g.id.label("grant_id"), g.role, g.campaign_id, g.unit_id),
        *(g.informants, unit.c.path),
    )


def alive_with_unit() -> sa.ColumnElement[bool]:
    """Over grant and (outer) unit: a grant on a unit that is no longer there is none."""
    return sa.and_(_alive(), sa.or_(account_grant.c.unit_id.is_(None), unit.c.id.is_not(None)))


def actor_of(row: Any) -> str:
    """How the journal names a person."""
    return f"user:{row.name}（{row.login}）"


def _alive() -> sa.ColumnElement[bool]:
    return account_grant.c.revoked_at.is_(None)


def _place(session: Session, wanted: Grant) -> Any:
    """The unit that a grant names, once it is sure that all of it can be. Raises Faulty, NotFound."""
    if wanted.role not in PEOPLE:
        roles = "、".join(f"{one}（{WORDS[one]}）" for one in PEOPLE)
        raise Faulty([Fault("role", f"没有这个角色；可用的有 {roles}")])
    if wanted.informants and wanted.role not in MAY_SEE_INFORMANTS:
        raise Faulty([Fault("informants", "只有协调员可以另获授权查看举报人")])
    if wanted.campaign_id is not None:
        running(session, wanted.campaign_id)
    if wanted.under is None:
        return None
    place = session.execute(sa.select(unit.c.id, unit.c.path).where(unit.c.code == wanted.under)).first()
    if place is None:
        raise Faulty([Fault("under", f"单位表中没有代码 {wanted.under}")])
    return place


def _inside(giver: Scope, campaign_id: int | None, path: str | None) -> bool:
    if giver.campaigns is not None and campaign_id not in giver.campaigns:
        return False
    return giver.path is None or (path is not None and path.startswith(giver.path))


def _within(session: Session, giver: Scope, row: AccountGrant) -> bool:
    path = session.execute(sa.select(unit.c.path).where(unit.c.id == row.unit_id)).scalar()
    return _inside(giver, row.campaign_id, path)


def _check_row(session: Session, giver: Scope, row: AccountGrant) -> None:
    if not _within(session, giver, row):
        raise NotAllowed(BEYOND)


def _alike(one: AccountGrant, other: AccountGrant) -> bool:
    def key(row: AccountGrant) -> Iterable[Any]:
        return (row.role, row.campaign_id, row.unit_id, row.informants)

    return key(one) == key(other)


def _note(session: Session, now: datetime, what: str, actor: str, whose: Account, row: AccountGrant) -> None:
    note(
        *(session, now, f"grant.{what}", actor),
        campaign_id=row.campaign_id,
        unit_id=row.unit_id,
        after=row.role,
        account=whose.id,
        login=whose.login,
        grant=row.id,
        informants=row.informants,
    )
