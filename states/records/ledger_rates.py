"""销号率 by region and department, and what comes up again and again: counted over the items, each once in each list.

What was withdrawn is not counted. Of the others those that stand (长期坚持) are reviewed, never closed: they are told by
themselves and are not in the denominator, so that a campaign can reach 100 % by closing everything that can be closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.closing import CLOSED
from states.records import ledger_items, ledger_reach, ledger_whole, reading_scope
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import ledger_item, unit
from states.records.ledger_whole import UNFINISHED
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
    standing: bool
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
            *(one.state, one.standing, one.reviewed_at, ledger_items.late(now), one.reopened),
        )
        .join(unit, unit.c.id == one.unit_id)
        .where(*ledger_whole.counted(campaign.id), *(ledger_reach.seen(scope) if scope else []))
    )
    return [
        _One(
            unit_id,
            path,
            name,
            kind or project,
            lead or next(iter(departments), name),
            standing,
            state == CLOSED and not standing,
            standing and reviewed is not None and state not in UNFINISHED,
            late,
            reopened,
        )
        for unit_id, path, name, kind, project, lead, departments, state, standing, reviewed, late, reopened in session.execute(
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

    def behind(group: tuple[str, list[_One]]) -> tuple[float, int, str]:
        rate = _rate(group[1])
        return 1.0 if rate is None else rate, -len(group[1]), group[0]

    return sorted(groups.items(), key=behind)


def _rate(items: list[_One]) -> float | None:
    """Closed of those that can be closed; None where there is none."""
    to_close = [one for one in items if not one.standing]
    return sum(one.closed for one in to_close) / len(to_close) if to_close else None


def _share(name: str, of: list[_One], code: str | None = None) -> LedgerShare:
    rate = _rate(of)
    return {
        "name": name,
        "code": code,
        "items": len(of),
        "standing": sum(one.standing for one in of),
        "closed": sum(one.closed for one in of),
        "kept": sum(one.kept for one in of),
        "overdue": sum(one.overdue for one in of),
        "units": len({one.unit_id for one in of}),
        "reopened": sum(one.reopened for one in of),
        "rate": None if rate is None else round(rate, 4),
    }
