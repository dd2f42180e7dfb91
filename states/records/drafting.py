"""What a mail says, judged again at the last moment: what was settled since is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.letters import EARLIER, Attachment, Figures, Line, Message, is_shortened
from states.machine import SUSPENDED, state_name
from states.records.behind import behind_sheet
from states.records.campaigns import Running, running
from states.records.columns import obligation_id, slices
from states.records.core import extension, mail, milestone, notice, obligation, phase, proposal, run, unit
from states.records.figures import tally, vacancies
from states.records.granting import ASKING
from states.records.handing import TAKEN_OVER
from states.records.ledger_words import NOTHING, Told, problems
from states.records.letter_mail import attached, letter_line
from states.records.line_sheet import line_sheet
from states.records.rejudged import Rejudged
from states.records.settling import OPEN
from states.records.tables import Campaign
from states.records.tasking import goes_to, tasks_of

OWED_BEFORE = "此前下发，尚未办结"
NONE_OPEN = "目前没有未办结事项"
LISTING = ("phase", TAKEN_OVER)  # kinds of notices that list what a unit owes


@dataclass(frozen=True)
class Drafted:
    """A mail ready to be written, or None when nothing is left to say; `settled` are its notices that fell away.

    `trouble` says why it could not be drafted at all.
    """

    message: Message | None
    settled: tuple[int, ...]
    trouble: str | None = None


def drafts(
    session: Session, keys: Sequence[int], now: datetime, *, papers: bool = True
) -> dict[int, Drafted]:
    """The mails `keys` as they should go out at `now`; without `papers` no figures and no sheets are drawn up."""
    return _Desk(session, now, papers).drafts(keys)


class _Desk:
    """Everything a batch of mails needs, read once."""

    def __init__(self, session: Session, now: datetime, papers: bool) -> None:
        self.session = session
        self.now = now
        self.papers = papers
        self.campaigns: dict[int, Running] = {}
        self.units: dict[int, str] = {}
        self.milestones: dict[int, Any] = {}
        self.obligations: dict[int, Any] = {}
        self.phases: dict[int, Any] = {}
        self.at_rest: set[tuple[int, int]] = set()
        self.problems: Mapping[tuple[int, str], Told] = {}
        self.waiting: set[tuple[int, int]] = set()
        self.asking: set[int] = set()
        self.rejudged = Rejudged(session, now)

    def drafts(self, keys: Sequence[int]) -> dict[int, Drafted]:
        mails = {row.id: row for row in self._rows(mail, keys)}
        notices: dict[int, list[Any]] = defaultdict(list)
        bound = sa.select(notice).where(notice.c.mail_id.in_(list(keys)), notice.c.state == "mailed")
        for row in self.session.execute(bound.order_by(notice.c.id)):
            notices[row.mail_id].append(row)
        self._gather([one for found in notices.values() for one in found])
        return {key: self._draft(mail, notices[key]) for key, mail in mails.items()}

    def _rows(self, table: sa.Table, keys: Iterable[int]) -> list[Any]:
        return list(self.session.execute(sa.select(table).where(table.c.id.in_(sorted(set(keys))))))

    def _gather(self, notices: list[Any]) -> None:
        for key in {one.campaign_id for one in notices}:
            self.campaigns[key] = running(self.session, key)
        wanted = {one.unit_id for one in notices} | {one.via_unit_id or 0 for one in notices}
        self.units = {row.id: row.name for row in self._rows(unit, wanted)}
        opened = sa.select(milestone).where(
            milestone.c.campaign_id.in_(list(self.campaigns)), milestone.c.opened_at.is_not(None)
        )
        self.milestones = {row.id: row for row in self.session.execute(opened.order_by(milestone.c.id))}
        self.phases = {row.id: row for row in self._rows(phase, {one.phase_id for one in notices})}
        owed = [one.obligation_id for one in notices if one.kind == "rung"]
        owed += [key for one in notices if one.kind in LISTING for key in self._keys(one)]
        for some in slices(owed, 1000):
            rows = self._rows(obligation, some)
            self.obligations.update({row.id: row for row in rows})
        self.problems = problems(self.session, self.campaigns)
        self.waiting = self._waiting()
        self.asking = self._asking()
        self.at_rest = self._at_rest({one.unit_id for one in notices})

    def _at_rest(self, units: Iterable[int]) -> set[tuple[int, int]]:
        """(campaign, unit) of units that are to be left in peace: suspended or exempt since it was decided."""
        resting = sa.or_(run.c.state == "exempt", run.c.state.like(f"%{SUSPENDED}"))
        here = run.c.campaign_id.in_(list(self.campaigns)), run.c.unit_id.in_(sorted(units))
        statement = sa.select(run.c.campaign_id, run.c.unit_id).where(*here, resting)
        return set(self.session.execute(statement).tuples())

    def _waiting(self) -> set[tuple[int, int]]:
        """(milestone, rung) of proposals that nobody has decided on yet."""
        asked = (proposal.c.campaign_id.in_(list(self.campaigns)), proposal.c.state == "proposed")
        statement = sa.select(proposal.c.milestone_id, proposal.c.rung).where(*asked).distinct()
        return set(self.session.execute(statement).tuples())

    def _asking(self) -> set[int]:
        """Obligations for which a later date is asked and nobody has decided yet."""
        undecided = (extension.c.campaign_id.in_(list(self.campaigns)), extension.c.state == "asked")
        return set(self.session.execute(sa.select(extension.c.obligation_id).where(*undecided)).scalars())

    def _keys(self, told: Any) -> list[int]:
        return [
            obligation_id(key, told.unit_id)
            for key, one in self.milestones.items()
            if one.campaign_id == told.campaign_id
        ]

    def _draft(self, mail: Any, notices: list[Any]) -> Drafted:
        lines: list[Line] = []
        settled: list[int] = []
        said: set[int] = {one.obligation_id for one in notices if one.kind == "rung"}
        top = {one.obligation_id: one.rung for one in sorted(notices, key=lambda told: told.rung)}
        for one in notices:
            muted = one.kind == "rung" and one.rung < top[one.obligation_id]
            found = [] if muted or self._silent(one) else self._lines(one, said)
            lines += found
            if not found:
                settled.append(one.id)
        if not lines:
            return Drafted(None, tuple(settled))
        figures, sheets = self._figures(notices)
        if self.papers:
            sheets += attached(self.session, notices)
        if self.papers and is_shortened(lines):
            zone = self.campaigns[notices[0].campaign_id].zone
            sheets.append(line_sheet(lines, mail.day, zone))
        message = Message(
            key=mail.key,
            kind=mail.kind,
            to=mail.email,
            name=mail.person,
            day=mail.day,
            lines=tuple(lines),
            figures=tuple(figures),
            attachments=tuple(sheets),
            vacancies=self._vacancies(notices),
            queued_at=mail.queued_at,
        )
        return Drafted(message, tuple(settled))

    def _silent(self, told: Any) -> bool:
        """A campaign that was suspended or cancelled meanwhile says nothing, nor does one say it of a unit at rest.

        A letter that was signed goes out all the same, but for a campaign that was cancelled.
        """
        state = self.campaigns[told.campaign_id].row.state
        if told.kind == "letter":
            return state == "cancelled"
        over = state == "cancelled" or state.endswith(SUSPENDED)
        return over or (told.campaign_id, told.unit_id) in self.at_rest

    def _lines(self, told: Any, said: set[int]) -> list[Line]:
        if told.kind == "rung":
            owed = self.obligations.get(told.obligation_id)
            if owed is None or owed.status not in OPEN:
                return []
            what, campaign = self.milestones[owed.milestone_id], self.campaigns[told.campaign_id]
            reason = self.rejudged.reason(told, owed, what, campaign)
            return [] if reason is None else [replace(self._line(told, owed), reason=reason)]
        if told.kind == ASKING and told.obligation_id not in self.asking:
            return []
        if told.kind == "phase":
            return self._opening(told, said)
        if told.kind == TAKEN_OVER:
            return self._taken_over(told, said)
        if told.kind == "letter":
            campaign, via = self.campaigns[told.campaign_id], self.units.get(told.via_unit_id or 0)
            return letter_line(self.session, told, campaign, self.units[told.unit_id], via, _page(campaign))
        return [self._plain(told)]

    def _opening(self, told: Any, said: set[int]) -> list[Line]:
        """What a phase brought, or just that it began, with its tasks; apart, what was owed before and still is."""
        keys = [key for key in self._keys(told) if key not in said and key in self.obligations]
        rows = [self.obligations[key] for key in keys if self.obligations[key].status in OPEN]
        said.update(keys)
        template, opened = self.campaigns[told.campaign_id].template, self.phases[told.phase_id]
        new = [row for row in rows if self.milestones[row.milestone_id].opened_at >= opened.opened_at]
        brought = {row.id for row in new}
        earlier = [self._line(told, row) for row in rows if row.id not in brought]
        old = [replace(line, rung=EARLIER, reason=OWED_BEFORE) for line in earlier]
        first, *others = [self._line(told, row) for row in new] or [self._plain(told)]
        asked = [self.milestones[row.milestone_id].requirement for row in new]
        return [replace(first, tasks=tasks_of(template, opened.base, asked)), *others, *old]

    def _taken_over(self, told: Any, said: set[int]) -> list[Line]:
        """All that is open for whoever took over, but for what the mail says anyhow."""
        keys = [key for key in self._keys(told) if key in self.obligations]
        rows = [self.obligations[key] for key in keys if self.obligations[key].status in OPEN]
        lines = [self._line(told, row) for row in rows if row.id not in said]
        said.update(row.id for row in rows)
        return lines if rows else [self._plain(told, f"{told.reason.partition('，')[0]}，{NONE_OPEN}")]

    def _line(self, told: Any, owed: Any) -> Line:
        what, campaign = self.milestones[owed.milestone_id], self.campaigns[told.campaign_id]
        due = owed.due_at or what.due_at
        item = self.problems.get((campaign.id, what.requirement), NOTHING)
        return Line(
            campaign=campaign.row.title,
            unit=self.units[owed.unit_id],
            what=what.name,
            due=due,
            due_words=what.words,
            filled=what.filled,
            rung=told.name,
            reason=told.reason,
            overdue_days=self._overdue(campaign, due),
            provisional=what.provisional,
            via=self.units.get(told.via_unit_id or 0),
            nil=what.nil,
            url=_page(campaign),
            goes_to=goes_to(campaign.template, what.requirement),
            problem=item.problem,
            measure=item.measure,
            page=f"/campaigns/{campaign.id}/obligations/{owed.id}",
            obligation=owed.id if told.role == "liaison" and told.via_unit_id is None else 0,
        )

    def _plain(self, told: Any, says: str | None = None) -> Line:
        campaign = self.campaigns[told.campaign_id]
        return Line(
            campaign=campaign.row.title,
            unit=self.units[told.unit_id],
            what=says or told.reason,
            due=None,
            due_words="",
            rung=told.name,
            reason=says or told.reason,
            url=_page(campaign),
            waiting=told.kind == ASKING
            or (told.kind == "figures" and (told.milestone_id, told.rung) in self.waiting),
        )

    def _overdue(self, campaign: Running, due: datetime | None) -> int | None:
        if due is None or due >= self.now:
            return None
        first, last = (at.astimezone(campaign.zone).date() for at in (due, self.now))
        return campaign.calendar.between(first, last)

    def _counted(self, notices: list[Any]) -> list[int]:
        return sorted({one.campaign_id for one in notices if one.kind == "figures"} if self.papers else set())

    def _vacancies(self, notices: list[Any]) -> int:
        wanted = self._counted(notices)
        return vacancies(self.session, [self.campaigns[key] for key in wanted]) if wanted else 0

    def _figures(self, notices: list[Any]) -> tuple[list[Figures], list[Attachment]]:
        figures, sheets = [], []
        for key in self._counted(notices):
            campaign = self.campaigns[key]
            figures.append(campaign_figures(self.session, campaign, self.now))
            sheets.append(behind_sheet(self.session, campaign, self.now))
        return figures, sheets


def _page(campaign: Running) -> str:
    """Where the campaign is shown, below the base address."""
    return f"/campaigns/{campaign.id}"


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
