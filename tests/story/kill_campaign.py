"""A province and the standard campaign in it, foretold and then lived through whatever is killed on the way; and what has
to hold afterwards. Used by the test of killed ticks and by `tests/chaos`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from in_china import at
from states.letters import message_id
from states.reading import shipped
from states.records import core, foretell, launch, sample, schema
from states.records.actors import Actors
from states.records.foretell import Foretold
from states.records.launch import Order
from states.records.outbox import MailHours
from states.records.session import Store
from tests.story.kill_post import CHINA, Line, Mail, Ticks

HOURS = MailHours(CHINA, time(9), time(17, 30))
SENDER = "duban@example.org"
MAIL = {"DUBAN_MAIL_FROM": SENDER, "DUBAN_BASE_URL": "https://duban.example.org"}
UNITS, PROCESSES = 300, 4
START, LAUNCHED = "2026-09-07", "2026-09-07 08:30"
STEP = timedelta(minutes=11)  # longer than a lease
ENDED = {"mailed", "withdrawn", "vacant"}
Peace = Callable[[datetime], object]
ALL = os.environ.get("KILLS") == "all"
WEEKS = ["为期2周", "为期6周", "为期12周", "为期4周"]
SHORTER = {} if ALL else dict.fromkeys(WEEKS, "为期1周")
UNTIL = "2027-03-31 18:00" if ALL else "2026-11-10 18:00"


def plan() -> str:
    """The standard four phases; each of the windows is written once."""
    text = shipped()["standard-four-phase"]
    windows = re.findall(r"window: (.+)", text)
    assert windows == WEEKS
    return re.sub(r"window: (.+)", lambda one: f"window: {SHORTER.get(one[1], one[1])}", text)


@dataclass(frozen=True)
class Moment:
    """An instant of the preview: how many mails it sends, and whether the rounds find anything to do at all."""

    at: datetime
    mails: int
    busy: bool


class Campaign:
    """A province of 300 units and the standard campaign in it, foretold and then lived through."""

    def __init__(self, store: Store) -> None:
        self.store = store
        schema.upgrade(store)
        with store.write() as session:
            sample.build(session, UNITS, at(f"{START} 08:00"))
        order = Order(plan(), date.fromisoformat(START), {})
        with store.write() as session:
            self.key = launch.launch(session, order, at(LAUNCHED), "test")
        self.found, self.moments = self._foretold(at(UNTIL))

    def _foretold(self, until: datetime) -> tuple[list[Foretold], list[Moment]]:
        """What the preview's own rounds send when the units act as they do, and the instants at which they ran."""
        seen: list[tuple[datetime, tuple[int, ...]]] = []
        with foretell.shadow(self.store) as copy:
            act = Actors(copy, self.key).act
            before = traces(copy)
            found = foretell.run_through(
                copy, at(LAUNCHED), until, HOURS, act, lambda now: seen.append((now, traces(copy)))
            )
            assert closed(copy, self.key), "foretold to the end of the campaign"
        mails = Counter(one.at for one in found)
        moments = []
        for now, after in seen:
            moments.append(Moment(now, mails[now], after != before))
            before = after
        return found, moments

    def live(self, ticks: Ticks, attacked: set[datetime], peace: Peace) -> None:
        """At each instant the units act; then come the rounds, under attack or in peace, until all is done."""
        actors = Actors(self.store, self.key)
        for one in self.moments:
            actors.act(one.at)
            if not one.busy:
                continue
            if one.at in attacked:
                self._attacked(ticks, one)
            else:
                peace(one.at)
            assert waiting(self.store) == 0, "what the killed had claimed is sent once their leases are over"

    def _attacked(self, ticks: Ticks, one: Moment) -> None:
        """Four at once and most of them die; once more where much is left to do; then one in peace."""
        ticks.attack(one.at, PROCESSES, one.mails)
        now = one.at + STEP
        if (left := waiting(self.store)) > PROCESSES:
            ticks.attack(now, PROCESSES, left)
            now += STEP
        ticks.alone(now)


def traces(store: Store) -> tuple[int, ...]:
    """Everything that rounds leave behind, counted."""
    done = (
        sa.select(sa.func.count()).where(core.timer.c.done_at.is_not(None)),
        sa.select(sa.func.count()).where(core.phase.c.opened_at.is_not(None)),
        sa.select(sa.func.count()).where(core.milestone.c.opened_at.is_not(None)),
        sa.select(sa.func.count()).select_from(core.notice),
        sa.select(sa.func.count()).select_from(core.proposal),
        sa.select(sa.func.count()).where(core.mail.c.state != "queued"),
    )
    with store.read() as session:
        return tuple(session.execute(one).scalar_one() for one in done)


def waiting(store: Store) -> int:
    """Mails that are still to be sent."""
    with store.read() as session:
        queued = sa.select(sa.func.count()).select_from(core.mail).where(core.mail.c.state == "queued")
        return int(session.execute(queued).scalar_one())


def closed(store: Store, key: int) -> bool:
    """Whether every phase and every milestone with a date has had its time."""
    with store.read() as session:
        mine = core.timer.c.campaign_id == key, core.timer.c.done_at.is_(None)
        return session.execute(sa.select(core.timer.c.id).where(*mine).limit(1)).first() is None


# -- afterwards -----------------------------------------------------------------------------------------


def told(one: Foretold) -> tuple[str, date, Counter[Line]]:
    """A foretold mail as it must arrive; of figures about one unit the mail does not say which."""
    units = {unit for _, unit, _ in one.lines}
    blank = one.kind == "figures" and len(units) == 1
    lines = Counter((rung, "" if blank else unit, what) for rung, unit, what in one.lines)
    return one.to, one.at.astimezone(CHINA).date(), lines


def check_mails(found: list[Foretold], arrived: list[Mail]) -> None:
    """The same mails to the same people on the same days with the same lines, no more and no fewer."""
    wanted = {message_id(one.key, SENDER): told(one) for one in found}
    assert len(wanted) == len(found)
    assert {one.key for one in arrived} == set(wanted)
    for one in arrived:
        assert (one.to, one.day, one.lines) == wanted[one.key], one.key


def check_record(store: Store) -> None:
    """Every notice has come to an end, every mail and every rung was noted once."""
    with store.read() as session:
        notices = set(session.execute(sa.select(core.notice.c.state)).scalars())
        mails = set(session.execute(sa.select(core.mail.c.state)).scalars())
        facts = session.execute(sa.select(core.journal.c.after).where(core.journal.c.kind == "mail.sent"))
        sent = Counter(facts.scalars())
        tickets = session.execute(sa.select(core.timer.c.id).where(core.timer.c.outcome == "fired")).all()
        fired = Counter(
            row.payload["timer"]
            for row in session.execute(sa.select(core.journal).where(core.journal.c.kind == "rung.done"))
            if row.after == "fired"
        )
    assert notices <= ENDED
    assert mails == {"sent"}
    assert set(sent.values()) == {1}
    assert fired == {row.id: 1 for row in tickets}
