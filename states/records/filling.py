"""Writing in the form of a report: one unit, or many at once. Each time is a row of its own; the last one counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states import filled
from states.errors import Conflict, Fault, Faulty, Refused
from states.filled import Figure
from states.forms import Form
from states.records import asked, discretion, locks, moving, settling
from states.records.campaigns import Running
from states.records.columns import slices, unit_of
from states.records.core import journal, obligation, report_figures
from states.records.reported import ReportFigures
from states.records.settling import OPEN, STATUS_NAMES
from states.records.tables import Milestone, Obligation

FILLED = "obligation.filled"
NO_FORM = "“{name}”没有规定报表，可直接报送文字或材料"


@dataclass(frozen=True)
class Writing:
    """What is to be written for one obligation, and what stood there before (None: nothing)."""

    key: int
    unit_id: int
    version: int
    figures: Mapping[str, Figure]
    before: ReportFigures | None


def form_asked(campaign: Running, milestone: Milestone) -> Form:
    """The form of a milestone; raises Refused where the plan gives none."""
    form = asked.form_of(campaign, milestone)
    if form is None:
        raise Refused(NO_FORM.format(name=milestone.name))
    return form


def refusals(milestone: Milestone, status: str) -> list[str]:
    """Why nothing can be written now."""
    if milestone.withdrawn_at is not None:
        return [f"“{milestone.name}”已撤销，不再办理"]
    if status not in OPEN:
        return [f"“{milestone.name}”{STATUS_NAMES[status]}，要改报表请先退回"]
    return []


def fill(
    session: Session,
    campaign: Running,
    key: int,
    sent: Mapping[str, Any],
    now: datetime,
    actor: str,
    *,
    version: int | None = None,
    merge: bool = False,
) -> Obligation:
    """Write in one form; `merge`: only the fields that are sent, the others stay. The same again writes nothing.

    Raises NotFound, Faulty (every problem at `figures.<field>`), Refused, Conflict (saying what others changed).
    """
    locks.beside_others(session, campaign.id)
    moving.hold(session, campaign, unit_of(key))
    row = settling.locked_row(session, campaign, key)
    milestone = session.get_one(Milestone, row.milestone_id)
    form = form_asked(campaign, milestone)
    if version is not None and version != row.version:
        raise Conflict(settling.overtaken(row), *changes_since(session, form, key, version))
    if said := refusals(milestone, row.status):
        raise Refused(*said)
    before = asked.current(session, key)
    if merge and before is not None:
        sent = {**filled.stored(filled.restored(form, before.values)), **sent}
    figures, problems = filled.read(form, sent, now.astimezone(campaign.zone).date())
    if problems:
        raise Faulty([Fault(f"figures.{one.field}", one.says) for one in problems])
    write(session, campaign, form, [Writing(key, row.unit_id, row.version, figures, before)], now, actor)
    session.refresh(row)
    return row


def write(
    session: Session,
    campaign: Running,
    form: Form,
    writings: Sequence[Writing],
    now: datetime,
    actor: str,
) -> int:
    """Write what has been judged, for obligations that are locked; one journal row each. Returns how many differ."""
    new = [one for one in writings if one.before is None or _plain(form, one) != one.before.values]
    if not new:
        return 0
    for one in new:
        said = {f"figures.{key}": figure.value for key, figure in one.figures.items()}
        texts = {place: value for place, value in said.items() if isinstance(value, str)}
        discretion.check(session, campaign.id, texts, actor, now)
    keys = [one.key for one in new]
    for part in slices(keys, settling.AT_ONCE):
        some = report_figures.c.obligation_id.in_(part)
        session.execute(
            sa.update(report_figures).where(some, report_figures.c.current.is_(True)).values(current=False)
        )
    session.execute(sa.insert(report_figures), [_row(form, one, now, actor) for one in new])
    settling.change_all(session, keys, {"version": obligation.c.version + 1})
    session.execute(sa.insert(journal), [_noted(campaign, form, one, now, actor) for one in new])
    return len(new)


def _plain(form: Form, one: Writing) -> dict[str, Any]:
    """As it is kept; what an older version of the plan asked for stays beside it."""
    kept = one.before.values if one.before else {}
    older = {key: value for key, value in kept.items() if form.field(key) is None}
    return {**older, **filled.stored(one.figures)}


def _row(form: Form, one: Writing, now: datetime, actor: str) -> dict[str, Any]:
    return {
        "obligation_id": one.key,
        "no": one.before.no + 1 if one.before else 1,
        "current": True,
        "complete": not filled.missing(form, one.figures),
        "values": _plain(form, one),
        "version": one.version + 1,
        "by": actor,
        "at": now,
    }


def _noted(campaign: Running, form: Form, one: Writing, now: datetime, actor: str) -> dict[str, Any]:
    """The fact; which fields changed, not what stands in them."""
    kept, new = one.before.values if one.before else {}, filled.stored(one.figures)
    changed = [field.key for field in form.fields if kept.get(field.key) != new.get(field.key)]
    return {
        "at": now,
        "kind": FILLED,
        "actor": actor,
        "campaign_id": campaign.id,
        "unit_id": one.unit_id,
        "before": str(one.before.no) if one.before else None,
        "after": str(one.before.no + 1 if one.before else 1),
        "reason": None,
        "payload": {"obligation": one.key, "fields": changed},
    }


# -- what was written ------------------------------------------------------------------------------------


def versions(session: Session, key: int) -> list[ReportFigures]:
    """Every time the form was written in, oldest first."""
    numbers = sa.select(report_figures.c.no).where(report_figures.c.obligation_id == key)
    found = session.execute(numbers.order_by(report_figures.c.no)).scalars()
    return [session.get_one(ReportFigures, (key, no), populate_existing=True) for no in found]


def changes_since(session: Session, form: Form, key: int, version: int) -> list[str]:
    """What others wrote after the obligation had that version, field by field."""
    rows = versions(session, key)
    seen = [one for one in rows if one.version <= version]
    if not rows or rows[-1].version <= version:
        return []
    return list(differences(form, seen[-1].values if seen else {}, rows[-1].values))


def differences(form: Form, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[str]:
    """Each field that differs, in words."""
    for field in form.fields:
        was, now = (_said(values.get(field.key)) for values in (before, after))
        if was != now:
            yield f"“{field.name}”由 {was} 改为 {now}"


def _said(kept: Mapping[str, Any] | None) -> str:
    if kept is None:
        return "空白"
    as_of = f"（截至 {kept['as_of']}）" if "as_of" in kept else ""
    return f"{kept['value']}{as_of}"
