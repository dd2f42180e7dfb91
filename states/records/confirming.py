"""A rung with consequences is confirmed or dismissed by a named person, with a reason, once.

Confirmed, its letter is numbered, made and told in the same transaction; dismissed, it takes no number.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states import actorwords
from states.errors import Conflict, Fault, Faulty, NotAllowed, NotFound, Refused
from states.records import ledger_moving, lettering
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import unit
from states.records.dispatch import Proposal
from states.records.journal import note
from states.records.papers import LetterRow
from states.records.settling import OPEN, STATUS_NAMES, locked_row
from states.records.tables import Unit

STATE_NAMES = {
    "proposed": "待确认",
    "confirmed": "已确认",
    "dismissed": "已驳回",
    "held": "静默中",
    "superseded": "已由更高一级取代",
    "withdrawn": "已撤回",
}
DONE = {"confirmed": "确认", "dismissed": "驳回"}
GONE = {
    "held": "正在静默期内，静默结束后再办理",
    "superseded": "已由更高一级取代，请办理最新的一级",
    "withdrawn": "已撤回：单位已经办结或期限已改",
}
LONGEST = 2_000
NOT_YOURS = "“{name}”由组织这次行动的{owner}或其上级确认或驳回；单位不能决定针对自己的措施"


def confirm(
    session: Session,
    campaign: Running,
    key: int,
    person: str,
    reason: str,
    now: datetime,
    actor: str,
    *,
    letter: str | None = None,
) -> LetterRow:
    """Make it happen; returns the letter. `letter`: another kind of those that the plan lists.

    Raises Faulty, NotFound, Refused, Conflict.
    """
    other = kind(campaign, letter)
    one = _decided(session, campaign, key, "confirmed", person, reason, now, actor)
    one.letter = other or one.letter
    return lettering.make(session, campaign, one, now)


def kind(campaign: Running, named: str | None) -> str | None:
    """By which a rung would name a kind of letter that the plan lists (its key where it has one: several of one name differ
    by it), told by name or key. Raises Faulty where the plan lists none such."""
    if named is None:
        return None
    listed = campaign.template.letters
    found = next((one.key or one.name for one in listed if named in (one.key, one.name)), None)
    if found is None:
        have = f"可用的有 {'、'.join(one.name for one in listed)}" if listed else "方案没有列出文书"
        raise Faulty([Fault("letter", f"没有“{named}”这种文书；{have}")])
    return found


def dismiss(
    session: Session, campaign: Running, key: int, person: str, reason: str, now: datetime, actor: str
) -> None:
    """Let it be. Raises Faulty, NotFound, Refused, Conflict."""
    _decided(session, campaign, key, "dismissed", person, reason, now, actor)


def check_may_decide(session: Session, scope: Scope, campaign: Running, unit_id: int) -> None:
    """Only keys of who runs the campaign, or above; never that of the unit itself. Raises NotAllowed."""
    path = session.execute(sa.select(unit.c.path).where(unit.c.id == unit_id)).scalar_one()
    if not may_decide(session, scope, campaign, path):
        raise NotAllowed(not_yours(session, campaign))


def may_decide(session: Session, scope: Scope, campaign: Running, path: str) -> bool:
    """The same of the unit at `path`."""
    owner = session.get_one(Unit, campaign.row.owner_id)
    return scope.path is None or (owner.path.startswith(scope.path) and path != scope.path)


def not_yours(session: Session, campaign: Running) -> str:
    """Who decides instead."""
    owner = session.get_one(Unit, campaign.row.owner_id)
    return NOT_YOURS.format(name=campaign.row.title, owner=owner.name)


def found(session: Session, campaign: Running, key: int) -> Proposal:
    """One proposal of the campaign. Raises NotFound."""
    one = session.get(Proposal, key, populate_existing=True)
    if one is None or one.campaign_id != campaign.id:
        raise NotFound(f"这次专项行动中没有编号为 {key} 的待确认措施")
    return one


def _decided(
    session: Session,
    campaign: Running,
    key: int,
    state: str,
    person: str,
    reason: str,
    now: datetime,
    actor: str,
) -> Proposal:
    person, reason = person.strip(), reason.strip()
    check_words(person, reason)
    ledger_moving.check_running(campaign)
    owed = locked_row(session, campaign, found(session, campaign, key).obligation_id)
    one = _locked(session, key)
    if one.state != "proposed":
        raise Conflict(overtaken(session, campaign, one))
    if owed.status not in OPEN:
        raise Refused(settled(one.name, owed.status, state))
    one.state, one.decided_at, one.decided_by, one.decided_with, one.answer = (
        state,
        now,
        person,
        actor,
        reason,
    )
    session.add(one)
    session.flush()
    _note(session, campaign, one, now, actor)
    return one


def settled(name: str, status: str, state: str) -> str:
    """The unit has answered in the meantime."""
    return f"这一项单位{STATUS_NAMES[status]}，不能再{DONE[state]}针对它的{name}"


def _note(session: Session, campaign: Running, one: Proposal, now: datetime, actor: str) -> None:
    note(
        session,
        now,
        f"proposal.{one.state}",
        actor,
        campaign_id=campaign.id,
        unit_id=one.unit_id,
        before="proposed",
        after=one.name,
        reason=one.answer,
        proposal=one.id,
        obligation=one.obligation_id,
        person=one.decided_by,
    )


def check_words(person: str, reason: str) -> None:
    """Raises Faulty where nobody is named or nothing said."""
    faults = []
    if not 0 < len(person) <= 50 or "\n" in person:
        faults.append(Fault("person", "请写明由谁决定：姓名，一行，不超过 50 字"))
    if not 0 < len(reason) <= LONGEST:
        faults.append(Fault("reason", f"请写明理由，不超过 {LONGEST} 字"))
    if faults:
        raise Faulty(faults)


def _locked(session: Session, key: int) -> Proposal:
    statement = select(Proposal).where(Proposal.id == key).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).one()


def overtaken(session: Session, campaign: Running, one: Proposal) -> str:
    """Who decided what before, or why there is nothing to decide any more."""
    name = session.get_one(Unit, one.unit_id).name
    what = f"针对{name}的{one.name}"
    if one.decided_at is None:
        return f"{what}{GONE[one.state]}"
    local = one.decided_at.astimezone(campaign.zone)
    when = f"{local.year}年{local.month}月{local.day}日{local:%H:%M}"
    return (
        f"{what}已由{actorwords.actor(one.decided_by or '')}于{when}{DONE[one.state]}（理由：{one.answer}）"
    )
