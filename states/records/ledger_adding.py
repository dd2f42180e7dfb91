"""Problems found while a campaign runs: items of its ledger, owed from the moment they are written down.

One or fifty thousand go the same way: read and judged one by one, written in a few bulk statements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.closing import FOUND_BY
from states.documents import ledgercolumns
from states.errors import Fault, Faulty
from states.records import growing, ledger_moving, locks
from states.records.campaigns import Running
from states.records.columns import slices
from states.records.core import ledger_item, unit
from states.records.ledger_answering import Names, places
from states.records.ledger_dating import Dated, Dating
from states.records.ledger_following import columns
from states.records.ledger_leniency import Leniency
from states.records.ledger_writing import Found, Ready, Rungs, write
from states.records.settling import AT_ONCE

__all__ = ["NOBODY", "Found", "Judging", "add"]

EARLIEST = 1990  # year of a report
NOBODY = "责任部门“{name}”不在单位表中；请改正，或写明由问题所在单位代收"


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
    climbing = Rungs(campaign, now)
    for some in slices(ready, AT_ONCE):
        write(session, campaign, some, climbing, now, actor)
    return [one.no for one in ready]


class Judging:
    """What a list of problems says, held against the units, the plan and the calendar."""

    def __init__(self, session: Session, campaign: Running, found: Sequence[Found], now: datetime) -> None:
        self.campaign, self.found, self.now = campaign, found, now
        self.dating, self.leniency = Dating(session, campaign), Leniency(session, campaign)
        named = [name for one in found for name in (*one.departments, *filter(None, [one.lead]))]
        self.names = Names(session, campaign, named)
        self.places = places(session, campaign, {one.code for one in found})
        self.columns = columns(campaign)
        self.taken = set(
            session.execute(
                sa.select(ledger_item.c.no).where(ledger_item.c.campaign_id == campaign.id)
            ).scalars()
        )
        self.next = max(self.taken, default=0) + 1
        self.faults: list[Fault] = []

    def ready(self) -> list[Ready]:
        """What can be written; everything wrong is in `faults` then."""
        wished = [one.no for one in self.found if one.no]
        self.next = max([self.next, *(no + 1 for no in wished)])
        return [one for found in self.found if (one := self._one(found)) is not None]

    def _one(self, found: Found) -> Ready | None:
        before = len(self.faults)
        said = self._fault(found)
        for part, name, words in _texts(found):
            if not words.strip():
                said(part, f"没有写{name}")
        if found.found_by not in FOUND_BY:
            said("found_by", f"没有“{found.found_by}”这种发现途径；可用的有 {'、'.join(FOUND_BY.values())}")
        for says in ledgercolumns.unknown(self.columns, found.more):
            said("more", says)
        reported = found.reported_at or self.now
        if not EARLIEST <= reported.year <= self.now.year + 1:
            reported = self.now
            said("reported_at", f"报告时间超出范围，应在{EARLIEST}年以后、现在以前")
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
        return Ready(found, self._number(found), unit_id, dates, units, ladder, lenient, reported, known)

    def _fault(self, found: Found) -> Any:
        def said(part: str, says: str) -> None:
            self.faults.append(Fault(found.places.get(part, part), says))

        return said

    def _dates(self, found: Found, reported: datetime, said: Any) -> tuple[Any, list[Dated]]:
        try:
            kind = self.dating.type_named(found.type)
            dates = self.dating.of(found.due, kind, reported, self.places.get(found.code, (0, "/"))[1])
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
