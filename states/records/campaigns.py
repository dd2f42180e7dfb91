"""A campaign with its frozen template, ladders, machine tables and calendar at hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlmodel import Session

from states.errors import NotFound
from states.machine import Machines
from states.machine import compile as compile_machines
from states.reading import load
from states.records.calendar import workdays
from states.records.tables import Campaign, Milestone
from states.template import Ladder, Template
from states.workdays import Workdays


@dataclass(frozen=True)
class Running:
    """What a round needs to know of one campaign."""

    row: Campaign
    template: Template
    machines: Machines
    calendar: Workdays

    @property
    def id(self) -> int:
        return self.row.id

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.template.timezone)

    def ladder(self, milestone: Milestone) -> Ladder | None:
        """The ladder of a milestone, the nearest that was named in the template."""
        return self.template.ladders.get(milestone.ladder or "")


@lru_cache(maxsize=64)
def _template(text: str) -> Template:
    return load(text)


@lru_cache(maxsize=64)
def _machines(text: str) -> Machines:
    return compile_machines(_template(text))


def running(session: Session, campaign_id: int) -> Running:
    """The campaign `campaign_id`; raises NotFound."""
    row = session.get(Campaign, campaign_id)
    if row is None:
        raise NotFound(f"没有编号为 {campaign_id} 的专项行动")
    text = row.template_text
    return Running(row, _template(text), _machines(text), workdays(session))
