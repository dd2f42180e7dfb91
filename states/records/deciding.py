"""An extension is decided: refused with a reason, or granted to a unit, to a subtree, or to all who owe the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Fault, Faulty, Refused
from states.records import (
    dating,
    effects,
    extendable,
    granting,
    locks,
    notifying,
    own_dates,
    reached,
    settling,
)
from states.records.campaigns import Running
from states.records.columns import slices, unit_of
from states.records.core import milestone as milestones
from states.records.effects import Effect
from states.records.extendable import Owed, words
from states.records.journal import iso, note, note_milestone
from states.records.notifying import Owing
from states.records.respite import Extended, Extension
from states.records.scopes import paths_of
from states.records.tables import Milestone, Unit
from states.template import Role

WHOM = {"unit": "这个单位", "under": "一个单位及其下级", "all": "全部单位"}
LEFT_OUT = "{n} 个单位的延期已到方案规定的次数或总时间，不在其中"
GRANTED = "准予延期"


@dataclass(frozen=True)
class Decision:
    """What was decided. `until` None: the date that was asked for; `whom` as in WHOM, `under` a unit's code."""

    grant: bool
    until: str | None = None
    reason: str = ""
    whom: str = "unit"
    under: str | None = None
    version: int | None = None


@dataclass(frozen=True)
class Decided:
    """A request as it stands then, how many obligations take the date, what that brings about, and who is left out."""

    row: Extension
    obligations: int
    effects: tuple[Effect, ...] = ()
    notes: tuple[str, ...] = ()


def decide(
    session: Session, campaign: Running, number: int, decision: Decision, now: datetime, actor: str
) -> Decided:
    """Decide request `number`. To try it, roll back. Raises NotFound, Faulty, Refused; Conflict when it is decided."""
    if decision.whom == "unit":
        locks.beside_others(session, campaign.id)
    else:
        locks.alone(session, campaign.id)
    row = granting.found(session, campaign, number, lock=True)
    granting.undecided(campaign, row, decision.version)
    if not decision.grant:
        return _refuse(session, campaign, row, decision, now, actor)
    about = granting.owed(session, campaign, row.obligation_id)
    until = granting.instant(campaign, decision.until, row.due_at) if decision.until else row.wanted_at
    said = extendable.closed(campaign) + _refusals(session, about, until, now)
    if said:
        raise Refused(*said)
    return _grant(session, about, row, decision, until, now, actor)


def _refuse(
    session: Session, campaign: Running, row: Extension, decision: Decision, now: datetime, actor: str
) -> Decided:
    if not decision.reason.strip():
        raise Refused("不准予延期须写明理由")
    about = session.get_one(Milestone, row.milestone_id)
    _settle(session, campaign, row, "refused", decision, now, actor)
    says = f"“{about.name}”不准予延期，期限仍为{words(campaign, row.due_at)}：{decision.reason.strip()}"
    _tell(session, campaign, row, about, [row.obligation_id], says, now)
    return Decided(row, 0)


def _refusals(session: Session, about: Owed, until: datetime, now: datetime) -> list[str]:
    name, status = about.milestone.name, about.row.status
    if status not in settling.OPEN:
        return [f"“{name}”{settling.STATUS_NAMES[status]}，不必再延期"]
    said = []
    if about.due is not None and until <= about.due:
        said.append(f"准予的日期须晚于现在的期限（{words(about.campaign, about.due)}）")
    if until <= now:
        said.append(f"{words(about.campaign, until)}已经过去，请写今后的日期")
    return said or granting.caps(session, about, until)


def _settle(
    session: Session,
    campaign: Running,
    row: Extension,
    state: str,
    decision: Decision,
    now: datetime,
    actor: str,
) -> None:
    """The request is decided, in the journal too, and nobody is reminded of it."""
    granting.quiet(session, row, now)
    row.state, row.answer = state, decision.reason.strip()
    row.decided_by, row.decided_at, row.version = actor, now, row.version + 1
    session.add(row)
    session.flush()
    note(
        session,
        now,
        f"extension.{state}",
        actor,
        campaign_id=campaign.id,
        unit_id=row.unit_id,
        before=row.due_at.isoformat(),
        after=(row.until or row.due_at).isoformat(),
        reason=row.answer or row.reason,
        extension=row.id,
        obligation=row.obligation_id,
        whom=row.whom,
        units=row.units,
    )


# -- granting ----------------------------------------------------------------------------------------


def _grant(
    session: Session,
    about: Owed,
    row: Extension,
    decision: Decision,
    until: datetime,
    now: datetime,
    actor: str,
) -> Decided:
    campaign, milestone = about.campaign, about.milestone
    place = _place(session, campaign, row, decision)
    foreseen = effects.of(session, campaign, milestone, about.due or until, until, row.unit_id, place)
    keys, left_out = reached.concerned(session, about, decision.whom, place, until)
    reason = f"{GRANTED}（第 {row.id} 号）：{decision.reason.strip() or row.reason}"
    groups = reached.by_date(session, milestone, keys)
    _keep(session, row, groups, until)
    if decision.whom == "all":
        _move(session, campaign, milestone, until, now, actor, reason)
    own = reached.own(session, keys) if decision.whom == "all" else keys
    own_dates.note_many(session, campaign, milestone, own, until, now, actor, reason)
    own_dates.give(session, campaign, milestone, own, until, now)
    row.whom, row.under_id = decision.whom, place.id if place and decision.whom == "under" else None
    row.until, row.units = until, len(keys)
    _settle(session, campaign, row, "granted", decision, now, actor)
    _settle_others(session, campaign, row, keys, now, actor)
    for before, some in groups.items():
        says = f"“{milestone.name}”{GRANTED}：期限由{words(campaign, before)}改为{words(campaign, until)}"
        _tell(session, campaign, row, milestone, some, says, now)
    notes = (LEFT_OUT.format(n=left_out),) if left_out else ()
    return Decided(row, len(keys), foreseen, notes)


def _place(session: Session, campaign: Running, row: Extension, decision: Decision) -> Unit | None:
    """The unit at the head of a subtree, which must hold the one that asked; None where all are meant."""
    if decision.whom not in WHOM:
        raise Faulty([Fault("whom", f"只能是 {'、'.join(WHOM)} 之一")])
    if (decision.under is not None) != (decision.whom == "under"):
        raise Faulty([Fault("under", "准予一个单位及其下级时写明单位代码，其他时候不写")])
    asker = session.get_one(Unit, row.unit_id)
    if decision.whom == "all":
        return None
    if decision.under is None:
        return asker
    paths_of(session, [decision.under])
    place = session.exec(select(Unit).where(Unit.code == decision.under)).one()
    owner = session.get_one(Unit, campaign.row.owner_id)
    if not place.path.startswith(owner.path):
        raise Refused(f"{place.name}不属{owner.name}管辖")
    if not asker.path.startswith(place.path):
        raise Refused(f"申请延期的{asker.name}不在{place.name}之下")
    return place


def _keep(session: Session, row: Extension, groups: dict[datetime, list[int]], until: datetime) -> None:
    rows = [
        {"obligation_id": key, "extension_id": row.id, "before": before, "after": until}
        for before, keys in groups.items()
        for key in keys
    ]
    session.execute(sa.insert(Extended), rows)


def _move(
    session: Session,
    campaign: Running,
    milestone: Milestone,
    until: datetime,
    now: datetime,
    actor: str,
    reason: str,
) -> None:
    """The common date itself, for who owes it already and who will; replanning leaves it, since a person decided."""
    before = milestone.due_at
    first = milestone.original_due_at or before
    held = {"due_at": until, "original_due_at": first, "held": True}
    session.execute(sa.update(milestones).where(milestones.c.id == milestone.id).values(**held))
    session.refresh(milestone)
    dating.arm(session, campaign, milestone, now, reason)
    said = {"before": iso(before), "after": iso(until), "reason": reason}
    note_milestone(session, now, "milestone.redated", actor, milestone, **said)


def _settle_others(
    session: Session, campaign: Running, granted: Extension, keys: Sequence[int], now: datetime, actor: str
) -> None:
    """Other requests for the same that ask for no later date have what they want."""
    waiting = select(Extension).where(
        Extension.milestone_id == granted.milestone_id, Extension.state == "asked"
    )
    covered = set(keys)
    for row in session.exec(waiting.with_for_update()).all():
        if row.obligation_id in covered and granted.until is not None and row.wanted_at <= granted.until:
            row.whom, row.until, row.units = "unit", granted.until, 1
            says = Decision(True, reason=f"随第 {granted.id} 号一并准予")
            _settle(session, campaign, row, "granted", says, now, actor)


def _tell(
    session: Session,
    campaign: Running,
    row: Extension,
    about: Milestone,
    keys: Sequence[int],
    says: str,
    now: datetime,
) -> None:
    """One line to the liaison of each unit."""
    fact = {
        "kind": "extension",
        "milestone_id": about.id,
        "rung": 0,
        "name": "延期",
        "urgent": False,
        "reason": says,
    }

    def key(one: Owing, email: str) -> str:
        return f"x:{row.id}:{one.key}:{email}"

    for some in slices(keys, settling.AT_ONCE):
        rows = [Owing(each, unit_of(each)) for each in some]
        notifying.tell(session, campaign, rows, [Role.liaison], key, fact, now)
