"""The fair clock: no rung after a due date before the one before it was really handed to the mail server, and time
lost through us is credited to the unit.

A timer serves its cohort as ever; units whose earlier rung still waits for the mail server, or that lost time, are put
off (`put_off`) and the timer comes back for them. Lost time is a row of `credit` for each obligation, written where it is
known: when a late mail is marked as sent, and when a rung was served days after its time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.dates import parse_offset, shift_instant
from states.records.campaigns import Running, running
from states.records.columns import insert_new
from states.records.core import credit, journal, letter, mail, milestone, notice, obligation, put_off, timer
from states.records.dispatch import Timer
from states.records.matters import due_in_force
from states.records.notifying import Owing
from states.records.papers import Credit

LAST_POST = time(17, 30)  # what is decided later in the day is mailed on the next working day
LOOK_AGAIN = timedelta(hours=1)
NEVER_LATE = timedelta(hours=12)  # a mail sent within these is on time, whatever its day
SYSTEM = "system"
LATE_MAIL = "邮件迟至{last:%Y-%m-%d}才交给邮件服务器，{days}个工作日不计入逾期升级"
LATE_RUNG = "“{name}”迟至{last:%Y-%m-%d}才发出，{days}个工作日不计入逾期升级"

Span = tuple[date, date]


@dataclass(frozen=True)
class Lost:
    """What one obligation lost: the working days after `first` up to `last`."""

    key: int
    unit_id: int
    first: date
    last: date


@dataclass(frozen=True)
class Given:
    """Working days credited, on how many obligations; how many wait for a rung that was put off."""

    obligations: int
    days: int
    waiting: int


def credited_since(session: Session, since: datetime) -> Given:
    """Over all campaigns, from `since` on."""
    counted = sa.select(
        sa.func.count(credit.c.obligation_id.distinct()), sa.func.coalesce(sa.func.sum(credit.c.days), 0)
    )
    obligations, days = session.execute(counted.where(credit.c.at >= since)).one()
    off = sa.select(sa.func.count()).select_from(put_off).join(timer, timer.c.id == put_off.c.timer_id)
    waiting = session.execute(off.where(timer.c.done_at.is_(None))).scalar_one()
    return Given(obligations, int(days), waiting)


def ready(
    session: Session,
    campaign: Running,
    one: Timer,
    due: datetime | None,
    rows: Sequence[Owing],
    now: datetime,
) -> list[Owing]:
    """Those of a slice who get the rung now; the others are put off, each until its own time."""
    if not rows:
        return []
    keys = [row.key for row in rows]
    silent = _unheard(session, keys[0], keys[-1], one.rung)
    spans = _spans(session, keys[0], keys[-1])
    if not (silent or spans or one.held):
        return list(rows)
    planned = _planned(session, one, keys) if one.held else {}
    served: list[Owing] = []
    off: list[dict[str, Any]] = []
    for row in rows:
        at = planned.get(row.key, one.fire_at)
        comes = None if row.key in silent else _shifted(campaign, at, due, spans.get(row.key, ()))
        if comes is not None and comes <= now:
            served.append(row)
        else:
            off.append(_row(one, row, at, comes, now))
    _put_off(session, one, keys, off, now)
    return served


def comes_back(session: Session, one: Timer, now: datetime) -> datetime | None:
    """After a pass over all its units: when the timer looks again at those it put off; None when there are none."""
    mine = put_off.c.timer_id == one.id
    forgotten = sa.and_(
        mine, put_off.c.judged_at < now, sa.or_(put_off.c.fire_at.is_(None), put_off.c.fire_at <= now)
    )
    session.execute(sa.delete(put_off).where(forgotten))  # settled or suspended since
    next_look = sa.func.min(sa.func.coalesce(put_off.c.fire_at, now + LOOK_AGAIN))
    return session.execute(sa.select(next_look).where(mine)).scalar()


def credit_mail(session: Session, mail_id: int, since: datetime | None, now: datetime) -> None:
    """A mail has been handed over: where that took days, every unit it told is credited with them."""
    if since is None or now - since < NEVER_LATE:
        return
    key = sa.func.coalesce(letter.c.obligation_id, notice.c.obligation_id)
    told = (
        sa.select(notice.c.campaign_id, key, notice.c.unit_id, notice.c.at, due_in_force())
        .outerjoin(letter, letter.c.id == notice.c.letter_id)
        .join(obligation, obligation.c.id == key)
        .join(milestone, milestone.c.id == obligation.c.milestone_id)
        .where(notice.c.mail_id == mail_id, notice.c.state == "mailed", notice.c.kind.in_(("rung", "letter")))
    )
    lost: dict[int, list[Lost]] = defaultdict(list)
    known: dict[int, Running] = {}
    for campaign_id, owed, unit_id, at, due in session.execute(told).tuples():
        campaign = known.setdefault(campaign_id, running(session, campaign_id))
        lost[campaign_id].append(Lost(owed, unit_id, *_span(campaign, at, due, now)))
    for campaign_id, some in lost.items():
        _credit(session, known[campaign_id], some, LATE_MAIL, "", now)


def credit_late(
    session: Session,
    campaign: Running,
    one: Timer,
    due: datetime | None,
    name: str,
    rows: Sequence[Owing],
    now: datetime,
) -> None:
    """A rung is served days after its time because no round ran (or the campaign rested): credited likewise."""
    if not rows or now - one.fire_at < NEVER_LATE:
        return
    first, last = _span(campaign, one.fire_at, due, now)
    _credit(
        session, campaign, [Lost(row.key, row.unit_id, first, last) for row in rows], LATE_RUNG, name, now
    )


def _unheard(session: Session, first: int, last: int, rung: int) -> set[int]:
    """Obligations of a span with a mail of an earlier rung, or a letter, that still waits to be handed over."""
    earlier = sa.and_(
        notice.c.obligation_id.between(first, last), notice.c.kind == "rung", notice.c.rung < rung
    )
    pending = sa.select(notice.c.obligation_id).where(earlier, notice.c.state == "pending")
    queued = (
        sa.select(notice.c.obligation_id)
        .join(mail, mail.c.id == notice.c.mail_id)
        .where(earlier, notice.c.state == "mailed", mail.c.state == "queued")
    )
    papers = sa.select(letter.c.obligation_id).where(
        letter.c.obligation_id.between(first, last),
        letter.c.id.in_(_on_its_way()),
    )
    return set(session.execute(sa.union(pending, queued, papers)).scalars())


def _on_its_way() -> sa.Select[tuple[int | None]]:
    """Letters that nobody has been handed yet and somebody still can be."""
    going = sa.or_(notice.c.state == "pending", sa.and_(notice.c.state == "mailed", mail.c.state == "queued"))
    return (
        sa.select(notice.c.letter_id)
        .outerjoin(mail, mail.c.id == notice.c.mail_id)
        .where(
            notice.c.letter_id == letter.c.id,
            letter.c.handed_at.is_(None),
            letter.c.received_at.is_(None),
            going,
        )
        .correlate(letter)
    )


def _spans(session: Session, first: int, last: int) -> dict[int, list[Span]]:
    statement = sa.select(credit.c.obligation_id, credit.c.first, credit.c.last)
    found: dict[int, list[Span]] = defaultdict(list)
    for key, begins, ends in session.execute(
        statement.where(credit.c.obligation_id.between(first, last))
    ).tuples():
        found[key].append((begins, ends))
    return found


def _shifted(campaign: Running, at: datetime, due: datetime | None, spans: Iterable[Span]) -> datetime:
    """`at`, later by the working days of `spans` that lie after the due date in force."""
    floor = due.astimezone(campaign.zone).date() if due is not None else date.min
    days = sum(_days(campaign, max(first, floor), last) for first, last in spans)
    return shift_instant(at, parse_offset(f"+{days}wd"), campaign.calendar, campaign.zone) if days else at


def _days(campaign: Running, first: date, last: date) -> int:
    return campaign.calendar.between(first, last) if last > first else 0


def _span(campaign: Running, at: datetime, due: datetime | None, now: datetime) -> Span:
    """From the day on which what was decided `at` could have been mailed to today; time before the due date was not
    counted against the unit and is not given back."""
    local = at.astimezone(campaign.zone)
    day = local.date() if local.time() < LAST_POST else local.date() + timedelta(days=1)
    first = campaign.calendar.on_or_after(day)
    if due is not None:
        first = max(first, due.astimezone(campaign.zone).date())
    return first, now.astimezone(campaign.zone).date()


def _credit(
    session: Session, campaign: Running, lost: Sequence[Lost], why: str, name: str, now: datetime
) -> None:
    """A row for each, once, with its line in the journal."""
    rows = {
        (one.key, one.first): {
            "obligation_id": one.key,
            "first": one.first,
            "last": one.last,
            "days": days,
            "campaign_id": campaign.id,
            "unit_id": one.unit_id,
            "why": why.format(name=name, last=one.last, days=days),
            "at": now,
        }
        for one in lost
        if (days := _days(campaign, one.first, one.last))
    }
    if not rows:
        return
    statement = insert_new(session, Credit).returning(credit.c.obligation_id, credit.c.first)
    made = set(session.execute(statement, list(rows.values())).tuples())
    facts = [_fact(row) for key, row in rows.items() if key in made]
    if facts:
        session.execute(sa.insert(journal), facts)


def _fact(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": row["at"],
        "kind": "clock.credited",
        "actor": SYSTEM,
        "campaign_id": row["campaign_id"],
        "unit_id": row["unit_id"],
        "after": f"{row['days']}个工作日",
        "reason": row["why"],
        "payload": {
            "obligation": row["obligation_id"],
            "days": row["days"],
            "first": row["first"].isoformat(),
            "last": row["last"].isoformat(),
        },
    }


def _planned(session: Session, one: Timer, keys: Sequence[int]) -> dict[int, datetime]:
    statement = sa.select(put_off.c.obligation_id, put_off.c.planned_at).where(
        put_off.c.timer_id == one.id, put_off.c.obligation_id.between(keys[0], keys[-1])
    )
    return dict(session.execute(statement).tuples().all())


def _row(one: Timer, row: Owing, planned: datetime, comes: datetime | None, now: datetime) -> dict[str, Any]:
    return {
        "timer_id": one.id,
        "obligation_id": row.key,
        "planned_at": planned,
        "fire_at": comes,
        "judged_at": now,
    }


def _put_off(
    session: Session, one: Timer, keys: Sequence[int], rows: list[dict[str, Any]], now: datetime
) -> None:
    """`rows` in the place of what was put off before among `keys`; whose time has not come stays, it was not judged."""
    if one.held:
        mine = put_off.c.timer_id == one.id, put_off.c.obligation_id.between(keys[0], keys[-1])
        judged = sa.or_(put_off.c.fire_at.is_(None), put_off.c.fire_at <= now)
        session.execute(sa.delete(put_off).where(*mine, judged))
    if rows:
        session.execute(sa.insert(put_off), rows)
