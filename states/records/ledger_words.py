"""What a mail says of the items of a ledger: the problem and what is to be done first about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.letters import first_sentence
from states.records.core import ledger_item
from states.records.ledger_steps import FOUND, PREFIX


class Told(NamedTuple):
    """`problem`: its first sentence, cut short; `measure`: the first of its measures, empty where it has none."""

    problem: str
    measure: str


NOTHING = Told("", "")


def problems(session: Session, campaigns: Iterable[int]) -> Mapping[tuple[int, str], Told]:
    """(campaign, requirement of its milestones) → what is told of the item."""
    columns = (
        ledger_item.c.campaign_id,
        ledger_item.c.no,
        ledger_item.c.found_by,
        ledger_item.c.problem,
        ledger_item.c.measures,
    )
    mine = sa.select(*columns).where(ledger_item.c.campaign_id.in_(sorted(campaigns)))
    return {
        (campaign, f"{PREFIX if found_by is None else FOUND}{no}"): Told(
            first_sentence(problem), first_sentence(measures[0]) if measures else ""
        )
        for campaign, no, found_by, problem, measures in session.execute(mine).tuples()
    }
