"""The tables of people who log in: accounts, what they are granted, their sessions, their tries.

Passwords are kept as argon2id, tokens as a hash; neither can be read back.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from states.records.columns import big_key


class Account(SQLModel, table=True):
    """A person who may log in. Without a password only by the organisation's own log-in (`email` or `subject` linked).

    `must_change`: the password is a first one; `password_ends`: unused by then it is no password any more.
    """

    id: int = Field(default=None, primary_key=True)
    login: str = Field(unique=True)
    name: str
    password: str | None = None
    must_change: bool = True
    password_ends: datetime | None = None
    email: str | None = Field(default=None, unique=True)
    subject: str | None = Field(default=None, unique=True)
    created_at: datetime
    disabled_at: datetime | None = None


class AccountGrant(SQLModel, table=True):
    """A role on a campaign (None: on all) and the subtree of a unit (None: the whole tree)."""

    __tablename__ = "account_grant"
    id: int = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    role: str
    campaign_id: int | None = None
    unit_id: int | None = None
    informants: bool = False
    created_at: datetime
    revoked_at: datetime | None = None


class AccountSession(SQLModel, table=True):
    """One log-in. `grant_id`: in which role the person acts at present; `seen_at` is kept to the minute."""

    __tablename__ = "account_session"
    id: int = big_key()
    account_id: int = Field(foreign_key="account.id", index=True)
    sha256: str = Field(unique=True)
    grant_id: int | None = None
    way: str
    address: str
    opened_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None
    ended_why: str | None = None


class LoginAttempt(SQLModel, table=True):
    """A try to log in that was not a good one (yet); of names and addresses only digests, for a day."""

    __tablename__ = "login_attempt"
    __table_args__ = (
        sa.Index("ix_login_attempt_who", "who", "at"),
        sa.Index("ix_login_attempt_origin", "origin", "at"),
    )
    id: int = big_key()
    who: str
    origin: str
    at: datetime
    forgiven: bool = False


class OidcAttempt(SQLModel, table=True):
    """A log-in that the organisation's own server has been asked for; it is taken once, by the same browser."""

    __tablename__ = "oidc_attempt"
    state: str = Field(primary_key=True)
    browser: str
    nonce: str
    verifier: str
    at: datetime
