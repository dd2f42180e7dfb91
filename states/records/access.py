"""API keys: shown once, kept as a hash, with a scope and an end."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Fault, Faulty, NotAllowed, NotFound
from states.letters import plain
from states.records.core import api_key
from states.records.journal import note
from states.records.scopes import paths_of
from states.records.tables import ApiKey

PREFIX = "duban_"
SHOWN = 12
LONGEST_NAME = 60
USE_IS_NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Scope:
    """What a key may do: write or only read, in which subtree (path) and which campaigns (None: all).

    `informants`: whether it may see who gave a clue.
    """

    key_id: int
    name: str
    write: bool
    path: str | None
    campaigns: frozenset[int] | None
    informants: bool = False
    by: str = ""  # who acts where no key does

    @property
    def actor(self) -> str:
        return self.by or f"key:{self.name}"

    def check_campaign(self, campaign_id: int) -> None:
        """Raises NotAllowed outside the key's campaigns."""
        if self.campaigns is not None and campaign_id not in self.campaigns:
            raise NotAllowed(f"这个密钥不能查看编号为 {campaign_id} 的专项行动")

    def check_path(self, path: str) -> None:
        """Raises NotAllowed outside the key's subtree."""
        if self.path is not None and not path.startswith(self.path):
            raise NotAllowed("这个密钥不能查看该单位")

    def check_write(self) -> None:
        """Raises NotAllowed for a key that only reads."""
        if not self.write:
            raise NotAllowed("这个密钥只能查询，不能办理")


# Where no key asks: the command line (which says who acts), and what duban looks at by itself.
EVERYTHING = Scope(0, "cli", True, None, None, informants=True)


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
        created_at=now,
        expires_at=now + timedelta(days=days) if days is not None else None,
    )
    session.add(row)
    session.flush()
    note(
        *(session, now, "key.created", actor),
        after=row.prefix,
        name=name,
        write=write,
        under=under,
        informants=informants,
    )
    return token


def _check_name(name: str) -> None:
    if not name or plain(name, LONGEST_NAME) != name:
        says = f"写明密钥给谁用，一行，最多 {LONGEST_NAME} 个字；办理记录以此为名"
        raise Faulty([Fault("NAME", says)])


def find(session: Session, token: str, now: datetime) -> Scope | None:
    """The scope of a living key; None for one that is unknown, revoked or expired."""
    row = session.exec(select(ApiKey).where(ApiKey.sha256 == _hash(token))).first()
    if row is None or row.revoked_at is not None:
        return None
    if row.expires_at is not None and row.expires_at <= now:
        return None
    path = paths_of(session, [row.under])[row.under] if row.under else None
    allowed = frozenset(row.campaigns) if row.campaigns is not None else None
    return Scope(row.id, row.name, row.write, path, allowed, row.informants)


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
