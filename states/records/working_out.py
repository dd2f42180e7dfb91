"""A work report's facts: the counts of one moment, put together. Every sub-total is counted once and added up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.machine import CLOSED, state_name
from states.progress import Count, reporting
from states.records import past, reaching, scopes, then
from states.records.campaigns import Running
from states.records.core import phase, run, unit
from states.records.report_counts import Item, Moment
from states.records.tables import PhaseRow, Unit
from states.shares import Coverage
from states.worked import Class, Figures, Named, Region, Stage, Target, Worked

ITSELF = "本级"
NOTHING = Figures()


def worked(session: Session, campaign: Running, at: datetime) -> Worked:
    """The campaign as it stood at `at`."""
    moment = Moment(session, campaign, at)
    owner = session.get_one(Unit, campaign.row.owner_id)
    stood, items = moment.stood(), moment.items()
    clues, ended = moment.clues()
    return Worked(
        title=campaign.row.title,
        owner=owner.name,
        day=at.astimezone(campaign.zone).date(),
        began=campaign.row.start,
        stage=past.in_short(session, campaign, at)["state"]["name"],
        stages=_stages(session, campaign, at),
        states=_states(campaign, stood),
        regions=_regions(session, stood, moment.matters(), items),
        told=moment.told(),
        mails=moment.mails(),
        letters=moment.letters(),
        behind=moment.behind(),
        classes=_classes(items),
        reopened=sum(one.reopened for one in items),
        clues=clues,
        clues_ended=ended,
        targets=_targets(session, campaign, owner, at),
        coming=moment.coming(),
    )


def _stages(session: Session, campaign: Running, at: datetime) -> tuple[Stage, ...]:
    mine = PhaseRow.campaign_id == campaign.id, phase.c.withdrawn_at.is_(None)
    order = phase.c.ord.is_(None), phase.c.ord, phase.c.id
    rows = session.exec(select(PhaseRow).where(*mine).order_by(*order)).all()
    moved = then.windows(session, campaign, at)
    windows = [(one, *moved.get(one.key, (one.opens_at, one.closes_at))) for one in rows]
    return tuple(
        Stage(
            one.name,
            opens.astimezone(campaign.zone).date() if opens else None,
            closes.astimezone(campaign.zone).date() if closes else None,
            one.opened_at is not None and one.opened_at <= at,
        )
        for one, opens, closes in windows
    )


def _states(campaign: Running, stood: Sequence[tuple[str, str, int]]) -> tuple[Named, ...]:
    found: defaultdict[str, int] = defaultdict(int)
    for _region, state, number in stood:
        found[state] += number
    known = campaign.machines.unit.states
    return tuple(
        Named(state_name(campaign.machines, state).label, found[state]) for state in known if found[state]
    )


def _regions(
    session: Session,
    stood: Iterable[tuple[str, str, int]],
    matters: dict[str, list[Count]],
    items: Sequence[Item],
) -> tuple[Region, ...]:
    units: defaultdict[str, int] = defaultdict(int)
    closed: defaultdict[str, int] = defaultdict(int)
    for region, state, number in stood:
        units[region] += number
        closed[region] += number if state == CLOSED else 0
    here: defaultdict[str, list[Item]] = defaultdict(list)
    for one in items:
        here[one.region].append(one)
    keys = {*units, *matters, *here}
    wanted = sa.select(unit.c.id, unit.c.code, unit.c.name, unit.c.sort_key)
    rows = session.execute(wanted.where(unit.c.id.in_([int(key) for key in keys if key])))
    names = {str(key): (code, name, sort_key) for key, code, name, sort_key in rows}
    found = []
    for key in sorted(keys, key=lambda one: (not one, names.get(one, ("", "", ""))[2], one)):
        code, name, _ = names.get(key, (None, ITSELF, ""))
        figures = _figures(units[key], closed[key], matters.get(key, []), here[key])
        if figures != NOTHING:  # a department whose first duty is not due yet is no line of a report
            found.append(Region(code, name, figures))
    return tuple(found)


def _figures(units: int, closed: int, counts: Sequence[Count], items: Sequence[Item]) -> Figures:
    return Figures(
        *(units, closed, reporting(counts)),
        items=len(items),
        items_standing=sum(one.standing for one in items),
        items_closed=sum(one.closed for one in items),
        items_overdue=sum(one.overdue for one in items),
    )


def _classes(items: Sequence[Item]) -> tuple[Class, ...]:
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for one in items:
        found[one.kind].append(one)
    classes = [
        Class(name, len(of), len({one.unit_id for one in of}), sum(one.reopened for one in of))
        for name, of in found.items()
    ]
    return tuple(sorted(classes, key=lambda one: (-one.reopened, -one.units, -one.items, one.name)))


def _targets(session: Session, campaign: Running, owner: Unit, at: datetime) -> tuple[Target, ...]:
    counted = {one.name: one for one in reaching.coverage(session, campaign, at)}
    found = []
    for target in campaign.template.coverage:
        if target.by == "reached":
            one = counted[target.name]
            found.append(Target(target.name, target.percent, one.reached, one.total))
        else:
            found.append(Target(target.name, target.percent, *_closed(session, campaign, target, owner, at)))
    return tuple(found)


def _closed(
    session: Session, campaign: Running, target: Coverage, owner: Unit, at: datetime
) -> tuple[int, int]:
    """How many units that a target speaks of had closed, of how many."""
    units = sa.select(unit.c.id).where(*scopes.owing(session, target.scope.model_dump(), owner))
    stood = past.stood(at, [run.c.campaign_id == campaign.id, run.c.unit_id.in_(units)]).subquery()
    rows = session.execute(sa.select(stood.c.state, sa.func.count()).group_by(stood.c.state))
    states: dict[str, int] = dict(rows.tuples().all())
    states.pop("exempt", None)
    return states.get(CLOSED, 0), sum(states.values())
