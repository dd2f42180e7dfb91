"""How rows stood at a past moment: the state before the first thing that happened to them since, or today's.

Every act leaves a journal row with the state before it, so only what happened *since* has to be looked at.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from states.records.campaigns import Running
from states.records.core import journal, obligation

ACTS = ("submit", "nil", "accept", "return", "waive")


@dataclass(frozen=True)
class Seen:
    """Obligations as they are counted: from where, in which status, handed in late or not."""

    joined: sa.FromClause
    status: sa.ColumnElement[Any]
    late: sa.ColumnElement[Any]


TODAY = Seen(obligation, obligation.c.status, obligation.c.late)


def obligations(campaign: Running, at: datetime) -> Seen:
    """Every obligation with the status it had at `at`; what was handed in late since then was not yet."""
    before = earlier(campaign, at, "obligation", [f"obligation.{act}" for act in ACTS])
    joined = obligation.outerjoin(before, before.c.key == obligation.c.id)
    submitted = sa.func.coalesce(obligation.c.submitted_at <= at, sa.false())
    status = sa.func.coalesce(before.c.before, obligation.c.status)
    return Seen(joined, status, sa.and_(obligation.c.late, submitted))


def earlier(campaign: Running, at: datetime, subject: str, kinds: Collection[str]) -> sa.Subquery:
    """Columns `key` and `before`: the state before the first of `kinds` after `at`, by the `subject` in the payload."""
    key = sa.cast(journal.c.payload[subject].as_string(), sa.BigInteger)
    mine = journal.c.campaign_id == campaign.id, journal.c.kind.in_(kinds), journal.c.before.is_not(None)
    first = sa.select(sa.func.min(journal.c.id).label("id"), key.label("key")).where(*mine, journal.c.at > at)
    since = first.group_by(sa.text("key")).subquery()
    return (
        sa.select(since.c.key, journal.c.before).join(journal, journal.c.id == since.c.id).subquery("earlier")
    )
