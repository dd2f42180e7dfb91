"""Problems found meanwhile whose words count from what has happened since, or from an end that has moved.

The nearest event above the unit with the problem counts, and the nearest end of a plan without phases; what is closed, a
standing one whose interim date is met, and a date that a person put off with the whole campaign stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.dates import Anchor, parse
from states.errors import Faulty
from states.records import ledger_shifting
from states.records.campaigns import Running
from states.records.columns import slices
from states.records.core import milestone
from states.records.ledger_dating import Dated as Read
from states.records.ledger_dating import Dating
from states.records.ledger_following import AT_ONCE
from states.records.ledger_steps import FOUND
from states.records.redated import Dated
from states.records.scopes import below

FROM_THE_END = (Anchor.ENDS, Anchor.EXPIRY)


def by_event(
    session: Session, campaign: Running, name: str, now: datetime, actor: str, says: str, path: str = "/"
) -> tuple[Dated, ...]:
    """`name` has happened at and below the unit of a path: what counts from it there takes its date."""
    return _recount(session, campaign, milestone.c.event == name, path, now, actor, says)


def by_end(
    session: Session, campaign: Running, now: datetime, actor: str, says: str, path: str
) -> tuple[Dated, ...]:
    """The whole campaign ends otherwise at and below the unit of a path."""
    kept = milestone.c.campaign_id == campaign.id, milestone.c.requirement.startswith(FOUND)
    written = session.execute(sa.select(milestone.c.words).where(*kept).distinct()).scalars()
    counting = milestone.c.words.in_([words for words in written if _from_the_end(words)])
    return _recount(session, campaign, counting, path, now, actor, says)


def _from_the_end(words: str) -> bool:
    try:
        return parse(words).anchor in FROM_THE_END
    except Faulty:
        return False  # words that nobody can read yet


def _recount(
    session: Session,
    campaign: Running,
    counting: sa.ColumnElement[bool],
    path: str,
    now: datetime,
    actor: str,
    says: str,
) -> tuple[Dated, ...]:
    still = sa.and_(counting, sa.not_(milestone.c.held), below(path) if path != "/" else sa.true())
    rows = ledger_shifting.found_dates(session, campaign, still)
    moved = _moved(session, campaign, rows)
    found = [row for row in rows if row.id in moved]

    def after(row: Any) -> datetime | None:
        return moved[row.id].due_at

    told = ledger_shifting.shift(session, campaign, found, after, now, actor, says, held=False)
    _mark(session, moved)
    return told


def _moved(session: Session, campaign: Running, rows: Iterable[Any]) -> dict[int, Read]:
    """Milestone → its date as it is read now, of those that have another one."""
    dating, found = Dating(session, campaign), {}
    for row in rows:
        for read in dating.again(row.type, row.due_words, row.reported_at, row.path):
            if read.period == row.period and read.due_at not in (None, row.due_at):
                found[row.id] = read
    return found


def _mark(session: Session, moved: Mapping[int, Read]) -> None:
    """Whether a date rests on a calendar that is not published yet."""
    for provisional in (True, False):
        keys = [key for key, read in moved.items() if read.provisional is provisional]
        for part in slices(keys, AT_ONCE):
            some = milestone.c.id.in_(part)
            session.execute(sa.update(milestone).where(some).values(provisional=provisional))
