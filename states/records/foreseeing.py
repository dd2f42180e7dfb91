"""What mails would say otherwise if something were done: the preview run twice, once with it and once without."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlmodel import Session

from states.records import foretell
from states.records.foretell import Foretold, run_through, shadow
from states.records.outbox import MailHours
from states.records.reading_preview import AT_ONCE, HORIZON, WAITS, Busy
from states.records.session import Store
from states.records.told import LineChange, MailsChange, instant

SHOWN = 200
AFTERWARDS = timedelta(days=14)  # how far beyond a new date is looked: most rungs have spoken by then
T = TypeVar("T")
Said = tuple[str, str, str, str, str, str]


def foresee(
    store: Store,
    act: Callable[[Session], tuple[T, datetime]],
    now: datetime,
    hours: MailHours,
    campaign_id: int,
    zone: ZoneInfo,
) -> tuple[T, MailsChange]:
    """What `act` returns when it is done on a copy, and what mails of the campaign say otherwise afterwards.

    `act` returns its last new date too. Nothing is written. Raises what `act` raises, Busy when another preview is long.
    """
    if not AT_ONCE.acquire(timeout=WAITS):
        raise Busy("另一份预览还没有算完，请稍后再试")
    try:
        with shadow(store) as copy:
            with copy.write() as session:
                made, last = act(session)
            until = min(max(last, now) + AFTERWARDS, now + HORIZON)
            after = _said(copy, now, until, hours, campaign_id, zone)
        with shadow(store) as copy:
            before = _said(copy, now, until, hours, campaign_id, zone)
    finally:
        AT_ONCE.release()
    gone, new = sorted(before - after), sorted(after - before)
    return made, {
        "until": instant(until, zone),
        "gone": [_told(one) for one in gone[:SHOWN]],
        "new": [_told(one) for one in new[:SHOWN]],
        "gone_count": len(gone),
        "new_count": len(new),
    }


def _said(
    copy: Store, now: datetime, until: datetime, hours: MailHours, campaign_id: int, zone: ZoneInfo
) -> set[Said]:
    """Every line of the campaign's mails: day, address, name, rung, unit, what."""
    mails = run_through(copy, now, until, hours)
    with copy.read() as session:
        keys = foretell.keys_about(session, campaign_id)
    return {line for one in mails if one.key in keys for line in _lines(one, zone)}


def _lines(one: Foretold, zone: ZoneInfo) -> list[Said]:
    day = one.at.astimezone(zone).date().isoformat()
    return [(day, one.to, one.name, rung, unit, what) for rung, unit, what in one.lines]


def _told(one: Said) -> LineChange:
    day, to, name, rung, unit, what = one
    return {"at": day, "to": to, "name": name, "rung": rung, "unit": unit, "what": what}
