"""The demonstration: an invented province, one campaign, and a clock on which a day takes seconds."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import yaml

from flows import rounds
from states import clock, settings
from states.reading import load, shipped
from states.records import board, foretell, health, launch, mass, sample, sample_people, schema
from states.records.actors import COORDINATOR, Actors
from states.records.campaigns import running
from states.settings import Settings
from states.workdays import published
from states.yamltext import read

log = logging.getLogger(__name__)

UNITS = 60
BURST = timedelta(days=24)  # lived through at full speed, so that there is something to see at once
LINGER = timedelta(days=21)  # after the end: what is still owed goes on climbing
GLANCE = 0.5  # seconds between two steps of the clock that is shown
STILL = 10.0  # seconds between two words that all is well once everything has been lived through
TITLE = "群众身边不正之风和“微腐败”问题专项整治（演示）"
KEY = "demo-four-phase"
ACTOR = "demo"
MONTHS = {"8月": "{0}年12月", "9月": "{1}年1月", "11月": "{1}年3月", "12月": "{1}年4月"}


def template_text() -> str:
    """The standard four phases with the 33 ledger rows of the 2017 plan, as one template."""
    plans = shipped()
    four, ledger = (read(plans[key]).data for key in ("standard-four-phase", "sichuan-2017-122"))
    rows = {key: value for key, value in ledger["ledger"].items() if key != "ladder"}
    merged = {**four, "key": KEY, "title": TITLE, "documents": ledger["documents"], "ledger": rows}
    return yaml.safe_dump(merged, allow_unicode=True, sort_keys=False, width=1000)


def first_day() -> date:
    """A late November whose next year has no published calendar yet, so that its dates are provisional."""
    return date(max(published()[1]), 11, 23)


def fills(start: date) -> dict[str, str]:
    """The ledger's months moved along: the plan was for August to December, we start in November."""
    ledger = load(template_text()).ledger
    return {
        f"ledger-{row.no}.due": _moved(row.due, start.year)
        for row in (ledger.rows if ledger else ())
        if row.due
    }


def _moved(words: str, year: int) -> str:
    for month, later in MONTHS.items():
        if words.startswith(month):
            return later.format(year, year + 1) + words.removeprefix(month)
    return words


@contextmanager
def folder(*, keep: bool) -> Iterator[Path]:
    """A throw-away folder for everything the demonstration writes; SIGTERM takes it along while nothing serves yet."""
    home = Path(tempfile.mkdtemp(prefix="duban-demo-"))
    if keep:
        yield home
        return

    def ended(number: int, _frame: object) -> None:
        shutil.rmtree(home, ignore_errors=True)
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    before = signal.signal(signal.SIGTERM, ended)
    try:
        yield home
    finally:
        signal.signal(signal.SIGTERM, before)
        shutil.rmtree(home)


def environment(home: Path, address: str) -> dict[str, str]:
    """Settings of the demonstration; they go before whatever `.env` says."""
    return {
        "DUBAN_HOME": str(home),
        "DUBAN_DATABASE_URL": f"sqlite:///{home / 'duban.db'}",
        "DUBAN_SMTP_URL": f"maildir:{home / 'mail'}",
        "DUBAN_MAIL_FROM": "duban@example.org",
        "DUBAN_MAIL_HOURS": "09:00-17:30",
        "DUBAN_BASE_URL": address,
        "DUBAN_TIMEZONE": "Asia/Shanghai",
    }


def prepare(home: Path, address: str, seconds_a_day: float) -> Show:
    """Units and a campaign in a fresh database under `home`; the API of this process will read the same."""
    os.environ.update(environment(home, address))
    found = settings.read()
    store = rounds.store_of(found)
    schema.upgrade(store)
    start = first_day()
    began = datetime.combine(start, time(0), found.zone)
    with store.write() as session:
        sample.build(session, UNITS, began)
        sample_people.build(session, began)
        order = launch.Order(template_text(), start, fills(start))
        key = launch.launch(session, order, began, ACTOR)
    show = Show(found, key, began, seconds_a_day)
    show.mark(began)
    return show


@dataclass(frozen=True)
class Pace:
    """Which virtual instant it is: `began` at real second `since`, then a day every `seconds_a_day`."""

    began: datetime
    since: float
    seconds_a_day: float

    def at(self, second: float) -> datetime:
        return self.began + timedelta(days=(second - self.since) / self.seconds_a_day)

    def second_of(self, at: datetime) -> float:
        return self.since + (at - self.began) / timedelta(days=1) * self.seconds_a_day


class Show:
    """The fast clock: real rounds, a real mailbox, invented people, an invented date."""

    def __init__(self, found: Settings, key: int, began: datetime, seconds_a_day: float) -> None:
        self.settings, self.key, self.began = found, key, began
        self.store = rounds.store_of(found)
        self.seconds_a_day = seconds_a_day
        self.actors = Actors(self.store, key)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name="demo", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """After the round that runs."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self.store.close()

    def mark(self, now: datetime, *, over: bool = False) -> None:
        """Tell the pages what time it is and whether everything has been lived through, /readyz that the clock moves."""
        figures = {board.OVER: float(over)}
        health.beat(self.store, board.DEMO_CLOCK, True, now.isoformat(), clock.now(), figures)

    def _live(self) -> None:
        now, ends = self.began, self._ends()
        pace: Pace | None = None
        while not self._stopping.is_set() and now <= ends:
            after = self._try(now)
            if pace is None and now >= self.began + BURST:
                pace = Pace(now, clock.elapsed(), self.seconds_a_day)
            self._pass(pace, after)
            now = after
        self.mark(now, over=not self._stopping.is_set())
        while not self._stopping.wait(STILL):
            self.mark(now, over=True)

    def _ends(self) -> datetime:
        with self.store.read() as session:
            ends_at = running(session, self.key).row.ends_at
        return (ends_at or self.began + timedelta(days=180)) + LINGER

    def _try(self, now: datetime) -> datetime:
        """A round that fails is reported, and the show goes on."""
        try:
            after = self._step(now)
        except Exception as error:
            log.exception("a round of the demonstration failed")
            health.beat(self.store, board.DEMO_STEP, False, str(error) or type(error).__name__, now)
            return now + timedelta(hours=1)
        health.beat(self.store, board.DEMO_STEP, True, "", now)
        return after

    def _step(self, now: datetime) -> datetime:
        """Everybody acts, every round runs; when something happens next."""
        acts_next = self.actors.act(now)
        self._close(now)
        self.mark(now)  # first: no mail is later than the page's clock
        rounds.tick(self.settings, now)
        with self.store.read() as session:
            rounds_next = foretell.next_event(session, now, rounds.mail_hours(self.settings))
        return min(at for at in (acts_next, rounds_next) if at is not None and at > now)

    def _close(self, now: datetime) -> None:
        """At the end the coordinator closes every unit that owes nothing any more."""
        with self.store.write() as session:
            campaign = running(session, self.key)
            if campaign.row.ends_at is not None and campaign.row.ends_at <= now:
                mass.mass_move(session, campaign, "close", [], now, COORDINATOR)

    def _pass(self, pace: Pace | None, until: datetime) -> None:
        """Let real time pass until it is `until` on the fast clock, and show it passing."""
        if pace is None:
            return
        while (left := pace.second_of(until) - clock.elapsed()) > 0:
            if self._stopping.wait(min(left, GLANCE)):
                return
            self.mark(min(until, pace.at(clock.elapsed())))
