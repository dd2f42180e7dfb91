"""The places of a board that come after one of them, with all below them: what a board's last row stands for."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session

from states.records import reading_scope
from states.records.access import Scope
from states.records.core import unit
from states.records.matters import region_of


def placed_after(session: Session, scope: Scope, code: str | None) -> list[sa.ColumnElement[bool]]:
    """Over `unit`: in a place right below the same unit that comes after `code`, in the order of the board; no condition for
    none. Raises NotAllowed, NotFound.
    """
    if code is None:
        return []
    place = reading_scope.unit_seen(session, scope, code)
    asked = sa.select(unit.c.parent_id, unit.c.sort_key).where(unit.c.id == place.id)
    parent, key = session.execute(asked).tuples().one()
    top = place.path.removesuffix(f"{place.id}/")
    beside = unit.alias("beside")
    later = sa.or_(beside.c.sort_key > key, sa.and_(beside.c.sort_key == key, beside.c.id > place.id))
    following = sa.select(sa.cast(beside.c.id, sa.String)).where(beside.c.parent_id == parent, later)
    return [region_of(session, top).in_(following)]
