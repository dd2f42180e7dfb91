"""Log-ins that the organisation's own server has been asked for: each is taken once, soon, and by the browser that asked."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import TooMany
from states.records.account_tables import OidcAttempt
from states.records.core import oidc_attempt

PATIENCE = timedelta(minutes=10)
AT_ONCE = 1_000
CROWD = "同时登录的人太多，请稍后再试"


@dataclass(frozen=True)
class Begun:
    """What goes to the server (`state`, `nonce`, a digest of `verifier`), and what the browser keeps (`browser`)."""

    state: str
    nonce: str
    verifier: str
    browser: str


def begin(session: Session, now: datetime) -> Begun:
    """A new one. Raises TooMany."""
    session.execute(sa.delete(oidc_attempt).where(oidc_attempt.c.at <= now - PATIENCE))
    waiting = session.execute(sa.select(sa.func.count()).select_from(oidc_attempt)).scalar_one()
    if waiting >= AT_ONCE:
        raise TooMany(CROWD, 60)
    made = Begun(*(secrets.token_urlsafe(size) for size in (32, 32, 48, 32)))
    row = OidcAttempt(
        state=_hash(made.state), browser=_hash(made.browser), nonce=made.nonce, verifier=made.verifier, at=now
    )
    session.add(row)
    session.flush()
    return made


def take(session: Session, state: str, browser: str, now: datetime) -> Begun | None:
    """The one that was begun in this browser, which is gone with that; None where there is none (any more)."""
    gone = sa.delete(oidc_attempt).where(oidc_attempt.c.state == _hash(state))
    found = session.execute(gone.returning(oidc_attempt)).first()
    if found is None or found.browser != _hash(browser) or found.at <= now - PATIENCE:
        return None
    return Begun(state, found.nonce, found.verifier, browser)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
