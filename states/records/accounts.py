"""Accounts: made by an administrator (the first one by the first start), closed, given a new first password."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Fault, Faulty, NotFound, Refused
from states.letters import plain
from states.records import attempts, grants, locks, passwords, sittings
from states.records.account_tables import Account
from states.records.asker import EVERYTHING
from states.records.core import account
from states.records.grants import Grant
from states.records.journal import note
from states.records.roles import Role

FIRST, FIRST_NAME = "admin", "管理员"
UNUSED_FOR = timedelta(days=7)  # then a first password is none any more
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
LONGEST_NAME = 60


def first(session: Session, now: datetime) -> str | None:
    """An administrator where there is no account at all, and the password to tell; None where there is one."""
    locks.accounts(session)
    if session.execute(sa.select(account.c.id).limit(1)).first() is not None:
        return None
    row, password = create(session, FIRST, FIRST_NAME, now, "system")
    grants.give(session, EVERYTHING, row, Grant(Role.administrator), now, "system")
    return password


def create(session: Session, login: str, name: str, now: datetime, actor: str) -> tuple[Account, str]:
    """A new account and its first password, in clear for this one time. Raises Faulty, Refused."""
    locks.accounts(session)
    wanted = login.strip().lower()
    _check(wanted, name)
    if session.exec(select(Account).where(Account.login == wanted)).first() is not None:
        raise Refused(f"已有登录名为 {wanted} 的账号")
    row = Account(login=wanted, name=name, created_at=now)
    password = _first_password(row, now)
    session.add(row)
    session.flush()
    note(session, now, "account.created", actor, after=wanted, account=row.id, name=name)
    return row, password


def named(session: Session, login: str) -> Account:
    """The account with a login name. Raises NotFound."""
    row = session.exec(select(Account).where(Account.login == login.strip().lower())).first()
    if row is None:
        raise NotFound(f"没有登录名为 {login} 的账号")
    return row


def reset(session: Session, row: Account, now: datetime, actor: str) -> str:
    """A new first password, told once; all sessions end, a lock is lifted."""
    password = _first_password(row, now)
    session.add(row)
    session.flush()
    sittings.end_all(session, row.id, now, "reset")
    attempts.forgive(session, row.login)
    note(session, now, "account.reset", actor, after=row.login, account=row.id)
    return password


def disable(session: Session, row: Account, now: datetime, actor: str) -> None:
    """Nobody gets in with it, its keys open nothing. Raises Refused for the last administrator of everything."""
    locks.accounts(session)
    if row.disabled_at is not None:
        return
    grants.keep_one(session, row.id)
    row.disabled_at = now
    session.add(row)
    session.flush()
    sittings.end_all(session, row.id, now, "disabled")
    note(session, now, "account.disabled", actor, after=row.login, account=row.id)


def enable(session: Session, row: Account, now: datetime, actor: str) -> None:
    """The account lives again, with the grants it had."""
    if row.disabled_at is None:
        return
    row.disabled_at = None
    session.add(row)
    session.flush()
    note(session, now, "account.enabled", actor, after=row.login, account=row.id)


def link(
    session: Session, row: Account, now: datetime, actor: str, *, email: str | None, subject: str | None
) -> None:
    """Let the organisation's own log-in lead to this account. Raises Refused where another account has it."""
    locks.accounts(session)
    kept = email.strip().lower() if email else None
    for what, column, value in (
        ("邮箱", account.c.email, kept),
        ("标识", account.c.subject, subject),
    ):
        asked = sa.select(account.c.id).where(column == value, account.c.id != row.id)
        if value is not None and session.execute(asked).first() is not None:
            raise Refused(f"这个{what}已关联另一个账号")
    row.email, row.subject = kept, subject
    session.add(row)
    session.flush()
    sittings.end_all(session, row.id, now, "linked")
    note(session, now, "account.linked", actor, after=row.login, account=row.id, by_email=kept is not None)


def changed(session: Session, row: Account, password: str, now: datetime, kept: int | None) -> None:
    """A password of the person's own; every session but `kept` ends."""
    row.password = passwords.hashed(password)
    row.must_change, row.password_ends = False, None
    session.add(row)
    session.flush()
    sittings.end_all(session, row.id, now, "password", but=kept)
    attempts.forgive(session, row.login)
    note(session, now, "account.password_changed", grants.actor_of(row), after=row.login, account=row.id)


def listed(session: Session) -> list[Account]:
    """All accounts by their login names."""
    return list(session.exec(select(Account).order_by(account.c.login)))


def _first_password(row: Account, now: datetime) -> str:
    password = passwords.first()
    row.password = passwords.hashed(password)
    row.must_change, row.password_ends = True, now + UNUSED_FOR
    return password


def _check(login: str, name: str) -> None:
    faults = []
    if not LOGIN.fullmatch(login):
        faults.append(Fault("login", "应为 2 到 40 个小写字母、数字、点、横线或下划线，以字母或数字开头"))
    if not name or plain(name, LONGEST_NAME) != name:
        faults.append(Fault("name", f"写明姓名，一行，最多 {LONGEST_NAME} 个字；办理记录以此为名"))
    if faults:
        raise Faulty(faults)
