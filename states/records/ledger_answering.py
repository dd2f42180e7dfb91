"""Who answers for a problem: departments and units by the names that ledgers print."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.kinds import DEPARTMENT
from states.records.campaigns import Running
from states.records.columns import slices
from states.records.core import run, unit
from states.records.department_names import names_of
from states.records.scopes import below
from states.records.tables import Unit

AT_ONCE = 500


class Named(NamedTuple):
    """A unit that bears a name."""

    id: int
    code: str
    kind: str
    path: str
    parent: int | None


class Names:
    """The units below the one that runs the campaign, by name; asked once for all names of an import."""

    def __init__(self, session: Session, campaign: Running, names: Iterable[str]) -> None:
        self.owner = session.get_one(Unit, campaign.row.owner_id)
        self._found: dict[str, list[Named]] = defaultdict(list)
        wanted = sorted({way for name in names for way in names_of(name, self.owner.name)})
        for some in slices(wanted, AT_ONCE):
            statement = sa.select(
                *(unit.c.name, unit.c.id, unit.c.code, unit.c.kind, unit.c.path, unit.c.parent_id)
            ).where(unit.c.name.in_(some), unit.c.active, below(self.owner.path))
            for name, *row in session.execute(statement.order_by(sa.func.length(unit.c.path), unit.c.id)):
                self._found[name].append(Named(*row))

    def of(self, path: str, names: Sequence[str]) -> tuple[list[int], list[str]]:
        """Ids of those that answer for a problem in the unit of this path, and the names nobody bears.

        A department of that unit goes before one of the unit that runs the campaign.
        """
        ids, unknown = [], []
        for name in names:
            found = self._nearest(path, name) or self._central(name)
            if found is None:
                unknown.append(name)
            else:
                ids.append(found.id)
        return list(dict.fromkeys(ids)), unknown

    def _nearest(self, path: str, name: str) -> Named | None:
        found = self._found.get(name, [])
        own = [one for one in found if one.path.startswith(path)]
        units = [one for one in found if one.kind != DEPARTMENT]
        central = [one for one in found if one.path.startswith(self.owner.path)]
        return next(iter([*own, *units, *central]), None)

    def _central(self, name: str) -> Named | None:
        """The department of the unit that runs the campaign which that name means: 局医政科 for 医政科."""
        ways = (one for way in names_of(name, self.owner.name) for one in self._found.get(way, []))
        return next((one for one in ways if one.kind == DEPARTMENT and one.parent == self.owner.id), None)


def places(session: Session, campaign: Running, codes: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Code → id and path, of units in which problems may be: those in the campaign, and the one that runs it."""
    inside = sa.select(run.c.unit_id).where(run.c.campaign_id == campaign.id)
    mine = sa.or_(unit.c.id.in_(inside), unit.c.id == campaign.row.owner_id)
    found: dict[str, tuple[int, str]] = {}
    listed = sorted(set(codes))
    for part in slices(listed, AT_ONCE):
        some = unit.c.code.in_(part)
        for code, key, path in session.execute(
            sa.select(unit.c.code, unit.c.id, unit.c.path).where(some, mine)
        ):
            found[code] = (key, path)
    return found
