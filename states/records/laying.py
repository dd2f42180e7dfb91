"""Letting one phase end later or earlier for a unit and those below it, with an author and a reason.

What is open takes its own date at once, what opens later takes it then; nothing that was planned is overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states import machine
from states.dates import Anchors, parse, resolve
from states.errors import Fault, Faulty, NotFound, Refused
from states.fills import as_words
from states.phasing import due_within
from states.plan import Plan
from states.records import locks, own_dates, replanning, settling
from states.records.campaigns import Running, running
from states.records.core import milestone as milestones
from states.records.core import obligation, phase, unit
from states.records.journal import note
from states.records.local_windows import Placed, placed
from states.records.scopes import paths_of
from states.records.tables import Campaign, LocalWindow, Milestone, PhaseRow, Unit

STAYS = "定期报送的各期止于方案规定的时间，不因此增加"


@dataclass(frozen=True)
class Shifted:
    """A milestone whose date is another one below the unit: how many unsettled obligations take it at once."""

    milestone: Milestone
    before: datetime | None
    after: datetime
    obligations: int


@dataclass(frozen=True)
class Laid:
    """A window that was laid, or would be, and everything that moves with it."""

    campaign: Running
    phase: PhaseRow
    unit: Unit
    row: LocalWindow
    shifted: tuple[Shifted, ...]
    notes: tuple[str, ...]

    @property
    def obligations(self) -> int:
        return sum(one.obligations for one in self.shifted)


def lay(
    session: Session,
    campaign_id: int,
    key: str,
    code: str,
    until: str,
    now: datetime,
    actor: str,
    reason: str,
) -> Laid:
    """Let phase `key` end at `until` (a day, an instant, or words) for the unit `code` and those below it.

    Raises NotFound, Faulty for words that name no date, Refused with sentences. To try it, roll back.
    """
    session.exec(select(Campaign.id).where(Campaign.id == campaign_id).with_for_update()).first()
    campaign = running(session, campaign_id)
    locks.alone(session, campaign.id)
    about, place = _phase(session, campaign, key), _unit(session, code)
    closes = _instant(campaign, about, until)
    refusals = _refusals(session, campaign, about, place, closes, now, reason)
    if refusals:
        raise Refused(*refusals)
    row, before = _put(session, campaign, about, place, closes, now, actor, reason)
    window = Placed(row, place.path)
    plans = _plans(session, campaign, about, closes)
    shifted = _shift(session, campaign, about, window, plans, now, actor, reason)
    past = [one for one in shifted if _too_early(one, now)]
    if past:
        raise Refused(*(_past(campaign, one) for one in past))
    earlier = before or about.closes_at
    note(
        session,
        now,
        "phase.window",
        actor,
        campaign_id=campaign.id,
        unit_id=place.id,
        before=earlier.isoformat() if earlier else None,
        after=closes.isoformat(),
        reason=reason,
        phase=about.key,
        name=about.name,
        obligations=sum(one.obligations for one in shifted),
    )
    return Laid(campaign, about, place, row, tuple(shifted), tuple(_notes(campaign, about, closes)))


def _phase(session: Session, campaign: Running, key: str) -> PhaseRow:
    rows = session.exec(
        select(PhaseRow).where(PhaseRow.campaign_id == campaign.id).order_by(phase.c.id)
    ).all()
    found = {one.key: one for one in rows}
    if key not in found:
        raise NotFound(f"没有“{key}”这个阶段；已有的有 {'、'.join(found)}")
    return found[key]


def _going(session: Session, campaign: Running) -> dict[str, PhaseRow]:
    going = select(PhaseRow).where(PhaseRow.campaign_id == campaign.id, phase.c.withdrawn_at.is_(None))
    return {one.key: one for one in session.exec(going.order_by(phase.c.id))}


def _unit(session: Session, code: str) -> Unit:
    paths_of(session, [code])
    return session.exec(select(Unit).where(Unit.code == code)).one()


def _instant(campaign: Running, about: PhaseRow, words: str) -> datetime:
    row = campaign.row
    anchors = Anchors(
        launch=datetime.combine(row.start, datetime.min.time(), campaign.zone),
        issued=row.start,
        year=row.start.year,
        phase=(about.opens_at, about.closes_at),
        ends=row.ends_at,
    )
    due = resolve(parse(as_words(words)), anchors, campaign.calendar, campaign.zone)
    if due.at is None:
        raise Faulty([Fault("until", f"“{words}”不是确定的日期，应写作 2026-12-15")])
    return due.at


def _refusals(
    session: Session,
    campaign: Running,
    about: PhaseRow,
    place: Unit,
    closes: datetime,
    now: datetime,
    reason: str,
) -> list[str]:
    said = []
    owner = session.get_one(Unit, campaign.row.owner_id)
    if not reason.strip():
        said.append("另定期限须写明理由")
    if not place.path.startswith(owner.path):
        said.append(f"{place.name}不属{owner.name}管辖")
    if campaign.row.closed_at is not None:
        label = machine.state_name(campaign.machines, campaign.row.state).label
        said.append(f"专项行动现为“{label}”，期限不再改动")
    if closes <= now:
        said.append(f"{closes.astimezone(campaign.zone):%Y-%m-%d %H:%M}已经过去，请写今后的日期")
    if about.opens_at is not None and closes <= about.opens_at:
        said.append(
            f"“{about.name}”{about.opens_at.astimezone(campaign.zone):%Y-%m-%d}才开始，不能在此之前结束"
        )
    return said


def _put(
    session: Session,
    campaign: Running,
    about: PhaseRow,
    place: Unit,
    closes: datetime,
    now: datetime,
    actor: str,
    reason: str,
) -> tuple[LocalWindow, datetime | None]:
    """The row, and when the window ended that it replaces."""
    mine = (LocalWindow.campaign_id == campaign.id, LocalWindow.phase == about.key)
    row = session.exec(select(LocalWindow).where(*mine, LocalWindow.unit_id == place.id)).first()
    before = row.closes_at if row is not None else None
    if row is None:
        row = LocalWindow(campaign_id=campaign.id, phase=about.key, unit_id=place.id)  # type: ignore[call-arg]
    row.closes_at, row.reason, row.author, row.at = closes, reason, actor, now
    session.add(row)
    session.flush()
    return row, before


def _notes(campaign: Running, about: PhaseRow, closes: datetime) -> list[str]:
    again = any(one.every is not None and one.phase == about.base for one in campaign.template.requirements)
    return [STAYS] if again and about.closes_at is not None and closes > about.closes_at else []


# -- dates -------------------------------------------------------------------------------------------


def _plans(session: Session, campaign: Running, about: PhaseRow, closes: datetime) -> tuple[Plan, Plan]:
    """The plan as it stands, and with the other end of this phase."""
    one, other = (
        replanning.planned_again(session, campaign, closed=closed) for closed in ({}, {about.key: closes})
    )
    return one, other


def _due(
    about: PhaseRow, milestone: Milestone, plans: tuple[Plan, Plan], closes: datetime
) -> datetime | None:
    """The date of a milestone for units under a window that ends at `closes`."""
    key = milestone.requirement, milestone.period
    dates = [
        next((one.due_at for one in each.milestones if (one.requirement, one.period) == key), None)
        for each in plans
    ]
    return due_within(milestone.due_at, about.closes_at, closes, (dates[0], dates[1]))


def _shift(
    session: Session,
    campaign: Running,
    about: PhaseRow,
    window: Placed,
    plans: tuple[Plan, Plan],
    now: datetime,
    actor: str,
    reason: str,
) -> list[Shifted]:
    """Every milestone of the phase whose date is another one now; those that are open move their obligations."""
    others = placed(session, campaign, about.key)
    former = _given(others)
    dates: dict[str, str] = {}
    made = []
    going = (Milestone.campaign_id == campaign.id, milestones.c.withdrawn_at.is_(None))
    asked = select(Milestone).where(*going, Milestone.phase == about.key)
    for one in session.exec(asked.order_by(milestones.c.due_at, milestones.c.id)):
        due = _due(about, one, plans, window.row.closes_at)
        if due is None:
            continue
        if due != one.due_at:
            dates[str(one.id)] = due.isoformat()
        keys = _concerned(session, window, others, one, due, former) if one.opened_at else []
        own_dates.note_many(session, campaign, one, keys, due, now, actor, reason)
        own_dates.give(session, campaign, one, keys, due, now)
        if keys or due != one.due_at:
            made.append(Shifted(one, one.due_at, due, len(keys)))
    window.row.dates = dates
    session.add(window.row)
    session.flush()
    return made


def _given(windows: list[Placed]) -> dict[int, set[datetime]]:
    """Milestone → the dates that windows have given for it: such a date is nobody's own."""
    found: dict[int, set[datetime]] = {}
    for window in windows:
        for key, words in window.row.dates.items():
            found.setdefault(int(key), set()).add(datetime.fromisoformat(words))
    return found


def _concerned(
    session: Session,
    window: Placed,
    others: list[Placed],
    milestone: Milestone,
    due: datetime,
    former: dict[int, set[datetime]],
) -> list[int]:
    """What takes the date: a date that a person has of his own (after a return) is only ever put off."""
    units = sa.select(unit.c.id).where(*window.units(others))
    own = obligation.c.due_at
    common = [own.is_(None)] if milestone.due_at != due else []
    replaced = [own.in_(former[milestone.id])] if milestone.id in former else []
    moves = sa.or_(*common, sa.and_(own != due, sa.or_(own < due, *replaced)))
    return settling.locked(session, [*own_dates.whose(milestone, units), moves])


def _too_early(one: Shifted, now: datetime) -> bool:
    return one.obligations > 0 and one.after <= now and (one.before is None or one.after < one.before)


def _past(campaign: Running, one: Shifted) -> str:
    words = f"{one.after.astimezone(campaign.zone):%Y-%m-%d %H:%M}"
    return f"“{one.milestone.name}”的期限会成为{words}，已经过去，请写更晚的日期"


def obey(
    session: Session, campaign: Running, milestone: Milestone, now: datetime, could_open: datetime
) -> None:
    """A milestone has just been handed out: who has a window of its own gets the date that follows from it."""
    windows = placed(session, campaign, milestone.phase) if milestone.phase else []
    if not windows:
        return
    about = _phase(session, campaign, milestone.phase or "")
    for window in windows:
        due = _due(
            about, milestone, _plans(session, campaign, about, window.row.closes_at), window.row.closes_at
        )
        if due is None or due == milestone.due_at:
            continue
        units = sa.select(unit.c.id).where(*window.units(windows))
        keys = settling.locked(session, own_dates.whose(milestone, units))
        own_dates.give(session, campaign, milestone, keys, due, now, could_open)
        window.row.dates = {**window.row.dates, str(milestone.id): due.isoformat()}
        session.add(window.row)


def rederive(session: Session, campaign: Running, now: datetime, actor: str, reason: str) -> None:
    """After the calendar or a phase's dates changed: what windows gave is given anew."""
    windows = placed(session, campaign)
    going = _going(session, campaign) if windows else {}
    for window in windows:
        about = going.get(window.row.phase)
        if about is None:
            continue
        plans = _plans(session, campaign, about, window.row.closes_at)
        _shift(session, campaign, about, window, plans, now, actor, reason)
