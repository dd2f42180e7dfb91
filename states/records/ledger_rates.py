"""销号率 by region and department, and what comes up again and again: counted over the items, each once in each list.

What was withdrawn is not counted. Of the others those that stand (长期坚持) are reviewed, never closed: they are told by
themselves and are not in the denominator, so that a campaign can reach 100 % by closing everything that can be closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.closing import CLOSED
from states.records import ledger_items, ledger_reach, ledger_whole, matters, reading_scope
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import ledger_item, unit
from states.records.ledger_whole import UNFINISHED
from states.records.told import LedgerFigures, LedgerShare

ITSELF = "本级"
MOST_CLASSES = 20
AGAIN = 2  # units in which a class comes up before it is called recurring


class _Sums(NamedTuple):
    """Items of one group, as they are counted."""

    items: int = 0
    standing: int = 0
    closed: int = 0
    kept: int = 0
    overdue: int = 0
    units: int = 0
    reopened: int = 0

    @property
    def rate(self) -> float | None:
        """Closed of those that can be closed; None where there is none."""
        to_close = self.items - self.standing
        return self.closed / to_close if to_close else None


class Ranked(NamedTuple):
    """Those that are furthest behind first, at most so many as were asked for; `number`: how many there are, `rate`: of
    them all together."""

    shares: list[LedgerShare]
    number: int
    rate: float | None


def figures(session: Session, scope: Scope, campaign_id: int, now: datetime) -> LedgerFigures:
    """As the key may see them. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    return count(session, campaign, now, scope)


def count(session: Session, campaign: Running, now: datetime, scope: Scope | None = None) -> LedgerFigures:
    """Sub-totals of each list add up to the whole, but for the classes: only those that recur are listed."""
    rates = Rates(session, campaign, now, scope)
    return {
        "whole": rates.whole(),
        "regions": rates.regions().shares,
        "departments": rates.departments().shares,
        "recurring": rates.recurring(),
    }


@dataclass(frozen=True)
class Rates:
    """The ledger of a campaign, counted by the database; `scope` None: all of it."""

    session: Session
    campaign: Running
    now: datetime
    scope: Scope | None = None

    def whole(self) -> LedgerShare:
        """All items together."""
        found, _together = self._grouped(sa.literal_column("''"))
        return _share("合计", found[0][1] if found else _Sums())

    def regions(self, most: int | None = None) -> Ranked:
        """By the units right below the one that runs the campaign."""
        top = reading_scope.owner(self.session, self.campaign).path
        found, (number, rate) = self._grouped(matters.region_of(self.session, top), most)
        names = _names(self.session, [int(key) for key, _of in found if key]) | {"": (ITSELF, None)}
        return Ranked([_share(names[key][0], of, names[key][1]) for key, of in found], number, rate)

    def departments(self, most: int | None = None) -> Ranked:
        """By who answers first."""
        found, (number, rate) = self._grouped(ledger_items.answers(), most)
        return Ranked([_share(name, of) for name, of in found], number, rate)

    def recurring(self) -> list[LedgerShare]:
        """Classes that come up again and again, the worst first."""
        shares = [_share(name, of) for name, of in self._grouped(ledger_items.kind())[0]]
        again = [one for one in shares if one["units"] >= AGAIN or one["reopened"]]
        return sorted(again, key=lambda one: (-one["reopened"], -one["items"], one["name"]))[:MOST_CLASSES]

    def _grouped(
        self, key: sa.ColumnElement[str], most: int | None = None
    ) -> tuple[list[tuple[str, _Sums]], tuple[int, float | None]]:
        """Over `ledger_item` and `unit`: by that key; how many keys there are, and the rate of all of them."""
        one, items = ledger_item.c, sa.func.count()
        closed = sa.and_(one.state == CLOSED, ~one.standing)
        kept = sa.and_(one.standing, one.reviewed_at.is_not(None), one.state.not_in(UNFINISHED))
        holds = one.standing, closed, kept, ledger_items.late(self.now)
        sums = [sa.func.sum(sa.case((what, 1), else_=0)) for what in holds]
        to_close = sa.func.nullif(items - sums[0], 0)
        rate = sa.func.coalesce(sa.cast(sums[1], sa.Float) / to_close, 1.0)
        units, reopened = sa.func.count(sa.distinct(one.unit_id)), sa.func.sum(one.reopened)
        together = sa.func.count(), sa.func.sum(items), sa.func.sum(sums[0]), sa.func.sum(sums[1])
        statement = (
            sa.select(
                key.label("share_key"), *(one.over() for one in together), items, *sums, units, reopened
            )
            .select_from(ledger_item.join(unit, unit.c.id == one.unit_id))
            .where(*ledger_whole.counted(self.campaign.id))
            .where(*(ledger_reach.seen(self.scope) if self.scope else []))
            .group_by(sa.text("share_key"))
            .order_by(rate, items.desc(), sa.text("share_key"))
            .limit(most)
        )
        rows = self.session.execute(statement).all()
        found = [(str(row[0]), _Sums(*map(int, row[5:]))) for row in rows]
        number, *whole = map(int, rows[0][1:5]) if rows else (0, 0, 0, 0)
        return found, (number, _rounded(_Sums(*whole).rate))


def _names(session: Session, keys: list[int]) -> dict[str, tuple[str, str | None]]:
    rows = session.execute(sa.select(unit.c.id, unit.c.name, unit.c.code).where(unit.c.id.in_(keys)))
    return {str(key): (name, code) for key, name, code in rows}


def _share(name: str, of: _Sums, code: str | None = None) -> LedgerShare:
    return {
        "name": name,
        "code": code,
        "items": of.items,
        "standing": of.standing,
        "closed": of.closed,
        "kept": of.kept,
        "overdue": of.overdue,
        "units": of.units,
        "reopened": of.reopened,
        "rate": _rounded(of.rate),
    }


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 4)
