"""The weekly 调度 sheet: of every unit with anything to say of, what fell due this week, what is missing, what comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from states.documents import reportsheets
from states.documents.reportsheets import WeekLine
from states.documents.reportwords import day as day_words
from states.machine import state_name
from states.progress import HANDED_IN, OWED
from states.records import matters, past, then
from states.records.campaigns import Running
from states.records.core import mail, notice, obligation, run, unit
from states.records.report_counts import RUNG, Moment

AT_MOST, AT_ONCE = 20_000, 500
WEEK = timedelta(days=7)


def sheet(session: Session, campaign: Running, at: datetime) -> bytes:
    """The week (Monday to Sunday, local) in which `at` lies, as things stood at `at`."""
    local = at.astimezone(campaign.zone)
    monday = datetime.combine(local.date() - timedelta(days=local.weekday()), time(0), campaign.zone)
    number = f"{local.isocalendar().year}年第{local.isocalendar().week}周"
    span = f"{day_words(monday.date())}至{day_words((monday + WEEK).date() - timedelta(days=1))}"
    about = f"{number}（{span}）　截至{day_words(local.date())}；只列有事项的单位"
    return reportsheets.weekly(campaign.row.title, about, lines(session, campaign, monday, at))


def lines(session: Session, campaign: Running, monday: datetime, at: datetime) -> list[WeekLine]:
    """Those with most missing first, at most AT_MOST."""
    counted = _counted(session, campaign, monday, at)
    told = _told(session, campaign, monday, at)
    states = _states(session, campaign, at)
    keys = {*counted, *told}
    wanted = sa.select(unit.c.id, unit.c.code, unit.c.name, unit.c.sort_key)
    few = [unit.c.id.in_(sorted(keys))] if len(keys) <= AT_ONCE else []
    rows = session.execute(wanted.where(*few)).all()
    order = {key: (sort_key, code) for key, code, _name, sort_key in rows}
    found = {
        key: WeekLine(code, name, states.get(key, "—"), *counted.get(key, (0, 0, 0, 0)), told.get(key, 0))
        for key, code, name, _sort_key in rows
        if key in keys
    }
    ranked = sorted(found, key=lambda key: (-found[key].missing, -found[key].told, order[key]))
    return [found[key] for key in ranked[:AT_MOST]]


def _counted(
    session: Session, campaign: Running, monday: datetime, at: datetime
) -> dict[int, tuple[int, int, int, int]]:
    """Unit → due this week, handed in this week, missing in all, due next week; units with nothing left out."""
    seen = then.obligations(campaign, at)
    due = seen.due
    this = sa.and_(due >= monday, due < monday + WEEK, seen.status != "waived")
    handed = sa.and_(seen.status.in_(HANDED_IN), obligation.c.submitted_at.between(monday, at))
    missing = sa.and_(seen.status.in_(OWED), due < at)
    coming = sa.and_(seen.status.in_(OWED), due >= monday + WEEK, due < monday + 2 * WEEK)
    sums = [sa.func.sum(sa.case((one, 1), else_=0)) for one in (this, handed, missing, coming)]
    opened = [one.id for one in Moment(session, campaign, at).milestones()]
    statement = (
        sa.select(obligation.c.unit_id, *sums)
        .select_from(seen.joined)
        .where(matters.spans(opened))
        .group_by(obligation.c.unit_id)
        .having(sum(sums[1:], start=sums[0]) > 0)
    )
    rows = session.execute(statement)
    return {key: (int(a), int(b), int(c), int(d)) for key, a, b, c, d in rows}


def _told(session: Session, campaign: Running, monday: datetime, at: datetime) -> Mapping[int, int]:
    """Unit → notices of rungs about it that went out this week."""
    sent = mail.c.sent_at.between(monday, at)
    statement = (
        sa.select(notice.c.unit_id, sa.func.count())
        .join(mail, mail.c.id == notice.c.mail_id)
        .where(notice.c.campaign_id == campaign.id, notice.c.kind == RUNG, sent)
        .group_by(notice.c.unit_id)
    )
    return dict(session.execute(statement).tuples().all())


def _states(session: Session, campaign: Running, at: datetime) -> Mapping[int, str]:
    about = [run.c.campaign_id == campaign.id, *campaign.participants]
    stood = past.stood(at, about).add_columns(run.c.unit_id).subquery()
    rows = session.execute(sa.select(stood.c.unit_id, stood.c.state))
    return {key: state_name(campaign.machines, state).label for key, state in rows}
