"""A campaign with its frozen template, ladders, machine tables and calendar at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session

from states.errors import NotFound
from states.kinds import DEPARTMENT
from states.machine import Machines
from states.machine import compile as compile_machines
from states.reading import load
from states.records.calendar import workdays
from states.records.core import campaign, journal, run, unit
from states.records.scopes import participating
from states.records.tables import Campaign, Milestone
from states.template import Ladder, Requirement, Template
from states.workdays import Workdays


@dataclass(frozen=True)
class Running:
    """What a round needs to know of one campaign, within the session that asked for it."""

    row: Campaign
    template: Template
    machines: Machines
    session: Session

    @property
    def id(self) -> int:
        return self.row.id

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.template.timezone)

    @cached_property
    def calendar(self) -> Workdays:
        """The working days as they stand in this transaction."""
        return workdays(self.session)

    @cached_property
    def has_departments(self) -> bool:
        """Whether departments, or the owner itself, are in it beside the participants."""
        if not self.session.execute(sa.select(sa.exists().where(unit.c.kind == DEPARTMENT))).scalar():
            return self._holds(self.row.owner_id)
        enrolled = sa.exists().where(
            unit.c.kind == DEPARTMENT, run.c.campaign_id == self.id, run.c.unit_id == unit.c.id
        )
        return self._holds(self.row.owner_id) or bool(self.session.execute(sa.select(enrolled)).scalar())

    def _holds(self, unit_id: int) -> bool:
        mine = sa.exists().where(run.c.campaign_id == self.id, run.c.unit_id == unit_id)
        return bool(self.session.execute(sa.select(mine)).scalar())

    @property
    def participants(self) -> list[sa.ColumnElement[bool]]:
        """Conditions over `unit_run`: the runs of the units that are counted; none where all of them are."""
        if not self.has_departments:
            return []
        others = sa.select(unit.c.id).where(~participating(self.row.owner_id))
        return [run.c.unit_id.not_in(others)]

    @cached_property
    def asked(self) -> Mapping[str, Requirement]:
        """The requirements of the plan by key."""
        return {one.key: one for one in self.template.requirements}

    def requirement(self, milestone: Milestone) -> Requirement | None:
        """What the plan says of a milestone; None for rows of the ledger and what is not in it any more."""
        return self.asked.get(milestone.requirement)

    def ladder(self, milestone: Milestone) -> Ladder | None:
        """The ladder of a milestone, the nearest that was named in the template."""
        return self.template.ladders.get(milestone.ladder or "")


RENEWED = "campaign.renewed"  # its payload holds the text of the version before
_compiled: dict[str, tuple[Template, Machines]] = {}


def compiled(row: Campaign) -> tuple[Template, Machines]:
    """The campaign's own template and machines; kept by the hash of its text."""
    return _compiled.get(row.template_sha256) or _compile(row.template_sha256, row.template_text)


def _compile(sha256: str, text: str) -> tuple[Template, Machines]:
    template = load(text)
    known = _compiled[sha256] = (template, compile_machines(template))
    return known


def as_it_was(campaign: Running, at: datetime) -> Running:
    """The campaign with the version of its plan that was in force at `at`."""
    later = (journal.c.campaign_id == campaign.id, journal.c.unit_id.is_(None), journal.c.at > at)
    renewed = sa.select(journal.c.payload).where(*later, journal.c.kind == RENEWED)
    told = campaign.session.execute(renewed.order_by(journal.c.id).limit(1)).scalar()
    if told is None:
        return campaign
    sha256 = told["sha256"][0]
    known = _compiled.get(sha256) or _compile(sha256, told["text"])
    return Running(campaign.row, *known, campaign.session)


def titles(session: Session, keys: Iterable[int]) -> dict[int, str]:
    """What campaigns are called, by their numbers, the newest first."""
    asked = sa.select(campaign.c.id, campaign.c.title).where(campaign.c.id.in_(list(keys)))
    return dict(session.execute(asked.order_by(campaign.c.id.desc())).tuples().all())


def running(session: Session, campaign_id: int) -> Running:
    """The campaign `campaign_id`; raises NotFound. Its text is only read when it is not known yet."""
    row = session.get(Campaign, campaign_id, options=[defer(Campaign.template_text)])  # type: ignore[arg-type]
    if row is None:
        raise NotFound(f"没有编号为 {campaign_id} 的专项行动")
    return Running(row, *compiled(row), session)
