"""自查从宽: what a unit finds itself and reports while the self-check lasts, decided once and kept with its reason."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.records.campaigns import Running
from states.records.core import phase, unit
from states.records.local_windows import closing

SELF = "self"


class Leniency:
    """The self-check window of one campaign, by unit where a unit has a window of its own."""

    def __init__(self, session: Session, campaign: Running) -> None:
        self.session, self.campaign = session, campaign
        template = campaign.template
        key = template.ledger.self_check if template.ledger else None
        named = [
            one for one in template.phases if one.key == key or (not key and one.name.startswith("自查"))
        ]
        self.phase = named[0] if named else None
        self._ends: dict[int, datetime | None] = {}

    def of(self, unit_id: int, found_by: str, reported_at: datetime) -> tuple[bool | None, str | None]:
        """Whether it is lenient and why; None where the plan has no self-check, or no end of it."""
        if self.phase is None:
            return None, None
        if found_by != SELF:
            return False, "不是自查发现"
        ends = self._end(unit_id)
        if ends is None:
            return None, f"“{self.phase.name}”没有截止日期"
        zone = self.campaign.zone
        said = f"{reported_at.astimezone(zone):%Y-%m-%d} 报告，“{self.phase.name}”至 {ends.astimezone(zone):%Y-%m-%d}"
        if reported_at <= ends:
            return True, f"自查发现，{said}"
        return False, f"自查发现而报告已晚：{said}"

    def _end(self, unit_id: int) -> datetime | None:
        assert self.phase is not None  # noqa: S101  (for the type checker: the caller looked)
        if unit_id not in self._ends:
            mine = phase.c.campaign_id == self.campaign.id, phase.c.key == self.phase.key
            ends = sa.select(closing()).select_from(phase.join(unit, unit.c.id == unit_id)).where(*mine)
            self._ends[unit_id] = self.session.execute(ends).scalar()
        return self._ends[unit_id]
