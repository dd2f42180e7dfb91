"""The mails of a campaign that has not started: it is started on a copy, and the sender's own rounds run ahead there.

It takes as long as there is to send, so it goes only as far as it gets in a given time, and says how far that was. Where
that is not all, one unit of each kind shows what comes later.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.records import foretell, reading_draft, reading_preview, scopes
from states.records.access import Scope
from states.records.campaigns import running
from states.records.core import campaign, timer, unit
from states.records.foretell import shadow
from states.records.launch import Order
from states.records.outbox import MailHours
from states.records.reading_preview import AT_ONCE, HORIZON, WAITS, Busy
from states.records.scopes import Selection
from states.records.session import Store
from states.records.told import MailForetold


@dataclass(frozen=True)
class Outlook:
    """The mails up to an instant if nobody does anything meanwhile. `whole`: that is as far as was asked for.

    `units`: names of those that it was worked out for, where that was a few of them as an example.
    """

    mails: list[MailForetold]
    until: datetime
    whole: bool
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ahead:
    """What is to be worked out: from `now` to `until`, a year at most; after each event `enough()` says whether to stop."""

    now: datetime
    until: datetime
    hours: MailHours
    enough: Callable[[], bool]

    @property
    def end(self) -> datetime:
        return min(self.until, self.now + HORIZON)


Unrolled = Generator[tuple[datetime, list[MailForetold]], None, datetime]


def unrolled(store: Store, scope: Scope, order: Order, ahead: Ahead) -> Unrolled:
    """What a start would send, event after event with its mails; returns until when that is all.

    The copy is there from the first event until the last one, or until it is closed. Raises, at the first event, NotAllowed,
    Faulty and Refused as the start itself would, Busy when another preview takes long. Writes nothing.
    """
    with _copied(store) as copy:
        return (yield from _started(copy, scope, order, ahead))


def example(store: Store, scope: Scope, order: Order, ahead: Ahead) -> Outlook:
    """All at once for one unit of each kind and level, and as if no other campaign were going on: what comes on which day
    where there are too many units to work out all of it. Raises as `unrolled` does."""
    with _copied(store) as copy:
        with copy.write() as session:
            few = one_of_each(session, order)
            _close_all(session, ahead.now)
        asked = replace(order, selection=Selection(codes=tuple(few)))
        return collected(_started(copy, scope, asked, ahead), ahead, tuple(few.values()))


def collected(steps: Unrolled, ahead: Ahead, units: tuple[str, ...] = ()) -> Outlook:
    """All events at once."""
    mails: list[MailForetold] = []
    while True:
        try:
            mails += next(steps)[1]
        except StopIteration as ended:
            return Outlook(mails, ended.value, ended.value == ahead.until, units)


def one_of_each(session: Session, order: Order) -> dict[str, str]:
    """Code → name of the first unit of each kind and level that takes part."""
    taking_part = scopes.chosen(session, order.selection, scopes.owner_of(session, order.owner))
    first = sa.select(sa.func.min(unit.c.id)).where(*taking_part).group_by(unit.c.kind, unit.c.level)
    rows = sa.select(unit.c.code, unit.c.name).where(unit.c.id.in_(first)).order_by(unit.c.level, unit.c.id)
    return dict(session.execute(rows).tuples().all())


def _close_all(session: Session, now: datetime) -> None:
    """On a copy: nothing else goes on."""
    session.execute(sa.update(campaign).values(closed_at=now, state="closed"))
    session.execute(sa.update(timer).values(done_at=now))


@contextmanager
def _copied(store: Store) -> Iterator[Store]:
    """A copy, one at a time."""
    if not AT_ONCE.acquire(timeout=WAITS):
        raise Busy("另一份预览还没有算完，请稍后再试")
    try:
        with shadow(store) as copy:
            yield copy
    finally:
        AT_ONCE.release()


def _started(copy: Store, scope: Scope, order: Order, ahead: Ahead) -> Unrolled:
    with copy.write() as session:
        campaign = running(session, reading_draft.start(session, scope, order, ahead.now)["id"])
    for at, mails in foretell.steps(copy, ahead.now, ahead.end, ahead.hours):
        with copy.read() as session:
            told = reading_preview.told(session, scope, campaign, mails, since=at)
        yield at, told
        if ahead.enough():
            return at
    return ahead.end
