"""What happens to an obligation: handed in, accepted, returned, waived, nil; and its timers with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states import machine
from states.dates import parse_offset, shift_instant
from states.errors import Conflict, NotFound, Refused
from states.evidence import NOTHING_SHOWN, Shown, shortfalls
from states.records import asked, discretion, tallies
from states.records.campaigns import Running
from states.records.columns import milestone_of, slices
from states.records.core import journal, notice, obligation, proposal, timer
from states.records.journal import iso, note, note_from, payload
from states.records.tables import Milestone, Obligation, TallyRow
from states.records.timers import next_cycle_of, own, timers

OPEN = ("open", "returned")
UNSETTLED = (*OPEN, "submitted")
SETTLED = ("accepted", "nil", "waived")
STATUS_NAMES = {
    "open": "待办",
    "returned": "已退回",
    "submitted": "已报送待审核",
    "accepted": "已办结",
    "nil": "零报告",
    "waived": "已免报",
}
NOT_HANDED_IN = {"open": "还没有报送", "returned": "退回后还没有重新报送"}
REDO = parse_offset("+3wd")
AT_ONCE = 1_000
SILENT = "已办结或已改期"


@dataclass(frozen=True)
class Act:
    """One thing that can be done to an obligation: from which statuses, and whether it needs a reason."""

    name: str
    sources: tuple[str, ...]
    needs_reason: bool = False


ACTS = {
    "submit": Act("报送", OPEN),
    "nil": Act("零报告", OPEN),
    "accept": Act("通过", ("submitted",)),
    "return": Act("退回", ("submitted", "accepted", "nil"), needs_reason=True),
    "waive": Act("免报", UNSETTLED, needs_reason=True),
}


def refusals(
    milestone: Milestone,
    row: Obligation,
    act: str,
    reason: str | None,
    given: TallyRow | None = None,
    lacking: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> list[str]:
    """Why `act` can't be done now; the same sentences for pages, API and the act itself.

    `given`: the numbers below the unit, where the milestone asks for them. `lacking`: what keeps it from being handed
    in, and what does so unless there is a reason.
    """
    wanted = ACTS[act]
    said = []
    if milestone.withdrawn_at is not None:
        said.append(f"“{milestone.name}”已撤销，不再办理")
    elif act == "accept" and row.status in OPEN:
        said.append(f"“{milestone.name}”{NOT_HANDED_IN[row.status]}，不能通过")
    elif row.status not in wanted.sources:
        said.append(f"“{milestone.name}”{STATUS_NAMES[row.status]}，不能再{wanted.name}")
    if act == "nil" and not milestone.nil:
        said.append(f"“{milestone.name}”不接受零报告")
    unexplained = not (reason or "").strip()
    if wanted.needs_reason and unexplained:
        said.append(f"“{wanted.name}”须写明理由")
    if act == "submit" and unexplained and (short := tallies.shortfall(milestone, given)):
        said.append(short)
    if act == "submit":
        said += [*lacking[0], *(lacking[1] if unexplained else ())]
    return said


def lacks(
    session: Session, campaign: Running, milestone: Milestone, row: Obligation
) -> tuple[list[str], list[str]]:
    """What the plan asks for before it is handed in: required fields, a quota; see `refusals`."""
    return asked.lacking(session, campaign, milestone, row), asked.short(session, campaign, milestone, row)


def overtaken(row: Obligation) -> str:
    """That somebody else was quicker."""
    return f"这一项刚刚被他人改动（现为“{STATUS_NAMES[row.status]}”，版本 {row.version}），请刷新后再试"


def settle(
    session: Session,
    campaign: Running,
    obligation_key: int,
    act: str,
    now: datetime,
    actor: str,
    *,
    reason: str | None = None,
    version: int | None = None,
    shown: Shown = NOTHING_SHOWN,
) -> Obligation:
    """Do `act` to one obligation; `shown`: what comes with it as evidence. Raises NotFound, Refused, Conflict when `version` is not the present one."""
    if act not in ACTS:
        raise Refused(f"没有“{act}”这个动作；可用的有 {'、'.join(ACTS)}")
    row = locked_row(session, campaign, obligation_key)
    if version is not None and version != row.version:
        raise Conflict(overtaken(row))
    milestone = session.get_one(Milestone, row.milestone_id)
    given = tallies.of(session, row.id) if milestone.per else None
    lacking = lacks(session, campaign, milestone, row) if act == "submit" else ((), ())
    said = refusals(milestone, row, act, reason, given, lacking)
    if act == "submit" and (wanted := campaign.requirement(milestone)) is not None:
        said += shortfalls(milestone.name, wanted.evidence, shown)
    if said:
        raise Refused(*said)
    before, due = row.status, row.due_at or milestone.due_at
    _apply(row, milestone, act, now)
    row.version += 1
    session.add(row)
    session.flush()
    _note(session, row, act, before, now, actor, reason, due)
    if act == "return":
        rederive(session, campaign, row, milestone, redo_due(campaign, milestone, row, now), now)
    else:
        silence(session, [row.id], now)
    return row


def _note(
    session: Session,
    row: Obligation,
    act: str,
    before: str,
    now: datetime,
    actor: str,
    reason: str | None,
    due: datetime | None,
) -> None:
    """`due`: what a return moves."""
    was = {"due": iso(due)} if act == "return" else {}
    note(
        session,
        now,
        f"obligation.{act}",
        actor,
        campaign_id=row.campaign_id,
        unit_id=row.unit_id,
        before=before,
        after=row.status,
        reason=reason,
        obligation=row.id,
        **was,
    )


def check_living(campaign: Running) -> None:
    """Raises Refused once the campaign is cancelled: what was owed in it stays as it was."""
    if campaign.row.state == machine.CANCELLED:
        raise Refused(machine.OVER)


def locked_row(session: Session, campaign: Running, key: int) -> Obligation:
    """One obligation, kept from others until the transaction ends. Raises NotFound, Refused in a cancelled campaign."""
    check_living(campaign)
    statement = select(Obligation).where(Obligation.id == key).with_for_update()
    row = session.exec(statement.execution_options(populate_existing=True)).first()
    if row is None or row.campaign_id != campaign.id:
        raise NotFound(f"这次专项行动中没有编号为 {key} 的应办事项")
    return row


def _apply(row: Obligation, milestone: Milestone, act: str, now: datetime) -> None:
    due = row.due_at or milestone.due_at
    if act == "submit":
        row.status = "submitted" if milestone.review else "accepted"
    else:
        row.status = {"nil": "nil", "accept": "accepted", "return": "returned", "waive": "waived"}[act]
    if act == "return":
        row.submitted_at = row.settled_at = None
        return
    if row.submitted_at is None and act != "waive":
        row.submitted_at = now
        row.late = row.late or (due is not None and now > due)
    row.settled_at = now if row.status in SETTLED else None


def redo_due(campaign: Running, milestone: Milestone, row: Obligation, now: datetime) -> datetime | None:
    """What was returned is due again at its own date or three working days from now, whichever is later."""
    due = row.due_at or milestone.due_at
    if due is None:
        return None
    return max(due, shift_instant(now, REDO, campaign.calendar, campaign.zone))


def rederive(
    session: Session,
    campaign: Running,
    row: Obligation,
    milestone: Milestone,
    due: datetime | None,
    now: datetime,
) -> None:
    """Give one obligation a due date of its own and the rungs that follow from it; old rungs fall silent."""
    silence(session, [row.id], now)
    if due is None:
        return
    cycle = next_cycle_of(session, milestone.id, row.id)
    row.due_at, row.local_id = due, None
    session.add(row)
    session.add_all(timers(campaign, milestone, due, now, row.id, cycle))
    session.flush()


def silence(session: Session, keys: Sequence[int], now: datetime) -> None:
    """Satisfied obligations stop their ladder at once: timers of their own, notices not yet mailed, proposals."""
    for some in slices(keys, AT_ONCE):
        own = (
            timer.c.phase_id == 0,
            timer.c.milestone_id.in_({milestone_of(key) for key in some}),
            timer.c.obligation_id.in_(some),
            timer.c.done_at.is_(None),
        )
        session.execute(sa.update(timer).where(*own).values(done_at=now, outcome=SILENT))
        for table, waiting in ((notice, "pending"), (proposal, "proposed")):
            hanging = (table.c.obligation_id.in_(some), table.c.state.in_((waiting, "held")))
            session.execute(sa.update(table).where(*hanging).values(state="withdrawn"))


def silence_where(session: Session, milestone_id: int, keys: sa.Select[tuple[int]], now: datetime) -> None:
    """The same for many obligations of one milestone, named by a query, in three statements."""
    alone = own(milestone_id, timer.c.obligation_id.in_(keys))
    session.execute(
        sa.update(timer).where(*alone, timer.c.done_at.is_(None)).values(done_at=now, outcome=SILENT)
    )
    for table, waiting in ((notice, "pending"), (proposal, "proposed")):
        hanging = (table.c.obligation_id.in_(keys), table.c.state.in_((waiting, "held")))
        session.execute(sa.update(table).where(*hanging).values(state="withdrawn"))


def required(session: Session, campaign: Running, phase: str) -> list[Milestone]:
    """The milestones that a unit must have settled before it leaves `phase`."""
    wanted = select(Milestone).where(
        Milestone.campaign_id == campaign.id,
        Milestone.phase == phase,
        Milestone.required,
        Milestone.withdrawn_at == None,  # noqa: E711
    )
    return list(session.exec(wanted.order_by(Milestone.id)))  # type: ignore[arg-type]


def locked(session: Session, where: Sequence[sa.ColumnElement[bool]]) -> list[int]:
    """Ids of the obligations that meet `where`, kept from others until the transaction ends."""
    statement = sa.select(obligation.c.id).where(*where).order_by(obligation.c.id).with_for_update()
    return list(session.execute(statement).scalars())


def change_all(session: Session, keys: Sequence[int], values: Mapping[str, Any]) -> None:
    """One UPDATE over many obligations, in parts that a statement can carry."""
    for part in slices(keys, AT_ONCE):
        some = obligation.c.id.in_(part)
        session.execute(sa.update(obligation).where(some).values(**values))


def note_acts(
    session: Session,
    campaign: Running,
    act: str,
    after: str,
    keys: Sequence[int],
    now: datetime,
    actor: str,
    reason: str | None,
) -> None:
    """A journal row for each of many obligations, before they change."""
    discretion.check(session, campaign.id, {"reason": reason}, actor, now)
    fixed = {"at": now, "kind": f"obligation.{act}", "actor": actor, "campaign_id": campaign.id}
    fixed |= {"after": after, "reason": reason}
    literals = [sa.literal(value, journal.c[name].type) for name, value in fixed.items()]
    about = payload(session, obligation=obligation.c.id)
    for part in slices(keys, AT_ONCE):
        some = obligation.c.id.in_(part)
        rows = sa.select(*literals, obligation.c.unit_id, obligation.c.status, about).where(some)
        note_from(session, [*fixed, "unit_id", "before", "payload"], rows)
