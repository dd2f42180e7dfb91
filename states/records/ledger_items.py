"""The items of a ledger as a sheet shows them, and the conditions by which items are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.closing import CHECKED, CLAIMED, FOUND_BY, STATES, WITHDRAWN
from states.documents.ledgerfacts import Item
from states.errors import Fault, Faulty
from states.records import ledger_reach, scopes
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import ledger_item, milestone, obligation, unit
from states.records.ledger_whole import UNFINISHED
from states.records.matters import due_in_force, of_milestone
from states.records.settling import OPEN


@dataclass(frozen=True)
class Which:
    """Which items; empty fields do not restrict. `under`: problems in these units and below, `unit`: in this one alone;
    `answers`: who answers first, as the figures count it; `waiting`: only what is to be
    checked, closed or, where it stands for good, looked at for the first time; `counted`: without what was withdrawn."""

    states: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    department: str | None = None
    found_by: tuple[str, ...] = ()
    standing: bool | None = None
    overdue: bool | None = None
    undated: bool | None = None
    lenient: bool | None = None
    numbers: tuple[int, ...] = ()
    q: str | None = None
    waiting: bool = False
    unit: str | None = None
    answers: str | None = None
    counted: bool = False


def conditions(session: Session, which: Which, now: datetime) -> list[sa.ColumnElement[bool]]:
    """Conditions over `ledger_item`. Raises Faulty for words that name nothing."""
    _check(which)
    found: list[sa.ColumnElement[bool]] = []
    if which.under:
        paths = scopes.paths_of(session, which.under).values()
        inside = sa.select(unit.c.id).where(sa.or_(*(scopes.below(path) for path in paths)))
        found.append(ledger_item.c.unit_id.in_(inside))
    if which.unit:
        scopes.paths_of(session, [which.unit])
        found.append(
            ledger_item.c.unit_id == sa.select(unit.c.id).where(unit.c.code == which.unit).scalar_subquery()
        )
    if which.answers:
        found.append(answers() == which.answers)
    if which.department:
        quoted = sa.cast(ledger_item.c.departments, sa.String)
        named = [quoted.contains(form, autoescape=True) for form in _json_forms(which.department)]
        found.append(sa.or_(ledger_item.c.lead == which.department, *named))
    if which.found_by:
        found.append(ledger_item.c.found_by.in_(which.found_by))
    marks = {"standing": which.standing, "lenient": which.lenient}
    found += [ledger_item.c[name].is_(wanted) for name, wanted in marks.items() if wanted is not None]
    if which.numbers:
        found.append(ledger_item.c.no.in_(which.numbers))
    if which.q:
        texts = ledger_item.c.problem, ledger_item.c.project
        found.append(sa.or_(*(text.contains(which.q, autoescape=True) for text in texts)))
    return found + _by_state(which) + _by_date(which, now)


def _by_state(which: Which) -> list[sa.ColumnElement[bool]]:
    state = ledger_item.c.state
    found: list[sa.ColumnElement[bool]] = []
    if which.states:
        found.append(state.in_(which.states))
    if which.counted:
        found.append(state != WITHDRAWN)
    if which.waiting:
        met = sa.and_(ledger_item.c.standing, ledger_item.c.reviewed_at.is_not(None))
        found.append(sa.or_(state == CLAIMED, sa.and_(state == CHECKED, ~met)))
    return found


def kind() -> sa.ColumnElement[str]:
    """Over `ledger_item`: what sort of problem it is, else the project it came up in."""
    return sa.func.coalesce(sa.func.nullif(ledger_item.c.type, ""), ledger_item.c.project)


def answers() -> sa.ColumnElement[str]:
    """Over `ledger_item`: who leads, else the first department, else the unit itself."""
    one, its = ledger_item.c, unit.alias("its_unit").c
    itself = sa.select(its.name).where(its.id == one.unit_id).correlate(ledger_item).scalar_subquery()
    return sa.func.coalesce(sa.func.nullif(one.lead, ""), one.departments[0].as_string(), itself)


def _json_forms(name: str) -> set[str]:
    """A name as it stands in stored JSON, with letters as they are or escaped."""
    return {f'"{name}"', '"' + name.encode("ascii", "backslashreplace").decode() + '"'}


def in_force(statuses: Sequence[str] = OPEN) -> sa.ColumnElement[datetime]:
    """Over `ledger_item` and its last date `milestone`: until when it is to be done; later dates of their own that those
    who owe it have count, as far as they bear one of `statuses`."""
    own = sa.select(sa.func.max(due_in_force()))
    theirs = own.where(of_milestone(), obligation.c.status.in_(statuses)).correlate(milestone)
    return sa.func.coalesce(theirs.scalar_subquery(), milestone.c.due_at, type_=milestone.c.due_at.type)


def late(now: datetime) -> sa.ColumnElement[bool]:
    """Over `ledger_item`: not claimed, and its date in force is past."""
    last = sa.select(in_force()).where(milestone.c.id == ledger_item.c.milestone_id)
    due = last.correlate(ledger_item).scalar_subquery()
    return sa.and_(ledger_item.c.state.in_(UNFINISHED), sa.func.coalesce(due < now, sa.false()))


def _by_date(which: Which, now: datetime) -> list[sa.ColumnElement[bool]]:
    last = sa.select(in_force()).where(milestone.c.id == ledger_item.c.milestone_id)
    due = last.correlate(ledger_item).scalar_subquery()
    found = []
    if which.overdue is not None:
        found.append(late(now) if which.overdue else sa.not_(late(now)))
    if which.undated is not None:
        found.append(due.is_(None) if which.undated else due.is_not(None))
    return found


def _check(which: Which) -> None:
    faults = [
        Fault(place, f"没有“{word}”；可用的有 {'、'.join(known)}")
        for place, words, known in (("state", which.states, STATES), ("found_by", which.found_by, FOUND_BY))
        for word in words
        if word not in known
    ]
    if faults:
        raise Faulty(faults)


def items(
    session: Session,
    campaign: Running,
    scope: Scope | None = None,
    chosen: Sequence[sa.ColumnElement[bool]] = (),
) -> list[Item]:
    """The items that may be seen, in the order of their numbers."""
    seen = ledger_reach.seen(scope) if scope else []
    one = ledger_item.c
    statement = (
        sa.select(
            *(one.id, one.no, unit.c.code, unit.c.name, one.project, one.problem, one.measures, one.lead),
            *(one.departments, one.due_words, one.state, one.found_by, one.handed_to, one.handed_no),
            *(in_force(), one.lenient, one.standing, one.type, one.version, one.more),
        )
        .join(unit, unit.c.id == one.unit_id)
        .join(milestone, milestone.c.id == one.milestone_id)
        .where(one.campaign_id == campaign.id, *seen, *chosen)
        .order_by(one.no)
    )
    zone = campaign.zone
    return [
        Item(
            *(key, no, code, name, project, problem, tuple(measures), lead, tuple(departments), due),
            *(state, found_by, to, number, at.astimezone(zone).date() if at else None),
            *(lenient, standing, kind, version, more),
        )
        for key, no, code, name, project, problem, measures, lead, departments, due, state, found_by, to, number, at, lenient, standing, kind, version, more in session.execute(
            statement
        )
    ]
