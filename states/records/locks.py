"""Who changes a campaign's units beside whom.

A guard is judged on what a transaction sees, and on PostgreSQL another may change that before it commits. Acts of one
unit go beside each other; an act on many waits for them and they for it. On SQLite writers queue anyway.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session

SPACE = 0x64756261  # apart from other advisory locks in the same database
VAULT, LOGINS, ACCOUNTS, SEALER = 0, -1, -2, -3  # no campaign has these numbers


def beside_others(session: Session, campaign_id: int) -> None:
    """Until this transaction ends, no act on many units of the campaign."""
    _take(session, "pg_advisory_xact_lock_shared", campaign_id)


def alone(session: Session, campaign_id: int) -> None:
    """Until this transaction ends, no other act on the campaign's units."""
    _take(session, "pg_advisory_xact_lock", campaign_id)


def files_kept(session: Session) -> None:
    """Until this transaction ends, nothing is swept out of the vault."""
    _take(session, "pg_advisory_xact_lock_shared", VAULT)


def files_swept(session: Session) -> None:
    """Until this transaction ends, nothing is put into the vault."""
    _take(session, "pg_advisory_xact_lock", VAULT)


def logins(session: Session) -> None:
    """Until this transaction ends, nobody else's try to log in is counted."""
    _take(session, "pg_advisory_xact_lock", LOGINS)


def accounts(session: Session) -> None:
    """Until this transaction ends, no other act on accounts and grants."""
    _take(session, "pg_advisory_xact_lock", ACCOUNTS)


def sealing(session: Session) -> None:
    """Until this transaction ends, nobody else seals the journal or changes what is sealed."""
    _take(session, "pg_advisory_xact_lock", SEALER)


def sealing_at_once(session: Session) -> bool:
    """The same without waiting; False when somebody else has it."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(session.execute(sa.select(sa.func.pg_try_advisory_xact_lock(SPACE, SEALER))).scalar())


def _take(session: Session, function: str, campaign_id: int) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(getattr(sa.func, function)(SPACE, campaign_id)))
