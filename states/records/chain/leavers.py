"""The accounts of a person who is taken out of the record: how the journal names them, and what is left of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import NotFound
from states.records import attempts
from states.records.account_tables import Account
from states.records.core import account, account_session, journal
from states.records.grants import actor_of

ABOUT = ("account.", "grant.", "session.")  # facts about an account; they name it by its number


@dataclass(frozen=True)
class Leavers:
    """Those accounts, as they were."""

    rows: Sequence[Account]

    @property
    def working(self) -> bool:
        return any(one.disabled_at is None for one in self.rows)

    @property
    def actors(self) -> list[str]:
        """How the journal says that they did something."""
        return [actor_of(one) for one in self.rows]

    def facts(self) -> sa.ColumnElement[bool]:
        """Facts that may be about one of them."""
        logins = [one.login for one in self.rows]
        kinds = sa.or_(*(journal.c.kind.startswith(one) for one in ABOUT))
        payload = sa.cast(journal.c.payload, sa.Text)
        inside = (payload.contains(f'"{one}"', autoescape=True) for one in logins)
        return sa.and_(kinds, sa.or_(journal.c.after.in_(logins), *inside))

    def cleaned(self, fact: Mapping[str, Any], said: Mapping[str, Any], token: str) -> dict[str, Any]:
        """What a fact said, without the login name where it is about that account."""
        number = (fact["payload"] or {}).get("account")
        login = next((one.login for one in self.rows if one.id == number), None)
        if login is None or not fact["kind"].startswith(ABOUT):
            return dict(said)
        return {name: _without(value, login, token) for name, value in said.items()}


def _without(value: Any, login: str, token: str) -> Any:
    if isinstance(value, dict):
        return {name: _without(one, login, token) for name, one in value.items()}
    return token if value == login else value


def leavers(session: Session, address: str, logins: Iterable[str]) -> Leavers:
    """The accounts linked to an address, and those with these login names. Raises NotFound."""
    wanted = [one.strip().lower() for one in logins]
    mine = sa.or_(sa.func.lower(account.c.email) == address, account.c.login.in_(wanted))
    found = Leavers(session.exec(select(Account).where(mine).with_for_update()).all())
    if missing := set(wanted) - {one.login for one in found.rows}:
        raise NotFound(f"没有登录名为 {'、'.join(sorted(missing))} 的账号")
    return found


def empty(session: Session, left: Leavers, token: str) -> None:
    """Nothing of the person stays in the accounts; their numbers do, since grants and facts speak of them."""
    for row in left.rows:
        attempts.forget(session, row.login)
        session.execute(sa.delete(account_session).where(account_session.c.account_id == row.id))
        values: dict[str, Any] = {"login": f"gone-{row.id}", "name": token}
        nothing = dict.fromkeys(("password", "password_ends", "email", "subject"))
        session.execute(sa.update(account).where(account.c.id == row.id).values(**values, **nothing))
