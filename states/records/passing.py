"""What a pass opens: one obligation, for the person whose mail it stood in, until it ends.

It ends when its days are over, when the obligation is settled otherwise, when the reader is no contact of the unit any
more (handed over, bounced, erased), and when somebody stops it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import DubanError, NotFound
from states.passes import Pass, Signer, reader
from states.records import keyfile, reading_obligations
from states.records.asker import Scope
from states.records.columns import changed, insert_new, unit_of
from states.records.core import contact, obligation, pass_stop, unit
from states.records.journal import note
from states.records.pass_tables import PassStop
from states.records.roles import Role
from states.settings import Settings
from states.template import Role as Post

NAME = "pass.key"
NO_SUCH = "没有这一页：链接不完整，请从邮件中完整复制"
OVER = "链接已过有效期（{days} 天）。最近一封催办邮件里有新的链接；也可以登录后办理"
STOPPED = "这个链接已作废。请用最近一封邮件里的链接，或登录后办理"
ELSE = "邮件的收件人已不是该单位的联络员，链接随之失效；请由现在的联络员办理"
KEYS = 10**9  # numbers below these are no account's: of whoever comes with a pass


class Ended(DubanError):
    """链接已失效"""


@dataclass(frozen=True)
class Opened:
    """A pass that is good: what for, and who came with it."""

    good: Pass
    campaign_id: int
    scope: Scope


def signer(settings: Settings) -> Signer:
    """That of this installation; makes its key file when there is none."""
    return Signer(settings.pass_key or keyfile.kept(settings.home / NAME))


def open_(session: Session, settings: Settings, text: str, now: datetime) -> Opened:
    """What a pass is good for at present. Raises NotFound where it never was one, Ended."""
    found = signer(settings).read(text)
    if found is None:
        raise NotFound(NO_SUCH)
    if not found.since <= now < found.ends:
        raise Ended(OVER.format(days=(found.ends - found.since).days))
    _check_stop(session, found)
    name, path = _holder(session, found)
    about = sa.select(obligation.c.campaign_id).where(obligation.c.id == found.obligation)
    campaign_id = session.execute(about).scalar()
    if campaign_id is None:
        raise NotFound(NO_SUCH)
    key = -KEYS - zlib.crc32(text.encode()) % KEYS
    scope = Scope(key, name, True, path, frozenset({campaign_id}), by=f"link:{name}", role=Role.liaison)
    return Opened(found, campaign_id, scope)


def _check_stop(session: Session, found: Pass) -> None:
    stopped = sa.select(pass_stop.c.at).where(pass_stop.c.obligation_id == found.obligation)
    at = session.execute(stopped).scalar()
    if at is not None and found.since <= at:
        raise Ended(STOPPED)


def _holder(session: Session, found: Pass) -> tuple[str, str]:
    """Name of the reader and path of the unit. Raises Ended where the reader is its liaison no more."""
    asked = (
        sa.select(contact.c.name, contact.c.email, unit.c.path)
        .join(unit, unit.c.id == contact.c.unit_id)
        .where(contact.c.unit_id == unit_of(found.obligation), contact.c.role == Post.liaison.value)
        .where(contact.c.bounced_at.is_(None))
    )
    for name, email, path in session.execute(asked).tuples():
        if reader(email) == found.reader:
            return name, path
    raise Ended(ELSE)


def stop(session: Session, scope: Scope, campaign_id: int, key: int, now: datetime) -> None:
    """End the passes for an obligation that were written so far. Raises NotAllowed, NotFound."""
    campaign = reading_obligations.campaign_with(session, scope, campaign_id, key)
    row = {"at": now, "by": scope.actor}
    again = sa.update(pass_stop).where(pass_stop.c.obligation_id == key).values(**row)
    if changed(session, insert_new(session, PassStop).values(obligation_id=key, **row)) == 0:
        session.execute(again)
    kind = "obligation.links_stopped"
    note(session, now, kind, scope.actor, campaign_id=campaign.id, unit_id=unit_of(key), obligation=key)
