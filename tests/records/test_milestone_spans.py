"""What is owed for some milestones is found by ranges of the key, however the milestones lie."""

from __future__ import annotations

import random

import sqlalchemy as sa

from states.records import matters
from states.records.columns import obligation_id
from states.records.core import obligation
from states.records.session import Store

MANY = 2_400


def test_however_many_and_however_scattered_exactly_theirs_are_found(store: Store) -> None:
    """By turns, as when problems are found in two campaigns: SQLite takes no thousand alternatives."""
    owed = [
        {"id": obligation_id(key, 1), "campaign_id": 1, "milestone_id": key, "unit_id": 1, "status": "open"}
        for key in range(1, MANY + 1)
    ]
    scattered = random.Random(7).sample(range(1, MANY + 1), MANY // 2)
    wanted = ([], [5], [5, 6, 7, 9], range(1, MANY + 1), range(1, MANY, 2), scattered)
    with store.write() as session:
        session.execute(sa.insert(obligation), owed)
        for keys in wanted:
            asked = sa.select(obligation.c.milestone_id).where(matters.spans(keys))
            assert sorted(session.execute(asked).scalars()) == sorted(keys)
