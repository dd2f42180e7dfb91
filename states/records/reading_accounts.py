"""What administrators do with accounts and are told of them, each within his reach; and what people are told of themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import NotAllowed
from states.records import accounts, grants, sittings
from states.records.account_tables import Account, AccountGrant, AccountSession
from states.records.asker import Scope
from states.records.core import account, unit
from states.records.grants import Grant
from states.records.roles import ACT_WORDS, WORDS, Act, Role
from states.records.sittings import Sitting
from states.records.told.accounts import AccountOpened, AccountTold, GrantTold, Myself, SessionTold
from states.records.told.form import Page, instant
from states.records.told.places import Place

GRANT_FIRST = "只管一部分的管理员，新建账号时须同时在自己的范围内授权"


def page(session: Session, scope: Scope, after: int, limit: int, zone: ZoneInfo) -> Page[AccountTold]:
    """Accounts within reach, in the order in which they were made."""
    mine = select(Account).where(account.c.id > after, *grants.within_reach(scope))
    rows = session.exec(mine.order_by(account.c.id).limit(limit + 1)).all()
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    return {"items": [told(session, row, zone) for row in rows[:limit]], "next": following}


def one(session: Session, scope: Scope, account_id: int, zone: ZoneInfo) -> AccountTold:
    """Raises NotFound, NotAllowed."""
    return told(session, grants.check_account(session, scope, account_id), zone)


def add(
    session: Session,
    scope: Scope,
    login: str,
    name: str,
    granted: Grant | None,
    now: datetime,
    zone: ZoneInfo,
) -> AccountOpened:
    """A new account, with a first grant where one is given. Raises Faulty, Refused, NotAllowed."""
    if granted is None and not (scope.path is None and scope.campaigns is None):
        raise NotAllowed(GRANT_FIRST)
    if granted is not None:
        grants.check_reach(session, scope, granted)
    row, password = accounts.create(session, login, name, now, scope.actor)
    if granted is not None:
        grants.give(session, scope, row, granted, now, scope.actor)
    return {"account": told(session, row, zone), "password": password}


def reset(session: Session, scope: Scope, account_id: int, now: datetime, zone: ZoneInfo) -> AccountOpened:
    """A new first password. Raises NotFound, NotAllowed."""
    row = grants.check_account(session, scope, account_id)
    password = accounts.reset(session, row, now, scope.actor)
    return {"account": told(session, row, zone), "password": password}


def told(session: Session, row: Account, zone: ZoneInfo) -> AccountTold:
    """One account; never its password."""
    return {
        "id": row.id,
        "login": row.login,
        "name": row.name,
        "disabled": row.disabled_at is not None,
        "first_password": row.must_change,
        "linked": row.email is not None or row.subject is not None,
        "grants": list(_grants(session, grants.of(session, row.id))),
        "created_at": instant(row.created_at, zone),
    }


def sessions(
    session: Session, scope: Scope, account_id: int, now: datetime, zone: ZoneInfo
) -> Page[SessionTold]:
    """The open sessions of an account. Raises NotFound, NotAllowed."""
    row = grants.check_account(session, scope, account_id)
    return {"items": [_session(one, zone) for one in sittings.living(session, row.id, now)], "next": None}


def end_sessions(
    session: Session, scope: Scope, account_id: int, now: datetime, zone: ZoneInfo
) -> AccountTold:
    """All of them. Raises NotFound, NotAllowed."""
    row = grants.check_account(session, scope, account_id)
    sittings.end_every(session, row, now, scope.actor)
    return told(session, row, zone)


def myself(session: Session, scope: Scope, sitting: Sitting | None, zone: ZoneInfo) -> Myself:
    """Who asks."""
    lacking = sitting is not None and (scope.grant_id is None or sitting.must_change)
    acts = [] if lacking else [act for act in Act if scope.may(act)]
    mine = [] if sitting is None else grants.of(session, sitting.account_id)
    return {
        "name": scope.name,
        "login": None if sitting is None else sitting.login,
        "acting": None if sitting is None else scope.grant_id,
        "grants": list(_grants(session, mine)),
        "acts": [{"key": act, "name": ACT_WORDS[act]} for act in acts],
        "must_change": sitting is not None and sitting.must_change,
        "ends_at": None if sitting is None else instant(sitting.ends_at, zone),
    }


def _grants(session: Session, rows: list[AccountGrant]) -> Iterable[GrantTold]:
    wanted = {row.unit_id for row in rows if row.unit_id is not None}
    asked = sa.select(unit.c.id, unit.c.code, unit.c.name).where(unit.c.id.in_(wanted))
    places: dict[int, Place] = {
        key: {"code": code, "name": name} for key, code, name in session.execute(asked).tuples()
    }
    for row in rows:
        role = Role(row.role)
        yield {
            "id": row.id,
            "role": {"key": role, "name": WORDS[role]},
            "campaign": row.campaign_id,
            "unit": None
            if row.unit_id is None
            else places.get(row.unit_id, {"code": "", "name": "已不在单位表中"}),
            "informants": row.informants,
        }


def _session(row: AccountSession, zone: ZoneInfo) -> SessionTold:
    return {
        "id": row.id,
        "way": row.way,
        "origin": row.address,
        "opened_at": instant(row.opened_at, zone),
        "seen_at": instant(row.seen_at, zone),
    }
