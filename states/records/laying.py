"""Letting one phase end later or earlier for a unit and those below it, with an author and a reason.

In a plan without phases it is the whole campaign that ends otherwise there, and what counts from its end goes with it.
What is open takes its own date at once, what opens later takes it then; nothing that was planned is overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states import machine
from states.dates import Anchors, parse, resolve
from states.errors import Fault, Faulty, NotFound, Refused
from states.fills import as_words, issued
from states.records import ledger_recounting, local_dates, local_turns, local_windows, locks
from states.records.campaigns import Running, running
from states.records.columns import slices
from states.records.core import milestone as milestones
from states.records.core import phase
from states.records.journal import iso, note
from states.records.ledger_following import AT_ONCE
from states.records.local_dates import Act, Shifted
from states.records.local_facts import Facts
from states.records.local_windows import window_of
from states.records.scopes import paths_of
from states.records.tables import Campaign, LocalWindow, Milestone, PhaseRow, Unit

WHICH = "请写明阶段；有的是 {}"
WHOLE = "行动"
UNMOVED = "没有一项的期限从行动的结束算起，另定结束时间不改动任何期限；要改某一项，请由单位申请延期（duban extension ask）"
NO_MORE = "此后各期不再由这些单位报送：{}"
GOES_ON = "定期报送的延续到另定的结束时间，只由这些单位报送：{}"
SYSTEM = "system"


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
    key: str | None,
    code: str,
    until: str,
    now: datetime,
    actor: str,
    reason: str,
) -> Laid:
    """Let phase `key` end at `until` (a day, an instant, or words) for the unit `code` and those below it.

    None: the whole campaign, where the plan has no phases. Raises NotFound, Faulty for words that name no date, Refused with sentences. To try it, roll back.
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
    over = _over(session, campaign, about, place)
    shifted = _shift(session, Facts(session, campaign), about, place, Act(now, actor, reason))
    shifted = [one for one in shifted if one.milestone.id not in over]
    if about.key == campaign.template.whole:
        shifted += _problems(session, campaign, place, Act(now, actor, reason))
    past = [one for one in shifted if _too_early(one, now)]
    if past:
        raise Refused(*(_past(campaign, one) for one in past))
    notes = _notes(session, campaign, about, over, moving=bool(shifted))
    laid = Laid(campaign, about, place, row, tuple(shifted), tuple(notes))
    _note(session, laid, before or about.closes_at, now, actor)
    return laid


def _note(session: Session, laid: Laid, before: datetime | None, now: datetime, actor: str) -> None:
    note(
        session,
        now,
        "phase.window",
        actor,
        campaign_id=laid.campaign.id,
        unit_id=laid.unit.id,
        before=iso(before),
        after=iso(laid.row.closes_at),
        reason=laid.row.reason,
        phase=laid.phase.key,
        name=laid.phase.name,
        obligations=laid.obligations,
    )


def name_of(campaign: Running, about: PhaseRow) -> str:
    """What ends, in words."""
    return WHOLE if about.key == campaign.template.whole else f"“{about.name}”阶段"


def _phase(session: Session, campaign: Running, key: str | None) -> PhaseRow:
    rows = session.exec(
        select(PhaseRow).where(PhaseRow.campaign_id == campaign.id).order_by(phase.c.id)
    ).all()
    found = {one.key: one for one in rows}
    key = key or campaign.template.whole
    if key is None:
        raise Faulty([Fault("phase", WHICH.format("、".join(found)))])
    if key not in found:
        raise NotFound(f"没有“{key}”这个阶段；已有的有 {'、'.join(found)}")
    return found[key]


def _unit(session: Session, code: str) -> Unit:
    paths_of(session, [code])
    return session.exec(select(Unit).where(Unit.code == code)).one()


def _instant(campaign: Running, about: PhaseRow, words: str) -> datetime:
    row = campaign.row
    anchors = Anchors(
        launch=datetime.combine(row.start, datetime.min.time(), campaign.zone),
        issued=issued(row.fills, row.start),
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
            f"{name_of(campaign, about)}{about.opens_at.astimezone(campaign.zone):%Y-%m-%d}才开始，不能在此之前结束"
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
    row.closes_at, row.reason, row.author, row.at, row.dates = closes, reason, actor, now, {}
    session.add(row)
    session.flush()
    return row, before


def _notes(
    session: Session, campaign: Running, about: PhaseRow, over: Mapping[int, str], *, moving: bool
) -> Iterator[str]:
    added = _added(session, campaign, about)
    if added:
        yield GOES_ON.format("、".join(added))
    if over:
        yield NO_MORE.format("、".join(over.values()))
    if not (moving or added or over) and about.key == campaign.template.whole:
        yield UNMOVED


# -- dates -------------------------------------------------------------------------------------------


def _shift(session: Session, facts: Facts, about: PhaseRow, place: Unit, act: Act) -> list[Shifted]:
    """Every milestone of the phase whose date is another one now; those that are open move their obligations."""
    local_turns.reconcile(session, facts, act)
    moved = local_dates.derive(session, facts, act, place.path)
    mine = [one for one in moved if one.unit_id == place.id]
    return [one for one in mine if window_of(facts.campaign, one.milestone) == about.key]


def _problems(session: Session, campaign: Running, place: Unit, act: Act) -> Iterator[Shifted]:
    """Problems found meanwhile there whose words count from the end of the whole."""
    moved = ledger_recounting.by_end(session, campaign, act.now, act.actor, act.reason, place.path)
    for part in slices(moved, AT_ONCE):
        some = {one.id: one for one in part}
        rows = select(Milestone).where(milestones.c.id.in_(some)).order_by(milestones.c.id)
        for row in session.exec(rows.execution_options(populate_existing=True)):
            one = some[row.id]
            yield Shifted(row, one.before, one.after, one.units, place.id)


def _added(session: Session, campaign: Running, about: PhaseRow) -> list[str]:
    """Turns that only units with a longer window have, by name."""
    rows = _going(session, campaign, milestones.c.local)
    return [one.name for one in rows if window_of(campaign, one) == about.key]


def _over(session: Session, campaign: Running, about: PhaseRow, place: Unit) -> dict[int, str]:
    """Turns still to be handed out that units of the place have no more: milestone → name."""
    rows = _going(session, campaign, milestones.c.opened_at.is_(None))
    mine = [one for one in rows if window_of(campaign, one) == about.key]
    ended = {one.id: local_windows.over(session, campaign, one) for one in mine}
    return {one.id: one.name for one in mine if any(each.row.unit_id == place.id for each in ended[one.id])}


def _going(session: Session, campaign: Running, what: sa.ColumnElement[bool]) -> Iterable[Milestone]:
    mine = select(Milestone).where(Milestone.campaign_id == campaign.id, what)
    order = milestones.c.due_at, milestones.c.id
    return session.exec(mine.where(milestones.c.withdrawn_at.is_(None)).order_by(*order))


def _too_early(one: Shifted, now: datetime) -> bool:
    if one.after is None or one.obligations == 0:
        return False
    return one.after <= now and (one.before is None or one.after < one.before)


def _past(campaign: Running, one: Shifted) -> str:
    words = f"{one.after.astimezone(campaign.zone):%Y-%m-%d %H:%M}" if one.after else ""
    return f"“{one.milestone.name}”的期限会成为{words}，已经过去，请写更晚的日期"


def obey(
    session: Session, campaign: Running, milestone: Milestone, now: datetime, could_open: datetime
) -> None:
    """A milestone has just been handed out: who has a window or an event of its own gets the date that follows."""
    facts = Facts(session, campaign)
    if facts.all:
        list(local_dates.derive_one(session, facts, milestone, Act(now, SYSTEM, "", could_open=could_open)))


def rederive(
    session: Session, campaign: Running, now: datetime, actor: str, reason: str, *, anew: bool = False
) -> None:
    """After the calendar, dates or the plan changed: what windows and events gave is given again.

    `anew`: by a person, so that rungs which have spoken speak again for the new date.
    """
    act = Act(now, actor, reason, anew=anew, at_once=True)
    facts = Facts(session, campaign)
    local_turns.reconcile(session, facts, act)
    local_dates.derive(session, facts, act)
