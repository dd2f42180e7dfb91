"""A campaign takes a new version of its plan: one transaction, alone in the campaign, every change in the journal.

What has finished stays finished: settled obligations keep what they are, rungs that have spoken stay silent, and what
the version has no more is withdrawn with its history.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Refused
from states.machine import SUSPENDED
from states.planned import PlannedMilestone
from states.records import (
    growing,
    launch,
    laying,
    local_dates,
    locks,
    mass,
    opening,
    owing,
    rearming,
    renewing,
    settling,
)
from states.records.campaigns import RENEWED, Running, running
from states.records.columns import obligation_span
from states.records.core import obligation, unit
from states.records.fanning import fan_out
from states.records.journal import iso, note
from states.records.renewed_phases import REMOVED, Phases
from states.records.renewing import Renewal, Version
from states.records.settling import UNSETTLED
from states.records.tables import Campaign, Milestone
from states.renewal import DATES, Change, What

OUTSIDE = "新版方案缩小了范围，不再要求"
NEW_DATE = "方案改版，期限改变"
NEW_LADDER = "方案改版，梯次改变"


def renew(session: Session, campaign_id: int, version: Version, now: datetime, actor: str) -> Renewal:
    """Make it real. Raises NotFound, Faulty, Refused with every refusal of the draft."""
    lock = select(Campaign).where(Campaign.id == campaign_id).with_for_update()
    session.exec(lock.execution_options(populate_existing=True)).first()
    locks.alone(session, campaign_id)
    drafted = renewing.draft(session, campaign_id, version, now)
    if drafted.refusals:
        raise Refused(*drafted.refusals, places=drafted.places)
    _journal(session, drafted, version, now, actor)
    campaign = _take_template(session, drafted, version)
    _Writing(session, campaign, drafted, now, actor, version.reason).write()
    return drafted


def _journal(session: Session, drafted: Renewal, version: Version, now: datetime, actor: str) -> None:
    row = drafted.campaign.row
    note(
        session,
        now,
        RENEWED,
        actor,
        campaign_id=row.id,
        before=str(row.template_version),
        after=str(drafted.template.version),
        reason=version.reason,
        sha256=[row.template_sha256, _sha256(version.text)],
        text=row.template_text,
        fills=[dict(row.fills), dict(drafted.fills)],
        changes=_counted(drafted.changes),
    )


def _counted(changes: tuple[Change, ...]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for one in changes:
        found[f"{one.what.value}{'_kept' if one.keep else ''}"] += 1
    return dict(found)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _take_template(session: Session, drafted: Renewal, version: Version) -> Running:
    row = drafted.campaign.row
    row.template_version, row.template_text = drafted.template.version, version.text
    row.template_sha256 = _sha256(version.text)
    row.fills, row.warnings = dict(drafted.fills), list(drafted.warnings)
    row.ends_at = drafted.plan.ends_at
    row.version += 1
    if version.adopted is not None:
        row.adopted = dict(version.adopted)
    session.add(row)
    session.flush()
    return running(session, row.id)


class _Writing:
    """One renewal being written."""

    def __init__(
        self,
        session: Session,
        campaign: Running,
        drafted: Renewal,
        now: datetime,
        actor: str,
        reason: str | None,
    ) -> None:
        self.session, self.campaign, self.drafted = session, campaign, drafted
        self.now, self.actor, self.reason = now, actor, reason
        self.planned = {(one.requirement, one.period): one for one in drafted.plan.milestones}
        kept = session.exec(select(Milestone).where(Milestone.campaign_id == campaign.id))
        self.rows = {(one.requirement, one.period): one for one in kept}

    def write(self) -> None:
        Phases(self.session, self.campaign, self.drafted.plan.phases, self.now, self._note).write()
        growing.enrol_departments(self.session, self.campaign, self.now)
        for change in self.drafted.changes:
            self._take(change)
        self._quiet_dates()
        self.session.flush()
        laying.rederive(self.session, self.campaign, self.now, self.actor, NEW_DATE)
        before = self.drafted.campaign.template.ledger
        growing.take_ledger(self.session, self.campaign, before, self.now, self.actor)
        if not self.campaign.row.state.endswith(SUSPENDED):
            opening.open_all(self.session, self.campaign, self.now)
            mass.advance_settled(self.session, self.campaign, self.now)

    # -- milestones -----------------------------------------------------------------------------------

    def _take(self, change: Change) -> None:
        key = (change.requirement, change.period)
        row = self.rows.get(key)
        if change.what is What.added:
            self._add(self.planned[key], row, skipped=change.keep)
        elif row is not None:
            {
                What.removed: self._remove,
                What.date: self._redate,
                What.scope: self._rescope,
                What.terms: self._reword,
            }[change.what](row, change)

    def _add(self, planned: PlannedMilestone, row: Milestone | None, *, skipped: bool) -> None:
        if row is None:
            row = launch.milestone_row(self.campaign.id, asdict(planned))
        else:
            self._set(row, asdict(planned))
        row.withdrawn_at = self.now if skipped else None
        self.session.add(row)
        self.session.flush()
        self.rows[row.requirement, row.period] = row
        kind = "milestone.skipped" if skipped else "milestone.added"
        self._note(kind, None, iso(row.due_at), milestone=row.id, name=row.name)

    def _remove(self, row: Milestone, _change: Change) -> None:
        row.withdrawn_at = self.now
        self.session.add(row)
        self.session.flush()
        first, last = obligation_span(row.id)
        waived = self._waive([obligation.c.id.between(first, last)], REMOVED)
        rearming.stop(self.session, row, self.now, REMOVED)
        self._note("milestone.withdrawn", row.name, None, milestone=row.id, units=waived)

    def _redate(self, row: Milestone, change: Change) -> None:
        row.held = change.keep
        self.session.add(row)
        if change.keep:
            words = (iso(row.due_at), iso(row.due_at))
            self._note("milestone.held", *words, milestone=row.id, proposed=iso(change.after))
            return
        before = row.due_at
        planned = asdict(self.planned[row.requirement, row.period])
        self._set(row, {name: planned[name] for name in DATES})
        self.session.flush()
        if row.opened_at is not None:
            rearming.rearm(self.session, self.campaign, row, self.now, NEW_DATE, before)
        self._note("milestone.redated", iso(before), iso(row.due_at), milestone=row.id)

    def _rescope(self, row: Milestone, change: Change) -> None:
        row.scope = dict(change.after)
        self.session.add(row)
        self.session.flush()
        left = joined = 0
        if row.opened_at is not None:
            inside = owing.conditions(self.session, self.campaign, row)
            first, last = obligation_span(row.id)
            outside = obligation.c.unit_id.not_in(sa.select(unit.c.id).where(*inside))
            left = self._waive([obligation.c.id.between(first, last), outside], OUTSIDE) if inside else 0
            joined = fan_out(self.session, self.campaign, row, again=True)
            row.expected += joined
            self.session.add(row)
        said = {"milestone": row.id, "joined": joined, "left": left}
        self._note("milestone.rescoped", str(change.before), str(change.after), **said)

    def _reword(self, row: Milestone, change: Change) -> None:
        planned = asdict(self.planned[row.requirement, row.period])
        self._set(row, {name: planned[name] for name in change.after if name in planned})
        self.session.flush()
        if row.opened_at is not None and set(renewing.LADDER) & set(change.after):
            self._climb_anew(row)
        words = (str(change.before), str(change.after))
        self._note("milestone.reworded", *words, milestone=row.id)

    def _climb_anew(self, row: Milestone) -> None:
        """Other rungs for what is handed out and of which none has spoken yet, whoever's date it is."""
        rearming.rearm(self.session, self.campaign, row, self.now, NEW_LADDER)
        first, last = obligation_span(row.id)
        alone = (obligation.c.due_at.is_not(None), obligation.c.local_id.is_(None))
        own = (obligation.c.id.between(first, last), *alone)
        keys = settling.locked(self.session, [*own, obligation.c.status.in_(settling.OPEN)])
        rearming.rearm_own(self.session, self.campaign, row, keys, self.now, NEW_LADDER)
        act = local_dates.Act(self.now, self.actor, NEW_LADDER, anew=False)
        local_dates.climb_anew(self.session, self.campaign, row, act)

    def _quiet_dates(self) -> None:
        """What follows without being a change of the date: wording, certainty, when the rest opens."""
        for key, row in self.rows.items():
            planned = self.planned.get(key)
            if planned is None or row.held or row.withdrawn_at is not None or row.due_at != planned.due_at:
                continue
            later = ("opens_at",) if row.opened_at is None else ()
            names = (*later, "words", "filled", "event", "provisional", "soft", "standing")
            self._set(row, {name: getattr(planned, name) for name in names})

    # -- writing ----------------------------------------------------------------------------------------

    def _set(self, row: Milestone, values: dict[str, Any]) -> None:
        opened = row.opened_at is not None
        for name, value in values.items():
            if not (name == "opens_at" and opened):
                setattr(row, name, value)
        if row.original_due_at is None:
            row.original_due_at = row.due_at
        self.session.add(row)

    def _waive(self, where: list[sa.ColumnElement[bool]], reason: str) -> int:
        keys = settling.locked(self.session, [*where, obligation.c.status.in_(UNSETTLED)])
        settling.note_acts(self.session, self.campaign, "waive", "waived", keys, self.now, self.actor, reason)
        values = {"status": "waived", "settled_at": self.now, "version": obligation.c.version + 1}
        settling.change_all(self.session, keys, values)
        settling.silence(self.session, keys, self.now)
        return len(keys)

    def _note(self, kind: str, before: str | None, after: str | None, **payload: Any) -> None:
        note(
            self.session,
            self.now,
            kind,
            self.actor,
            campaign_id=self.campaign.id,
            before=before,
            after=after,
            reason=self.reason or "方案改版",
            **payload,
        )
