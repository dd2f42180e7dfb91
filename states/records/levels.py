"""A campaign re-issued by a lower level as its child: what it would be, and the one transaction that makes it real.

The child's units owe to the child's owner, the owner goes on owing upwards. Units of the campaign above that take part
below are handed down: exempt above, with the reason, so that nobody is asked twice; the child's figures stand beside
those of the campaign above, each with its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, select

from states import adopting, sanity
from states.adopting import Above, Terms
from states.errors import Refused
from states.machine import table
from states.plan import PlannedMilestone
from states.records import carrying, coordinators, launch, mass, owners_dates, scopes
from states.records.campaigns import Running, running
from states.records.core import campaign as campaigns
from states.records.core import journal, run, unit
from states.records.journal import note
from states.records.launch import Draft, Order
from states.records.scopes import Selection
from states.records.tables import Campaign, Unit
from states.renewal import day
from states.sanity import Doubt

HANDED_DOWN = "由“{title}”（编号 {key}）承接，改由本级督办"


@dataclass(frozen=True)
class Adoption:
    """What a lower level asks for. `fills`: dates by place, of inherited things or for blanks of the additions.

    `past`: "keep" hands out as overdue what is over, "skip" leaves out what is over above too; None asks.
    """

    owner: str
    terms: Terms = field(default_factory=Terms)
    fills: Mapping[str, str] = field(default_factory=dict)
    selection: Selection = launch.ALL_UNITS
    past: str | None = None
    start: date | None = None


@dataclass(frozen=True)
class Adopted:
    """A child as it would start. It can start when `refusals` is empty; `handed_down` units leave the one above.

    `places`: where a date can be set so that a refusal falls away.
    """

    parent: Running
    order: Order
    draft: Draft
    handed_down: int
    refusals: tuple[str, ...]
    places: tuple[str, ...] = ()


def draft(session: Session, parent_id: int, wanted: Adoption, now: datetime) -> Adopted:
    """What the child would be. Raises NotFound, Faulty (additions, terms), Refused. Writes nothing."""
    parent = running(session, parent_id)
    owner = scopes.owner_of(session, wanted.owner)
    _check(session, parent, owner)
    real = owners_dates.above(session, parent, owner)
    terms = _terms(real, wanted, owner)
    text = adopting.derive(real, terms, parent.row.template_version)
    order = Order(
        text=text,
        start=wanted.start or now.astimezone(parent.zone).date(),
        fills={place: value for place, value in wanted.fills.items() if place not in terms.dates},
        selection=wanted.selection,
        owner=wanted.owner,
        past=wanted.past or "skip",
        parent_id=parent.id,
        adopted=asdict(terms),
    )
    drafted = _doubted(launch.draft(session, order, now), terms)
    taken = carrying.sentences(session, parent, owner, now)
    drafted = replace(drafted, warnings=(*drafted.warnings, *taken))
    handed = sa.select(sa.func.count()).select_from(run).where(*_handed_down(session, parent, owner, wanted))
    found = [*_past(real, drafted, wanted.past, now), *_too_early(drafted, now)]
    refusals = (*drafted.refusals, *(one.says for one in found))
    places = (*drafted.places, *(one.place for one in found if one.place))
    return Adopted(parent, order, drafted, session.execute(handed).scalar_one(), refusals, places)


def adopt(session: Session, parent_id: int, wanted: Adoption, now: datetime, actor: str) -> int:
    """Make it real; returns the child's id. Raises NotFound, Faulty, Refused with every refusal of the draft."""
    lock = select(Campaign).where(Campaign.id == parent_id).with_for_update()
    session.exec(lock.execution_options(populate_existing=True)).first()
    drafted = draft(session, parent_id, wanted, now)
    if drafted.refusals:
        raise Refused(*drafted.refusals, places=drafted.places)
    key = launch.launch(session, drafted.order, now, actor)
    child, parent = running(session, key), drafted.parent
    child.row.above_seen = latest(session, parent.id)
    session.add(child.row)
    carrying.carry(session, parent, child, terms_of(child.row), now, actor)
    owner = session.get_one(Unit, child.row.owner_id)
    reason = HANDED_DOWN.format(title=child.row.title, key=key)
    chosen = _handed_down(session, parent, owner, wanted)
    handed = mass.mass_move(session, parent, "exempt", chosen, now, actor, reason=reason).moved
    note(
        session,
        now,
        "campaign.adopted",
        actor,
        campaign_id=parent_id,
        after=child.row.title,
        child=key,
        units=handed,
    )
    said = f"{owner.name}已承接“{parent.row.title}”，另立“{child.row.title}”（编号 {key}），{handed} 个单位改由其督办"
    coordinators.tell(session, parent, f"adopted:{key}", "下级承接", said, now)
    return key


def children(session: Session, parent_id: int) -> list[int]:
    """Campaigns that carry out this one at a lower level, in the order in which they were started."""
    found = sa.select(campaigns.c.id).where(campaigns.c.parent_id == parent_id).order_by(campaigns.c.id)
    return list(session.execute(found).scalars())


def latest(session: Session, campaign_id: int) -> int:
    """The last journal row of a campaign that is about no single unit, or moves the dates of a place."""
    about = (journal.c.campaign_id == campaign_id, of_many(journal))
    return session.execute(sa.select(sa.func.max(journal.c.id)).where(*about)).scalar() or 0


def of_many(noted: sa.FromClause) -> sa.ColumnElement[bool]:
    """Over rows of the journal: those that may concern a campaign below."""
    return sa.or_(noted.c.unit_id.is_(None), noted.c.kind.in_(owners_dates.OF_PLACES))


def terms_of(row: Campaign) -> Terms:
    """The terms on which a campaign was adopted; raises Refused for one that was not."""
    if row.adopted is None:
        raise Refused(f"“{row.title}”（编号 {row.id}）不是承接上级的专项行动")
    return Terms(**row.adopted)


def _check(session: Session, parent: Running, owner: Unit) -> None:
    row, said = parent.row, []
    head = session.get_one(Unit, row.owner_id)
    if owner.id == head.id or not owner.path.startswith(head.path):
        said.append(f"{owner.name}不在{head.name}之下，不能承接它的专项行动")
    if row.closed_at is not None:
        said.append("上级的专项行动已经结束，不能再承接")
    living = sa.select(campaigns.c.id).where(
        campaigns.c.parent_id == row.id, campaigns.c.owner_id == owner.id, campaigns.c.closed_at.is_(None)
    )
    if (known := session.execute(living).scalar()) is not None:
        said.append(f"{owner.name}已经承接过，编号 {known}")
    if said:
        raise Refused(*said)


def _terms(real: Above, wanted: Adoption, owner: Unit) -> Terms:
    own = {place: value for place, value in wanted.fills.items() if adopting.inherited(real, place)}
    title = wanted.terms.title or f"{real.template.title}（{owner.name}）"[:200]
    return replace(wanted.terms, dates={**wanted.terms.dates, **own}, title=title)


def _handed_down(
    session: Session, parent: Running, owner: Unit, wanted: Adoption
) -> list[sa.ColumnElement[bool]]:
    """Over `unit_run`: units of the campaign above that take part below and can still be exempted."""
    below = sa.select(unit.c.id).where(*scopes.chosen(session, wanted.selection, owner))
    sources = [edge.source for edge in table(parent.machines) if edge.move == "exempt"]
    return [run.c.campaign_id == parent.id, run.c.unit_id.in_(below), run.c.state.in_(sources)]


# -- what is over, or would be ------------------------------------------------------------------------


def _doubted(drafted: Draft, terms: Terms) -> Draft:
    """With what is doubtful about dates of its own: they stand in the plan by now, no longer among the fills."""
    found = sanity.doubts(drafted.template, drafted.fills, drafted.plan, terms.dates)
    bad = [one for one in found if one.impossible]
    return replace(
        drafted,
        warnings=(*drafted.warnings, *(one.says for one in found if not one.impossible)),
        refusals=(*drafted.refusals, *(one.says for one in bad)),
        places=(*drafted.places, *(one.place for one in bad)),
    )


def _past(real: Above, drafted: Draft, past: str | None, now: datetime) -> list[Doubt]:
    """What is over at the lower level needs a decision: by `past`, or by a lead or a date of its own."""
    if past == "keep":
        return []
    zone, found, over = ZoneInfo(drafted.template.timezone), [], []
    for one in drafted.plan.past(now):
        due = real.milestones.get((one.requirement, one.period), (None, None))[1]
        if due is None:
            place = sanity.place_of(drafted.template, drafted.fills, one)
            says = f"“{one.name}”的期限 {day(one.due_at, zone)} 已过；请用 --set {place}=日期 改期"
            found.append(Doubt(place, f"{says}，或写 --past keep 照旧下达"))
        elif due >= now:
            says = f"“{one.name}”提前后的期限 {day(one.due_at, zone)} 已过（上级为 {day(due, zone)}）"
            says = f"{says}；请写 --lead {_named(one)}=1wd 等少提前一些，或 --past keep 照此下达（即逾期）"
            found.append(Doubt(_own_date(drafted, one), says))
        else:
            over.append(f"“{one.name}”（{day(due, zone)}）")
    if over and past != "skip":
        listed = "、".join(over[:5]) + (f" 等 {len(over)} 项" if len(over) > 5 else "")
        says = f"上级期限已过：{listed}；不再下达请写 --past skip，照旧下达（即逾期）请写 --past keep"
        found.append(Doubt("", says))  # no date of its own may be later than above
    return found


def _too_early(drafted: Draft, now: datetime) -> list[Doubt]:
    """Brought forward to before its phase begins, it would be overdue when it is handed out."""
    opens = {one.key: one.opens_at for one in drafted.plan.phases}
    zone, found = ZoneInfo(drafted.template.timezone), []
    for one in drafted.plan.milestones:
        begins = opens.get(one.phase or "")
        if begins is not None and one.due_at is not None and now <= one.due_at <= begins:
            says = f"“{one.name}”提前到 {day(one.due_at, zone)}，早于所在阶段开始"
            says = f"{says}；请写 --lead {_named(one)}=0d 等少提前一些"
            found.append(Doubt(_own_date(drafted, one), says))
    return found


def _named(one: PlannedMilestone) -> str:
    """What `--lead` calls it."""
    return f"{one.requirement}@{one.period}" if one.period else one.requirement


def _own_date(drafted: Draft, one: PlannedMilestone) -> str:
    """Where the lower level can set a date of its own; nowhere for one report of many."""
    place = sanity.place_of(drafted.template, drafted.fills, one)
    return "" if place.endswith(".every") else place
