"""What a page about one unit of a campaign shows beside its state: mails and why, history. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.records.campaigns import Running
from states.records.core import mail, notice
from states.records.lately import Happened, lines

WORDS = {
    "pending": "待发",
    "held": "静默中，先压着",
    "superseded": "已由更高一级代替",
    "cancelled": "不再需要，未发",
    "vacant": "无人接收",
}
SENT = {"sent": "已发出", "queued": "正在发送", "failed": "没有发成"}


@dataclass(frozen=True)
class Told:
    """A notice about a unit: to whom, in which role, what and why, and what became of it."""

    at: datetime
    sent_at: datetime | None
    person: str
    email: str
    role: str
    name: str
    reason: str
    state: str


def mails(session: Session, campaign: Running, unit_id: int, limit: int) -> list[Told]:
    """The latest notices about the unit, each with its mail if it has one."""
    statement = (
        sa.select(notice, mail.c.state.label("mail_state"), mail.c.sent_at)
        .select_from(notice.outerjoin(mail, mail.c.id == notice.c.mail_id))
        .where(notice.c.unit_id == unit_id, notice.c.campaign_id == campaign.id)
        .order_by(notice.c.id.desc())
        .limit(limit)
    )
    return [
        Told(
            at=row.at,
            sent_at=row.sent_at,
            person=row.person,
            email=row.email,
            role=row.role,
            name=row.name,
            reason=row.reason,
            state=SENT.get(row.mail_state or "") or WORDS.get(row.state, row.state),
        )
        for row in session.execute(statement)
    ]


def history(session: Session, campaign: Running, unit_id: int, limit: int) -> list[Happened]:
    """The latest facts about the unit."""
    return lines(session, campaign, limit, unit_id)
