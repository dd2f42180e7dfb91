"""Who will get what, when and why: the sender's own rounds run ahead on a copy, told unit by unit."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from threading import BoundedSemaphore
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import DubanError, Fault, Faulty
from states.records import reading_scope
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import mail, milestone, notice, unit
from states.records.foretell import Foretold, run_through, shadow
from states.records.outbox import MailHours
from states.records.session import Store
from states.records.told import MailForetold, MailLine, Preview, instant

WINDOW = timedelta(days=92)
HORIZON = timedelta(days=366)
WAITS = 10.0  # seconds for the preview before this one; each holds a copy of the campaign in memory
AT_ONCE = BoundedSemaphore(1)


class Busy(DubanError):
    """正忙，请稍后再试"""


class _Line(NamedTuple):
    key: str
    code: str
    unit_name: str
    name: str
    about: str | None
    obligation: int
    role: str
    reason: str


def preview(
    store: Store, scope: Scope, campaign_id: int, first: date, last: date, now: datetime, hours: MailHours
) -> Preview:
    """Mails of one campaign from `first` to `last` (local days, both included) if nobody does anything meanwhile.

    A mail lists only what concerns this campaign and the key's units. Raises NotAllowed, NotFound, Faulty for a
    window that is too long or too far off, Busy when another preview takes too long.
    """
    with store.read() as session:
        campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    begins = datetime.combine(first, time(0), campaign.zone)
    ends = datetime.combine(last, time(0), campaign.zone) + timedelta(days=1) - timedelta(microseconds=1)
    _check(begins, ends, now)
    mails = _mails(store, scope, campaign, begins, ends, now, hours) if ends >= now else []
    return {
        "campaign": campaign.id,
        "as_of": instant(now, campaign.zone),
        "start": first.isoformat(),
        "end": last.isoformat(),
        "mails": mails,
    }


def _check(begins: datetime, ends: datetime, now: datetime) -> None:
    faults = []
    if ends < begins:
        faults.append(Fault("to", "不能早于 from"))
    if ends - begins > WINDOW:
        faults.append(Fault("to", f"一次最多预览 {WINDOW.days} 天"))
    if ends - now > HORIZON:
        faults.append(Fault("to", f"只能预览今后 {HORIZON.days} 天以内"))
    if faults:
        raise Faulty(faults)


def _mails(
    store: Store,
    scope: Scope,
    campaign: Running,
    begins: datetime,
    ends: datetime,
    now: datetime,
    hours: MailHours,
) -> list[MailForetold]:
    if not AT_ONCE.acquire(timeout=WAITS):
        raise Busy("另一份预览还没有算完，请稍后再试")
    try:
        with shadow(store) as copy:
            found = [one for one in run_through(copy, now, ends, hours) if one.at >= begins]
            with copy.read() as session:
                return told(session, scope, campaign, found)
    finally:
        AT_ONCE.release()


def told(
    session: Session, scope: Scope, campaign: Running, found: list[Foretold], since: datetime | None = None
) -> list[MailForetold]:
    """Those of the mails, foretold on the copy that `session` reads, that concern the campaign and the key's units.
    `since`: none of them was sent earlier, so that no earlier ones are looked at.
    """
    if not found:
        return []
    lines = _lines(session, scope, campaign.id, [one.key for one in found], since)
    return [_told(one, lines[one.key], campaign) for one in found if one.key in lines]


def _lines(
    session: Session, scope: Scope, campaign_id: int, keys: list[str], since: datetime | None
) -> dict[str, list[_Line]]:
    statement = (
        sa.select(
            *(mail.c.key, unit.c.code, unit.c.name.label("unit_name"), notice.c.name),
            *(milestone.c.name.label("about"), notice.c.obligation_id, notice.c.role, notice.c.reason),
        )
        .select_from(
            notice.join(mail, mail.c.id == notice.c.mail_id)
            .join(unit, unit.c.id == notice.c.unit_id)
            .outerjoin(milestone, milestone.c.id == notice.c.milestone_id)
        )
        .where(notice.c.campaign_id == campaign_id, notice.c.state == "mailed", *reading_scope.within(scope))
        .order_by(unit.c.sort_key, notice.c.id)
    )
    if since is not None:
        statement = statement.where(mail.c.sent_at >= since)
    wanted = set(keys)
    lines: dict[str, list[_Line]] = {}
    for row in session.execute(statement):
        if row.key in wanted:
            lines.setdefault(row.key, []).append(_Line(*row))
    return lines


def _told(one: Foretold, lines: list[_Line], campaign: Running) -> MailForetold:
    return {
        "at": instant(one.at, campaign.zone),
        "kind": one.kind,
        "to": one.to,
        "name": one.name,
        "lines": [_line(line) for line in lines],
    }


def _line(line: _Line) -> MailLine:
    return {
        "unit": {"code": line.code, "name": line.unit_name},
        "name": line.name,
        "about": line.about or "",
        "obligation": line.obligation or None,
        "role": line.role,
        "reason": line.reason,
    }
