"""What a mail says, judged again at the last moment: what was settled since is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.letters import Attachment, Figures, Line, Message
from states.machine import state_name
from states.records.behind import behind_sheet
from states.records.campaigns import Running, running
from states.records.columns import obligation_id
from states.records.figures import tally
from states.records.settling import OPEN
from states.records.tables import Campaign, Mail, Milestone, Notice, Obligation, Unit

LISTED_PER_UNIT = 50


@dataclass(frozen=True)
class Drafted:
    """A mail ready to be written, or None when nothing is left to say; `settled` are its notices that fell away."""

    message: Message | None
    settled: tuple[int, ...]


def drafts(session: Session, keys: Sequence[int], now: datetime) -> dict[int, Drafted]:
    """The mails `keys` as they should go out at `now`."""
    return _Desk(session, now).drafts(keys)


class _Desk:
    """Everything a batch of mails needs, read once."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now
        self.campaigns: dict[int, Running] = {}
        self.units: dict[int, Unit] = {}
        self.milestones: dict[int, Milestone] = {}
        self.obligations: dict[int, Obligation] = {}

    def drafts(self, keys: Sequence[int]) -> dict[int, Drafted]:
        mails = {row.id: row for row in self._rows(Mail, keys)}
        notices: dict[int, list[Notice]] = defaultdict(list)
        bound = sa.select(Notice).where(Notice.mail_id.in_(list(keys)), Notice.state == "mailed")  # type: ignore[union-attr, arg-type]
        for notice in self.session.execute(bound.order_by(Notice.id)).scalars():  # type: ignore[arg-type]
            notices[notice.mail_id or 0].append(notice)
        self._gather([notice for found in notices.values() for notice in found])
        return {key: self._draft(mail, notices[key]) for key, mail in mails.items()}

    def _rows(self, table: Any, keys: Sequence[int]) -> list[Any]:
        return list(self.session.execute(sa.select(table).where(table.id.in_(sorted(set(keys))))).scalars())

    def _gather(self, notices: list[Notice]) -> None:
        for key in {notice.campaign_id for notice in notices}:
            self.campaigns[key] = running(self.session, key)
        wanted = {notice.unit_id for notice in notices} | {one.via_unit_id or 0 for one in notices}
        self.units = {row.id: row for row in self._rows(Unit, list(wanted))}
        opened = sa.select(Milestone).where(
            Milestone.campaign_id.in_(list(self.campaigns)),  # type: ignore[attr-defined]
            Milestone.opened_at.is_not(None),  # type: ignore[union-attr]
        )
        self.milestones = {row.id: row for row in self.session.execute(opened).scalars()}
        owed = [notice.obligation_id for notice in notices if notice.kind == "rung"]
        owed += [key for notice in notices if notice.kind == "phase" for key in self._keys(notice)]
        for start in range(0, len(owed), 1000):
            rows = self._rows(Obligation, owed[start : start + 1000])
            self.obligations.update({row.id: row for row in rows})

    def _keys(self, notice: Notice) -> list[int]:
        return [
            obligation_id(key, notice.unit_id)
            for key, milestone in self.milestones.items()
            if milestone.campaign_id == notice.campaign_id
        ]

    def _draft(self, mail: Mail, notices: list[Notice]) -> Drafted:
        lines: list[Line] = []
        settled: list[int] = []
        said: set[int] = {one.obligation_id for one in notices if one.kind == "rung"}
        for notice in notices:
            found = self._lines(notice, said)
            lines += found
            if not found:
                settled.append(notice.id)
        if not lines:
            return Drafted(None, tuple(settled))
        figures, sheets = self._figures(notices)
        message = Message(
            key=mail.key,
            kind=mail.kind,  # type: ignore[arg-type]
            to=mail.email,
            name=mail.person,
            day=mail.day,
            lines=tuple(lines),
            figures=tuple(figures),
            attachments=tuple(sheets),
        )
        return Drafted(message, tuple(settled))

    def _lines(self, notice: Notice, said: set[int]) -> list[Line]:
        if notice.kind == "rung":
            owed = self.obligations.get(notice.obligation_id)
            return [self._line(notice, owed)] if owed is not None and owed.status in OPEN else []
        if notice.kind == "phase":
            keys = [key for key in self._keys(notice) if key not in said and key in self.obligations]
            rows = [self.obligations[key] for key in keys if self.obligations[key].status in OPEN]
            said.update(keys)
            return [self._line(notice, row) for row in rows[:LISTED_PER_UNIT]] or [self._plain(notice)]
        return [self._plain(notice)]

    def _line(self, notice: Notice, owed: Obligation) -> Line:
        milestone, campaign = self.milestones[owed.milestone_id], self.campaigns[notice.campaign_id]
        due = owed.due_at or milestone.due_at
        unit = self.units[owed.unit_id]
        via = self.units.get(notice.via_unit_id or 0)
        return Line(
            campaign=campaign.row.title,
            unit=unit.name,
            what=milestone.name,
            due=due,
            due_words=milestone.words,
            rung=notice.name,
            reason=notice.reason,
            overdue_days=self._overdue(campaign, due),
            provisional=milestone.provisional,
            via=via.name if via else None,
            nil=milestone.nil,
        )

    def _plain(self, notice: Notice) -> Line:
        campaign = self.campaigns[notice.campaign_id]
        unit = self.units[notice.unit_id]
        return Line(
            campaign=campaign.row.title,
            unit=unit.name,
            what=notice.reason,
            due=None,
            due_words="",
            rung=notice.name,
            reason=notice.reason,
        )

    def _overdue(self, campaign: Running, due: datetime | None) -> int | None:
        if due is None or due >= self.now:
            return None
        first, last = (at.astimezone(campaign.zone).date() for at in (due, self.now))
        return campaign.calendar.between(first, last)

    def _figures(self, notices: list[Notice]) -> tuple[list[Figures], list[Attachment]]:
        wanted = {notice.campaign_id for notice in notices if notice.kind == "figures"}
        figures, sheets = [], []
        for key in sorted(wanted):
            campaign = self.campaigns[key]
            figures.append(campaign_figures(self.session, campaign, self.now))
            sheets.append(behind_sheet(self.session, campaign, self.now))
        return figures, sheets


def campaign_figures(session: Session, campaign: Running, now: datetime) -> Figures:
    """One campaign in numbers, for the coordinator's mail."""
    found = tally(session, campaign, now)
    names = campaign.machines.unit.states
    row: Campaign = campaign.row
    return Figures(
        campaign=row.title,
        state=state_name(campaign.machines, row.state).label,
        units=found.units,
        behind=found.behind,
        overdue=found.overdue,
        open=found.open,
        settled=found.settled,
        by_state=tuple((names[state].label, number) for state, number in found.by_state),
        proposals=found.proposals,
        vacancies=found.vacancies,
        worst=found.worst,
    )
