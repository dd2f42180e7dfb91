"""Things done towards a quota: written down with day, place and a few words; met once there are enough of them.

When a unit's last one that was needed is written down, what it owes is handed in by itself, and its ladder stops (unless
papers are asked for, too); when one is taken back and there are too few again, it is owed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Fault, Faulty, NotFound, Refused
from states.quota import Period, quota_of
from states.records import asked, discretion, locks, moving, numbering, quota_counts
from states.records.campaigns import Running
from states.records.columns import obligation_id, obligation_span, slices
from states.records.core import journal, obligation, quota_event, unit
from states.records.journal import note
from states.records.matters import within
from states.records.reported import QuotaEvent
from states.records.settling import AT_ONCE, OPEN, UNSETTLED
from states.records.tables import Milestone

DONE, UNDONE = "quota.done", "quota.undone"
MET, TOO_FEW = "已达到{quota}", "撤回一{measure}后不足{least}{measure}：{reason}"
LONGEST = 500
FAULTS_LISTED = 200


@dataclass(frozen=True)
class Done:
    """One thing done by a unit; `requirement` by key, the period found by the day."""

    code: str
    requirement: str
    day: date
    says: str
    place: str = ""
    where: str = ""


@dataclass(frozen=True)
class _Owed:
    key: int
    unit_id: int
    status: str
    milestone: Milestone


def record(
    session: Session,
    campaign: Running,
    found: Sequence[Done],
    now: datetime,
    actor: str,
    path: str | None = None,
) -> list[int]:
    """Write all down or none; their numbers. Raises Faulty with each one's place, Refused."""
    locks.alone(session, campaign.id)
    for number, one in enumerate(found):
        said = {one.where or f"items.{number}": f"{one.says}\n{one.place}"}
        discretion.check(session, campaign.id, said, actor, now)
    owed = _judged(session, campaign, found, now, path)
    pairs = list(zip(found, owed, strict=True))
    numbers = numbering.free(session, quota_event, len(pairs))
    fixed = {"campaign_id": campaign.id, "by": actor, "at": now}
    rows = [
        {"id": number, "obligation_id": of.key, "day": one.day, "place": one.place, "says": one.says, **fixed}
        for number, (one, of) in zip(numbers, pairs, strict=True)
    ]
    if rows:
        session.execute(sa.insert(quota_event), rows)
        session.execute(sa.insert(journal), [_noted(campaign, DONE, *pair, now, actor) for pair in pairs])
    open_ones = {one.key: one for one in owed if one.status in OPEN}
    counts = quota_counts.events(session, list(open_ones))
    for key, each in open_ones.items():
        _hand_in(session, campaign, each, counts[key], now, actor)
    return numbers


def _noted(
    campaign: Running, kind: str, one: Done, owed: _Owed, now: datetime, actor: str
) -> dict[str, object]:
    about = {"obligation": owed.key, "day": one.day.isoformat(), "place": one.place, "says": one.says}
    fixed = {"at": now, "kind": kind, "actor": actor, "campaign_id": campaign.id, "unit_id": owed.unit_id}
    return {**fixed, "after": owed.milestone.name, "payload": about}


def _hand_in(session: Session, campaign: Running, owed: _Owed, count: int, now: datetime, actor: str) -> None:
    quota = asked.quota_of(campaign, owed.milestone)
    wanted = campaign.requirement(owed.milestone)
    by_hand = wanted is not None and (wanted.evidence.asks or wanted.keep_at_unit)
    if quota is None or by_hand or count < quota.least:
        return
    moving.act(session, campaign, owed.key, "submit", now, actor, reason=MET.format(quota=quota.words()))


def withdraw(session: Session, campaign: Running, number: int, reason: str, now: datetime, actor: str) -> int:
    """Take one back; what is owed again because of it is returned. The obligation. Raises NotFound, Faulty, Refused."""
    if not reason.strip():
        raise Faulty([Fault("reason", "撤回登记须写明理由")])
    locks.alone(session, campaign.id)
    row = event(session, campaign, number)
    if row.withdrawn_at is not None:
        raise Refused("这一次已经撤回")
    row.withdrawn_at, row.withdrawn_why = now, reason
    session.add(row)
    session.flush()
    owed = session.execute(
        sa.select(obligation.c.unit_id, obligation.c.milestone_id, obligation.c.status).where(
            obligation.c.id == row.obligation_id
        )
    ).one()
    note(
        session,
        now,
        UNDONE,
        actor,
        campaign_id=campaign.id,
        unit_id=owed.unit_id,
        reason=reason,
        obligation=row.obligation_id,
        day=row.day.isoformat(),
        says=row.says,
    )
    quota = asked.quota_of(campaign, session.get_one(Milestone, owed.milestone_id))
    left = quota_counts.events(session, [row.obligation_id])[row.obligation_id]
    if quota and owed.status in ("submitted", "accepted") and left < quota.least:
        says = TOO_FEW.format(measure=quota.measure, least=quota.least, reason=reason)
        moving.act(session, campaign, row.obligation_id, "return", now, actor, reason=says)
    return row.obligation_id


def event(session: Session, campaign: Running, number: int) -> QuotaEvent:
    """One that was written down. Raises NotFound."""
    row = session.get(QuotaEvent, number, populate_existing=True)
    if row is None or row.campaign_id != campaign.id:
        raise NotFound(f"没有编号为 {number} 的登记")
    return row


# -- judged before anything is written --------------------------------------------------------------------


def _judged(
    session: Session, campaign: Running, found: Sequence[Done], now: datetime, path: str | None
) -> list[_Owed]:
    """What each counts for. Raises Faulty."""
    today = now.astimezone(campaign.zone).date()
    by_requirement = {
        name: _periods(session, campaign, name) for name in dict.fromkeys(one.requirement for one in found)
    }
    units = _units(session, [one.code for one in found], path)
    statuses = quota_counts.statuses(session, _meant(found, units, by_requirement))
    faults, owed = list[Fault](), list[_Owed]()
    for at, one in enumerate(found):
        place = one.where or f"items[{at}]"
        says = _wrong(one, today, units, by_requirement[one.requirement], campaign)
        mine = None
        if says is None:
            says, mine = _owing(statuses, one, units[one.code], by_requirement[one.requirement])
        if says is not None:
            faults.append(Fault(place, says))
        elif mine is not None:
            owed.append(mine)
    faults = faults or list(_again(session, found, owed))
    if faults:
        raise Faulty(faults[:FAULTS_LISTED])
    return owed


def _again(session: Session, found: Sequence[Done], owed: Sequence[_Owed]) -> Iterator[Fault]:
    """What was written down before, word for word: a request that came twice must not count twice."""
    keys = sorted({one.key for one in owed})
    known: dict[tuple[int, date, str, str], str] = {}
    for part in slices(keys, AT_ONCE):
        some = quota_event.c.obligation_id.in_(part)
        rows = select(QuotaEvent).where(some, quota_event.c.withdrawn_at.is_(None))
        for row in session.exec(rows):
            known[row.obligation_id, row.day, row.place, row.says] = f"第 {row.id} 号登记"
    for at, (one, of) in enumerate(zip(found, owed, strict=True)):
        place = one.where or f"items[{at}]"
        before = known.setdefault((of.key, one.day, one.place, one.says), place)
        if before != place:
            yield Fault(place, f"与{before}完全相同；若是另一次，请在地点或内容中写明")


def _periods(session: Session, campaign: Running, requirement: str) -> list[tuple[Milestone, Period]]:
    return [
        (one, asked.period_of(campaign, one))
        for one in asked.opened(session, campaign, requirement)
        if asked.quota_of(campaign, one) is not None
    ]


def _units(session: Session, codes: Sequence[str], path: str | None) -> dict[str, int]:
    found: dict[str, int] = {}
    wanted = list(dict.fromkeys(codes))
    for part in slices(wanted, AT_ONCE):
        some = unit.c.code.in_(part)
        rows = sa.select(unit.c.code, unit.c.id).where(some, *within(path, unit.c.id))
        found |= dict(session.execute(rows).tuples().all())
    return found


def _wrong(
    one: Done,
    today: date,
    units: dict[str, int],
    periods: list[tuple[Milestone, Period]],
    campaign: Running,
) -> str | None:
    if not periods:
        known = [each.key for each in campaign.template.requirements if quota_of(each) is not None]
        return f"没有“{one.requirement}”这项已下达的数量要求；有 {'、'.join(known) or '（没有）'}"
    if one.code not in units:
        return f"单位表中没有“{one.code}”，或不在授权范围"
    if not one.says.strip() or len(one.says) > LONGEST:
        return f"请用 1 到 {LONGEST} 个字写明做了什么"
    return f"{one.day} 还没有到" if one.day > today else None


def _meant(
    found: Sequence[Done],
    units: Mapping[str, int],
    periods: Mapping[str, list[tuple[Milestone, Period]]],
) -> set[int]:
    """Every obligation that one of them could count for."""
    return {
        obligation_id(milestone.id, units[one.code])
        for one in found
        if one.code in units
        for milestone, period in periods[one.requirement]
        if period.holds(one.day)
    }


def _owing(
    statuses: Mapping[int, str], one: Done, unit_id: int, periods: list[tuple[Milestone, Period]]
) -> tuple[str | None, _Owed | None]:
    """The period in which its day falls, and what the unit owes there; otherwise why not."""
    holding = [milestone for milestone, period in periods if period.holds(one.day)]
    if not holding:
        said = "；".join(f"{milestone.name} {period.words()}" for milestone, period in periods[:5])
        return f"{one.day} 不在任何一期之内（{said}）", None
    for milestone in holding:
        key = obligation_id(milestone.id, unit_id)
        status = statuses.get(key)
        if status == "waived":
            return f"“{milestone.name}”这个单位已免报", None
        if status is not None:
            return None, _Owed(key, unit_id, status, milestone)
    return f"“{one.code}”没有“{holding[0].name}”这项任务", None


def events_of(session: Session, key: int) -> list[QuotaEvent]:
    """Everything written down for one obligation, what was withdrawn too, by day."""
    found = sa.select(quota_event.c.id).where(quota_event.c.obligation_id == key)
    numbers = session.execute(found.order_by(quota_event.c.day, quota_event.c.id)).scalars()
    return [session.get_one(QuotaEvent, number, populate_existing=True) for number in numbers]


def do_many(
    session: Session,
    campaign: Running,
    milestone: Milestone,
    one: Done,
    times: int,
    units: Sequence[sa.ColumnElement[bool]],
    now: datetime,
    actor: str,
) -> None:
    """The same thing `times` for all that still owe it; `units` are conditions over `obligation`."""
    locks.alone(session, campaign.id)
    of_it = obligation.c.id.between(*obligation_span(milestone.id))
    columns = {"campaign_id": campaign.id, "day": one.day, "place": one.place, "says": one.says}
    literals = {**columns, "by": actor, "at": now}
    rows = sa.select(
        obligation.c.id, *(sa.literal(value, quota_event.c[name].type) for name, value in literals.items())
    ).where(of_it, obligation.c.status.in_(UNSETTLED), *units)
    for _ in range(times):
        session.execute(sa.insert(quota_event).from_select(["obligation_id", *literals], rows))
