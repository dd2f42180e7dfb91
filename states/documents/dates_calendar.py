"""Dates as an iCalendar file (RFC 5545), for the calendar programmes that people have."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from icalendar import Event

MEDIA = "text/calendar; charset=utf-8"
NAME = "督办期限"
AGAIN = timedelta(hours=6)  # how often a programme should ask
LENGTH = timedelta(minutes=30)  # an entry ends at its date, and is seen in a week's view


class Dated(Protocol):
    """What an entry is made of. `path`: below the address of the pages."""

    @property
    def key(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def what(self) -> str: ...
    @property
    def where(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def words(self) -> str: ...


def calendar(dates: Iterable[Dated], base_url: str, now: datetime) -> bytes:
    """The file; each entry keeps its name when its date moves, so that programmes move it and make no second one."""
    from icalendar import Calendar, vDuration  # 6 MB, of no use before somebody subscribes

    made = Calendar()
    made.add("prodid", "-//duban//dates//ZH")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", NAME)
    made.add("refresh-interval", AGAIN, parameters={"value": "DURATION"})
    made.add("x-published-ttl", vDuration(AGAIN))
    for one in dates:
        made.add_component(_event(one, base_url, now))
    return bytes(made.to_ical())


def _event(one: Dated, base_url: str, now: datetime) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", f"{one.key}@duban")
    event.add("dtstamp", now)
    at = one.at.astimezone(UTC)  # a zone by its hours is a name that no programme knows
    event.add("dtstart", at - LENGTH)
    event.add("dtend", at)
    event.add("summary", one.what)
    event.add("description", "\n".join(part for part in (one.where, one.words) if part))
    event.add("url", base_url + one.path)
    event.add("transp", "TRANSPARENT")
    return event
