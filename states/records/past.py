"""Who stood where at a past moment, from the journal: every move is in it with the state before and the state after.

Only what every move leaves behind is told. Figures of what was owed rest on dates that have moved since.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import Fault, Faulty
from states.machine import state_name
from states.records import reading_scope
from states.records.access import Scope
from states.records.campaigns import Running, as_it_was, running
from states.records.core import campaign as campaigns
from states.records.core import journal, run, unit
from states.records.reading_campaigns import stage
from states.records.reading_standing import frozen_of, run_state
from states.records.told import CampaignInShort, StateCount, StatusThen, SummaryThen, UnitTold, instant

SETTLED = timedelta(hours=1)  # longer than a round may take from reading the time to committing
INSTANT = "应写作 2026-12-03（当天结束时）或 2026-12-03T10:00:00+08:00（地址里的 + 写作 %2B）"


class _Stood(NamedTuple):
    campaign_id: int
    state: str
    since: datetime


def moment(words: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The instant `words` name, a day by its end; raises Faulty for one that is not yet settled."""
    try:
        at = _instant(words, zone)
    except (ValueError, OverflowError) as error:
        raise Faulty([Fault("as_of", f"“{words}”看不懂，{INSTANT}")]) from error
    if at.tzinfo is None:
        raise Faulty([Fault("as_of", f"“{words}”没有写明时区，{INSTANT}")])
    if at > now - SETTLED:
        raise Faulty([Fault("as_of", "须在一小时以前：更近的事可能还在写入，写“日期”则当天要已经结束")])
    return at


def _instant(words: str, zone: ZoneInfo) -> datetime:
    if len(words) > len("2026-12-03"):
        return datetime.fromisoformat(words)
    after = datetime.combine(date.fromisoformat(words) + timedelta(days=1), time(0), zone)
    return after - timedelta(microseconds=1)


def summary(session: Session, scope: Scope, campaign_id: int, words: str, now: datetime) -> SummaryThen:
    """How many participants stood in which state, within the key's subtree. Raises NotAllowed, NotFound, Faulty."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    at = moment(words, now, campaign.zone)
    if at < campaign.row.launched_at:
        began = instant(campaign.row.launched_at, campaign.zone)
        raise Faulty([Fault("as_of", f"这次专项行动 {began} 才启动")])
    campaign = as_it_was(campaign, at)
    about = [run.c.campaign_id == campaign.id, *campaign.participants]
    then = stood(at, [*about, *reading_scope.units_within(scope, run.c.unit_id)]).subquery()
    counted = sa.select(then.c.state, sa.func.count()).group_by(then.c.state)
    found = dict(session.execute(counted).tuples().all())
    known = [state for state in campaign.machines.unit.states if state in found]
    return {
        "campaign": in_short(session, campaign, at),
        "as_of": instant(at, campaign.zone),
        "units": sum(found.values()),
        "states": [
            StateCount(state=state, **stage(campaign.machines, state), units=found[state]) for state in known
        ],
    }


def status(
    session: Session, scope: Scope, code: str, words: str, now: datetime, zone: ZoneInfo
) -> StatusThen:
    """One unit in all campaigns that had begun; `zone` is that of a mere day. Raises NotAllowed, NotFound, Faulty."""
    place = reading_scope.unit_seen(session, scope, code)
    at = moment(words, now, zone)
    seen = sa.select(campaigns.c.id).where(campaigns.c.launched_at <= at)
    if scope.campaigns is not None:
        seen = seen.where(campaigns.c.id.in_(sorted(scope.campaigns)))
    about = [run.c.unit_id == place.id, run.c.campaign_id.in_(seen)]
    rows = [_Stood(*row) for row in session.execute(stood(at, about))]
    found = [(as_it_was(running(session, row.campaign_id), at), row) for row in sorted(rows)]
    return {
        "unit": _unit(session, place.id),
        "as_of": instant(at, zone),
        "campaigns": [
            {
                "campaign": in_short(session, campaign, at),
                "state": run_state(frozen_of(campaign), row.state, row.since),
            }
            for campaign, row in found
        ],
    }


def stood(at: datetime, about: list[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """Campaign, state and since of the runs `about`: after the last move until `at`, else before the first one later."""
    left, right = journal.alias(), journal.alias()
    mine = (journal.c.campaign_id == run.c.campaign_id, journal.c.unit_id == run.c.unit_id)
    moved = (*mine, journal.c.kind == "unit.moved")
    last = sa.select(sa.func.max(journal.c.id)).where(*moved, journal.c.at <= at).correlate(run)
    first = sa.select(sa.func.min(journal.c.id)).where(*moved, journal.c.at > at).correlate(run)
    joined = (
        run.join(campaigns, campaigns.c.id == run.c.campaign_id)
        .outerjoin(left, left.c.id == last.scalar_subquery())
        .outerjoin(right, right.c.id == first.scalar_subquery())
    )
    return (
        sa.select(
            run.c.campaign_id,
            sa.func.coalesce(left.c.after, right.c.before, run.c.state).label("state"),
            sa.func.coalesce(left.c.at, campaigns.c.launched_at, type_=left.c.at.type).label("since"),
        )
        .select_from(joined)
        .where(*about)
    )


def in_short(session: Session, campaign: Running, at: datetime) -> CampaignInShort:
    """The campaign with the state in which it stood."""
    row = campaign.row
    moved = journal.c.campaign_id == campaign.id, journal.c.kind == "campaign.moved"
    last = sa.select(journal.c.after).where(*moved, journal.c.at <= at).order_by(journal.c.id.desc())
    first = sa.select(journal.c.before).where(*moved, journal.c.at > at).order_by(journal.c.id)
    stood = session.execute(last.limit(1)).scalar() or session.execute(first.limit(1)).scalar()
    state = stood or row.state
    return {
        "id": row.id,
        "template": row.template_key,
        "title": row.title,
        "state": {"key": state, "name": state_name(campaign.machines, state).label},
    }


def _unit(session: Session, unit_id: int) -> UnitTold:
    parent = unit.alias("parent")
    statement = sa.select(unit.c.code, unit.c.name, unit.c.kind, parent.c.code)
    statement = statement.outerjoin(parent, parent.c.id == unit.c.parent_id).where(unit.c.id == unit_id)
    code, name, kind, above = session.execute(statement).one()
    return {"code": code, "name": name, "kind": kind, "parent": above}
