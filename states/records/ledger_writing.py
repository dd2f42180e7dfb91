"""Found problems as rows: what one is, and its milestones, item, obligations, timers and journal line, in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.records import discretion, numbering
from states.records.campaigns import Running
from states.records.columns import obligation_id
from states.records.core import journal, ledger_item, milestone, obligation, timer
from states.records.ledger_dating import Dated
from states.records.ledger_steps import FOUND
from states.records.tables import LedgerItem, Milestone
from states.records.timers import timers
from states.template import Kind


@dataclass(frozen=True)
class Found:
    """A problem as somebody reports it, in the unit of `code`. `no`: the number it wishes to bear.

    `stand_in`: the unit itself answers for departments that are not in the list of units; `undated`: it has no date, or
    its words can't be read, and somebody has said so; `more`: texts in the columns of the plan's own.
    """

    code: str
    project: str
    problem: str
    measures: tuple[str, ...]
    departments: tuple[str, ...] = ()
    lead: str | None = None
    due: str | None = None
    type: str | None = None
    found_by: str = "self"
    reported_at: datetime | None = None
    no: int | None = None
    handed_to: str | None = None
    handed_no: str | None = None
    stand_in: bool = False
    undated: bool = False
    more: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)


class Ready(NamedTuple):
    """A problem that can be written."""

    found: Found
    no: int
    unit_id: int
    dates: list[Dated]
    units: list[int]
    ladder: str | None
    lenient: tuple[bool | None, str | None]
    reported_at: datetime
    type: str | None


def write(
    session: Session, campaign: Running, ready: Sequence[Ready], climbing: Rungs, now: datetime, actor: str
) -> None:
    """Milestones, items, what is owed, rungs and journal of some of them, in one statement each."""
    for one in ready:
        discretion.check(session, campaign.id, _texts(one.found), actor, now)
    dated = [(one, date) for one in ready for date in one.dates]
    rows = [_milestone(campaign, one, date, now) for one, date in dated]
    keys = _inserted(session, milestone, Milestone, rows)
    last: dict[int, int] = {}
    owed, rungs = [], []
    for key, row, (one, _date) in zip(keys, rows, dated, strict=True):
        last[one.no] = key
        owed += [_obligation(campaign, key, unit_id) for unit_id in one.units]
        rungs += climbing.of(key, row)
    items = _inserted(
        session, ledger_item, LedgerItem, [_item(campaign, one, last[one.no], now) for one in ready]
    )
    session.execute(sa.insert(obligation), owed)
    if rungs:
        session.execute(sa.insert(timer), rungs)
    facts = [_fact(campaign, one, key, now, actor) for one, key in zip(ready, items, strict=True)]
    session.execute(sa.insert(journal), facts)


def _texts(found: Found) -> dict[str, str | None]:
    """What people read of an item, by where it was written."""
    said = {
        "project": found.project,
        "problem": found.problem,
        "measures": "\n".join(found.measures),
        "due": found.due,
        "handed_to": found.handed_to,
        "handed_no": found.handed_no,
        **found.more,
    }
    return {found.places.get(name, name): text for name, text in said.items()}


def _inserted(session: Session, table: sa.Table, model: Any, rows: list[dict[str, Any]]) -> list[int]:
    """Ids in the order of the rows. Columns that a row leaves out take the model's default."""
    defaults = model().model_dump(exclude={"id"})
    keys = numbering.free(session, table, len(rows))
    found = [{**defaults, **row, "id": key} for key, row in zip(keys, rows, strict=True)]
    if found:
        session.execute(sa.insert(table), found)
    return keys


def _milestone(campaign: Running, one: Ready, date: Dated, now: datetime) -> dict[str, Any]:
    what = f"·{date.step}" if date.step else f"（{one.found.project}）"
    return {
        "campaign_id": campaign.id,
        "requirement": f"{FOUND}{one.no}",
        "period": date.period,
        "name": f"台账第{one.no}项{what}",
        "kind": Kind.ledger.value,
        "ladder": one.ladder,
        "words": date.words,
        "opens_at": now,
        "opened_at": now,
        "event": date.event,
        "due_at": date.due_at,
        "original_due_at": date.due_at,
        "provisional": date.provisional,
        "soft": date.soft,
        "standing": date.standing,
        "required": False,
        "review": True,
        "expected": len(one.units),
    }


def _item(campaign: Running, one: Ready, milestone_id: int, now: datetime) -> dict[str, Any]:
    found = one.found
    return {
        "campaign_id": campaign.id,
        "milestone_id": milestone_id,
        "no": one.no,
        "project": found.project,
        "problem": found.problem,
        "measures": list(found.measures),
        "departments": list(found.departments),
        "due_words": found.due
        or "；".join(f"{date.step}：{date.words}" if date.step else date.words for date in one.dates),
        "standing": any(date.standing for date in one.dates),
        "type": one.type,
        "unit_id": one.unit_id,
        "since": now,
        "lead": found.lead,
        "found_by": found.found_by,
        "reported_at": one.reported_at,
        "lenient": one.lenient[0],
        "lenient_why": one.lenient[1],
        "handed_to": found.handed_to,
        "handed_no": found.handed_no,
        "handed_at": now if found.handed_to else None,
        "more": dict(found.more),
    }


def _obligation(campaign: Running, milestone_id: int, unit_id: int) -> dict[str, Any]:
    return {
        "id": obligation_id(milestone_id, unit_id),
        "campaign_id": campaign.id,
        "milestone_id": milestone_id,
        "unit_id": unit_id,
        "status": "open",
        "late": False,
        "version": 1,
    }


class Rungs:
    """What comes before and after a due date; worked out once for each date and ladder."""

    def __init__(self, campaign: Running, now: datetime) -> None:
        self.campaign, self.now = campaign, now
        self._known: dict[tuple[datetime, str | None], list[dict[str, Any]]] = {}

    def of(self, key: int, row: dict[str, Any]) -> list[dict[str, Any]]:
        if row["due_at"] is None:
            return []
        alike = row["due_at"], row["ladder"]
        if alike not in self._known:
            planned = Milestone(id=key, **row)
            made = timers(self.campaign, planned, row["due_at"], self.now, could_open=self.now)
            self._known[alike] = [one.model_dump(exclude={"id"}) for one in made]
        return [{**one, "milestone_id": key} for one in self._known[alike]]


def _fact(campaign: Running, one: Ready, key: int, now: datetime, actor: str) -> dict[str, Any]:
    said = {"item": key, "no": one.no, "found_by": one.found.found_by, "lenient": one.lenient[1]}
    return {
        "at": now,
        "kind": "ledger.added",
        "actor": actor,
        "campaign_id": campaign.id,
        "unit_id": one.unit_id,
        "before": None,
        "after": "open",
        "reason": None,
        "payload": said,
        "item_id": key,
    }
