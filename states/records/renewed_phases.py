"""The phases of a running campaign taken from a new version of its plan, and the places of its units among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.machine import ord_of
from states.phasing import PlannedPhase
from states.records.campaigns import Running
from states.records.core import run, timer
from states.records.journal import iso
from states.records.tables import PhaseRow

REMOVED = "新版方案不再要求"


class Phases:
    """The phases of one renewal being written; `note` writes a line of the journal."""

    def __init__(
        self,
        session: Session,
        campaign: Running,
        planned: Iterable[PlannedPhase],
        now: datetime,
        note: Callable[..., None],
    ) -> None:
        self.session, self.campaign, self.planned = session, campaign, planned
        self.now, self.note = now, note

    def write(self) -> None:
        self._phases()
        self._runs()

    def _phases(self) -> None:
        """Out of the row first, so that no two ever stand in one place."""
        found = self.session.exec(select(PhaseRow).where(PhaseRow.campaign_id == self.campaign.id))
        rows = {one.key: one for one in found}
        for row in rows.values():
            row.ord = None
            self.session.add(row)
        self.session.flush()
        wanted = {one.key: one for one in self.planned}
        for key, planned in wanted.items():
            self._take_phase(rows.get(key), planned)
        for key, row in rows.items():
            if key not in wanted and row.withdrawn_at is None:
                self._withdraw_phase(row)
        self.session.flush()

    def _take_phase(self, row: PhaseRow | None, planned: PlannedPhase) -> None:
        if row is None:
            self.session.add(PhaseRow(campaign_id=self.campaign.id, **asdict(planned)))
            self.note("phase.added", None, planned.name, phase=planned.key)
            return
        before = {name: getattr(row, name) for name in ("name", "opens_at", "closes_at")}
        for name, value in asdict(planned).items():
            if not (name == "opens_at" and row.opened_at is not None):
                setattr(row, name, value)
        row.withdrawn_at = None
        self.session.add(row)
        after = {name: getattr(row, name) for name in before}
        if before != after:
            moved = {name[:-3]: [iso(before[name]), iso(after[name])] for name in ("opens_at", "closes_at")}
            self.note("phase.changed", _told(before), _told(after), phase=row.key, **moved)

    def _withdraw_phase(self, row: PhaseRow) -> None:
        row.withdrawn_at = self.now
        self.session.add(row)
        announced = (timer.c.phase_id == row.id, timer.c.done_at.is_(None))
        self.session.execute(sa.update(timer).where(*announced).values(done_at=self.now, outcome=REMOVED))
        self.note("phase.withdrawn", row.name, None, phase=row.key)

    def _runs(self) -> None:
        """Places in the new row of phases. Whoever has judged a unit before must judge it anew: `version`."""
        machines, row = self.campaign.machines, self.campaign.row
        row.ord = ord_of(machines, row.state)
        self.session.add(row)
        places = {state: one.ord for state, one in machines.unit.states.items()}
        self.session.execute(
            sa.update(run)
            .where(run.c.campaign_id == self.campaign.id)
            .values(ord=sa.case(places, value=run.c.state, else_=run.c.ord), version=run.c.version + 1)
        )


def _told(facts: dict[str, Any]) -> str:
    return "；".join(
        str(iso(value) if isinstance(value, datetime) else value or "—") for value in facts.values()
    )
