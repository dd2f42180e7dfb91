"""Starting a campaign: a draft that can be looked at, and the one transaction that makes it real."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states import sanity
from states.documents import ledgercolumns
from states.errors import Refused
from states.machine import ord_of
from states.plan import Plan, plan
from states.reading import load
from states.records import ledger_withdrawing, opening, scopes, scoping
from states.records.calendar import workdays
from states.records.campaigns import running
from states.records.core import run, unit
from states.records.journal import note
from states.records.scopes import Selection
from states.records.tables import Campaign, LedgerItem, Milestone, PhaseRow, Unit
from states.template import LedgerPreset, LedgerRow, Opens, Template

ALL_UNITS = Selection()
DRAFT, WAITING = "draft", "waiting"


@dataclass(frozen=True)
class Order:
    """What a coordinator asks for.

    `past` says what to do with dates already over: None asks, "keep" hands out as overdue, "skip" keeps the milestone
    as history that nobody is asked for. `parent_id` and `adopted`: the campaign above, and the terms of adopting it.
    """

    text: str
    start: date
    fills: Mapping[str, str]
    selection: Selection = ALL_UNITS
    owner: str | None = None
    title: str | None = None
    past: str | None = None
    parent_id: int | None = None
    adopted: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Draft:
    """A campaign as it would start: what to look at before it is real. `places`: where its refusals are mended."""

    template: Template
    plan: Plan
    owner: Unit
    participants: int
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]
    places: tuple[str, ...] = ()
    fills: Mapping[str, str] = field(default_factory=dict)


def draft(session: Session, order: Order, now: datetime) -> Draft:
    """Dates, warnings, who takes part, and every reason why it can't start yet. Writes nothing."""
    template = load(order.text)
    planned = plan(template, order.start, order.fills, workdays(session))
    owner = scopes.owner_of(session, order.owner)
    conditions = scopes.chosen(session, order.selection, owner)
    counted = session.execute(sa.select(sa.func.count()).select_from(unit).where(*conditions)).scalar_one()
    unknown = scoping.unknown_codes(session, template)
    warnings = [*planned.warnings, *scoping.unmatched(session, template, owner)]
    warnings += [] if unknown else scoping.without_beds(session, template, owner, conditions)
    warnings += [] if unknown else scoping.without_ownership(session, template, owner, conditions)
    warnings += _left_out(session, order.selection, owner)
    refusals = [blank.says("方案") for blank in planned.blanks]
    places = [blank.place for blank in planned.blanks]
    odd = sanity.doubts(template, order.fills, planned)
    warnings += [one.says for one in odd if not one.impossible]
    refusals += [one.says for one in odd if one.impossible]
    places += [one.place for one in odd if one.impossible]
    refusals += unknown
    alone = scoping.departments_alone(session, template, owner, sa.and_(*conditions))
    if counted == 0 and not alone:
        refusals.append("没有单位参加：所选范围内没有单位")
    past = planned.past(now)
    said = [f"“{one.name}”的期限 {one.filled or one.words} 已过" for one in past]
    warnings += said
    if past and order.past not in ("keep", "skip"):
        listed = "；".join(said[:5]) + (f" 等 {len(said)} 项" if len(said) > 5 else "")
        where = sanity.places_of(template, order.fills, past)
        places += where
        refusals.append(
            f"{listed}。请改期（{'、'.join(f'--set {one}=日期' for one in where)}），或确认照旧下达（--past keep）"
        )
    return Draft(
        *(template, planned, owner, counted, tuple(warnings), tuple(refusals), tuple(places)),
        fills=order.fills,
    )


def launch(session: Session, order: Order, now: datetime, actor: str) -> int:
    """Make it real: campaign, phases, milestones, a run per unit; opens what is due at once.

    Raises Refused with every refusal of the draft. Returns the campaign's id.
    """
    drafted = draft(session, order, now)
    if drafted.refusals:
        raise Refused(*drafted.refusals, places=drafted.places)
    campaign_id = _campaign(session, order, drafted, now)
    skipped = now if order.past == "skip" else None
    _phases_and_milestones(session, campaign_id, drafted.plan, skipped, actor)
    first = drafted.plan.phases[0]
    begins_now = first.opens_at is not None and first.opens_at <= now and first.opens != Opens.by_hand
    _runs(session, order, drafted, campaign_id, now, first.key if begins_now else WAITING)
    note(
        session,
        now,
        "campaign.launched",
        actor,
        campaign_id=campaign_id,
        after=DRAFT,
        units=drafted.participants,
        template=drafted.template.key,
        version=drafted.template.version,
        fills=dict(order.fills),
        warnings=list(drafted.warnings),
    )
    if begins_now:
        opening.open_all(session, running(session, campaign_id), now)
    return campaign_id


def _campaign(session: Session, order: Order, drafted: Draft, now: datetime) -> int:
    template = drafted.template
    row = Campaign(
        template_key=template.key,
        template_version=template.version,
        template_sha256=hashlib.sha256(order.text.encode()).hexdigest(),
        template_text=order.text,
        title=order.title or template.title,
        owner_id=drafted.owner.id,
        parent_id=order.parent_id,
        adopted=dict(order.adopted) if order.adopted else None,
        selection=asdict(order.selection),
        state=DRAFT,
        ord=0,
        since=now,
        start=order.start,
        launched_at=now,
        fills=dict(order.fills),
        warnings=list(drafted.warnings),
        ends_at=drafted.plan.ends_at,
    )
    session.add(row)
    session.flush()
    return row.id


def _phases_and_milestones(
    session: Session, campaign_id: int, planned: Plan, skipped_at: datetime | None, actor: str
) -> None:
    for phase in planned.phases:
        session.add(PhaseRow(campaign_id=campaign_id, **asdict(phase)))
    made = [milestone_row(campaign_id, asdict(one)) for one in planned.milestones]
    for one in made:
        if skipped_at is not None and one.due_at is not None and one.due_at < skipped_at:
            one.withdrawn_at = skipped_at
    session.add_all([one for again in (False, True) for one in made if bool(one.period) is again])
    session.flush()
    _ledger(session, campaign_id, made, actor)


def milestone_row(campaign_id: int, planned: Mapping[str, Any]) -> Milestone:
    """A milestone as planned; its first due date is kept for ever as the original one."""
    return Milestone(campaign_id=campaign_id, original_due_at=planned["due_at"], **planned)


def _ledger(session: Session, campaign_id: int, milestones: Sequence[Milestone], actor: str) -> None:
    campaign = running(session, campaign_id)
    ledger = campaign.template.ledger
    if ledger is None:
        return
    for row in ledger.rows:
        facts = item_facts(ledger, row, milestones)
        session.add(new_item(campaign.row, row.no, facts, campaign.row.launched_at))
    session.flush()
    ledger_withdrawing.keep_up(session, campaign, campaign.row.launched_at, actor)


def new_item(campaign: Campaign, no: int, facts: Mapping[str, Any], now: datetime) -> LedgerItem:
    """A row of the plan's ledger, which is the running unit's own."""
    return LedgerItem(campaign_id=campaign.id, no=no, unit_id=campaign.owner_id, since=now, **facts)


def item_facts(ledger: LedgerPreset, row: LedgerRow, milestones: Sequence[Milestone]) -> dict[str, Any]:
    """What an item of the ledger says; `milestones` of the campaign in the order of the template."""
    steps = [one for one in milestones if one.requirement == f"ledger-{row.no}"]
    kind = ledger.type_of(row)
    return {
        "milestone_id": steps[-1].id,
        "project": row.project,
        "problem": row.problem,
        "measures": list(row.measures),
        "departments": list(row.departments),
        "due_words": row.due or _words(steps),
        "standing": any(one.standing for one in steps),
        "type": kind.name if kind else None,
        "more": ledgercolumns.said(ledger, row),
    }


def _words(steps: Sequence[Milestone]) -> str:
    """The dates of an item that has several."""
    return "；".join(f"{one.name.partition('·')[2]}：{one.words}" for one in steps if one.period)


def _runs(
    session: Session, order: Order, drafted: Draft, campaign_id: int, now: datetime, state: str
) -> None:
    conditions = sa.and_(*scopes.chosen(session, order.selection, drafted.owner))
    named = scoping.department_names(drafted.template)
    if named:
        conditions = sa.or_(conditions, unit.c.id.in_(scopes.department_ids(session, named, drafted.owner)))
    conditions = sa.or_(conditions, *scoping.by_kind(session, drafted.template, drafted.owner, conditions))
    rows = (
        sa.select(
            sa.literal(campaign_id),
            unit.c.id,
            sa.literal(state),
            sa.literal(ord_of(running(session, campaign_id).machines, state), sa.SmallInteger),
            sa.literal(now, run.c.since.type),
            sa.literal(1),
        )
        .where(conditions)
        .order_by(unit.c.id)
    )
    columns = ["campaign_id", "unit_id", "state", "ord", "since", "version"]
    session.execute(sa.insert(run).from_select(columns, rows))


def _left_out(session: Session, selection: Selection, owner: Unit) -> list[str]:
    codes = scopes.left_out(session, selection, owner)
    listed = "、".join(codes[:20]) + (f" 等 {len(codes)} 个" if len(codes) > 20 else "")
    return [f"所选单位中 {listed} 不参加：不属{owner.name}管辖，或已停用，或是内设部门"] if codes else []
