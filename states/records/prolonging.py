"""A whole campaign is extended: from a day on every window and every date moves by the same amount, told once.

The dates go in as a person gives them (`dating`), so that what hangs on a window follows it, whatever opens later has
them, and a later version of the plan sees what was decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from states.dates import Offset, Unit, parse_offset
from states.errors import Conflict, Fault, Faulty, Refused
from states.records import dating, laying, locks, notifying, replanning
from states.records.campaigns import Running
from states.records.columns import slices
from states.records.core import run
from states.records.journal import iso, note
from states.records.notifying import Owing
from states.records.redated import Dated
from states.records.shifting import Moving
from states.records.tables import PhaseRow
from states.template import Role

AT_ONCE, LAST_YEAR = 5_000, 2099
WHOLE = "行动延期"
FOUND_TOO = "行动中登记的问题期限同样顺延"


@dataclass(frozen=True)
class Amount:
    """By how much (`+10wd`, `+30d`), and from which day on: what ends or is due after it moves."""

    by: str
    after: date
    reason: str
    version: int | None = None


@dataclass(frozen=True)
class Moved:
    """A phase whose window ends at another time."""

    key: str
    name: str
    before: datetime
    after: datetime


@dataclass(frozen=True)
class Prolonged:
    """The windows and dates that moved, or would, found problems last; `ends`: of the whole, before and after; `units` hear of it."""

    campaign: Running
    phases: tuple[Moved, ...]
    dates: tuple[Dated, ...]
    ends: tuple[datetime | None, datetime | None]
    units: int


def prolong(session: Session, campaign: Running, amount: Amount, now: datetime, actor: str) -> Prolonged:
    """Extend the campaign. To try it, roll back. Raises Faulty, Refused with sentences, Conflict."""
    locks.alone(session, campaign.id)
    session.refresh(campaign.row, with_for_update=True)
    offset = _checked(campaign, amount)
    says = f"{WHOLE}（{amount.by}）：{amount.reason.strip()}"
    move = Moving(session, campaign, offset, _from(campaign, amount.after, now), now, actor, says)
    before = {one.key: one.closes_at for one in move.rows()}
    ends = campaign.row.ends_at
    dates, found = _move(session, campaign, move, amount)
    campaign.row.ends_at = replanning.planned_again(session, campaign).ends_at
    campaign.row.version += 1
    session.add(campaign.row)
    session.flush()
    phases = tuple(_moved(before, move.rows()))
    units = _tell(session, campaign, _sentence(campaign, amount, phases, dates, found), now)
    _note(session, campaign, amount, ends, len(dates) + len(found), now, actor)
    return Prolonged(campaign, phases, (*dates, *found), (ends, campaign.row.ends_at), units)


def _move(
    session: Session, campaign: Running, move: Moving, amount: Amount
) -> tuple[tuple[Dated, ...], tuple[Dated, ...]]:
    """Dates of the plan, and those of problems found meanwhile."""
    own, found, fills = move.held(), move.found(), move.fills()
    if not (fills or own or found):
        raise Refused(f"{amount.after.isoformat()} 之后没有还未到的期限，无可延期")
    move.windows()
    dates = dating.give(session, campaign, fills, move.now, move.actor, move.says) if fills else ()
    dates += tuple(move.hold(row) for row in own)
    put_off = move.put_off(found)
    if not fills:
        laying.rederive(session, campaign, move.now, move.actor, move.says)
    move.own_dates()
    return dates, put_off


def _moved(before: Mapping[str, datetime | None], rows: Iterable[PhaseRow]) -> Iterator[Moved]:
    for one in rows:
        was = before.get(one.key)
        if was is not None and one.closes_at is not None and was != one.closes_at:
            yield Moved(one.key, one.name, was, one.closes_at)


def _checked(campaign: Running, amount: Amount) -> Offset:
    offset = parse_offset(amount.by if amount.by.strip().startswith(("+", "-")) else f"+{amount.by.strip()}")
    if offset.n <= 0 or offset.unit is Unit.HOUR:
        raise Faulty([Fault("by", "延期应写作 +10wd、+30d、+2w 或 +1m")])
    if amount.after.year > LAST_YEAR:
        raise Faulty([Fault("after", f"“{amount.after.isoformat()}”超出范围，最晚写到{LAST_YEAR}年")])
    said = []
    if campaign.row.closed_at is not None:
        said.append("专项行动已经办结或取消，不再延期")
    if not amount.reason.strip():
        said.append("延期须写明理由")
    if said:
        raise Refused(*said)
    if amount.version is not None and amount.version != campaign.row.version:
        ends = f"，现在到{_day(campaign, campaign.row.ends_at)}结束" if campaign.row.ends_at else ""
        raise Conflict(f"专项行动刚刚有改动（版本 {campaign.row.version}{ends}），请刷新后再试")
    return offset


def _from(campaign: Running, after: date, now: datetime) -> datetime:
    """The end of that day: what lies later moves."""
    return datetime.combine(after + timedelta(days=1), time(0), campaign.zone).astimezone(now.tzinfo)


# -- telling -----------------------------------------------------------------------------------------


def _tell(session: Session, campaign: Running, says: str, now: datetime) -> int:
    """One line to the liaison of every unit that takes part and is not through; returns how many units."""
    going = run.c.campaign_id == campaign.id, run.c.state.not_in(("closed", "exempt"))
    units = session.execute(sa.select(run.c.unit_id).where(*going).order_by(run.c.unit_id)).scalars().all()
    fact = {
        "kind": "extension",
        "rung": 0,
        "name": "延期",
        "urgent": False,
        "reason": says,
    }

    def key(one: Owing, email: str) -> str:
        return f"e:{campaign.id}:{now.isoformat()}:{one.unit_id}:{email}"

    for some in slices(units, AT_ONCE):
        rows = [Owing(0, unit_id) for unit_id in some]
        notifying.tell(session, campaign, rows, [Role.liaison], key, fact, now)
    return len(units)


def _sentence(
    campaign: Running,
    amount: Amount,
    phases: tuple[Moved, ...],
    dates: tuple[Dated, ...],
    found: tuple[Dated, ...],
) -> str:
    """Which windows and dates are other ones now, the open ones by name; but no unit reads of another's problems."""
    parts = [f"“{one.name}”阶段延至{_day(campaign, one.after)}" for one in phases]
    parts += [
        f"“{one.name}”{_day(campaign, one.before)}改为{_day(campaign, one.after)}"
        for one in dates
        if one.units
    ]
    more = f"等 {len(parts)} 处" if len(parts) > 8 else ""
    more += f"{'，' if parts else ''}{FOUND_TOO}" if found else ""
    return f"{WHOLE}：{'，'.join(parts[:8])}{more}；{amount.reason.strip()}"


def _day(campaign: Running, at: datetime | None) -> str:
    return f"{at.astimezone(campaign.zone):%Y-%m-%d}" if at else "—"


def _note(
    session: Session,
    campaign: Running,
    amount: Amount,
    ends: datetime | None,
    dates: int,
    now: datetime,
    actor: str,
) -> None:
    after = campaign.row.ends_at
    note(
        session,
        now,
        "campaign.extended",
        actor,
        campaign_id=campaign.id,
        before=iso(ends),
        after=iso(after),
        reason=amount.reason.strip(),
        by=amount.by,
        since=amount.after.isoformat(),
        dates=dates,
    )
