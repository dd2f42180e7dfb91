"""How everything of a campaign moves by the same amount: which dates to give anew, and what persons have dated.

See `prolonging`, which does it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states import sanity
from states.charges import charges
from states.dates import Offset, parse_window, shift_instant
from states.fills import Fills
from states.plan import FIRST, Plan, PlannedMilestone
from states.records import dating, ledger_shifting, local_windows, own_dates, replanning, settling
from states.records.campaigns import Running
from states.records.core import milestone as milestones
from states.records.core import obligation, phase, unit
from states.records.journal import iso, note
from states.records.ledger_steps import FOUND
from states.records.matters import of_milestone
from states.records.redated import Dated
from states.records.scopes import below
from states.records.tables import Milestone, PhaseRow
from states.template import Opens


class Moving:
    """What moves, and where to."""

    def __init__(
        self,
        session: Session,
        campaign: Running,
        offset: Offset,
        start: datetime,
        now: datetime,
        actor: str,
        says: str,
    ) -> None:
        self.session, self.campaign, self.offset, self.start = session, campaign, offset, start
        self.now, self.actor, self.says = now, actor, says

    def moved(self, at: datetime | None) -> datetime | None:
        """Where the end of something goes; None where it stays, as what would be over all the same."""
        if at is None or at < self.start:
            return None
        found = shift_instant(at, self.offset, self.campaign.calendar, self.campaign.zone)
        return found if found > self.now else None

    def opening(self, at: datetime | None) -> date | None:
        """Where a beginning goes: the day after where the evening before goes, a working day where it was one."""
        if at is None or at < self.start:
            return None
        calendar, day = self.campaign.calendar, at.astimezone(self.campaign.zone).date()
        evening = shift_instant(at - timedelta(days=1), self.offset, calendar, self.campaign.zone)
        found = evening.astimezone(self.campaign.zone).date() + timedelta(days=1)
        return calendar.on_or_after(found) if calendar.is_workday(day) else found

    def rows(self) -> list[PhaseRow]:
        mine = select(PhaseRow).where(PhaseRow.campaign_id == self.campaign.id)
        return list(self.session.exec(mine.where(phase.c.withdrawn_at.is_(None)).order_by(phase.c.id)))

    # -- what the plan dates --------------------------------------------------------------------------

    def fills(self) -> dict[str, str]:
        """Dates to give, by place: the windows first, then what does not follow from them by itself."""
        given = dict(self._windows())
        plan = self._planned({})
        again = self._planned(given)
        dates = {(one.requirement, one.period): one.due_at for one in again.milestones}
        for one in plan.milestones:
            place = self._place(one)
            if place is None or place in given or dates.get((one.requirement, one.period)) != one.due_at:
                continue
            if (due := self.moved(one.due_at)) is not None and one.event is None:
                given[place] = self._words(due)
        return given

    def _windows(self) -> Iterator[tuple[str, str]]:
        rows = {one.key: one for one in self.rows()}
        for one in self.campaign.template.phases:
            row = rows.get(one.key)
            if row is None or one.every is not None:
                continue
            first = parse_window(one.window)[0] if one.window else one.from_
            own = f"{one.key}.from" in self.campaign.row.fills or one.opens == Opens.on_date
            if (
                own
                and first is not None
                and row.opened_at is None
                and (opens := self.opening(row.opens_at)) is not None
            ):
                yield f"{one.key}.from", opens.isoformat()
            if (closes := self.moved(row.closes_at)) is not None:
                yield f"{one.key}.until", self._words(closes)
        ends = self.campaign.template.ends is not None or "ends" in self.campaign.row.fills
        if ends and (end := self.moved(self.campaign.row.ends_at)) is not None:
            yield "ends", self._words(end)

    def _planned(self, given: dict[str, str]) -> Plan:
        both = {**self.campaign.row.fills, **given}
        return replanning.planned_again(self.session, self.campaign, fills=both)

    def _place(self, one: PlannedMilestone) -> str | None:
        """Where its date is given; None for a turn of something that comes again: its window says how many."""
        fills = self.campaign.row.fills
        place = sanity.place_of(self.campaign.template, fills, one)
        return None if place.endswith(".every") or (one.period and not self._once(one)) else place

    def _once(self, one: PlannedMilestone) -> bool:
        known = charges(self.campaign.template, Fills(self.campaign.template, self.campaign.row.fills))
        return one.period.endswith(FIRST) or any(each.requirement == one.requirement for each in known)

    def _words(self, at: datetime) -> str:
        return f"{at.astimezone(self.campaign.zone):%Y-%m-%d %H:%M}"

    # -- what persons have dated ----------------------------------------------------------------------

    def held(self) -> list[Milestone]:
        """Milestones on whose date a person decided against the plan: they are moved by themselves.

        Problems found meanwhile go together, see `found`.
        """
        mine = select(Milestone).where(
            Milestone.campaign_id == self.campaign.id,
            Milestone.held,
            milestones.c.withdrawn_at.is_(None),
            ~milestones.c.requirement.startswith(FOUND),
        )
        rows = self.session.exec(mine.order_by(milestones.c.id))
        return [row for row in rows if self.moved(row.due_at) is not None]

    def hold(self, row: Milestone) -> Dated:
        before, after = row.due_at, self.moved(row.due_at)
        row.due_at = after
        self.session.add(row)
        self.session.flush()
        if row.opened_at is not None:
            dating.arm(self.session, self.campaign, row, self.now, self.says)
        self._note("milestone.redated", before, after, milestone=row.id)
        return Dated(row.id, row.name, row.words, before, after, row.expected if row.opened_at else 0)

    def found(self) -> list[Any]:
        """Dates of problems found meanwhile that move; see `ledger_shifting`."""
        rows = ledger_shifting.found_dates(self.session, self.campaign)
        return [row for row in rows if self.moved(row.due_at) is not None]

    def put_off(self, rows: Sequence[Any]) -> tuple[Dated, ...]:
        told = (self.now, self.actor, self.says)
        return ledger_shifting.shift(
            self.session, self.campaign, rows, lambda row: self.moved(row.due_at), *told
        )

    def windows(self) -> None:
        """Windows of some units move by as much; their dates follow when everything is derived anew."""
        for one in local_windows.placed(self.session, self.campaign):
            before, closes = one.row.closes_at, self.moved(one.row.closes_at)
            if closes is not None:
                one.row.closes_at = closes
                one.row.dates = {key: self._later(at) for key, at in one.row.dates.items()}
                self.session.add(one.row)
                self._note("phase.window", before, closes, unit_id=one.row.unit_id, phase=one.row.phase)
        self.session.flush()

    def _later(self, at: str) -> str:
        return (self.moved(datetime.fromisoformat(at)) or datetime.fromisoformat(at)).isoformat()

    def own_dates(self) -> None:
        """A date of one's own that would lie before the new common one is put off to it, but for windows of some."""
        opened = (milestones.c.opened_at.is_not(None), milestones.c.withdrawn_at.is_(None))
        mine = select(Milestone).where(Milestone.campaign_id == self.campaign.id, *opened)
        own = sa.exists().where(of_milestone(), obligation.c.due_at.is_not(None)).correlate(milestones)
        some = mine.where(milestones.c.due_at >= self.start, own).execution_options(populate_existing=True)
        for row in self.session.exec(some).all():
            if row.due_at is None:
                continue
            window = local_windows.window_of(self.campaign, row)
            elsewhere = local_windows.placed(self.session, self.campaign, window) if window else []
            apart = sa.or_(sa.false(), *(below(one.path) for one in elsewhere))
            earlier = sa.and_(obligation.c.due_at >= self.start, obligation.c.due_at < row.due_at)
            units = sa.select(unit.c.id).where(~apart)
            keys = settling.locked(self.session, [*own_dates.whose(row, units), earlier])
            told = (row.due_at, self.now)
            own_dates.note_many(self.session, self.campaign, row, keys, *told, self.actor, self.says)
            own_dates.give(self.session, self.campaign, row, keys, *told)

    def _note(
        self,
        kind: str,
        before: datetime | None,
        after: datetime | None,
        unit_id: int | None = None,
        **about: int | str,
    ) -> None:
        note(
            self.session,
            self.now,
            kind,
            self.actor,
            campaign_id=self.campaign.id,
            unit_id=unit_id,
            before=iso(before),
            after=iso(after),
            reason=self.says,
            **about,
        )
