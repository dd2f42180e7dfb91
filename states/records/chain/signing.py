"""Roots: the newest batch signed, once a day by itself and whenever asked.

The key is `DUBAN_JOURNAL_KEY`, or else `journal.key` in the data folder, made at the first start on a new database
and readable by its owner alone. A machine without the key of its database seals and does not sign: it never makes a
second one by itself.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session

from states.chain.roots import Root, genuine, key_id, read
from states.errors import Refused
from states.records import keyfile, locks
from states.records.chain import sealer
from states.records.columns import insert_new
from states.records.core import journal_batch, journal_key, journal_root
from states.records.journal import note
from states.records.journal_tables import JournalKey
from states.records.session import Store
from states.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NAME = "journal.key"
SYSTEM = "system"
NO_KEY = (
    "这台机器上没有流水的签名密钥：请把原来机器数据文件夹中的 {name} 复制过来，或设置 DUBAN_JOURNAL_KEY；"
    "原密钥已丢失的，用 duban journal key --new 另立一把"
)
DAMAGED = "{path} 的内容不是流水的签名密钥，请从备份恢复；没有备份的，移走这个文件，用 duban journal key --new 另立一把"


class NoKey(Refused):
    """没有签名密钥"""


def key(
    session: Session, settings: Settings, now: datetime, *, fresh: bool = False
) -> Ed25519PrivateKey | None:
    """The key to sign with, known to the database; None where its key is elsewhere. `fresh`: make one all the same."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # 7 MB

    locks.sealing(session)
    path = settings.home / NAME
    if not settings.journal_key and not path.exists() and not fresh and known(session):
        return None
    try:
        secret = settings.journal_key or keyfile.kept(path)
        found = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(secret))
    except ValueError as error:  # cut short, not base64, not ASCII
        raise Refused(DAMAGED.format(path=path)) from error
    _make_known(session, public(found), now)
    return found


def public(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()


def known(session: Session) -> dict[str, bytes]:
    """The public keys that the database knows, by name, oldest first."""
    rows = sa.select(journal_key.c.id, journal_key.c.public).order_by(journal_key.c.since, journal_key.c.id)
    return {name: bytes(one) for name, one in session.execute(rows).tuples()}


def _make_known(session: Session, mine: bytes, now: datetime) -> None:
    """A key that is new stands in the journal too."""
    name = key_id(mine)
    if name not in known(session):
        session.execute(insert_new(session, JournalKey), [{"id": name, "public": mine, "since": now}])
        note(session, now, "journal.key", SYSTEM, after=name, public=base64.b64encode(mine).decode())


def sign(store: Store, settings: Settings, now: datetime, *, daily: bool = False) -> Root | None:
    """Sign the newest batch; None where nothing is sealed. What is signed already is given back as it is.

    `daily`: not if there is a root of this day already. Raises NoKey; Refused where the past is not what was signed.
    """
    with store.write() as session:
        mine = key(session, settings, now)
        newest, batch = last(session), sealer.last(session)
        if newest is not None:
            continues(session, newest)
        if batch is None or (newest is not None and newest.batch == batch.no):
            return newest
        if daily and newest is not None and _same_day(newest, now, settings.zone):
            return newest
        if mine is None:
            raise NoKey(NO_KEY.format(name=NAME))
        at = now.astimezone(settings.zone).isoformat(timespec="seconds")
        nth = newest.nth + 1 if newest else 1
        said = Root(nth, at, batch.no, batch.total, batch.last, batch.hash, key_id(public(mine)))
        root = replace(said, sig=base64.b64encode(mine.sign(said.text.encode())).decode())
        session.execute(sa.insert(journal_root).values(batch=batch.no, nth=nth, at=now, line=root.line))
        return root


def continues(session: Session, newest: Root) -> None:
    """The signer lends itself to no past but the one it signed. Raises Refused."""
    there = sa.select(journal_batch.c.hash).where(journal_batch.c.no == newest.batch)
    if session.execute(there).scalar() != newest.head or not genuine(newest, known(session)):
        raise Refused(f"封存的流水与上一个根（{newest.at}）不符，不再签名；请运行 duban journal verify")


def last(session: Session) -> Root | None:
    """The newest root."""
    line = session.execute(
        sa.select(journal_root.c.line).order_by(journal_root.c.nth.desc()).limit(1)
    ).scalar()
    return read(line) if line is not None else None


def every(session: Session) -> list[Root]:
    """All roots, oldest first."""
    lines = sa.select(journal_root.c.line).order_by(journal_root.c.nth)
    return [read(line) for line in session.execute(lines).scalars()]


def _same_day(root: Root, now: datetime, zone: ZoneInfo) -> bool:
    return datetime.fromisoformat(root.at).astimezone(zone).date() >= now.astimezone(zone).date()
