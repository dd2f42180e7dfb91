"""The sheet that goes with a coordinator's mail: units with overdue matters, worst first."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.documents.writing import Sheet, write
from states.letters import Attachment
from states.machine import state_name
from states.records import matters
from states.records.campaigns import Running
from states.records.core import milestone, obligation, run, unit
from states.records.local_windows import may_be_late
from states.records.settling import STATUS_NAMES

AT_MOST = 20_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = (
    ("单位代码", 16),
    ("单位名称", 30),
    ("单位所处阶段", 16),
    ("逾期事项", 36),
    ("期限", 18),
    ("状态", 12),
)


def behind_sheet(session: Session, campaign: Running, now: datetime) -> Attachment:
    """Every overdue matter of the campaign, at most AT_MOST rows, as xlsx."""
    due = matters.due_in_force()
    statement = (
        sa.select(unit.c.code, unit.c.name, run.c.state, milestone.c.name, due, obligation.c.status)
        .select_from(milestone)
        .join(obligation, matters.of_milestone())
        .join(unit, unit.c.id == obligation.c.unit_id)
        .join(run, sa.and_(run.c.campaign_id == campaign.id, run.c.unit_id == unit.c.id))
        .where(may_be_late(campaign, now), *matters.overdue(campaign.id, now))
        .order_by(due, unit.c.sort_key, unit.c.code)
        .limit(AT_MOST)
    )
    rows = [
        (
            code,
            name,
            state_name(campaign.machines, state).label,
            what,
            f"{at.astimezone(campaign.zone):%Y-%m-%d %H:%M}",
            STATUS_NAMES[status],
        )
        for code, name, state, what, at, status in session.execute(statement).tuples()
    ]
    content = write([Sheet("逾期事项", COLUMNS, rows)])
    day = now.astimezone(campaign.zone).date()
    return Attachment(f"{campaign.row.title}_逾期事项_{day}.xlsx", content, XLSX)
