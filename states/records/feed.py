"""The change feed: what happened after a number, as far as a key may see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import Fault, Faulty
from states.records import commit_order, published
from states.records.access import Scope
from states.records.core import campaign, journal, unit
from states.records.published import Fact
from states.records.reading_scope import campaigns_seen, within
from states.records.told.changes import EventTold

LOOK = 1_000  # numbers looked at in one statement
LOOKS = 20  # statements for one page; who may see little gets a short page and a cursor further on
AHEAD = "序号 {after} 比现有的最后一条（{head}）还大：数据库可能是从备份恢复的，请从 {head} 起重新对账"

_COLUMNS = (*(journal.c[name] for name in Fact._fields[:-1]), unit.c.code)
_FACTS = sa.select(*_COLUMNS).select_from(journal.outerjoin(unit, unit.c.id == journal.c.unit_id))


class Page(NamedTuple):
    """Some events, and the number to go on from: behind what was looked at, though nothing of it was to be seen."""

    events: list[EventTold]
    next: int


def page(
    session: Session,
    scope: Scope,
    after: int,
    limit: int,
    source: str,
    *,
    types: Sequence[str] | None = None,
    until: int | None = None,
) -> Page:
    """The events after a number, up to `until`, in the order of numbers. Raises Faulty for one that was never given."""
    head = commit_order.head(session)
    if after > head:
        raise Faulty([Fault("after", AHEAD.format(after=after, head=head))])
    found: list[EventTold] = []
    until = head if until is None else min(until, head)
    for _ in range(LOOKS):
        spans = commit_order.spans(session, after, until, LOOK)
        if not spans:
            break
        for seq, fact in _seen(session, scope, spans, types):
            found.append(published.event(fact, seq, source))
            if len(found) == limit:
                return Page(found, seq)
        after = spans.last_seq
    return Page(found, after)


def _seen(
    session: Session, scope: Scope, spans: commit_order.Spans, types: Sequence[str] | None
) -> Iterator[tuple[int, Fact]]:
    rows = session.execute(_FACTS.where(spans.where(), *_visible(scope))).tuples()
    facts = [Fact(*row) for row in rows]
    told = [one for one in facts if published.is_told(one.kind) and published.wanted(one.kind, types)]
    numbers = spans.seq_of([one.id for one in told])
    return iter(sorted(zip(numbers, told, strict=True)))


def _visible(scope: Scope) -> list[sa.ColumnElement[bool]]:
    """Conditions over the journal and its unit: the key's campaigns; its units, and what is said of a whole campaign
    in which one of them takes part."""
    conditions: list[sa.ColumnElement[bool]] = []
    if scope.campaigns is not None:
        conditions.append(journal.c.campaign_id.in_(sorted(scope.campaigns)))
    if scope.path is not None:
        whole = sa.or_(*(journal.c.kind.startswith(f"{one}.") for one in published.WHOLE))
        mine = sa.select(campaign.c.id).where(*campaigns_seen(scope))
        of_all = sa.and_(journal.c.unit_id.is_(None), whole, journal.c.campaign_id.in_(mine))
        conditions.append(sa.or_(sa.and_(*within(scope)), of_all))
    return conditions
