"""Of many obligations with a quota at once: how they stand, and how much counts towards them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import sqlalchemy as sa
from sqlmodel import Session

from states.records.core import obligation, quota_event
from states.records.settling import AT_ONCE


def statuses(session: Session, keys: Collection[int]) -> dict[int, str]:
    """The status of each that there is."""
    known: dict[int, str] = {}
    for some in _parts(keys):
        rows = sa.select(obligation.c.id, obligation.c.status).where(obligation.c.id.in_(some))
        known |= dict(session.execute(rows).tuples().all())
    return known


def events(session: Session, keys: Collection[int]) -> Counter[int]:
    """How many things done count towards each."""
    found: Counter[int] = Counter()
    for some in _parts(keys):
        mine = quota_event.c.obligation_id.in_(some), quota_event.c.withdrawn_at.is_(None)
        rows = sa.select(quota_event.c.obligation_id, sa.func.count()).where(*mine)
        found.update(dict(session.execute(rows.group_by(quota_event.c.obligation_id)).tuples().all()))
    return found


def _parts(keys: Collection[int]) -> Iterator[Sequence[int]]:
    ordered = sorted(keys)
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))
