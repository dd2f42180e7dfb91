"""The dates of a problem that is found while a campaign runs: its own words, or the steps of its class."""

from __future__ import annotations

from datetime import datetime, time
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.dates import Anchors, parse, resolve
from states.errors import Fault, Faulty
from states.events import event_of
from states.records.campaigns import Running
from states.records.core import ledger_item, local_event, milestone, unit
from states.records.ledger_steps import dated
from states.records.local_windows import placed
from states.records.replanning import happened
from states.template import IssueType

UNDATED = "未注明日期"
ITS_OWN = (
    "事项发生",
    "发现",
    "报告",
    "登记",
)  # what each problem has a day of its own for: the one of its report


class Dated(NamedTuple):
    """One date of an item; `missing` says why it has no instant. `period` and `step` name a step of its class."""

    period: str
    step: str
    words: str
    due_at: datetime | None
    provisional: bool
    soft: bool
    standing: bool
    missing: str | None
    event: str | None = None


class Nearest(NamedTuple):
    """What dates count from at one unit: when events happened there, and when the campaign ends."""

    events: tuple[tuple[str, datetime], ...]
    ends: datetime | None


class Dating:
    """Reads words of time for one campaign; equal words reported on the same day are read once."""

    def __init__(self, session: Session, campaign: Running) -> None:
        self.campaign = campaign
        self._events = happened(session, campaign)
        self._local = _local_events(session, campaign)
        whole = campaign.template.whole
        self._ends = [
            (one.path, one.row.closes_at) for one in (placed(session, campaign, whole) if whole else ())
        ]
        self._near: dict[str, Nearest] = {}
        self._known: dict[tuple[str, datetime, Nearest], Dated] = {}

    def _nearest(self, path: str) -> Nearest:
        """The nearest above the unit of a path, each event by itself; what is of everybody where there is none."""
        if path not in self._near:
            events = dict(self._events)
            events |= {name: at for place, name, at in self._local if path.startswith(place)}
            ends = [at for place, at in self._ends if path.startswith(place)]
            last = ends[-1] if ends else self.campaign.row.ends_at
            self._near[path] = Nearest(tuple(sorted(events.items())), last)
        return self._near[path]

    def type_named(self, name: str | None) -> IssueType | None:
        """A class of the plan by its key or name. Raises Faulty."""
        ledger = self.campaign.template.ledger
        types = ledger.types if ledger else ()
        if not name:
            return None
        found = next((one for one in types if name in (one.key, one.name)), None)
        if found is None:
            offered = "、".join(one.name for one in types) or "（方案没有分类）"
            raise Faulty([Fault("type", f"没有“{name}”这种问题类型；可用的有 {offered}")])
        return found

    def again(
        self, type_name: str | None, words: str | None, reported_at: datetime, path: str
    ) -> list[Dated]:
        """The dates of an item that is written down; none where a later version of the plan lacks its class."""
        ledger = self.campaign.template.ledger
        kind = next((one for one in (ledger.types if ledger else ()) if one.name == type_name), None)
        if type_name and kind is None:
            return []
        return self.of(None if kind else words, kind, reported_at, path)

    def of(self, words: str | None, kind: IssueType | None, reported_at: datetime, path: str) -> list[Dated]:
        """The dates of one item in the unit of a path. Raises Faulty for words that can't be read."""
        near = self._nearest(path)
        if words:
            return [self._read(words, reported_at, near, launch=False)]
        if kind is None:
            return [Dated("", "", UNDATED, None, False, False, False, "没有写完成时限")]
        steps = [(one, self._read(one.due, reported_at, near, launch=True)) for one in kind.steps]
        return [dated._replace(period=one.key, step=one.name) for one, dated in steps]

    def _read(self, words: str, reported_at: datetime, near: Nearest, *, launch: bool) -> Dated:
        """`launch`: what the words count from the launch counts from the report, as it does for a class."""
        day = datetime.combine(reported_at.astimezone(self.campaign.zone).date(), time(0), self.campaign.zone)
        key = (f"{launch}{words}", day, near)
        if key not in self._known:
            self._known[key] = self._resolved(words, day, near, launch=launch)
        return self._known[key]

    def _resolved(self, words: str, day: datetime, near: Nearest, *, launch: bool) -> Dated:
        campaign = self.campaign
        begun = datetime.combine(campaign.row.start, time(0), campaign.zone)
        reported = dict.fromkeys((*ITS_OWN, "收到转办"), day)
        anchors = Anchors(
            launch=day if launch else begun,
            issued=day.date(),
            year=day.year,
            begins=begun,
            ends=near.ends,
            events={**reported, **dict(near.events)},
        )
        deadline = parse(words)
        due = resolve(deadline, anchors, campaign.calendar, campaign.zone)
        event = event_of(deadline, None)
        event = None if event in ITS_OWN else event
        standing_only = due.at is None and due.standing
        missing = None if standing_only else due.missing
        return Dated("", "", words, due.at, due.provisional, due.soft, due.standing, missing, event)


def _local_events(session: Session, campaign: Running) -> list[tuple[str, str, datetime]]:
    """Events of single units: path, name, when; those of upper units first."""
    kept = sa.select(unit.c.path, local_event.c.name, local_event.c.at)
    kept = kept.join(unit, unit.c.id == local_event.c.unit_id)
    kept = kept.where(local_event.c.campaign_id == campaign.id)
    rows = session.execute(kept.order_by(sa.func.length(unit.c.path), unit.c.id)).tuples()
    return [(path, name, at) for path, name, at in rows]


def provisional(session: Session, campaign: Running) -> dict[tuple[str, str], Dated]:
    """Dates of problems found meanwhile that rest on an unpublished calendar, read again; by requirement and period."""
    one, about = ledger_item.c, (milestone.c.requirement, milestone.c.period)
    statement = (
        sa.select(*about, one.due_words, one.type, one.reported_at, unit.c.path)
        .select_from(ledger_item)
        .join(milestone, dated())
        .join(unit, unit.c.id == one.unit_id)
        .where(one.campaign_id == campaign.id, one.found_by.is_not(None), milestone.c.provisional)
    )
    dating = Dating(session, campaign)
    found = {}
    for requirement, period, words, name, reported_at, path in session.execute(statement):
        for date in dating.again(name, words, reported_at, path):
            if date.period == period:
                found[requirement, period] = date
    return found
