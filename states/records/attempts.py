"""How often somebody may try to log in.

Of an account five wrong passwords in fifteen minutes, from an address three hundred (or as `DUBAN_RATE_LOGINS` says),
whatever names were tried, existing or not. Then nothing is tried until the first of them is fifteen minutes old. A try is counted before it is judged, so that
many at once count too; a good one gives its account back what it had, and its address nothing.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import TooMany
from states.rates import Rates
from states.records import locks
from states.records.account_tables import LoginAttempt
from states.records.core import login_attempt

WINDOW = timedelta(minutes=15)
OF_ACCOUNT, OF_ADDRESS = 5, Rates().logins
KEPT = timedelta(days=1)
WAIT = "尝试次数过多，请 15 分钟后再试"


def begin(session: Session, login: str, address: str, now: datetime, most: int = OF_ADDRESS) -> int | None:
    """Count a try; its number, or None where it must not be made. `most`: from an address; 0: any number."""
    locks.logins(session)
    session.execute(sa.delete(login_attempt).where(login_attempt.c.at < now - KEPT))
    who, origin = _digest("login", login), _digest("address", network(address))
    row = LoginAttempt(who=who, origin=origin, at=now)
    if _count(session, now, login_attempt.c.who == who, ~login_attempt.c.forgiven) >= OF_ACCOUNT:
        return None
    if address and 0 < most <= _count(session, now, login_attempt.c.origin == origin):
        return None
    session.add(row)
    session.flush()
    return row.id


def is_last(session: Session, login: str, address: str, now: datetime, most: int = OF_ADDRESS) -> bool:
    """Whether no further try is left after those counted."""
    own = _count(session, now, login_attempt.c.who == _digest("login", login), ~login_attempt.c.forgiven)
    origin = _digest("address", network(address))
    there = _count(session, now, login_attempt.c.origin == origin) if address else 0
    return own >= OF_ACCOUNT or 0 < most <= there


def good(session: Session, key: int, login: str) -> None:
    """The try was a good one."""
    session.execute(sa.delete(login_attempt).where(login_attempt.c.id == key))
    forgive(session, login)


def forgive(session: Session, login: str) -> None:
    """Let an account begin anew; what came from an address still counts for that."""
    own = login_attempt.c.who == _digest("login", login)
    session.execute(sa.update(login_attempt).where(own).values(forgiven=True))


def forget(session: Session, login: str) -> None:
    """That anybody ever tried this name."""
    session.execute(sa.delete(login_attempt).where(login_attempt.c.who == _digest("login", login)))


def wait() -> TooMany:
    """The same for all: it tells nothing of an account."""
    return TooMany(WAIT)


def network(address: str) -> str:
    """Whose address it is: of IPv6 the first half, since everybody has the second half for himself."""
    if ":" not in address:
        return address
    try:
        return str(IPv6Network((address.partition("%")[0], 64), strict=False).network_address)
    except ValueError:
        return address


def shortened(address: str) -> str:
    """An address as the journal keeps it: the network, not the machine."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        return f"{':'.join(found.exploded.split(':')[:3])}::"
    return f"{address.rpartition('.')[0]}.*"


def _count(session: Session, now: datetime, *conditions: sa.ColumnElement[bool]) -> int:
    recent: Any = login_attempt.c.at > now - WINDOW
    asked = sa.select(sa.func.count()).select_from(login_attempt).where(recent, *conditions)
    return int(session.execute(asked).scalar_one())


def _digest(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text}".encode()).hexdigest()
