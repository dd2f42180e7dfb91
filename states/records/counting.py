"""Giving the numbers below a unit: how many departments or persons should have done it, how many have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import Conflict, Fault, Faulty, NotFound, Refused
from states.records import locks, moving, settling, tallies
from states.records.campaigns import Running
from states.records.columns import changed, obligation_id, obligation_span, unit_of
from states.records.core import journal, milestone, obligation, tally, unit
from states.records.journal import note, note_from, payload
from states.records.settling import STATUS_NAMES, UNSETTLED
from states.records.tables import Milestone, Obligation, TallyRow

MOST = 9_999_999


@dataclass(frozen=True)
class Numbers:
    """So many should, so many have, as of a local day (today when None)."""

    expected: int
    done: int
    as_of: date | None = None


def owed_key(session: Session, campaign: Running, code: str, requirement: str, period: str = "") -> int:
    """The number of what a unit owes, by the key of the requirement. Raises NotFound."""
    asked = sa.select(milestone.c.id).where(
        milestone.c.campaign_id == campaign.id,
        milestone.c.requirement == requirement,
        milestone.c.period == period,
    )
    about = session.execute(asked).scalar()
    if about is None:
        per = sa.select(milestone.c.requirement).where(
            milestone.c.campaign_id == campaign.id, milestone.c.per.is_not(None)
        )
        offered = "、".join(sorted(set(session.execute(per).scalars()))) or "没有"
        named = f"{requirement} {period}".strip()
        raise NotFound(f"这次专项行动中没有“{named}”这一事项；按科室或个人报数的有 {offered}")
    found = session.execute(sa.select(unit.c.id).where(unit.c.code == code)).scalar()
    if found is None:
        raise NotFound(f"单位表中没有代码 {code}")
    return obligation_id(about, found)


def refusals(about: Milestone, row: Obligation) -> list[str]:
    """Why no numbers can be given now."""
    said = []
    if about.per is None:
        said.append(f"“{about.name}”由单位办理，不按科室或个人报数")
    if row.status not in UNSETTLED:
        said.append(f"“{about.name}”{STATUS_NAMES[row.status]}，不能再报数")
    return said


def count(
    session: Session,
    campaign: Running,
    obligation_key: int,
    numbers: Numbers,
    now: datetime,
    actor: str,
    *,
    version: int | None = None,
) -> Obligation:
    """Keep the numbers of one obligation. Raises NotFound, Faulty, Refused, Conflict."""
    today = now.astimezone(campaign.zone).date()
    as_of = numbers.as_of or today
    _check(numbers, as_of, today)
    locks.beside_others(session, campaign.id)
    moving.hold(session, campaign, unit_of(obligation_key))
    row = settling.locked_row(session, campaign, obligation_key)
    if version is not None and version != row.version:
        raise Conflict(settling.overtaken(row))
    if said := refusals(session.get_one(Milestone, row.milestone_id), row):
        raise Refused(*said)
    before = _keep(session, row, numbers, as_of, now, actor)
    note(
        session,
        now,
        "obligation.counted",
        actor,
        campaign_id=campaign.id,
        unit_id=row.unit_id,
        before=before,
        after=f"{numbers.done}/{numbers.expected}",
        obligation=row.id,
        as_of=as_of.isoformat(),
    )
    return row


def count_many(
    session: Session,
    campaign: Running,
    about: Milestone,
    numbers: Numbers,
    units: Sequence[sa.ColumnElement[bool]],
    now: datetime,
    actor: str,
) -> int:
    """The same numbers wherever none are told yet; `units` are conditions over `obligation`. Returns how many.

    Raises Faulty, Refused.
    """
    settling.check_living(campaign)
    if about.per is None:
        raise Refused(f"“{about.name}”由单位办理，不按科室或个人报数")
    today = now.astimezone(campaign.zone).date()
    as_of = numbers.as_of or today
    _check(numbers, as_of, today)
    locks.alone(session, campaign.id)
    untold = ~sa.exists().where(tally.c.obligation_id == obligation.c.id)
    of_it = obligation.c.id.between(*obligation_span(about.id))
    where = [of_it, obligation.c.status.in_(UNSETTLED), untold, *units]
    _note_many(session, campaign, numbers, as_of, where, now, actor)
    session.execute(sa.update(obligation).where(*where).values(version=obligation.c.version + 1))
    given = {"expected": numbers.expected, "done": numbers.done, "as_of": as_of, "by": actor, "at": now}
    columns = [sa.literal(value, tally.c[name].type) for name, value in given.items()]
    rows = sa.select(obligation.c.id, *columns).where(*where)
    return changed(session, sa.insert(tally).from_select(["obligation_id", *given], rows))


def _note_many(
    session: Session,
    campaign: Running,
    numbers: Numbers,
    as_of: date,
    where: Sequence[sa.ColumnElement[bool]],
    now: datetime,
    actor: str,
) -> None:
    fixed = {"at": now, "kind": "obligation.counted", "actor": actor, "campaign_id": campaign.id}
    fixed["after"] = f"{numbers.done}/{numbers.expected}"
    literals = [sa.literal(value, journal.c[name].type) for name, value in fixed.items()]
    what = payload(session, obligation=obligation.c.id, as_of=sa.literal(as_of.isoformat()))
    rows = sa.select(*literals, obligation.c.unit_id, what).where(*where)
    note_from(session, [*fixed, "unit_id", "payload"], rows)


def _check(numbers: Numbers, as_of: date, today: date) -> None:
    faults = []
    for place, number in (("expected", numbers.expected), ("done", numbers.done)):
        if not 0 <= number <= MOST:
            faults.append(Fault(place, f"应在 0 到 {MOST} 之间"))
    if numbers.done > numbers.expected:
        faults.append(Fault("done", f"已办 {numbers.done} 多于应办 {numbers.expected}"))
    if as_of > today:
        faults.append(Fault("as_of", f"{as_of} 还没有到，数字只能截至今天或以前"))
    if faults:
        raise Faulty(faults)


def _keep(
    session: Session, row: Obligation, numbers: Numbers, as_of: date, now: datetime, actor: str
) -> str | None:
    kept = tallies.of(session, row.id)
    before = f"{kept.done}/{kept.expected}" if kept else None
    kept = kept or TallyRow(obligation_id=row.id, expected=0, done=0, as_of=as_of, by=actor, at=now)
    kept.expected, kept.done, kept.as_of, kept.by, kept.at = numbers.expected, numbers.done, as_of, actor, now
    row.version += 1
    session.add_all([kept, row])
    session.flush()
    return before
