"""What has to come of it: the same moments lived through on a copy in memory, where nothing goes wrong but the addresses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from states.letters import Message
from states.records import core, foretell, rounds
from states.records.actors import Actors
from states.records.foretell import Foretold
from states.records.session import Store
from tests.story.kill_campaign import HOURS, traces

Standing = dict[str, Counter[Any]]
TIMER = re.compile(r"\bt:\d+")


@dataclass(frozen=True)
class Moment:
    """An instant at which rounds find something to do; what they have left behind after it; and how long until the next."""

    at: datetime
    after: tuple[int, ...]
    mails: int
    room: timedelta


@dataclass
class Foreseen:
    """`acts`: every instant at which people may do something, the busy ones among them."""

    mails: list[Foretold] = field(default_factory=list)
    acts: list[datetime] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    standing: Standing = field(default_factory=dict)


def foresee(
    store: Store,
    key: int,
    start: datetime,
    until: datetime,
    refused: frozenset[str],
    stop: tuple[datetime, datetime],
) -> Foreseen:
    """Between the two instants of `stop` no clock runs: everything in between comes at its end, at once."""
    made, seen = Foreseen(), []
    with foretell.shadow(store) as copy:
        act = Actors(copy, key).act
        now: datetime | None = start
        while now is not None and now <= until:
            acts_next = act(now)
            made.acts.append(now)
            _settle(copy, now, refused, made.mails)
            seen.append((now, traces(copy)))
            with copy.read() as session:
                after = foretell.next_event(session, now, HOURS)
            later = [one for one in (after, acts_next) if one is not None and one > now]
            now = min(later, default=None)
            if now is not None and stop[0] < now < stop[1]:
                now = stop[1]
        made.standing = standing(copy)
    made.moments = list(_busy(seen, made.mails))
    return made


def _settle(copy: Store, now: datetime, refused: frozenset[str], found: list[Foretold]) -> None:
    def send(message: Message) -> rounds.Answer:
        if message.to in refused:
            return rounds.Answer("permanent", "550 5.1.1 no such mailbox")
        found.append(foretell._foretold(message, now))
        return rounds.Answer("sent")

    left: tuple[int, ...] | None = None
    while left != (found_now := traces(copy)):
        left = found_now
        rounds.decide(copy, now, HOURS)
        rounds.deliver_at_once(copy, send, now, "foreseen", HOURS)


def _busy(seen: list[tuple[datetime, tuple[int, ...]]], found: list[Foretold]) -> Iterator[Moment]:
    mails = Counter(one.at for one in found)
    busy = [(at, after) for place, (at, after) in enumerate(seen) if not place or after != seen[place - 1][1]]
    for place, (at, after) in enumerate(busy):
        ends = busy[place + 1][0] if place + 1 < len(busy) else at + timedelta(days=1)
        yield Moment(at, after, mails[at], ends - at)


def standing(store: Store) -> Standing:
    """Who stands where, what was decided, what became of it: everything but when, which hangs on when the post took what."""
    timer, notice, mail = core.timer.c, core.notice.c, core.mail.c
    asked = {
        "timers": sa.select(timer.milestone_id, timer.obligation_id, timer.rung, timer.cycle, timer.outcome),
        "notices": sa.select(notice.key, notice.state),
        "mails": sa.select(mail.key, mail.state),
        "units": sa.select(core.run.c.unit_id, core.run.c.state),
        "duties": sa.select(core.obligation.c.id, core.obligation.c.status),
        "proposals": sa.select(core.proposal.c.name, core.proposal.c.milestone_id, core.proposal.c.unit_id),
        "vacancies": sa.select(core.vacancy.c.unit_id, core.vacancy.c.role),
    }
    with store.read() as session:
        return {name: Counter(map(_named, session.execute(one))) for name, one in asked.items()}


def _named(row: sa.Row[Any]) -> tuple[Any, ...]:
    """Without numbers that a database gave out: one that rolled back has given more of them."""
    return tuple(TIMER.sub("t:", one) if isinstance(one, str) else one for one in row)
