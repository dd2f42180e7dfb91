"""Problems found while a campaign runs: items of its ledger, owed from the moment they are written down.

One or fifty thousand go the same way: read and judged one by one, written in a few bulk statements.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.closing import FOUND_BY
from states.errors import Fault, Faulty
from states.records import growing, ledger_moving, locks
from states.records.campaigns import Running
from states.records.columns import obligation_id
from states.records.core import journal, ledger_item, milestone, obligation, timer, unit
from states.records.ledger_answering import Names, places
from states.records.ledger_dating import Dated, Dating
from states.records.ledger_leniency import Leniency
from states.records.ledger_steps import FOUND
from states.records.settling import AT_ONCE
from states.records.tables import LedgerItem, Milestone
from states.records.timers import timers
from states.template import Kind

NOBODY = "责任部门“{name}”不在单位表中；请改正，或写明由问题所在单位代收"


@dataclass(frozen=True)
class Found:
    """A problem as somebody reports it, in the unit of `code`. `no`: the number it wishes to bear.

    `stand_in`: the unit itself answers for departments that are not in the list of units; `undated`: it has no date, or
    its words can't be read, and somebody has said so.
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
    places: Mapping[str, str] = field(default_factory=dict)


class _Ready(NamedTuple):
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


def add(session: Session, campaign: Running, found: Sequence[Found], now: datetime, actor: str) -> list[int]:
    """Write them down; their numbers in the order given. Raises Refused, Faulty with everything wrong."""
    ledger_moving.check_running(campaign)
    locks.alone(session, campaign.id)
    judging = Judging(session, campaign, found, now)
    ready = judging.ready()
    if judging.faults:
        raise Faulty(judging.faults)
    asked = unit.c.id.in_(sorted({key for one in ready for key in one.units}))
    growing.enrol(session, campaign, asked, now)
    climbing = _Rungs(campaign, now)
    for start in range(0, len(ready), AT_ONCE):
        _write(session, campaign, ready[start : start + AT_ONCE], climbing, now, actor)
    return [one.no for one in ready]


class Judging:
    """What a list of problems says, held against the units, the plan and the calendar."""

    def __init__(self, session: Session, campaign: Running, found: Sequence[Found], now: datetime) -> None:
        self.campaign, self.found, self.now = campaign, found, now
        self.dating, self.leniency = Dating(session, campaign), Leniency(session, campaign)
        named = [name for one in found for name in (*one.departments, *filter(None, [one.lead]))]
        self.names = Names(session, campaign, named)
        self.places = places(session, campaign, {one.code for one in found})
        self.taken = set(
            session.execute(
                sa.select(ledger_item.c.no).where(ledger_item.c.campaign_id == campaign.id)
            ).scalars()
        )
        self.next = max(self.taken, default=0) + 1
        self.faults: list[Fault] = []

    def ready(self) -> list[_Ready]:
        """What can be written; everything wrong is in `faults` then."""
        wished = [one.no for one in self.found if one.no]
        self.next = max([self.next, *(no + 1 for no in wished)])
        return [one for found in self.found if (one := self._one(found)) is not None]

    def _one(self, found: Found) -> _Ready | None:
        before = len(self.faults)
        said = self._fault(found)
        for part, name, words in _texts(found):
            if not words.strip():
                said(part, f"没有写{name}")
        if found.found_by not in FOUND_BY:
            said("found_by", f"没有“{found.found_by}”这种发现途径；可用的有 {'、'.join(FOUND_BY.values())}")
        reported = found.reported_at or self.now
        if reported > self.now:
            said("reported_at", "报告时间晚于现在")
        kind, dates = self._dates(found, reported, said)
        if found.code not in self.places:
            said("unit", f"单位 {found.code} 不在这次专项行动中")
        if len(self.faults) > before:
            return None
        unit_id, path = self.places[found.code]
        units = self._units(found, unit_id, path, said)
        if len(self.faults) > before:
            return None
        ledger, template = self.campaign.template.ledger, self.campaign.template
        ladder = (kind.ladder if kind else None) or (ledger.ladder if ledger else None) or template.ladder
        lenient = self.leniency.of(unit_id, found.found_by, reported)
        known = kind.name if kind else None
        return _Ready(found, self._number(found), unit_id, dates, units, ladder, lenient, reported, known)

    def _fault(self, found: Found) -> Any:
        def said(part: str, says: str) -> None:
            self.faults.append(Fault(found.places.get(part, part), says))

        return said

    def _dates(self, found: Found, reported: datetime, said: Any) -> tuple[Any, list[Dated]]:
        try:
            kind = self.dating.type_named(found.type)
            dates = self.dating.of(found.due, kind, reported)
        except Faulty as error:
            if found.undated and found.due and not found.type:
                return None, [Dated("", "", found.due, None, False, False, False, None)]
            said("due", error.faults[0].says)
            return None, []
        missing = [one.missing for one in dates if one.missing]
        if missing and not found.undated:
            said("due", f"{missing[0]}；请写明完成时限，或写明暂不定期")
        return kind, dates

    def _units(self, found: Found, unit_id: int, path: str, said: Any) -> list[int]:
        wanted = list(dict.fromkeys([*([found.lead] if found.lead else []), *found.departments]))
        ids, unknown = self.names.of(path, wanted)
        if unknown and not found.stand_in:
            for name in unknown:
                said("departments", NOBODY.format(name=name))
        if unknown or not wanted:
            ids = list(dict.fromkeys([*ids, unit_id]))
        return ids

    def _number(self, found: Found) -> int:
        no = found.no if found.no and found.no not in self.taken else self.next
        self.next = max(self.next, no + 1)
        self.taken.add(no)
        return no


def _texts(found: Found) -> Iterator[tuple[str, str, str]]:
    yield "project", "项目名称", found.project
    yield "problem", "问题", found.problem
    yield "measures", "整改措施", "".join(found.measures)


def _write(
    session: Session, campaign: Running, ready: list[_Ready], climbing: _Rungs, now: datetime, actor: str
) -> None:
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


def _inserted(session: Session, table: sa.Table, model: Any, rows: list[dict[str, Any]]) -> list[int]:
    """Ids in the order of the rows. Columns that a row leaves out take the model's default."""
    defaults = model().model_dump(exclude={"id"})
    statement = sa.insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(session.execute(statement, [{**defaults, **row} for row in rows]).scalars())


def _milestone(campaign: Running, one: _Ready, date: Dated, now: datetime) -> dict[str, Any]:
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
        "due_at": date.due_at,
        "original_due_at": date.due_at,
        "provisional": date.provisional,
        "soft": date.soft,
        "standing": date.standing,
        "required": False,
        "review": True,
        "expected": len(one.units),
    }


def _item(campaign: Running, one: _Ready, milestone_id: int, now: datetime) -> dict[str, Any]:
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


class _Rungs:
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


def _fact(campaign: Running, one: _Ready, key: int, now: datetime, actor: str) -> dict[str, Any]:
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
    }
