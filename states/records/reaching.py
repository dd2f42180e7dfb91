"""Units that were reached: recorded one by one or from a list, and held against the coverage that the plan asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.dates import parse_cadence
from states.dates.periods import begins, label
from states.errors import Fault, Faulty
from states.machine import CLOSED
from states.progress import Covered
from states.records import locks, scopes
from states.records.campaigns import Running
from states.records.columns import changed, slices
from states.records.core import journal, reached, run, unit
from states.records.matters import within
from states.records.tables import Unit
from states.shares import Coverage

EXEMPT = "exempt"
REACHED = "unit.reached"
UNREACHED = "unit.unreached"
AT_ONCE = 500
FAULTS_LISTED = 200


@dataclass(frozen=True)
class Reach:
    """A unit was reached on a local day; `target`: which coverage it counts for, empty: all that speak of it."""

    code: str
    day: date
    target: str = ""
    says: str = ""
    place: str = ""


def targets(campaign: Running) -> list[str]:
    """Names of what is counted by records."""
    return [one.name for one in campaign.template.coverage if one.by == "reached"]


def record(
    session: Session,
    campaign: Running,
    found: Sequence[Reach],
    now: datetime,
    actor: str,
    path: str | None = None,
) -> int:
    """Write all down or none; what is recorded already stays. How many are new. Raises Faulty with each row's place."""
    locks.alone(session, campaign.id)
    units = _judged(session, campaign, found, now, path)
    kept = _kept(session, campaign, list(units.values()))
    fixed = {"campaign_id": campaign.id, "by": actor, "at": now}
    rows = {}
    for one in found:
        key = units[one.code], one.target, one.day
        if key not in kept:
            rows[key] = {**fixed, "unit_id": key[0], "target": one.target, "day": one.day, "says": one.says}
    if rows:
        session.execute(sa.insert(reached), list(rows.values()))
        session.execute(sa.insert(journal), [_noted(row, REACHED) for row in rows.values()])
    return len(rows)


def _kept(session: Session, campaign: Running, units: Sequence[int]) -> set[tuple[int, str, date]]:
    found: set[tuple[int, str, date]] = set()
    columns = (reached.c.unit_id, reached.c.target, reached.c.day)
    for part in slices(units, AT_ONCE):
        some = reached.c.unit_id.in_(part)
        rows = sa.select(*columns).where(reached.c.campaign_id == campaign.id, some)
        found |= {(unit_id, target, day) for unit_id, target, day in session.execute(rows).tuples()}
    return found


def remove(session: Session, campaign: Running, gone: Reach, reason: str, now: datetime, actor: str) -> int:
    """Take back what was recorded by mistake. Raises Faulty without a reason; how many went."""
    if not reason.strip():
        raise Faulty([Fault("reason", "撤回登记须写明理由")])
    locks.alone(session, campaign.id)
    unit_id = session.execute(sa.select(unit.c.id).where(unit.c.code == gone.code)).scalar()
    mine = (reached.c.campaign_id == campaign.id, reached.c.unit_id == unit_id, reached.c.day == gone.day)
    where = (*mine, reached.c.target == gone.target)
    rows = [dict(row._mapping) for row in session.execute(sa.select(reached).where(*where))]
    for row in rows:
        noted = _noted({**row, "by": actor, "at": now}, UNREACHED)
        session.execute(sa.insert(journal), [{**noted, "reason": reason}])
    return changed(session, sa.delete(reached).where(*where)) if rows else 0


def _noted(row: dict[str, object], kind: str) -> dict[str, object]:
    return {
        "at": row["at"],
        "kind": kind,
        "actor": row["by"],
        "campaign_id": row["campaign_id"],
        "unit_id": row["unit_id"],
        "after": str(row["target"] or ""),
        "payload": {"day": str(row["day"]), "says": row["says"]},
    }


def _judged(
    session: Session, campaign: Running, found: Sequence[Reach], now: datetime, path: str | None
) -> dict[str, int]:
    """Unit ids by code; raises Faulty."""
    today = now.astimezone(campaign.zone).date()
    units = _participants(session, campaign, [one.code for one in found], path)
    known, faults = targets(campaign), list[Fault]()
    if not known:
        raise Faulty([Fault("target", "方案没有按登记计算的覆盖面")])
    for at, one in enumerate(found):
        place = one.place or f"items[{at}]"
        if one.code not in units:
            faults.append(Fault(place, f"“{one.code}”不是参加这次行动的单位"))
        if one.target and one.target not in known:
            faults.append(Fault(place, f"没有“{one.target}”这项覆盖面；有 {'、'.join(known)}"))
        if one.day > today:
            faults.append(Fault(place, f"{one.day} 还没有到"))
    if faults:
        raise Faulty(faults[:FAULTS_LISTED])
    return units


def _participants(
    session: Session, campaign: Running, codes: Sequence[str], path: str | None
) -> dict[str, int]:
    found: dict[str, int] = {}
    wanted = list(dict.fromkeys(codes))
    joined = run.join(unit, unit.c.id == run.c.unit_id)
    for part in slices(wanted, AT_ONCE):
        some = unit.c.code.in_(part)
        rows = sa.select(unit.c.code, unit.c.id).select_from(joined)
        rows = rows.where(run.c.campaign_id == campaign.id, some, *within(path, unit.c.id))
        found |= dict(session.execute(rows).tuples().all())
    return found


# -- how far ----------------------------------------------------------------------------------------------


def coverage(
    session: Session, campaign: Running, now: datetime, path: str | None = None
) -> tuple[Covered, ...]:
    """Every target of the plan as it stands; the exempt count nowhere."""
    return tuple(_covered(session, campaign, one, now, path) for one in campaign.template.coverage)


def _covered(
    session: Session, campaign: Running, target: Coverage, now: datetime, path: str | None
) -> Covered:
    period, first = _period(campaign, target, now)
    done = run.c.state == CLOSED if target.by == "closed" else _is_reached(target, first)
    statement = (
        sa.select(sa.func.count(), sa.func.sum(sa.case((done, 1), else_=0)))
        .select_from(run.join(unit, unit.c.id == run.c.unit_id))
        .where(*_spoken_of(session, campaign, target), *within(path, unit.c.id))
    )
    number, got = session.execute(statement).one()
    return Covered(target.name, target.percent, int(got or 0), int(number), target.by, period)


def _spoken_of(session: Session, campaign: Running, target: Coverage) -> list[sa.ColumnElement[bool]]:
    owner = session.get_one(Unit, campaign.row.owner_id)
    taking_part = [run.c.campaign_id == campaign.id, run.c.state != EXEMPT]
    return taking_part + scopes.owing(session, target.scope.model_dump(), owner)


def _is_reached(target: Coverage, first: date | None) -> sa.ColumnElement[bool]:
    """Over `unit_run`: a record of it counts for this target, in the period that begins on `first`."""
    mine = (reached.c.campaign_id == run.c.campaign_id, reached.c.unit_id == run.c.unit_id)
    since = [reached.c.day >= first] if first is not None else []
    return sa.exists().where(*mine, reached.c.target.in_(("", target.name)), *since)


def _period(campaign: Running, target: Coverage, now: datetime) -> tuple[str, date | None]:
    """The present period of a target that is counted anew in each."""
    if target.every is None:
        return "", None
    rhythm, today = parse_cadence(target.every).rhythm, now.astimezone(campaign.zone).date()
    return label(rhythm)(today), begins(rhythm)(today)


def standing(
    session: Session, campaign: Running, target: str, now: datetime, path: str | None = None
) -> list[tuple[str, str, date | None]]:
    """Units that a target speaks of: code, name, the last day on which they were reached in its period (None: not yet);
    where units count as closed, the day on which they were.

    Raises Faulty for a target that the plan does not have.
    """
    one = next((one for one in campaign.template.coverage if one.name == target), None)
    if one is None:
        offered = "、".join(each.name for each in campaign.template.coverage) or "（没有）"
        raise Faulty([Fault("target", f"方案没有“{target}”这项覆盖面；有 {offered}")])
    statement = sa.select(unit.c.code, unit.c.name, run.c.state, run.c.since, _last_day(campaign, one, now))
    statement = statement.select_from(run.join(unit, unit.c.id == run.c.unit_id))
    where = [*_spoken_of(session, campaign, one), *within(path, unit.c.id)]
    rows = session.execute(statement.where(*where).order_by(unit.c.sort_key, unit.c.id)).tuples()
    if one.by == "reached":
        return [(code, name, day) for code, name, _state, _since, day in rows]
    zone = campaign.zone
    return [
        (code, name, since.astimezone(zone).date() if state == CLOSED else None)
        for code, name, state, since, _day in rows
    ]


def _last_day(campaign: Running, target: Coverage, now: datetime) -> sa.ScalarSelect[date | None]:
    _label, first = _period(campaign, target, now)
    mine = (reached.c.campaign_id == campaign.id, reached.c.unit_id == unit.c.id)
    since = [reached.c.day >= first] if first is not None else []
    last = sa.select(sa.func.max(reached.c.day)).where(*mine, reached.c.target.in_(("", target.name)), *since)
    return last.scalar_subquery()
