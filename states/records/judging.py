"""Who may judge: a unit hands in, its work is checked by those above it or by who runs the campaign. One place decides."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import NotAllowed
from states.machine import MOVE_NAMES, MOVES
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import run, unit
from states.records.roles import Act
from states.records.settling import ACTS

OTHERS = {"decide": "延期的决定", "silence": "静默"}  # neither moves nor acts
JUDGING = frozenset({*MOVES["unit"], *ACTS, *OTHERS}) - {"submit", "nil"}
OWN_WORK = "“{what}”由{who}办理；{unit}本身只能报送、零报告、报数和提交"

_UNIT = sa.select(unit.c.name, unit.c.path, unit.c.parent_id)


def own(scope: Scope, name: str, path: str) -> bool:
    """Whether `name` (a move or an act) judges the work of the very unit that the key is for.

    That is still allowed to the key of the unit that runs the campaign: see `refusal`.
    """
    return name in JUDGING and scope.path == path


def beyond(scope: Scope, name: str) -> str | None:
    """Why somebody in this role never does `name` (a move or an act); None for keys, whose role the gate has asked."""
    act = Act.judge if name in JUDGING else Act.report
    return None if scope.role is None or scope.may(act) else scope.refusal(act)


def refusal(session: Session, scope: Scope, campaign: Running, name: str, path: str) -> str | None:
    """Why this key may not do `name` for the unit at `path`, which it sees; None where it may."""
    if said := beyond(scope, name):
        return said
    if not own(scope, name, path):
        return None
    owner = session.execute(_UNIT.where(unit.c.id == campaign.row.owner_id)).one()
    if owner.path.startswith(path):
        return None
    place = session.execute(_UNIT.where(unit.c.path == path)).one()
    names = session.execute(sa.select(unit.c.name).where(unit.c.id == place.parent_id)).scalars()
    who = "或".join(dict.fromkeys([owner.name, *names]))
    what = MOVE_NAMES.get(name) or OTHERS.get(name) or ACTS[name].name
    return OWN_WORK.format(what=what, who=who, unit=place.name)


def check(session: Session, scope: Scope, campaign: Running, name: str, unit_id: int) -> None:
    """Raises NotAllowed with the sentence of `refusal`."""
    said = refusals(session, scope, campaign, [name], unit_id)
    if said:
        raise NotAllowed(said[name])


def refusals(
    session: Session, scope: Scope, campaign: Running, names: Iterable[str], unit_id: int
) -> dict[str, str]:
    """Which of `names` (moves or acts) the key may not do for a unit that it sees, and why."""
    if scope.path is None:
        kept = {name: beyond(scope, name) for name in names}
        return {name: says for name, says in kept.items() if says}
    path = session.execute(sa.select(unit.c.path).where(unit.c.id == unit_id)).scalar_one()
    said = {name: refusal(session, scope, campaign, name, path) for name in names}
    return {name: says for name, says in said.items() if says}


def left_out(
    session: Session, scope: Scope, campaign: Running, name: str, chosen: list[sa.ColumnElement[bool]]
) -> list[sa.ColumnElement[bool]]:
    """Over `unit_run`: conditions that leave out the unit whose work the key may not judge.

    Raises NotAllowed where nobody else is chosen.
    """
    if barred := beyond(scope, name):
        raise NotAllowed(barred)
    if scope.path is None or (said := refusal(session, scope, campaign, name, scope.path)) is None:
        return []
    mine = run.c.unit_id.in_(sa.select(unit.c.id).where(unit.c.path == scope.path))
    asked = sa.select(run.c.unit_id).where(run.c.campaign_id == campaign.id, *chosen)
    if session.execute(asked.where(mine).limit(1)).first() is None:
        return []
    if session.execute(asked.where(~mine).limit(1)).first() is None:
        raise NotAllowed(said)
    return [~mine]
