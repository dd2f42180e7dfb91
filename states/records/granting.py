"""Extensions: asked for before expiry, decided once by those above, the date before kept for ever.

A date that is granted goes the way of every date of one's own (`own_dates`); one for all moves the milestone itself.
While nobody has decided the rungs of the date in force go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states import actorwords, extending
from states.dates import OFFICE_END, Anchors, parse, parse_offset, resolve, shift_instant, spoken_offset
from states.errors import Conflict, Fault, Faulty, NotFound, Refused
from states.extending import Use
from states.extensions import Extensions
from states.fills import as_words, issued
from states.ladder import MORNING
from states.records import coordinators, extendable, extension_files, handing_in, locks, settling
from states.records.campaigns import Running
from states.records.core import extended, notice, timer, unit
from states.records.dispatch import Timer
from states.records.extendable import Owed, words
from states.records.journal import note
from states.records.respite import Extension
from states.records.submissions import Paper
from states.records.tables import Milestone, Obligation

ASKING = "asking"  # the kind of the notice that waits for a decision
STATES = {"asked": "待决定", "granted": "已准予", "refused": "未准予"}
ENDED = "不必再提醒：已决定或已办结"


@dataclass(frozen=True)
class Request:
    """For which obligation a unit asks for which date: a day, words, or an amount from the date in force (`+10wd`)."""

    obligation: int
    until: str
    reason: str
    evidence: str = ""


def owed(session: Session, campaign: Running, key: int) -> Owed:
    """It, kept from others until the transaction ends. Raises NotFound."""
    row = settling.locked_row(session, campaign, key)
    milestone = session.get_one(Milestone, row.milestone_id, populate_existing=True)
    return extendable.owed(campaign, row, milestone)


# -- asking ------------------------------------------------------------------------------------------


def ask(
    session: Session,
    campaign: Running,
    wanted: Request,
    now: datetime,
    actor: str,
    papers: Sequence[Paper] = (),
) -> Extension:
    """Ask for a later date; `papers`: files as evidence.

    Raises NotFound, Faulty for words that name no date, Refused with every reason.
    """
    locks.beside_others(session, campaign.id)
    handing_in.compare(session, campaign, vars(wanted), papers, now, actor)
    about = owed(session, campaign, wanted.obligation)
    due = about.due
    until = instant(campaign, wanted.until, due or now)
    said = _refusals(session, about, wanted, until, now)
    if said or due is None:
        raise Refused(*said)
    row = _row(about, wanted, (due, until), now, actor)
    session.add(row)
    session.flush()
    extension_files.keep(session, row, papers, now, actor)
    _note(session, row, now, actor, papers)
    _remind_later(session, campaign, row, row.decide_by, 0)
    _tell_coordinator(session, campaign, row, about.milestone, "延期申请", f"x:{row.id}", "", now)
    return row


def _row(
    about: Owed, wanted: Request, dates: tuple[datetime, datetime], now: datetime, actor: str
) -> Extension:
    """A request; `dates`: that in force, and the one that is wanted."""
    due, until = dates
    return Extension(
        campaign_id=about.campaign.id,
        obligation_id=about.row.id,
        milestone_id=about.milestone.id,
        unit_id=about.row.unit_id,
        reason=wanted.reason.strip(),
        evidence=wanted.evidence.strip(),
        wanted_at=until,
        due_at=due,
        original_due=about.milestone.original_due_at or due,
        asked_by=actor,
        asked_at=now,
        decide_by=_decide_by(about.campaign, about.rule, now),
    )


def _refusals(session: Session, about: Owed, wanted: Request, until: datetime, now: datetime) -> list[str]:
    """Why it can't be asked for now."""
    said = extendable.refusals(session, [about], now)[about.row.id]
    if not wanted.reason.strip():
        said.append("申请延期须写明理由")
    if about.due is None:
        return said
    if until <= about.due:
        return [*said, f"申请的日期须晚于现在的期限（{words(about.campaign, about.due)}）"]
    return said + caps(session, about, until)


def caps(session: Session, about: Owed, until: datetime) -> list[str]:
    """Why the plan's caps don't allow `until`."""
    rows = session.execute(
        sa.select(extended.c.before, extended.c.after).where(extended.c.obligation_id == about.row.id)
    )
    spans = tuple((before, after) for before, after in rows)
    span = (about.due or until, until)
    campaign = about.campaign
    return extending.refused_by(about.rule, Use(len(spans), spans), span, campaign.calendar, campaign.zone)


# -- words and instants ------------------------------------------------------------------------------


def instant(campaign: Running, text: str, due: datetime) -> datetime:
    """The instant that a person means; raises Faulty for words that name none."""
    anchors = Anchors(
        launch=datetime.combine(campaign.row.start, datetime.min.time(), campaign.zone),
        issued=issued(campaign.row.fills, campaign.row.start),
        year=due.astimezone(campaign.zone).year,
        ends=campaign.row.ends_at,
    )
    try:
        if longer := (parse_offset if text.strip().startswith("+") else spoken_offset)(text):
            return shift_instant(due, longer, campaign.calendar, campaign.zone)
        meant = parse(as_words(text))
    except Faulty as error:
        raise Faulty([Fault("until", one.says) for one in error.faults]) from error
    found = resolve(meant, anchors, campaign.calendar, campaign.zone).at
    if found is None:
        raise Faulty([Fault("until", f"“{text}”不是确定的日期，应写作 2026-12-15 或 10个工作日")])
    return found


def _decide_by(campaign: Running, rule: Extensions, now: datetime) -> datetime:
    day = campaign.calendar.add(now.astimezone(campaign.zone).date(), rule.decide)
    return datetime.combine(day, OFFICE_END, campaign.zone).astimezone(now.tzinfo)


# -- while nobody decides ----------------------------------------------------------------------------


def remind(session: Session, campaign: Running, one: Timer, now: datetime) -> tuple[str, int]:
    """A decision is overdue: whoever coordinates hears of it, and again after as many working days.

    Returns what became of the timer, and how many were told of.
    """
    row = session.get_one(Extension, -one.phase_id)
    status = session.get_one(Obligation, row.obligation_id, populate_existing=True).status
    if row.state != "asked" or status not in settling.OPEN:
        return ENDED, 0
    about = session.get_one(Milestone, row.milestone_id)
    says = f"，应于{words(campaign, row.decide_by)}前决定，已逾期"
    _tell_coordinator(session, campaign, row, about, "延期待决定", f"x:{row.id}:{one.cycle}", says, now)
    rule = extending.rules(campaign.template, about.requirement)
    _remind_later(session, campaign, row, _decide_by(campaign, rule, now), one.cycle + 1)
    return "fired", 1


def _remind_later(session: Session, campaign: Running, row: Extension, after: datetime, cycle: int) -> None:
    """A timer of its own kind: `phase_id` is minus the number of the request."""
    day = campaign.calendar.add(after.astimezone(campaign.zone).date(), 1)
    at = datetime.combine(day, MORNING, campaign.zone).astimezone(after.tzinfo)
    session.add(
        Timer(campaign_id=campaign.id, phase_id=-row.id, rung=0, cycle=cycle, after_due=True, fire_at=at)
    )
    session.flush()


def quiet(session: Session, row: Extension, now: datetime) -> None:
    """It is decided: nobody is reminded of it, and what nobody has heard yet is withdrawn."""
    going = timer.c.phase_id == -row.id, timer.c.done_at.is_(None)
    session.execute(sa.update(timer).where(*going).values(done_at=now, outcome=ENDED))
    unheard = notice.c.obligation_id == row.obligation_id, notice.c.kind == ASKING
    waiting = notice.c.state.in_(("pending", "held"))
    session.execute(sa.update(notice).where(*unheard, waiting).values(state="withdrawn"))


def _tell_coordinator(
    session: Session,
    campaign: Running,
    row: Extension,
    about: Milestone,
    name: str,
    key: str,
    says: str,
    now: datetime,
) -> None:
    who = session.execute(sa.select(unit.c.name).where(unit.c.id == row.unit_id)).scalar_one()
    dates = f"期限{words(campaign, row.due_at)}，申请延至{words(campaign, row.wanted_at)}"
    reason = f"{who}“{about.name}”{dates}（第 {row.id} 号）：{row.reason}{says}"
    coordinators.tell(
        session, campaign, key, name, reason, now, kind=ASKING, obligation=row.obligation_id, about=about.id
    )


# -- finding -----------------------------------------------------------------------------------------


def found(session: Session, campaign: Running, number: int, *, lock: bool = False) -> Extension:
    """A request by its number. Raises NotFound."""
    wanted = select(Extension).where(Extension.id == number, Extension.campaign_id == campaign.id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    row = session.exec(wanted).first()
    if row is None:
        raise NotFound(f"这次专项行动中没有第 {number} 号延期申请")
    return row


def undecided(campaign: Running, row: Extension, version: int | None) -> None:
    """Raises Conflict with what somebody else has decided, or that it has changed since it was seen."""
    if row.state != "asked":
        at = words(campaign, row.decided_at) if row.decided_at else ""
        state = STATES[row.state] + (f"，延至{words(campaign, row.until)}" if row.until else "")
        raise Conflict(f"第 {row.id} 号延期申请已由 {actorwords.actor(row.decided_by)} 于{at}决定：{state}")
    if version is not None and version != row.version:
        raise Conflict(f"第 {row.id} 号延期申请刚刚有改动（版本 {row.version}），请刷新后再试")


def _note(session: Session, row: Extension, now: datetime, actor: str, papers: Sequence[Paper]) -> None:
    files = [{"sha256": one.sha256, "name": one.name, "size": one.size} for one in papers]
    note(
        session,
        now,
        "extension.asked",
        actor,
        campaign_id=row.campaign_id,
        unit_id=row.unit_id,
        before=row.due_at.isoformat(),
        after=row.wanted_at.isoformat(),
        reason=row.reason,
        extension=row.id,
        obligation=row.obligation_id,
        **({"files": files} if files else {}),
    )
