"""Moving a running campaign to a new version of its plan: what would change, what must be decided, what stands
against it. `renewed` makes it real."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states import renewal, sanity
from states.errors import Refused
from states.fills import places
from states.machine import Machines, state_name
from states.machine import compile as compile_machines
from states.plan import Plan, plan
from states.reading import load
from states.records import growing, ledger_kept, rearming, replanning, scoping
from states.records.campaigns import Running, running
from states.records.core import obligation, run
from states.records.matters import spans
from states.records.settling import UNSETTLED
from states.records.tables import Milestone, PhaseRow
from states.renewal import Change, Planned, Standing, What
from states.sanity import Doubt
from states.template import Template

LADDER = ("ladder", "rungs")


@dataclass(frozen=True)
class Version:
    """A new version and what was decided about it: `keep` and `recompute` name requirements or
    `requirement@period`. `adopted`: the terms of a campaign that carries out one above."""

    text: str
    fills: Mapping[str, str] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    recompute: tuple[str, ...] = ()
    reason: str | None = None
    adopted: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Renewal:
    """What a new version would do. It can be made real when `refusals` is empty.

    `places`: where a date can be set so that a refusal falls away.
    """

    campaign: Running
    template: Template
    plan: Plan
    fills: Mapping[str, str]
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]
    places: tuple[str, ...] = ()

    @property
    def scopes(self) -> dict[renewal.Key, dict[str, Any]]:
        return {(one.requirement, one.period): one.scope for one in self.plan.milestones}


def draft(session: Session, campaign_id: int, version: Version, now: datetime) -> Renewal:
    """What would change, without writing. Raises NotFound, Faulty, Refused where this is no next version at all."""
    campaign = running(session, campaign_id)
    template = load(version.text)
    _check_next(campaign, template)
    opened = replanning.really_opened(session, campaign)
    fills, dropped = _fills(campaign, template, version.fills, opened)
    events = replanning.happened(session, campaign)
    again = plan(template, campaign.row.start, fills, campaign.calendar, opened, events=events)
    before = replanning.planned_again(session, campaign)
    found = renewal.compare(
        standing(session, campaign),
        Planned.of(campaign.template, before.milestones),
        Planned.of(template, again.milestones),
        now,
    )
    changes, waiting = renewal.decided(found, version.keep, version.recompute)
    doubts = [*_blanks(again), *sanity.doubts(template, fills, again, _given(campaign, version))]
    bad = [one for one in doubts if one.impossible]
    refusals = [one.says for one in bad]
    refusals += _unsound(session, campaign, compile_machines(template), again)
    refusals += scoping.unknown_codes(session, template)
    refusals += growing.taken(session, campaign.id, template.ledger)
    refusals += _stuck(session, changes)
    over = _over(template, fills, again, renewal.over(waiting, now))
    refusals += renewal.questions(waiting, campaign.zone, over)
    warnings = [*again.warnings, *(f"原先填写的 {place} 不再适用：新版此处另有写法" for place in dropped)]
    warnings += [one.says for one in doubts if not one.impossible]
    warnings += ledger_kept.warnings(session, campaign, template.ledger)
    places = dict.fromkeys([*(one.place for one in bad), *over.values()])
    return Renewal(
        campaign, template, again, fills, tuple(changes), tuple(warnings), tuple(refusals), tuple(places)
    )


def standing(session: Session, campaign: Running) -> list[Standing]:
    """Every milestone of the campaign as it stands."""
    rows = list(session.exec(select(Milestone).where(Milestone.campaign_id == campaign.id)))
    counted = (
        sa.select(obligation.c.milestone_id, sa.func.count())
        .where(spans([one.id for one in rows if one.opened_at]), obligation.c.status.in_(UNSETTLED))
        .group_by(obligation.c.milestone_id)
    )
    unsettled = dict(session.execute(counted).tuples().all())
    return [
        Standing(
            one.id,
            one.requirement,
            one.period,
            one.name,
            one.due_at,
            opened=one.opened_at is not None,
            unsettled=unsettled.get(one.id, 0),
            held=one.held,
            withdrawn=one.withdrawn_at is not None,
        )
        for one in rows
    ]


def _check_next(campaign: Running, template: Template) -> None:
    row, said = campaign.row, []
    if row.closed_at is not None:
        said.append("这次专项行动已经结束，不能再换方案")
    if template.key != row.template_key:
        said.append(f"这是另一个方案（{template.key}），不是 {row.template_key} 的新版")
    elif template.version <= row.template_version:
        said.append(
            f"现行的是第 {row.template_version} 版，新版的 version 应大于它（写的是 {template.version}）"
        )
    if template.timezone != campaign.template.timezone:
        said.append(
            f"新版改了时区（{template.timezone}），各项期限无从对照；请保持 {campaign.template.timezone}"
        )
    if said:
        raise Refused(*said)


# -- dates that were filled in ------------------------------------------------------------------------


def _fills(
    campaign: Running, template: Template, given: Mapping[str, str], opened: Mapping[str, datetime]
) -> tuple[dict[str, str], list[str]]:
    """What was filled in before stays where the new version says the same words, or still leaves a blank."""
    row = campaign.row
    before, after = dict(_words(campaign.template)), dict(_words(template))
    known = set(places(template))
    old = {place: value for place, value in row.fills.items() if place in known}
    kept = {place: value for place, value in old.items() if before.get(place) == after.get(place)}
    blanks = plan(template, row.start, {**kept, **given}, campaign.calendar, opened).blanks
    kept |= {one.place: old[one.place] for one in blanks if one.place in old}
    dropped = [place for place in row.fills if place not in kept and place not in given]
    return {**kept, **given}, dropped


def _given(campaign: Running, version: Version) -> set[str]:
    """The places that this version gives a date to; of a campaign that carries out one above, its own dates too."""
    before = (campaign.row.adopted or {}).get("dates", {})
    own = (version.adopted or {}).get("dates", {})
    return {*version.fills, *(place for place, value in own.items() if before.get(place) != value)}


def _blanks(again: Plan) -> list[Doubt]:
    return [Doubt(one.place, one.says("新版")) for one in again.blanks]


def _over(
    template: Template, fills: Mapping[str, str], again: Plan, keys: list[renewal.Key]
) -> dict[renewal.Key, str]:
    """Where another date can be set for each of `keys`."""
    planned = {(one.requirement, one.period): one for one in again.milestones}
    return {key: sanity.place_of(template, fills, planned[key]) for key in keys}


def _words(template: Template) -> Iterator[tuple[str, Any]]:
    """What the plan itself says at each place that a date can be given for."""
    yield from (("begins", template.begins), ("ends", template.ends))
    for phase in template.phases:
        for part in ("from", "until", "every"):
            yield f"{phase.key}.{part}", (phase.window, phase.from_, phase.until, phase.every)
    for one in template.requirements:
        for part in ("due", "every", "first", "opens"):
            yield f"{one.key}.{part}", getattr(one, part)
    for stream in template.workstreams:
        yield f"workstream-{stream.key}.due", stream.due
    for line in template.ledger.rows if template.ledger else ():
        yield f"ledger-{line.no}.due", (line.due, line.type)


# -- what stands against it ---------------------------------------------------------------------------


def _unsound(session: Session, campaign: Running, machines: Machines, again: Plan) -> list[str]:
    row = campaign.row
    said = []
    if row.state not in machines.campaign.states:
        label = state_name(campaign.machines, row.state).label
        said.append(f"专项行动正处在“{label}”，新版没有这个阶段；请先进入新版也有的阶段，或在新版中保留它")
    counted = sa.select(run.c.state, sa.func.count()).where(run.c.campaign_id == campaign.id)
    for state, number in session.execute(counted.group_by(run.c.state)).tuples():
        if state not in machines.unit.states:
            label = state_name(campaign.machines, state).label
            what = f"有 {number} 个单位处在“{label}”，新版没有这一步"
            said.append(f"{what}；请先让它们离开（duban move 单位 submit、override 等），或在新版中保留它")
    done = select(PhaseRow).where(PhaseRow.campaign_id == campaign.id, PhaseRow.withdrawn_at == None)  # noqa: E711
    rows = [one for one in session.exec(done) if one.ord is not None]
    rows.sort(key=lambda one: one.ord or 0)
    opened = [one.key for one in rows if one.opened_at is not None]
    keys = [one.key for one in again.phases if one.ord is not None]
    said += renewal.order_faults(opened, opened[-1] if opened else None, keys)
    return said


def _stuck(session: Session, changes: list[Change]) -> list[str]:
    said = []
    for one in changes:
        if one.what is What.added and one.opened:
            said.append(f"“{one.name}”（{one.key}）曾经下达又已撤销；新版要再提，请换一个 key")
        climbing = one.what is What.terms and one.opened and set(LADDER) & set(one.after)
        if climbing and rearming.fired(session, one.milestone):
            said.append(
                f"“{one.name}”已按原梯次发过提醒，不能中途换梯次；新版请保留原梯次，另立的梯次换个 key"
            )
    return said
