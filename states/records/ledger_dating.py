"""The dates of a problem that is found while a campaign runs: its own words, or the steps of its class."""

from __future__ import annotations

from datetime import datetime, time
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.dates import Anchors, parse, resolve
from states.errors import Fault, Faulty
from states.records.campaigns import Running
from states.records.core import ledger_item, milestone
from states.records.ledger_steps import dated
from states.records.replanning import happened
from states.template import IssueType

UNDATED = "未注明日期"


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


class Dating:
    """Reads words of time for one campaign; equal words reported on the same day are read once."""

    def __init__(self, session: Session, campaign: Running) -> None:
        self.campaign = campaign
        self._events = happened(session, campaign)
        self._known: dict[tuple[str, datetime], Dated] = {}

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

    def of(self, words: str | None, kind: IssueType | None, reported_at: datetime) -> list[Dated]:
        """The dates of one item. Raises Faulty for words that can't be read."""
        if words:
            return [self._read(words, reported_at, launch=False)]
        if kind is None:
            return [Dated("", "", UNDATED, None, False, False, False, "没有写完成时限")]
        steps = [(one, self._read(one.due, reported_at, launch=True)) for one in kind.steps]
        return [dated._replace(period=one.key, step=one.name) for one, dated in steps]

    def _read(self, words: str, reported_at: datetime, *, launch: bool) -> Dated:
        """`launch`: what the words count from the launch counts from the report, as it does for a class."""
        day = datetime.combine(reported_at.astimezone(self.campaign.zone).date(), time(0), self.campaign.zone)
        key = (f"{launch}{words}", day)
        if key not in self._known:
            self._known[key] = self._resolved(words, day, launch=launch)
        return self._known[key]

    def _resolved(self, words: str, day: datetime, *, launch: bool) -> Dated:
        campaign = self.campaign
        begun = datetime.combine(campaign.row.start, time(0), campaign.zone)
        reported = dict.fromkeys(("事项发生", "发现", "报告", "登记", "收到转办"), day)
        anchors = Anchors(
            launch=day if launch else begun,
            issued=day.date(),
            year=day.year,
            begins=begun,
            ends=campaign.row.ends_at,
            events={**reported, **self._events},
        )
        due = resolve(parse(words), anchors, campaign.calendar, campaign.zone)
        standing_only = due.at is None and due.standing
        missing = None if standing_only else due.missing
        return Dated("", "", words, due.at, due.provisional, due.soft, due.standing, missing)


def provisional(session: Session, campaign: Running) -> dict[tuple[str, str], Dated]:
    """Dates of problems found meanwhile that rest on an unpublished calendar, read again; by requirement and period."""
    one = ledger_item.c
    statement = (
        sa.select(milestone.c.requirement, milestone.c.period, one.due_words, one.type, one.reported_at)
        .select_from(ledger_item)
        .join(milestone, dated())
        .where(one.campaign_id == campaign.id, one.found_by.is_not(None), milestone.c.provisional)
    )
    ledger = campaign.template.ledger
    types = {one.name: one for one in (ledger.types if ledger else ())}
    dating = Dating(session, campaign)
    found = {}
    for requirement, period, words, name, reported_at in session.execute(statement):
        if name and name not in types:
            continue  # a later version of the plan has that class no more
        kind = types.get(name)
        for date in dating.of(None if kind else words, kind, reported_at):
            if date.period == period:
                found[requirement, period] = date
    return found
