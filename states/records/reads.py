"""The state of one unit in all its campaigns: the read that other systems make most, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import NotAllowed, NotFound
from states.machine import state_name
from states.records.access import Scope
from states.records.campaigns import Running, running
from states.records.core import campaign, milestone, obligation, phase, run, timer, unit
from states.records.local_windows import closing
from states.records.matters import due_in_force
from states.records.prepared import Given, Prepared, Row
from states.records.reading_standing import (
    Frozen,
    Owed,
    escalation,
    frozen_of,
    is_behind,
    obligation_key,
    owed_figures,
    run_state,
)
from states.records.scopes import participating
from states.records.session import Store
from states.records.settling import OPEN
from states.records.told import RunTold, Status, UnitTold, instant

OUTSIDE = "该单位不在授权范围内"


class _Line(NamedTuple):
    """A row of the statement below: unit, campaign, run, and one thing owed (or none)."""

    code: str
    name: str
    kind: str
    path: str
    parent: str | None
    campaign: int | None
    state: str
    ord: int
    since: datetime
    version: int
    outcome: str | None
    template: str
    sha256: str
    title: str
    campaign_state: str
    campaign_ord: int
    closes_at: datetime | None
    participating: bool | None
    owed: int | None
    owed_name: str
    ladder: str | None
    due: datetime | None
    provisional: bool
    rung: int | None
    fired_at: datetime | None


_OWED = _Line._fields.index("owed")
_CAMPAIGN = _Line._fields.index("campaign")
_SHA256 = _Line._fields.index("sha256")


def _statement(code: sa.ColumnElement[str]) -> sa.Select[Any]:
    parent, owed = unit.alias("parent"), _owed(code).subquery("owed")
    joined = (
        unit.outerjoin(parent, parent.c.id == unit.c.parent_id)
        .outerjoin(campaign, sa.true())
        .outerjoin(run, sa.and_(run.c.campaign_id == campaign.c.id, run.c.unit_id == unit.c.id))
        .outerjoin(phase, sa.and_(phase.c.campaign_id == campaign.c.id, phase.c.ord == run.c.ord))
        .outerjoin(owed, owed.c.campaign_id == run.c.campaign_id)
    )
    return (
        sa.select(
            *(unit.c.code, unit.c.name, unit.c.kind, unit.c.path, parent.c.code.label("parent")),
            *(run.c.campaign_id, run.c.state, run.c.ord, run.c.since, run.c.version, run.c.outcome),
            *(campaign.c.template_key, campaign.c.template_sha256, campaign.c.title),
            *(campaign.c.state.label("campaign_state"), campaign.c.ord.label("campaign_ord")),
            *(closing().label("closes_at"), participating(campaign.c.owner_id).label("participating")),
            *(owed.c.key, owed.c.name.label("owed_name"), owed.c.ladder, owed.c.due, owed.c.provisional),
            *(owed.c.rung, owed.c.fired_at),
        )
        .select_from(joined)
        .where(unit.c.code == code)
    )


def _owed(code: sa.ColumnElement[str]) -> sa.Select[Any]:
    """What the unit owes, found by computing the ids of its obligations, and the rungs fired for each."""
    me, mine = unit.alias(), run.alias()
    key = obligation_key(milestone.c.id, mine.c.unit_id)
    joined = (
        me.join(mine, mine.c.unit_id == me.c.id)
        .join(milestone, milestone.c.campaign_id == mine.c.campaign_id)
        .join(obligation, sa.and_(obligation.c.id == key, obligation.c.status.in_(OPEN)))
        .outerjoin(timer, fired())
    )
    return (
        sa.select(
            mine.c.campaign_id,
            obligation.c.id.label("key"),
            milestone.c.name,
            milestone.c.ladder,
            due_in_force().label("due"),
            milestone.c.provisional,
            timer.c.rung,
            timer.c.done_at.label("fired_at"),
        )
        .select_from(joined)
        .where(me.c.code == code, milestone.c.opened_at.is_not(None))
        .where(mine.c.campaign_id.in_(sa.select(campaign.c.id)))
    )


def fired() -> sa.ColumnElement[bool]:
    """Timers that have told of an obligation: its own of the last cycle, else those of its place or of all."""
    older = timer.alias()
    own, local = obligation.c.due_at.is_not(None), sa.func.coalesce(obligation.c.local_id, 0)
    alone = sa.and_(own, local == 0)
    latest = sa.select(sa.func.max(older.c.cycle)).where(
        older.c.phase_id == 0,
        older.c.milestone_id == milestone.c.id,
        older.c.obligation_id == sa.case((alone, obligation.c.id), else_=0),
        older.c.local_id == local,
    )
    return sa.and_(
        timer.c.phase_id == 0,
        timer.c.milestone_id == milestone.c.id,
        timer.c.obligation_id == sa.case((alone, obligation.c.id), else_=0),
        timer.c.local_id == local,
        sa.or_(~own, timer.c.cycle == latest.scalar_subquery()),
        sa.or_(own, timer.c.fire_at >= milestone.c.due_at),
        timer.c.after_due,
        timer.c.outcome == "fired",
    )


STATUS = Prepared(_statement(Given("code", sa.String())))
_IN_SESSION = _statement(sa.bindparam("code", "", sa.String))


class Statuses:
    """Answers for units, from the rows of STATUS; templates are kept by their hash, nothing that can change is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._frozen: dict[str, Frozen] = {}

    def known(self, rows: Sequence[Row]) -> bool:
        """Whether nothing must be learnt first."""
        return all(row[_CAMPAIGN] is None or row[_SHA256] in self._frozen for row in rows)

    def learn(self, rows: Sequence[Row]) -> None:
        """Read the templates that are not known yet; asks the database."""
        for row in rows:
            if row[_CAMPAIGN] is not None:
                self.frozen(row[_CAMPAIGN], row[_SHA256])

    def status(self, rows: Sequence[Row], code: str, scope: Scope, now: datetime, zone: ZoneInfo) -> Status:
        """The unit `code` as `scope` may see it at `now`. Raises NotFound, NotAllowed."""
        lines = [_Line(*row) for row in rows]
        first = _seen(lines, code, scope)
        by_campaign: dict[int, list[_Line]] = {}
        for line in lines:
            if line.campaign is not None and (scope.campaigns is None or line.campaign in scope.campaigns):
                by_campaign.setdefault(line.campaign, []).append(line)
        runs = [
            _run_told(key, self.frozen(key, by_campaign[key][0].sha256), by_campaign[key], now)
            for key in sorted(by_campaign)
        ]
        return {"unit": _unit(first), "as_of": instant(now, zone), "campaigns": runs}

    def has(self, sha256: str) -> bool:
        """Whether `frozen` needs not ask the database."""
        return sha256 in self._frozen

    def frozen(self, campaign_id: int, sha256: str) -> Frozen:
        """What never changes of a campaign whose template has this hash."""
        known = self._frozen.get(sha256)
        if known is None:
            with self._store.read() as session:
                known = self._frozen[sha256] = frozen_of(running(session, campaign_id))
        return known


def unit_in(session: Session, campaign: Running, code: str, now: datetime) -> tuple[UnitTold, RunTold]:
    """One unit in one campaign, in the words of its status. Raises NotFound when it takes no part."""
    rows = [_Line(*row) for row in session.execute(_IN_SESSION, {"code": code})]
    lines = [line for line in rows if line.campaign == campaign.id]
    if not lines:
        raise NotFound("这个单位没有参加这次专项行动")
    return _unit(lines[0]), _run_told(campaign.id, frozen_of(campaign), lines, now)


def _run_told(key: int, frozen: Frozen, lines: list[_Line], now: datetime) -> RunTold:
    line = lines[0]
    owed = [Owed(*cast(Any, one[_OWED:])) for one in lines if one.owed is not None]
    figures = owed_figures(owed, now, frozen)
    label = state_name(frozen.machines, line.campaign_state).label
    return {
        "campaign": {
            "id": key,
            "template": line.template,
            "title": line.title,
            "state": {"key": line.campaign_state, "name": label},
        },
        "state": run_state(frozen, line.state, line.since),
        "behind": bool(line.participating)
        and is_behind(line.state, line.ord, line.campaign_ord, line.closes_at, now),
        "open": figures.open,
        "overdue": figures.overdue,
        "escalation": escalation(owed, line.state, line.since, frozen),
        "next_due": figures.next_due,
        "outcome": line.outcome,
        "version": line.version,
    }


def _seen(lines: list[_Line], code: str, scope: Scope) -> _Line:
    if scope.path is not None and not (lines and lines[0].path.startswith(scope.path)):
        raise NotAllowed(OUTSIDE)
    if not lines:
        raise NotFound(f"单位表中没有代码 {code}")
    return lines[0]


def _unit(line: _Line) -> UnitTold:
    return {"code": line.code, "name": line.name, "kind": line.kind, "parent": line.parent}
