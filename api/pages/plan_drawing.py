"""A plan drawn before there is a campaign: its phases and dates as the board would show them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from api.pages import timeline
from api.pages.timeline import Timeline
from states.planned import Plan
from states.records import launch
from states.records.board import Node
from states.records.tables import PhaseRow
from states.workdays import Workdays


def drawn(planned: Plan, calendar: Workdays, zone: ZoneInfo, now: datetime) -> Timeline | None:
    """None while nothing has a date."""
    phases = [PhaseRow(campaign_id=0, **asdict(one)) for one in planned.phases]
    rows = [launch.milestone_row(0, asdict(one)) for one in planned.milestones if one.due_at is not None]
    return timeline.draw(phases, [Node.of(row) for row in rows], calendar, zone, now)


def undrawn(planned: Plan) -> list[str]:
    """Phases that have no date yet."""
    return [one.name for one in planned.phases if not (one.opens_at or one.closes_at)]
