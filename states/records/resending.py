"""Mails that did not go out are sent once more, by somebody's word: the same mail, under the same Message-ID.

What is in it is judged again at the last moment like any other's, so that what was settled meanwhile is left out. How long
its notices have waited stays known (`since`): the fair clock gives that time back once the mail goes out.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import NotFound, Refused
from states.records import reading_outbox
from states.records.asker import Scope
from states.records.columns import changed
from states.records.core import mail
from states.records.dispatch import Mail
from states.records.journal import note

NOT_FAILED = "这封邮件{state}，不用再发"
STILL_BAD = "{email} 是退信的地址；请先在“联系人”里改正，或确认它已能收信，再来重发"
STATES = {"queued": "正等着发出", "sent": "已经发出", "withdrawn": "的内容都已办结"}


def again(session: Session, scope: Scope, mail_id: int, now: datetime) -> None:
    """One mail. Raises NotAllowed, NotFound, Refused for one that did not fail or whose address still sends back."""
    scope.check_write_whole()
    row = session.get(Mail, mail_id)
    if row is None:
        raise NotFound(f"没有编号为 {mail_id} 的邮件")
    if reading_outbox.bounced(session, row.email):
        raise Refused(STILL_BAD.format(email=row.email))
    if not _queue(session, mail.c.id == mail_id, now):
        raise Refused(NOT_FAILED.format(state=STATES.get(row.state, "")))
    note(session, now, "mail.again", scope.actor, after=row.key, reason=row.error, mail=mail_id)


def every(session: Session, scope: Scope, now: datetime) -> int:
    """All that were given up, in one statement and one fact; those whose address sends back are left. Raises NotAllowed, Refused."""
    scope.check_write_whole()
    going = sa.and_(mail.c.state == "failed", mail.c.email.not_in(reading_outbox.bouncing()))
    number = _queue(session, going, now)
    if not number:
        raise Refused("没有已放弃、地址又可用的邮件")
    note(session, now, "mail.again", scope.actor, mails=number)
    return number


def _queue(session: Session, which: sa.ColumnElement[bool], now: datetime) -> int:
    """As if it had just been composed: a week and ten tries before it is given up anew."""
    failed = sa.and_(reading_outbox.FAILED, which)
    values = {"state": "queued", "queued_at": now, "next_try_at": now, "tries": 0, "claimed_by": None}
    return changed(session, sa.update(mail).where(failed).values(**values))
