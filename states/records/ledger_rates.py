"""销号率 by region and department, and what comes up again and again: counted over the items, each once in each list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.closing import CLOSED
from states.records import ledger_reach, reading_scope
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import ledger_item, milestone, unit
from states.records.ledger_items import UNFINISHED
from states.records.told import LedgerFigures, LedgerShare

ITSELF = "本级"
MOST_CLASSES = 20
AGAIN = 2  # units in which a class comes up before it is called recurring


class _One(NamedTuple):
    """One item as it is counted."""

    unit_id: int
    path: str
    unit: str
    kind: str
    answers: str
    closed: bool
    kept: bool
    overdue: bool
    reopened: int


def figures(session: Session, scope: Scope, campaign_id: int, now: datetime) -> LedgerFigures:
    """As the key may see them. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    return count(session, campaign, now, scope)


def count(session: Session, campaign: Running, now: datetime, scope: Scope | None = None) -> LedgerFigures:
    """Sub-totals of each list add up to the whole, but for the classes: only those that recur are listed."""
    items = _items(session, campaign, now, scope)
    owner = session.execute(sa.select(unit.c.path).where(unit.c.id == campaign.row.owner_id)).scalar_one()
    regions = _by(items, lambda one: _region(one.path, owner))
    names = _names(session, [int(key) for key in regions if key]) | {"": (ITSELF, None)}
    classes = _by(items, lambda one: one.kind)
    shares = [_share(name, of) for name, of in classes.items()]
    again = [one for one in shares if one["units"] >= AGAIN or one["reopened"]]
    return {
        "whole": _share("合计", items),
        "regions": [_share(names[key][0], of, names[key][1]) for key, of in _ordered(regions)],
        "departments": [_share(name, of) for name, of in _ordered(_by(items, lambda one: one.answers))],
        "recurring": sorted(again, key=lambda one: (-one["reopened"], -one["items"], one["name"]))[
            :MOST_CLASSES
        ],
    }


def _items(session: Session, campaign: Running, now: datetime, scope: Scope | None) -> list[_One]:
    one = ledger_item.c
    statement = (
        sa.select(
            *(one.unit_id, unit.c.path, unit.c.name, one.type, one.project, one.lead, one.departments),
            *(one.state, one.standing, one.reviewed_at, milestone.c.due_at, one.reopened),
        )
        .join(unit, unit.c.id == one.unit_id)
        .join(milestone, milestone.c.id == one.milestone_id)
        .where(one.campaign_id == campaign.id, *(ledger_reach.seen(scope) if scope else []))
    )
    return [
        _One(
            unit_id,
            path,
            name,
            kind or project,
            lead or next(iter(departments), name),
            state == CLOSED,
            standing and reviewed is not None and state not in UNFINISHED,
            state in UNFINISHED and due is not None and due < now,
            reopened,
        )
        for unit_id, path, name, kind, project, lead, departments, state, standing, reviewed, due, reopened in session.execute(
            statement.order_by(one.no)
        )
    ]


def _region(path: str, owner: str) -> str:
    """The id of the unit right below the one that runs the campaign; empty for the problems of that one itself."""
    rest = path[len(owner) :].split("/") if path.startswith(owner) else [""]
    return rest[0]


def _names(session: Session, keys: list[int]) -> dict[str, tuple[str, str | None]]:
    rows = session.execute(sa.select(unit.c.id, unit.c.name, unit.c.code).where(unit.c.id.in_(keys)))
    return {str(key): (name, code) for key, name, code in rows}


def _by(items: Iterable[_One], key: Callable[[_One], str]) -> dict[str, list[_One]]:
    found: dict[str, list[_One]] = {}
    for one in items:
        found.setdefault(key(one), []).append(one)
    return found


def _ordered(groups: dict[str, list[_One]]) -> list[tuple[str, list[_One]]]:
    """Those that are furthest behind first."""
    return sorted(groups.items(), key=lambda group: (_rate(group[1]), -len(group[1]), group[0]))


def _rate(items: list[_One]) -> float:
    return sum(one.closed or one.kept for one in items) / len(items)


def _share(name: str, of: list[_One], code: str | None = None) -> LedgerShare:
    return {
        "name": name,
        "code": code,
        "items": len(of),
        "closed": sum(one.closed for one in of),
        "kept": sum(one.kept for one in of),
        "overdue": sum(one.overdue for one in of),
        "units": len({one.unit_id for one in of}),
        "reopened": sum(one.reopened for one in of),
        "rate": round(_rate(of), 4) if of else None,
    }
