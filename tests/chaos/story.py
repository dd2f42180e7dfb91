"""One campaign from its launch to its end, on one database, while everything goes wrong."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from flows import rounds
from in_china import at
from states import settings as settings_of
from states.records import core, foretell, launch, sample, schema
from states.records.actors import Actors
from states.records.launch import Order
from states.records.session import Store, connect
from tests.chaos import clocked, databases, verdict
from tests.chaos.databases import Database
from tests.chaos.foreseen import Foreseen, Moment, foresee
from tests.chaos.office import PATIENCE, Office
from tests.chaos.processes import TICK_ENDS, Processes
from tests.chaos.verdict import Outage, Verdict
from tests.shared.loopback import served
from tests.story.kill_campaign import HOURS, LAUNCHED, MAIL, START, plan, traces, waiting
from tests.story.kill_post import environment

Say = Callable[[str], None]
STOP = at("2026-09-25 17:00"), at("2026-10-09 10:30")
"""In between no clock runs. It ends more than an hour after all that was due: set back an hour, a clock owes the same rungs, and
digests wait for them only as they do after a stop.
"""
ROOM = timedelta(hours=3)  # until the next moment, for those that are struck
SOON = timedelta(seconds=1)
STEP = timedelta(minutes=11)  # longer than a lease
FORGETS = 6 * PATIENCE  # seconds in which a mail in hand comes to something, if the machine is quick
STUCK = (
    7  # times as long without any progress: the clock goes on by more than an hour, when rounds look again
)
DIE_WITHIN = 6.0  # times what a tick takes that finds nothing to do


@dataclass(frozen=True)
class Plot:
    """How much of it. `strikes`: how many moments are struck."""

    units: int
    until: str
    strikes: int
    ticks: int = 3
    ups: int = 2


LONG = Plot(300, "2026-11-10 18:00", 9)
SHORT = Plot(24, "2026-10-09 18:00", 2)


@dataclass
class Struck:
    """What was done to it."""

    counts: Counter[str] = field(default_factory=Counter)
    outages: list[Outage] = field(default_factory=list)


class World:
    """A province, its service in several processes, and who strikes at them."""

    def __init__(self, plot: Plot, database: Database, folder: Path, dice: Random, say: Say) -> None:
        self.plot, self.database, self.folder, self.dice, self.say = plot, database, folder, dice, say
        self.struck = Struck()
        self.store: Store = connect(database.url)
        self.clock = folder / "clock"
        schema.upgrade(self.store)
        with self.store.write() as session:
            sample.build(session, plot.units, at(f"{START} 08:00"))
        order = Order(plan(), date.fromisoformat(START), {})
        with self.store.write() as session:
            self.key = launch.launch(session, order, at(LAUNCHED), "test")
        addresses = sorted(self._addresses())
        self.refused = frozenset(dice.sample(addresses, max(2, len(addresses) // 60)))
        self.foreseen: Foreseen = foresee(
            self.store, self.key, at(LAUNCHED), at(plot.until), self.refused, STOP
        )

    def _addresses(self) -> set[str]:
        with self.store.read() as session:
            return set(session.execute(sa.select(core.contact.c.email)).scalars())

    def live(self, processes: Processes, office: Office) -> None:
        """Through all its moments."""
        self.processes, self.office = processes, office
        self.pace = self._measured()
        self.forgets = max(FORGETS, DIE_WITHIN * self.pace)
        struck = self._chosen()
        busy = {one.at: one for one in self.foreseen.moments}
        places = {one.at: place for place, one in enumerate(self.foreseen.moments, 1)}
        actors = Actors(self.store, self.key)
        for now in self.foreseen.acts:
            self._through(now)
            actors.act(now)
            if (moment := busy.get(now)) is None:
                continue
            self._set(now)
            self._staff()
            if now in struck:
                self._strike(moment)
            self._settle(moment)
            blown = ", ".join(f"{name} {count}" for name, count in self.struck.counts.items() if count)
            self.say(f"   {places[now]} of {len(busy)}, {moment.at:%Y-%m-%d %H:%M} UTC; {blown or 'calm'}")

    def _through(self, until: datetime) -> None:
        """What comes of itself before then, each at its time: rounds come every minute, and what they find too late is
        credited to the units.
        """
        while (due := self._next()) is not None and due < until and not STOP[0] < due < STOP[1]:
            self._set(due + SOON)
            self._ticked()

    def _next(self) -> datetime | None:
        with self.store.read() as session:
            return foretell.next_event(session, self._now(), HOURS)

    def _measured(self) -> float:
        """How long a tick takes here, now, before anything is due."""
        self._set(at(f"{START} 08:29"))
        return self._ticked()

    def _ticked(self) -> float:
        """One tick from its begin to its end; the seconds it took."""
        first = self.processes.start("tick")
        while first.alive:
            self.processes.reap()
            time.sleep(0.02)
        return time.monotonic() - first.began

    def _chosen(self) -> set[datetime]:
        """The moments that are struck: those with the most mails, and others, each with room until the next."""
        roomy = [one for one in self.foreseen.moments if one.room >= ROOM and one.at.hour < 6]
        most = sorted(roomy, key=lambda one: -one.mails)[: (self.plot.strikes + 1) // 2]
        others = [one for one in roomy if one not in most and one.mails]
        drawn = self.dice.sample(others, min(len(others), self.plot.strikes - len(most)))
        return {one.at for one in (*most, *drawn)}

    def _set(self, now: datetime) -> None:
        """It is `now`, and time runs on from there, for all rounds that there are."""
        clocked.set_clock(self.clock, now, TICK_ENDS)

    def _now(self) -> datetime:
        return clocked.reads(self.clock)

    def _staff(self) -> None:
        for _ in range(self.plot.ups - len(self.processes.of("up"))):
            self.processes.start("up", "--lite", "--port", "0")

    # -- blows --------------------------------------------------------------------------------------------

    def _strike(self, moment: Moment) -> None:
        """Rounds of several processes at once in foul weather; each may die at any time, and one thing more goes wrong."""
        self.office.stormy = True
        for place in range(self.plot.ticks):
            skew = self.dice.choice((0.0, 0.0, -150.0, 150.0)) if place else 0.0
            self.struck.counts["a process's clock off by 150 s"] += skew != 0
            dies = self.dice.uniform(0.1, DIE_WITHIN) * self.pace if self.dice.random() < 0.8 else None
            self.processes.start("tick", skew=skew, dies=dies)
        for one in self.processes.of("up"):
            one.dies = time.monotonic() + self.dice.uniform(0.1, DIE_WITHIN) * self.pace
        blows: dict[str, Callable[[], bool]] = {
            "disk full": self._fill,
            "PostgreSQL killed": self._restart,
            "clock back an hour": self._back,
        }
        later = [
            (time.monotonic() + self.dice.uniform(0.5, 4.0) * self.pace, name) for name in self._drawn(blows)
        ]
        while self.processes.of("tick") or later:
            self.processes.reap()
            for when, name in [one for one in later if one[0] <= time.monotonic()]:
                later.remove((when, name))
                self.struck.counts[name] += blows[name]()
            self._staff()
            time.sleep(0.05)
        self.office.stormy = False

    def _drawn(self, blows: dict[str, Callable[[], bool]]) -> list[str]:
        """Each in turn, so that none is left out; now and then two."""
        self._turn = getattr(self, "_turn", self.dice.randrange(len(blows))) + 1
        names = sorted(blows)
        first = names[self._turn % len(names)]
        return [first, *self.dice.sample([one for one in names if one != first], self.dice.randrange(2))]

    def _fill(self) -> bool:
        began = time.monotonic()
        struck = self.database.fill(self.processes.living)
        time.sleep(self.dice.uniform(1.0, 4.0))
        self.database.clear(self.processes.living)
        self.struck.outages.append(Outage(began, time.monotonic()))
        return struck

    def _restart(self) -> bool:
        began = time.monotonic()
        struck = self.database.restart()
        if struck:
            self.struck.outages.append(Outage(began, time.monotonic()))
        return struck

    def _back(self) -> bool:
        clocked.set_clock(self.clock, self._now() - timedelta(hours=1))
        return True

    # -- afterwards ---------------------------------------------------------------------------------------

    def _settle(self, moment: Moment) -> None:
        """Calm. What the dead held passes on when its lease is over, what was put off comes when its time comes: the
        clock is moved on, but never while somebody alive has a mail in hand or could take one.
        """
        progress = moved = time.monotonic()
        last = None
        while True:
            there = traces(self.store)
            if there == moment.after and waiting(self.store) == 0:
                return
            if there != last:
                progress, last = time.monotonic(), there
            if time.monotonic() - progress > STUCK * self.forgets:
                undone = f"now {self._now()}, undone {self._undone()}"
                raise verdict.Stuck(
                    f"{moment.at:%Y-%m-%d %H:%M}: {there} in place of {moment.after}; {undone}"
                )
            self.processes.reap()
            self._staff()
            if self._idle(moment, time.monotonic() - max(progress, moved)):
                self._set(max(self._now(), moment.at) + STEP)
                moved = time.monotonic()
            time.sleep(0.3)

    def _undone(self) -> list[str]:
        """The timers that come next or should have come: which, when, and for how many others it was put off."""
        timer, off = core.timer.c, core.put_off.c
        count = sa.select(sa.func.count()).where(off.timer_id == timer.id).scalar_subquery()
        rows = sa.select(timer.id, timer.milestone_id, timer.rung, timer.fire_at, timer.held, count)
        with self.store.read() as session:
            found = session.execute(rows.where(timer.done_at.is_(None)).order_by(timer.fire_at).limit(5))
            return [" ".join(map(str, row)) for row in found]

    def _idle(self, moment: Moment, still: float) -> bool:
        """Whether all that is left waits for its time: nothing can be claimed, and what is claimed is held by the dead, or by
        somebody whose round ended without its database: he would be done with any mail by now. `still`: seconds without progress.
        """
        now, forgotten = self._now(), still > self.forgets
        mail = core.mail.c
        with self.store.read() as session:
            queued = session.execute(
                sa.select(mail.next_try_at, mail.claimed_by).where(mail.state == "queued")
            ).all()
        living = {str(pid) for pid in self.processes.living}
        if not queued:
            return now < moment.at or forgotten
        return all(
            row.next_try_at > now and (forgotten or (row.claimed_by or ":none").split(":")[1] not in living)
            for row in queued
        )


def run(kind: str, plot: Plot, seed: int, say: Say) -> Verdict:
    """All of it, and what came of it. Everything that was started has ended when it returns."""
    dice = Random(f"{seed} {kind}")
    with TemporaryDirectory(prefix="duban-chaos-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with databases.of(kind, folder) as database:
            world = World(plot, database, folder, dice, say)
            foreseen = world.foreseen
            say(f"{kind}: {len(foreseen.mails)} mails foretold at {len(foreseen.moments)} moments")
            office = Office(dice, world.refused)
            with served(office) as port:
                environ = {**MAIL, "DUBAN_HOME": str(folder), "DUBAN_DATABASE_URL": database.url}
                processes = Processes(folder, environment(**environ), port)
                settings = settings_of.read({**environ, "DUBAN_SMTP_URL": f"smtp://127.0.0.1:{port}"})
                stuck = ""
                try:
                    world.live(processes, office)
                except (verdict.Stuck, TimeoutError) as error:
                    stuck = f"{error}; the processes said: {processes.said()}"
                finally:
                    processes.close()
                rounds.run("seal", settings, world._now())
                found = verdict.judge(kind, world, processes, office, stuck)
                rounds.store_of.cache_clear()
                world.store.close()
                return found
