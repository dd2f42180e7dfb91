"""Extensions and hand-overs within a key's scope, and as they are told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import NotAllowed
from states.records import (
    deciding,
    extension_files,
    extension_list,
    granting,
    handing,
    handing_in,
    judging,
    prolonging,
    reading_scope,
)
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import extension, unit
from states.records.deciding import Decided, Decision
from states.records.granting import Request
from states.records.handing import Handed, Person
from states.records.handing_in import BARE, Content
from states.records.prolonging import Amount
from states.records.respite import Extension
from states.records.roles import Act
from states.records.tables import Milestone, Obligation, Unit
from states.records.told import (
    ExtensionDecided,
    ExtensionTold,
    FileTold,
    HandOverTold,
    Page,
    Prolonged,
    instant,
    instant_or_none,
)
from states.template import Role

EVERYWHERE = "单位和联系人不分专项行动；授权只限某些专项行动的不能交接"
NOT_YOURS = "该应办事项不在授权范围内"

# -- extensions --------------------------------------------------------------------------------------


def ask(
    session: Session,
    scope: Scope,
    campaign_id: int,
    wanted: Request,
    now: datetime,
    content: Content = BARE,
) -> ExtensionTold:
    """A unit's own key may ask; `content`: files as evidence. Raises NotAllowed, NotFound, Faulty, Refused."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    row = session.get(Obligation, wanted.obligation)
    if scope.path is not None:
        place = session.get(Unit, row.unit_id) if row is not None else None
        if place is None or not place.path.startswith(scope.path):
            raise NotAllowed(NOT_YOURS)
    papers = handing_in.brought(session, scope, content)
    made = granting.ask(session, campaign, wanted, now, scope.actor, papers)
    return extension_told(session, campaign, made, session.get_one(Unit, made.unit_id), now)


def page(
    session: Session,
    scope: Scope,
    campaign_id: int,
    state: str | None,
    now: datetime,
    after: int,
    limit: int,
) -> Page[ExtensionTold]:
    """Requests of the key's units, what waits first. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    rows = extension_list.listed(session, campaign, scope.path, state, after, limit + 1)
    files = extension_files.told(session, [row for row, _place in rows[:limit]])
    items = [_told(session, campaign, *one, now, files.get(one[0].id, [])) for one in rows[:limit]]
    following = str(extension_list.place(rows[limit - 1][0])) if len(rows) > limit else None
    return {"items": items, "next": following}


def of_obligation(session: Session, campaign: Running, key: int, now: datetime) -> list[ExtensionTold]:
    """All that were asked for one obligation that is known to be seen, the latest first."""
    asked = sa.select(Extension, Unit).join(Unit, unit.c.id == extension.c.unit_id)
    mine = asked.where(extension.c.obligation_id == key).order_by(extension.c.id.desc())
    rows = session.execute(mine).tuples().all()
    files = extension_files.told(session, [row for row, _place in rows])
    return [_told(session, campaign, row, place, now, files.get(row.id, [])) for row, place in rows]


def decide(
    session: Session,
    scope: Scope,
    campaign_id: int,
    number: int,
    decision: Decision,
    now: datetime,
    *,
    dry_run: bool = False,
) -> tuple[ExtensionDecided, datetime]:
    """Those above decide, never the unit itself. Returns the new date too.

    Raises NotAllowed, NotFound, Faulty, Refused, Conflict.
    """
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    _check_decider(session, scope, campaign, number, decision)
    made = deciding.decide(session, campaign, number, decision, now, scope.actor)
    return decided_told(session, campaign, made, now, dry_run=dry_run), made.row.until or made.row.due_at


def _check_decider(
    session: Session, scope: Scope, campaign: Running, number: int, decision: Decision
) -> None:
    row = granting.found(session, campaign, number)
    asker = session.get_one(Unit, row.unit_id)
    scope.check_path(asker.path)
    judging.check(session, scope, campaign, "decide", asker.id)
    if decision.whom == "all":
        reading_scope.check_owner(session, scope, campaign)
    if decision.under is not None:
        place = reading_scope.unit_seen(session, scope, decision.under)
        judging.check(session, scope, campaign, "decide", place.id)


def extension_told(
    session: Session, campaign: Running, row: Extension, place: Unit, now: datetime
) -> ExtensionTold:
    """One request in the campaign's zone."""
    return _told(session, campaign, row, place, now, extension_files.told(session, [row]).get(row.id, []))


def _told(
    session: Session, campaign: Running, row: Extension, place: Unit, now: datetime, files: list[FileTold]
) -> ExtensionTold:
    zone = campaign.zone
    under = session.get_one(Unit, row.under_id).code if row.under_id is not None else None
    return {
        "id": row.id,
        "obligation": row.obligation_id,
        "unit": {"code": place.code, "name": place.name},
        "name": session.get_one(Milestone, row.milestone_id).name,
        "reason": row.reason,
        "evidence": row.evidence or None,
        "files": files,
        "due": instant(row.due_at, zone),
        "original_due": instant(row.original_due, zone),
        "wanted": instant(row.wanted_at, zone),
        "asked_by": row.asked_by,
        "asked_at": instant(row.asked_at, zone),
        "decide_by": instant(row.decide_by, zone),
        "overdue": row.state == "asked" and row.decide_by < now,
        "state": {"key": row.state, "name": granting.STATES[row.state]},
        "whom": row.whom or None,
        "under": under,
        "until": instant_or_none(row.until, zone),
        "units": row.units,
        "answer": row.answer or None,
        "decided_by": row.decided_by,
        "decided_at": instant_or_none(row.decided_at, zone),
        "version": row.version,
    }


def decided_told(
    session: Session, campaign: Running, made: Decided, now: datetime, *, dry_run: bool
) -> ExtensionDecided:
    """A decision with what it runs into."""
    place = session.get_one(Unit, made.row.unit_id)
    return {
        "dry_run": dry_run,
        "extension": extension_told(session, campaign, made.row, place, now),
        "obligations": made.obligations,
        "effects": [
            {"kind": one.kind, "key": one.key, "at": instant(one.at, campaign.zone), "says": one.says}
            for one in made.effects
        ],
        "notes": list(made.notes),
        "mails": None,
    }


def prolong(
    session: Session, scope: Scope, campaign_id: int, amount: Amount, now: datetime, *, dry_run: bool = False
) -> tuple[Prolonged, datetime]:
    """Extend a whole campaign; returns its last new date too. Raises NotAllowed, NotFound, Faulty, Refused, Conflict."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    reading_scope.check_owner(session, scope, campaign)
    made = prolonging.prolong(session, campaign, amount, now, scope.actor)
    return prolonged_told(made, dry_run=dry_run), _last(made, now)


def _last(made: prolonging.Prolonged, now: datetime) -> datetime:
    dates = [one.after for one in made.phases] + [one.after for one in made.dates if one.after]
    return max(dates, default=now)


def prolonged_told(made: prolonging.Prolonged, *, dry_run: bool) -> Prolonged:
    """An extension of the whole, in the campaign's zone."""
    zone = made.campaign.zone
    return {
        "dry_run": dry_run,
        "campaign": made.campaign.id,
        "version": made.campaign.row.version,
        "ends_before": instant_or_none(made.ends[0], zone),
        "ends": instant_or_none(made.ends[1], zone),
        "phases": [
            {
                "key": one.key,
                "name": one.name,
                "before": instant(one.before, zone),
                "after": instant(one.after, zone),
            }
            for one in made.phases
        ],
        "dates": [
            {
                "milestone": one.id,
                "name": one.name,
                "before": instant_or_none(one.before, zone),
                "after": instant_or_none(one.after, zone),
                "units": one.units,
            }
            for one in made.dates
        ],
        "units": made.units,
        "mails": None,
    }


# -- hand-overs --------------------------------------------------------------------------------------


def hand_over(
    session: Session,
    scope: Scope,
    old: str,
    new: Person,
    now: datetime,
    *,
    codes: Iterable[str] = (),
    roles: Iterable[Role] = (),
    dry_run: bool = False,
) -> HandOverTold:
    """Within the asker's subtree; who hands in and does not judge hands over those who do the same, no leaders.

    Raises NotAllowed, NotFound, Faulty, Refused.
    """
    if scope.campaigns is not None:
        raise NotAllowed(EVERYWHERE)
    wanted, posts = list(codes), tuple(roles)
    if not scope.may(Act.judge):
        posts = posts or handing.DOING
        if not set(posts) <= set(handing.DOING):
            raise NotAllowed(scope.refusal(Act.judge))
    reading_scope.paths_seen(session, scope, wanted, "units")
    made = handing.hand_over(session, old, new, now, scope.actor, under=scope.path, codes=wanted, roles=posts)
    return handed_told(session, made, dry_run=dry_run)


def handed_told(session: Session, made: Handed, *, dry_run: bool) -> HandOverTold:
    names = dict(
        session.execute(
            sa.select(unit.c.id, unit.c.name).where(unit.c.id.in_({one.unit_id for one in made.posts}))
        )
        .tuples()
        .all()
    )
    return {
        "dry_run": dry_run,
        "posts": [
            {
                "unit": names[one.unit_id],
                "role": one.role.value,
                "before": f"{one.before.name} <{one.before.email}>",
                "after": f"{one.after.name} <{one.after.email}>",
            }
            for one in made.posts
        ],
        "rerouted": made.rerouted,
        "told": made.told,
    }
