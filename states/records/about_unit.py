"""What a page about one unit of a campaign shows beside its state: mails and why, history. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.records import lately
from states.records.campaigns import Running
from states.records.core import journal, mail, notice

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


class Part(NamedTuple):
    """What is newest of a list, and from which number on older ones follow; None where there are none."""

    items: list[Any]
    next: int | None


def mails(session: Session, campaign: Running, unit_id: int, limit: int, before: int = 0) -> Part:
    """The latest notices about the unit (`before`: those before that number), each with its mail if it has one."""
    statement = (
        sa.select(notice, mail.c.state.label("mail_state"), mail.c.sent_at)
        .select_from(notice.outerjoin(mail, mail.c.id == notice.c.mail_id))
        .where(notice.c.unit_id == unit_id, notice.c.campaign_id == campaign.id)
        .where(*([notice.c.id < before] if before else []))
        .order_by(notice.c.id.desc())
        .limit(limit + 1)
    )
    rows = session.execute(statement).all()
    told = [
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
        for row in rows[:limit]
    ]
    return Part(told, _following(rows, limit))


def history(session: Session, campaign: Running, unit_id: int, limit: int, before: int = 0) -> Part:
    """The latest facts about the unit, as `lately.Happened`; `before`: those before that number."""
    older = [journal.c.id < before] if before else []
    rows = lately.rows(session, campaign, limit + 1, journal.c.unit_id == unit_id, *older)
    return Part(lately.together(session, rows[:limit], limit), _following(rows, limit))


def _following(rows: Sequence[Any], limit: int) -> int | None:
    return rows[limit - 1].id if len(rows) > limit else None
