"""The mails that a start would send, day by day: as far as a few seconds reach, or all of them while somebody watches."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from api import problems
from api.deps import Desk
from api.pages.starting import Way
from states.clock import elapsed
from states.records import board, foreseeing_start
from states.records.foreseeing_start import Ahead, Unrolled
from states.records.launch import Order
from states.records.reading_preview import Busy
from states.records.told import MailForetold

log = logging.getLogger("duban.pages")

SECONDS, EXAMPLE, WATCHED = 6.0, 8.0, 900.0
"""After which no further event is worked out: for all units, for some as an example, for all while somebody watches."""
TELLS = 1.0  # seconds between two lines of how far it is
ASKED = "_days"
SPANS = (("14", "两周"), ("31", "一个月"), ("92", "三个月"), ("183", "半年"), ("366", "一年"))
USUAL = "31"
A_DAY, IN_ALL = 20, 300  # mails that are listed by themselves
LINES = 3  # of a mail


@dataclass
class Day:
    """What goes out on a day: how many mails to how many people, what for; the first mails."""

    day: date
    mails: int = 0
    people: int = 0
    counted: Counter[str] = field(default_factory=Counter)
    first: list[MailForetold] = field(default_factory=list)

    @property
    def what(self) -> list[tuple[str, int]]:
        return self.counted.most_common()


class Days:
    """Mails in the order in which they go out, by local days; at most IN_ALL of them are kept one by one."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone, self._left = zone, IN_ALL
        self._people: set[str] = set()
        self.found: list[Day] = []

    def add(self, mails: list[MailForetold]) -> None:
        for day, group in groupby(mails, lambda one: self.day(datetime.fromisoformat(one["at"]))):
            if not self.found or self.found[-1].day != day:
                self.found.append(Day(day))
                self._people = set()
            self._fill(self.found[-1], list(group))

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _fill(self, last: Day, found: list[MailForetold]) -> None:
        self._people |= {one["to"] for one in found}
        last.mails, last.people = last.mails + len(found), len(self._people)
        last.counted.update(line["name"] for one in found for line in one["lines"])
        first = found[: min(A_DAY - len(last.first), self._left)]
        self._left -= len(first)
        last.first += first


class Reckoning:
    """All units' mails: `days` of them, `until` when. To be walked through once; now and then tells how far it is. `whole` afterwards: that
    is all that was asked for; `broken`: an error ended it, which is in the log.
    """

    def __init__(self, steps: Unrolled, ahead: Ahead, zone: ZoneInfo) -> None:
        """Works out the first event, and raises what `unrolled` raises."""
        self._steps, self._asked, self._days = steps, ahead.until, Days(zone)
        self.until, self.total, self.whole, self.broken = ahead.now, 0, False, False
        self._first = next(steps)

    def __iter__(self) -> Iterator[tuple[datetime, int]]:
        told = elapsed()
        self._take(*self._first)
        try:
            while True:
                self._take(*next(self._steps))
                if elapsed() - told >= TELLS:
                    yield self.until, self.total
                    told = elapsed()
        except StopIteration as ended:
            self.until, self.whole = ended.value, ended.value == self._asked
        except Exception:
            log.exception("the mails of a start could not be foretold")
            self.broken = True

    @property
    def days(self) -> list[Day]:
        return self._days.found

    def close(self) -> None:
        """Nobody watches any more."""
        self._steps.close()

    def _take(self, at: datetime, mails: list[MailForetold]) -> None:
        self.until, self.total = at, self.total + len(mails)
        self._days.add(mails)


def facts(desk: Desk, way: Way, *, watched: bool = False) -> dict[str, Any]:
    """Days with their mails, later ones by the example of some units; what stands in the way where nothing can start.
    `watched`: all of them, and `found` is still to be walked through.
    """
    span = way.typed.text(ASKED)
    span = span if span in dict(SPANS) else USUAL
    made: dict[str, Any] = {"span": span, "spans": SPANS, "found": None, "watched": False, "wrong": ""}
    made |= {"example": None, "later": [], "seconds": int(SECONDS + EXAMPLE)}
    made |= {"lines": LINES, "roles": board.ROLE_NAMES, "status": way.status}
    if way.seen is None or way.order is None or way.seen.refusals:
        return made
    work = _watched if watched else _worked_out
    try:
        return {**made, **work(desk, way, way.order, int(span))}
    except Busy as error:
        return {**made, "wrong": error.detail, "status": problems.status_of(error)}


def _worked_out(desk: Desk, way: Way, order: Order, days: int) -> dict[str, Any]:
    """As far as it gets in SECONDS, then the example."""
    found = _reckoning(desk, way, order, days, SECONDS)
    for _ in found:
        pass
    if found.whole:
        return {"found": found}
    ahead = _ahead(desk, _until(desk, way, order, days), EXAMPLE)
    example = foreseeing_start.example(desk.house.store, desk.scope, order, ahead)
    later = Days(way.zone)
    later.add([one for one in example.mails if datetime.fromisoformat(one["at"]) > found.until])
    return {"found": found, "example": example, "later": later.found}


def _watched(desk: Desk, way: Way, order: Order, days: int) -> dict[str, Any]:
    return {"found": _reckoning(desk, way, order, days, WATCHED), "watched": True}


def _reckoning(desk: Desk, way: Way, order: Order, days: int, seconds: float) -> Reckoning:
    ahead = _ahead(desk, _until(desk, way, order, days), seconds)
    steps = foreseeing_start.unrolled(desk.house.store, desk.scope, order, ahead)
    return Reckoning(steps, ahead, way.zone)


def _until(desk: Desk, way: Way, order: Order, days: int) -> datetime:
    """So many days after the start."""
    return max(desk.now, datetime.combine(order.start, time(0), way.zone)) + timedelta(days=days)


def _ahead(desk: Desk, until: datetime, seconds: float) -> Ahead:
    ends = elapsed() + seconds
    return Ahead(desk.now, until, desk.hours, enough=lambda: elapsed() >= ends)
