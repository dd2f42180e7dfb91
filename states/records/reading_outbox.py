"""The mails: waiting, sent, failed, and what each is about. Never their text, which may hold the way in of its reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Fault, Faulty, NotFound
from states.records import meters
from states.records.asker import Scope
from states.records.core import campaign, contact, mail, notice, unit
from states.records.dispatch import Mail

FAILED = sa.text("mail.state IN ('failed', 'refused')")  # conditions as their indexes have them
QUEUED = sa.text("mail.state = 'queued'")
STATES: Mapping[str, str] = MappingProxyType(
    {
        "queued": "等待发出",
        "sent": "已发出",
        "failed": "多次未能发出，已放弃",
        "refused": "地址退信",
        "withdrawn": "不再发（内容已办结）",
    }
)
CHOICES: Mapping[str, tuple[str, Any]] = MappingProxyType(
    {
        "trouble": ("没有发出的", FAILED),
        "failed": ("已放弃的", sa.and_(FAILED, mail.c.state == "failed")),
        "refused": ("退信的", sa.and_(FAILED, mail.c.state == "refused")),
        "waiting": ("等待发出", QUEUED),
        "sent": ("已发出", mail.c.state == "sent"),
        "withdrawn": ("不再发", mail.c.state == "withdrawn"),
        "": ("全部", sa.true()),
    }
)
SAYS_OF = 500  # lines of one mail that are shown


@dataclass(frozen=True)
class Counts:
    """How many mails: `waiting`, of which `tried` in vain; given up; refused by their address; over all time gone out."""

    waiting: int
    tried: int
    failed: int
    refused: int
    sent: int


@dataclass(frozen=True)
class Said:
    """One fact that a mail tells. `state`: of the notice."""

    campaign: str
    campaign_id: int
    unit: str
    name: str
    reason: str
    state: str


@dataclass(frozen=True)
class MailSeen:
    """One mail with what it tells. `bounced`: its address is marked as one that sends back; `held`: somebody has it."""

    row: Mail
    said: tuple[Said, ...]
    bounced: bool
    held: bool


def counts(session: Session, scope: Scope) -> Counts:
    """Looks at the ends of indexes and at the meters, so that it costs the same with a million mails."""
    scope.check_whole()
    tried = mail.c.error.is_not(None)
    waiting, again = session.execute(
        sa.select(sa.func.count(), sa.func.count(sa.case((tried, 1)))).select_from(mail).where(QUEUED)
    ).one()
    by_state = sa.select(mail.c.state, sa.func.count()).where(FAILED).group_by(mail.c.state)
    found: dict[str, int] = dict(session.execute(by_state).tuples().all())
    sent = int(meters.totals(session).get("mails", {}).get("sent", 0))
    return Counts(waiting, again, found.get("failed", 0), found.get("refused", 0), sent)


def page(
    session: Session, scope: Scope, which: str, words: str, before: int, limit: int
) -> tuple[Sequence[Mail], str | None]:
    """Mails, the latest first, and where the next page begins; `words`: of the address or the name; `before`: 0 at first.

    Raises NotAllowed, Faulty.
    """
    scope.check_whole()
    if which not in CHOICES:
        raise Faulty([Fault("state", f"没有这种状态；可用的有 {'、'.join(one for one in CHOICES if one)}")])
    asked = select(Mail).where(CHOICES[which][1])
    if before:
        asked = asked.where(mail.c.id < before)
    if words.strip():
        like = words.strip().lower()
        asked = asked.where(
            mail.c.email.contains(like, autoescape=True)
            | mail.c.person.contains(words.strip(), autoescape=True)
        )
    rows = session.exec(asked.order_by(mail.c.id.desc()).limit(limit + 1)).all()
    return rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else None


def one(session: Session, scope: Scope, mail_id: int, now: datetime) -> MailSeen:
    """Raises NotAllowed, NotFound."""
    scope.check_whole()
    row = session.get(Mail, mail_id)
    if row is None:
        raise NotFound(f"没有编号为 {mail_id} 的邮件")
    held = row.claimed_by is not None and row.next_try_at > now
    return MailSeen(row, tuple(_said(session, mail_id)), bounced(session, row.email), held)


def bounced(session: Session, email: str) -> bool:
    """Whether this address sends back."""
    return session.execute(bouncing().where(contact.c.email == email)).first() is not None


def bouncing() -> sa.Select[tuple[str]]:
    """Addresses that send back: everybody who has one is marked as not to be reached by it."""
    marked = sa.func.count(contact.c.bounced_at) == sa.func.count()
    return sa.select(contact.c.email).group_by(contact.c.email).having(marked)


def _said(session: Session, mail_id: int) -> list[Said]:
    asked = (
        sa.select(
            campaign.c.title, campaign.c.id, unit.c.name, notice.c.name, notice.c.reason, notice.c.state
        )
        .join(campaign, campaign.c.id == notice.c.campaign_id)
        .outerjoin(unit, unit.c.id == notice.c.unit_id)
        .where(notice.c.mail_id == mail_id)
        .order_by(notice.c.id)
        .limit(SAYS_OF)
    )
    return [
        Said(title, key, name or "", rung, reason, state)
        for title, key, name, rung, reason, state in session.execute(asked).tuples()
    ]
