"""API keys: shown once, kept as a hash, with a scope and an end."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Fault, Faulty, NotFound
from states.letters import plain
from states.records import sittings
from states.records.asker import EVERYTHING as EVERYTHING
from states.records.asker import Scope as Scope
from states.records.core import api_key
from states.records.journal import note
from states.records.roles import Role
from states.records.scopes import paths_of
from states.records.tables import ApiKey

PREFIX = "duban_"
SHOWN = 12
LONGEST_NAME = 60
USE_IS_NOTED_EVERY = timedelta(minutes=5)


def create(
    session: Session,
    name: str,
    now: datetime,
    *,
    write: bool = False,
    under: str | None = None,
    campaigns: list[int] | None = None,
    days: int | None = None,
    informants: bool = False,
    grant_id: int | None = None,
    actor: str = "cli",
) -> str:
    """A new key, in clear for this one time. Raises Faulty for an unknown unit code and for a name that is none."""
    _check_name(name)
    if under is not None:
        paths_of(session, [under])
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(
        name=name,
        prefix=token[:SHOWN],
        sha256=_hash(token),
        write=write,
        under=under,
        campaigns=campaigns,
        informants=informants,
        grant_id=grant_id,
        created_at=now,
        expires_at=now + timedelta(days=days) if days is not None else None,
    )
    session.add(row)
    session.flush()
    note(session, now, "key.created", actor, after=row.prefix, name=name, **_told(row))
    return token


def _told(row: ApiKey) -> dict[str, Any]:
    return {"write": row.write, "under": row.under, "informants": row.informants, "grant": row.grant_id}


def _check_name(name: str) -> None:
    if not name or plain(name, LONGEST_NAME) != name:
        says = f"写明密钥给谁用，一行，最多 {LONGEST_NAME} 个字；办理记录以此为名"
        raise Faulty([Fault("NAME", says)])


def check_grant(session: Session, grant_id: int, *, narrowed: bool) -> None:
    """Raises NotFound for no living grant, Faulty where a key of a grant is given a scope besides."""
    if sittings.granted(session, grant_id, 0) is None:
        raise NotFound(f"没有编号为 {grant_id} 的授权，或它已失效；见 duban account list")
    if narrowed:
        raise Faulty(
            [Fault("--grant", "密钥的范围就是这个授权的范围，不能再写 --under、--campaign、--informants")]
        )


def find(session: Session, token: str, now: datetime) -> Scope | None:
    """The scope of a living key; None for one that is unknown, revoked or expired."""
    row = session.exec(select(ApiKey).where(ApiKey.sha256 == _hash(token))).first()
    if row is None or row.revoked_at is not None:
        return None
    if row.expires_at is not None and row.expires_at <= now:
        return None
    if row.grant_id is not None:
        return _of_grant(session, row, row.grant_id)
    path = paths_of(session, [row.under])[row.under] if row.under else None
    allowed = frozenset(row.campaigns) if row.campaigns is not None else None
    return Scope(row.id, row.name, row.write, path, allowed, row.informants)


def _of_grant(session: Session, row: ApiKey, grant_id: int) -> Scope | None:
    """As far as the grant of its owner, while that and the account live; one that only reads does no more."""
    found = sittings.granted(session, grant_id, row.id)
    if found is None:
        return None
    role = found.role if row.write and found.role is not Role.administrator else Role.reader
    by = f"{found.by} key:{row.name}"
    return replace(found, name=row.name, role=role, write=role is not Role.reader and found.write, by=by)


def note_use(session: Session, key_id: int, now: datetime) -> None:
    """Keep the time of last use, not more often than every few minutes."""
    stale = sa.or_(api_key.c.last_used_at.is_(None), api_key.c.last_used_at < now - USE_IS_NOTED_EVERY)
    session.execute(sa.update(api_key).where(api_key.c.id == key_id, stale).values(last_used_at=now))


def revoke(session: Session, prefix: str, now: datetime, actor: str = "cli") -> None:
    """End a key, named by its first letters. Raises NotFound."""
    row = session.exec(select(ApiKey).where(ApiKey.prefix == prefix)).first()
    if row is None:
        raise NotFound(f"没有以 {prefix} 开头的密钥")
    row.revoked_at = now
    session.add(row)
    note(session, now, "key.revoked", actor, after=prefix)


def listed(session: Session) -> list[ApiKey]:
    """All keys, newest first, without their secrets."""
    return list(session.exec(select(ApiKey).order_by(api_key.c.id.desc())))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
