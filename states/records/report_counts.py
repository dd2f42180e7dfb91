"""Figures of a campaign for its report, as it stood at one instant: each counted by the rule of its own page.

Past states and due dates come from the journal (`then`). Names and places in the tree are those of the moment of counting.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.closing import CLOSED, WITHDRAWN
from states.clue import CLASSES, ENDED
from states.progress import OWED, Count
from states.records import asked, matters, past, then
from states.records.campaigns import Running
from states.records.core import (
    clue,
    journal,
    ledger_item,
    letter,
    mail,
    milestone,
    notice,
    obligation,
    run,
    unit,
)
from states.records.ledger_whole import UNFINISHED
from states.records.settling import OPEN
from states.records.tables import Milestone, Unit
from states.worked import Coming, Named

RUNG = "rung"
OWNED = (*OPEN, "submitted", "accepted", "nil")  # whose own dates an item takes, whatever was settled since
LEDGER_MOVES = (
    "start",
    "claim",
    "check",
    "close",
    "review",
    "partial",
    "return",
    "reopen",
    "followed",
    "withdraw",
    "restored",
)
CLUE_MOVES = ("take", "assign", "hand", "feed_back", "close", "decline", "reopen")
NEXT, MOST_BEHIND = 8, 50


@dataclass(frozen=True)
class Item:
    """One item of the ledger as it stood."""

    region: str
    unit_id: int
    kind: str
    standing: bool
    closed: bool
    overdue: bool
    reopened: int


@dataclass(frozen=True)
class Moment:
    """A campaign at one instant; what is counted is kept, so that all figures rest on the same rows."""

    session: Session
    campaign: Running
    at: datetime

    @property
    def owner(self) -> str:
        """The path of the unit that runs the campaign."""
        return self.session.get_one(Unit, self.campaign.row.owner_id).path

    def milestones(self) -> list[Milestone]:
        """What had been handed out by then."""
        opened = asked.opened(self.session, self.campaign)
        return [one for one in opened if one.opened_at is not None and one.opened_at <= self.at]

    def matters(self) -> dict[str, list[Count]]:
        """Region (id of a unit right below, empty: itself) → obligations counted."""
        seen = then.obligations(self.campaign, self.at)
        found: defaultdict[str, list[Count]] = defaultdict(list)
        counted = matters.by_region(self.session, self.milestones(), self.at, None, self.owner, seen)
        for _milestone, region, count in counted:
            found[region].append(count)
        return found

    def stood(self) -> list[tuple[str, str, int]]:
        """Region, state, how many units."""
        about = [run.c.campaign_id == self.campaign.id, *self.campaign.participants]
        stood = past.stood(self.at, about).add_columns(run.c.unit_id).subquery()
        region = matters.region_of(self.session, self.owner).label("region")
        statement = (
            sa.select(region, stood.c.state, sa.func.count())
            .select_from(stood.join(unit, unit.c.id == stood.c.unit_id))
            .group_by(sa.text("region"), stood.c.state)
        )
        return [(str(where), state, number) for where, state, number in self.session.execute(statement)]

    def items(self) -> list[Item]:
        """Items of the ledger that were in it by then and not withdrawn; see `ledger_rates` for what counts as what."""
        before = then.earlier(self.campaign, self.at, "item", [f"ledger.{move}" for move in LEDGER_MOVES])
        state = sa.func.coalesce(before.c.before, ledger_item.c.state)
        region = matters.region_of(self.session, self.owner)
        one, theirs = ledger_item.c, self._in_force()
        dates = then.milestones(self.campaign, self.at)
        due = sa.func.coalesce(theirs.c.due, dates.due, type_=milestone.c.due_at.type)
        statement = (
            sa.select(*(region, one.id, one.unit_id, one.type, one.project, one.standing, state), due)
            .select_from(ledger_item.outerjoin(before, before.c.key == one.id))
            .join(unit, unit.c.id == one.unit_id)
            .join(dates.joined, milestone.c.id == one.milestone_id)
            .outerjoin(theirs, theirs.c.key == one.milestone_id)
            .where(one.campaign_id == self.campaign.id, state != WITHDRAWN, *self._written())
            .order_by(one.no)
        )
        again = self._reopened()
        return [
            Item(
                *(str(where), unit_id, kind or project, standing, stood == CLOSED and not standing),
                overdue=stood in UNFINISHED and due is not None and due < self.at,
                reopened=again[key],
            )
            for where, key, unit_id, kind, project, standing, stood, due in self.session.execute(statement)
        ]

    def _in_force(self) -> sa.Subquery:
        """The last date of those who owe an item, by its milestone; see `ledger_items.in_force`."""
        seen, mine = then.obligations(self.campaign, self.at), ledger_item.c.campaign_id == self.campaign.id
        of_items = obligation.c.milestone_id.in_(sa.select(ledger_item.c.milestone_id).where(mine))
        rows = sa.select(obligation.c.milestone_id.label("key"), sa.func.max(seen.due).label("due"))
        rows = rows.select_from(seen.joined).where(of_items, seen.status.in_(OWNED))
        return rows.group_by(obligation.c.milestone_id).subquery("in_force")

    def _written(self) -> list[sa.ColumnElement[bool]]:
        """Items that came with the plan, or that were written down by then."""
        added = sa.select(sa.cast(journal.c.payload["item"].as_string(), sa.Integer)).where(
            journal.c.campaign_id == self.campaign.id,
            journal.c.kind == "ledger.added",
            journal.c.at > self.at,
        )
        return [ledger_item.c.id.not_in(added)]

    def _reopened(self) -> Counter[int]:
        item = journal.c.payload["item"].as_string()
        mine = journal.c.campaign_id == self.campaign.id, journal.c.kind == "ledger.reopen"
        rows = self.session.execute(sa.select(item).where(*mine, journal.c.at <= self.at)).scalars()
        return Counter(int(one) for one in rows)

    def told(self) -> tuple[Named, ...]:
        """Notices of rungs that really went out by then, by the name of the rung, the first one first."""
        sent = mail.c.sent_at.is_not(None), mail.c.sent_at <= self.at
        statement = (
            sa.select(notice.c.name, sa.func.count())
            .join(mail, mail.c.id == notice.c.mail_id)
            .where(notice.c.campaign_id == self.campaign.id, notice.c.kind == RUNG, *sent)
            .group_by(notice.c.name)
            .order_by(sa.func.min(notice.c.rung), notice.c.name)
        )
        return tuple(Named(name, number) for name, number in self.session.execute(statement).tuples())

    def mails(self) -> int:
        """Mails that carried anything of this campaign and went out by then."""
        sent = mail.c.sent_at.is_not(None), mail.c.sent_at <= self.at
        statement = sa.select(sa.func.count(sa.distinct(mail.c.id))).join(
            notice, notice.c.mail_id == mail.c.id
        )
        return int(
            self.session.execute(
                statement.where(notice.c.campaign_id == self.campaign.id, *sent)
            ).scalar_one()
        )

    def letters(self) -> tuple[Named, ...]:
        """Formal papers that the mail server had taken by then, by their name."""
        mine = letter.c.campaign_id == self.campaign.id, letter.c.handed_at <= self.at
        statement = sa.select(letter.c.name, sa.func.count()).where(*mine)
        rows = self.session.execute(statement.group_by(letter.c.name).order_by(letter.c.name))
        return tuple(Named(name, number) for name, number in rows.tuples())

    def behind(self) -> tuple[Named, ...]:
        """Units with the most that was owed and not handed in by then, worst first, at most MOST_BEHIND."""
        seen = then.obligations(self.campaign, self.at)
        opened = [one.id for one in self.milestones()]
        number = sa.func.count()
        statement = (
            sa.select(unit.c.name, number)
            .select_from(seen.joined.join(unit, unit.c.id == obligation.c.unit_id))
            .where(matters.spans(opened), seen.status.in_(OWED), seen.due < self.at)
            .group_by(unit.c.id, unit.c.name, unit.c.sort_key)
            .order_by(number.desc(), unit.c.sort_key, unit.c.id)
            .limit(MOST_BEHIND)
        )
        return tuple(Named(name, count) for name, count in self.session.execute(statement).tuples())

    def coming(self) -> tuple[Coming, ...]:
        """What falls due next, with how many units still owe it; what opens later is named with 0."""
        later = milestone.c.campaign_id == self.campaign.id, milestone.c.withdrawn_at.is_(None)
        dates, one = then.milestones(self.campaign, self.at), milestone.c
        statement = sa.select(one.id, one.requirement, one.name, dates.due, one.provisional)
        dated = statement.select_from(dates.joined).where(*later, dates.due > self.at)
        first: dict[str, Any] = {}  # of what comes again and again only the next
        for row in self.session.execute(dated.order_by(dates.due, one.id)):
            first.setdefault(row.requirement, row)
        rows = list(first.values())[:NEXT]
        seen = then.obligations(self.campaign, self.at)
        known = {one.id for one in self.milestones()}
        owed = sa.select(obligation.c.milestone_id, sa.func.count()).select_from(seen.joined)
        owed = owed.where(matters.spans([row.id for row in rows if row.id in known]), seen.status.in_(OWED))
        open_ = dict(self.session.execute(owed.group_by(obligation.c.milestone_id)).tuples().all())
        zone = self.campaign.zone
        return tuple(
            Coming(name, due.astimezone(zone).date(), provisional, open_.get(key, 0))
            for key, _requirement, name, due, provisional in rows
        )

    def clues(self) -> tuple[tuple[Named, ...], int]:
        """Clues registered by then, by class; and how many of them had ended."""
        before = then.earlier(self.campaign, self.at, "clue", [f"clue.{move}" for move in CLUE_MOVES])
        state = sa.func.coalesce(before.c.before, clue.c.state)
        registered = sa.select(sa.cast(journal.c.payload["clue"].as_string(), sa.Integer)).where(
            journal.c.campaign_id == self.campaign.id,
            journal.c.kind == "clue.registered",
            journal.c.at > self.at,
        )
        statement = (
            sa.select(clue.c.grade, state, sa.func.count())
            .select_from(clue.outerjoin(before, before.c.key == clue.c.id))
            .where(clue.c.campaign_id == self.campaign.id, clue.c.id.not_in(registered))
            .group_by(clue.c.grade, state)
        )
        rows = self.session.execute(statement).all()
        classes = Counter(dict.fromkeys(CLASSES, 0))
        for grade, _state, number in rows:
            classes[grade] += number
        named = tuple(Named(CLASSES[grade], number) for grade, number in classes.items() if number)
        return named, sum(number for _grade, stood, number in rows if stood in ENDED)
