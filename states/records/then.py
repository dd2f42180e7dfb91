"""How rows stood at a past moment: the state before the first thing that happened to them since, or today's.

Every act leaves a journal row with the state before it, and every date that moves one with the date before it, so only
what happened *since* has to be looked at.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.records.campaigns import Running
from states.records.core import journal, milestone, obligation

ACTS = ("submit", "nil", "accept", "return", "waive")
COMMON = ("milestone.redated", "ledger.redated")  # the date of everybody moves
OWN = ("obligation.redated", "obligation.return")  # that of one
Instant = sa.ColumnElement[datetime]


@dataclass(frozen=True)
class Seen:
    """Obligations as they are counted: from where, in which status, handed in late or not, due when.

    `own`: the date where it is not simply that of the milestone as it is today.
    """

    joined: sa.FromClause
    status: sa.ColumnElement[Any]
    late: sa.ColumnElement[Any]
    own: Instant


@dataclass(frozen=True)
class Past(Seen):
    """The same at a past moment, `joined` to `milestone`; `due`: the date in force then, `common`: that of everybody."""

    due: Instant
    common: Instant


TODAY = Seen(obligation, obligation.c.status, obligation.c.late, obligation.c.due_at)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def obligations(campaign: Running, at: datetime) -> Past:
    """Every obligation with the status and the date it had at `at`; what was handed in late since then was not yet."""
    before = earlier(campaign, at, "obligation", [f"obligation.{act}" for act in ACTS])
    submitted = sa.func.coalesce(obligation.c.submitted_at <= at, sa.false())
    status = sa.func.coalesce(before.c.before, obligation.c.status)
    late = sa.and_(obligation.c.late, submitted)
    dates = milestones(campaign, at)
    mine, moved = _own(campaign, at), _moved(campaign, at)
    back = sa.and_(
        moved.c.key == obligation.c.milestone_id, moved.c.moved_to == mine.c.due, moved.c.id < mine.c.id
    )
    joined = (
        obligation.join(dates.joined, milestone.c.id == obligation.c.milestone_id)
        .outerjoin(before, before.c.key == obligation.c.id)
        .outerjoin(mine, mine.c.key == obligation.c.id)
        .outerjoin(moved, back)
    )
    was_common = moved.c.id.is_not(None)
    own = sa.case((mine.c.id.is_(None), obligation.c.due_at), (was_common, sa.null()), else_=mine.c.due)
    due = _typed(sa.func.coalesce(own, dates.due))
    fixed = sa.func.coalesce(due, sa.literal(NEVER, milestone.c.due_at.type))
    return Past(joined, status, late, _typed(fixed), due, dates.due)


@dataclass(frozen=True)
class Dates:
    """Milestones with the dates that they had."""

    joined: sa.FromClause
    due: Instant


def milestones(campaign: Running, at: datetime) -> Dates:
    """`milestone` with what its date was at `at`: that before its first move since, or today's."""
    key = sa.cast(journal.c.payload["milestone"].as_string(), sa.BigInteger)
    mine = journal.c.campaign_id == campaign.id, journal.c.kind.in_(COMMON), journal.c.at > at
    first = sa.select(sa.func.min(journal.c.id).label("id"), key.label("key")).where(*mine)
    since = first.group_by(sa.text("key")).subquery()
    moved = (
        sa.select(since.c.key, _instant(campaign, _dates(0)).label("due"))
        .join(journal, journal.c.id == since.c.id)
        .subquery("moved_since")
    )
    joined = milestone.outerjoin(moved, moved.c.key == milestone.c.id)
    return Dates(joined, _typed(sa.case((moved.c.key.is_(None), milestone.c.due_at), else_=moved.c.due)))


Window = tuple[datetime | None, datetime | None]


def windows(session: Session, campaign: Running, at: datetime) -> dict[str, Window]:
    """Phase → when it was to open and close at `at`, for those whose window has moved since."""
    kinds = journal.c.kind.in_(("phase.redated", "phase.changed"))
    mine = journal.c.campaign_id == campaign.id, kinds, journal.c.at > at
    rows = session.execute(sa.select(journal.c.payload).where(*mine).order_by(journal.c.id.desc())).scalars()
    found = {
        told["phase"]: (told["opens"][0], told["closes"][0]) for told in rows
    }  # the first since is the last here
    return {key: (_read(opens), _read(closes)) for key, (opens, closes) in found.items()}


def _read(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _moved(campaign: Running, at: datetime) -> sa.Subquery:
    """Every date that milestones took after `at`, with the first journal row that says so."""
    key = sa.cast(journal.c.payload["milestone"].as_string(), sa.BigInteger).label("key")
    mine = journal.c.campaign_id == campaign.id, journal.c.kind.in_(COMMON), journal.c.at > at
    after = _instant(campaign, _dates(1)).label("moved_to")
    rows = sa.select(key, after, sa.func.min(journal.c.id).label("id")).where(*mine)
    return rows.group_by(sa.text("key"), sa.text("moved_to")).subquery("moved")


def _own(campaign: Running, at: datetime) -> sa.Subquery:
    """The date in force for an obligation before it got another one of its own, the first time after `at`."""
    key = sa.cast(journal.c.payload["obligation"].as_string(), sa.BigInteger)
    redated, returned = OWN
    before = sa.case(
        (journal.c.kind == returned, journal.c.payload["due"].as_string()),
        (journal.c.kind == redated, journal.c.before),
    )
    mine = journal.c.campaign_id == campaign.id, journal.c.kind.in_(OWN), journal.c.at > at
    told = sa.or_(journal.c.kind != returned, before.is_not(None))
    first = sa.select(sa.func.min(journal.c.id).label("id"), key.label("key")).where(*mine, told)
    since = first.group_by(sa.text("key")).subquery()
    return (
        sa.select(since.c.key, since.c.id, _instant(campaign, before).label("due"))
        .join(journal, journal.c.id == since.c.id)
        .subquery("own_since")
    )


def _dates(which: int) -> sa.ColumnElement[str]:
    """The date before (0) or after (1), as the fact of a common move keeps it."""
    redated, of_ledger = COMMON
    plain = (journal.c.before, journal.c.after)[which]
    of_items = journal.c.payload[("changes", "due_at", which)].as_string()
    return sa.case((journal.c.kind == of_ledger, of_items), (journal.c.kind == redated, plain))


def _instant(campaign: Running, text: sa.ColumnElement[str]) -> sa.ColumnElement[Any]:
    """Text of `datetime.isoformat` as the database keeps instants; must be null in rows of other kinds, which hold other
    words there: PostgreSQL may read all rows as instants before it looks at their kind."""
    if campaign.session.get_bind().dialect.name == "postgresql":
        return sa.cast(text, sa.DateTime(timezone=True))
    return sa.func.strftime("%Y-%m-%d %H:%M:%f", text, type_=sa.String).concat("000")


def _typed(instant: sa.ColumnElement[Any]) -> Instant:
    return sa.type_coerce(instant, milestone.c.due_at.type)


def earlier(campaign: Running, at: datetime, subject: str, kinds: Collection[str]) -> sa.Subquery:
    """Columns `key` and `before`: the state before the first of `kinds` after `at`, by the `subject` in the payload."""
    key = sa.cast(journal.c.payload[subject].as_string(), sa.BigInteger)
    mine = journal.c.campaign_id == campaign.id, journal.c.kind.in_(kinds), journal.c.before.is_not(None)
    first = sa.select(sa.func.min(journal.c.id).label("id"), key.label("key")).where(*mine, journal.c.at > at)
    since = first.group_by(sa.text("key")).subquery()
    return (
        sa.select(since.c.key, journal.c.before).join(journal, journal.c.id == since.c.id).subquery("earlier")
    )
