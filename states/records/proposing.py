"""A change above proposes the change below: found in the round that opens things, accepted or declined by whoever
coordinates below, and never made without them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states import adopting
from states.adopting import Terms
from states.errors import Conflict, Faulty, NotFound, Refused
from states.reading import load
from states.records import coordinators, levels, owners_dates, renewed, renewing
from states.records.campaigns import Running, running
from states.records.core import campaign as campaigns
from states.records.core import journal, level_change
from states.records.journal import note
from states.records.renewing import Renewal, Version
from states.records.tables import Campaign, LevelChange, Unit
from states.renewal import Change, What, day

SYSTEM = "system"
EVERYDAY = ("rung.done", "milestone.opened", "campaign.adopted")  # facts that move no date
STATES = {
    "proposed": "待决定",
    "accepted": "已接受",
    "declined": "未接受",
    "superseded": "已被后来的替代",
    "withdrawn": "上级已改回",
}


def to_look_at(session: Session) -> list[int]:
    """Living campaigns below in whose campaign above something has been noted since it was last looked at."""
    return list(session.execute(_to_look_at()).scalars())


@cache
def _to_look_at() -> sa.Select[tuple[int]]:
    """Made once: every round asks it."""
    child, noted = campaigns.alias(), journal.alias()
    later = sa.exists().where(
        noted.c.campaign_id == child.c.parent_id, levels.of_many(noted), noted.c.id > child.c.above_seen
    )
    later = later.where(noted.c.kind.not_in(EVERYDAY), _touches(noted, child))
    living = sa.select(child.c.id).where(child.c.parent_id.is_not(None), child.c.closed_at.is_(None), later)
    return living.order_by(child.c.id)


def _touches(noted: sa.FromClause, child: sa.FromClause) -> sa.ColumnElement[bool]:
    """More time that was granted to one unit alone concerns only what that unit carries out below."""
    alone = noted.c.payload["whom"].as_string() == "unit"
    theirs = noted.c.unit_id == child.c.owner_id
    return sa.or_(noted.c.kind != "extension.granted", theirs, sa.not_(alone))


def look(session: Session, child_id: int, now: datetime) -> LevelChange | None:
    """Whether the campaign above asks for something else by now; if so, a proposal and a line to the coordinator."""
    child = _locked(session, child_id)
    row = child.row
    if row.parent_id is None or row.closed_at is not None:
        return None
    _locked(session, row.parent_id)  # who is changing it now has journal rows that can't be seen yet
    row.above_seen = levels.latest(session, row.parent_id)
    session.add(row)
    made = _proposal(session, child, levels.terms_of(row), now)
    known = _last(session, child_id)
    if made is None:
        _set_aside(session, child_id, "withdrawn", now)
        return None
    if known is not None and known.sha256 == made.sha256 and known.state in ("proposed", "declined"):
        return None
    _set_aside(session, child_id, "superseded", now)
    session.add(made)
    session.flush()
    what = f"涉及 {len(made.items)} 项" if made.text else "须重新商定期限"
    said = f"上级“{running(session, row.parent_id).row.title}”有变化，{what}；请决定是否随之调整（第 {made.id} 号）"
    coordinators.tell(session, child, f"change:{made.id}", "上级变化", said, now)
    note(
        session,
        now,
        "level.proposed",
        SYSTEM,
        campaign_id=row.id,
        after=made.reason,
        change=made.id,
        parent=row.parent_id,
        items=len(made.items),
    )
    return made


@dataclass(frozen=True)
class Following:
    """How a campaign below follows: changed dates are taken unless named in `keep`; what would be overdue at once must be
    named either way. `leads`, `dates`: how much earlier, or on which dates of its own, from now on.
    """

    keep: Iterable[str] = ()
    recompute: Iterable[str] = ()
    leads: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None


PLAINLY = Following()


def accept(
    session: Session,
    child_id: int,
    change_id: int,
    now: datetime,
    actor: str,
    following: Following = PLAINLY,
) -> Renewal:
    """Take over what changed above, as a new version of the campaign below. Raises NotFound, Refused, Faulty, Conflict."""
    made = _waiting(session, child_id, change_id)
    reason = following.reason or made.reason
    version = _version(session, child_id, replace(following, reason=reason), now)
    found = renewed.renew(session, child_id, version, now, actor)
    _decide(session, made, "accepted", now, actor, following.reason)
    return found


def preview(
    session: Session, child_id: int, change_id: int, now: datetime, following: Following = PLAINLY
) -> Renewal:
    """What accepting it would do; writes nothing."""
    _waiting(session, child_id, change_id)
    version = _version(session, child_id, replace(following, reason=None), now)
    return renewing.draft(session, child_id, version, now)


def _version(session: Session, child_id: int, wanted: Following, now: datetime) -> Version:
    child = running(session, child_id)
    terms = _with(levels.terms_of(child.row), wanted.leads, wanted.dates)
    names = tuple(wanted.keep), tuple(wanted.recompute)
    return renewal_of(session, child, terms, now, *names, wanted.reason)


def decline(
    session: Session, child_id: int, change_id: int, now: datetime, actor: str, reason: str
) -> LevelChange:
    """Leave the campaign below as it is; whoever coordinates above hears of it with the reason."""
    made = _waiting(session, child_id, change_id)
    if not reason.strip():
        raise Refused("不接受上级的变化须写明理由")
    _decide(session, made, "declined", now, actor, reason)
    child, parent = running(session, child_id), running(session, made.parent_id)
    said = f"“{child.row.title}”（编号 {child_id}）没有随上级的变化调整：{reason.strip()}"
    coordinators.tell(session, parent, f"declined:{made.id}", "下级未调整", said, now)
    return made


def renewal_of(
    session: Session,
    child: Running,
    terms: Terms,
    now: datetime,
    keep: tuple[str, ...] = (),
    recompute: tuple[str, ...] = (),
    reason: str | None = None,
) -> Version:
    """The next version of a campaign below as it follows from the one above on `terms`: its changed dates are taken,
    but for those that are named and those that would be over. Raises Refused when nothing differs."""
    text = _text(session, child, terms)
    if text is None:
        raise Refused("与上级现行的安排没有差别，不必调整")
    version = Version(text, keep=keep, recompute=recompute, reason=reason, adopted=asdict(terms))
    changes = renewing.draft(session, child.id, replace(version, keep=(), recompute=()), now).changes
    taken = {
        one.key
        for one in changes
        if one.asks and one.what is What.date and (one.after is None or one.after >= now)
    }
    named = {*keep, *recompute}
    taken = {key for key in taken if not {key, key.partition("@")[0]} & named}
    return replace(version, recompute=(*recompute, *sorted(taken)))


def listed(session: Session, child_id: int, after: int = 0, limit: int = 100) -> list[LevelChange]:
    """What was proposed to a campaign below, in the order in which it came up."""
    found = select(LevelChange).where(LevelChange.campaign_id == child_id, level_change.c.id > after)
    return list(session.exec(found.order_by(level_change.c.id).limit(limit)))


# -- one proposal -------------------------------------------------------------------------------------


def _proposal(session: Session, child: Running, terms: Terms, now: datetime) -> LevelChange | None:
    row = child.row
    common: dict[str, Any] = {"campaign_id": row.id, "parent_id": row.parent_id, "at": now}
    try:
        text = _text(session, child, terms)
        if text is None:
            return None
        changes = renewing.draft(session, row.id, Version(text), now).changes
    except (Faulty, Refused) as error:
        said = [error.detail] if isinstance(error, Refused) else [str(one) for one in error.faults]
        sha = _sha256("\n".join(said))
        return LevelChange(**common, reason="上级变化，原先的约定不再适用", sha256=sha, faults=said)
    items = [item(one, child) for one in changes]
    return LevelChange(**common, reason=_reason(changes), text=text, sha256=_sha256(text), items=items)


def item(one: Change, child: Running) -> dict[str, Any]:
    """A change as it is kept and told."""
    dated = one.what in (What.date, What.added, What.removed)
    before, after = (
        (day(at, child.zone) if dated else at) if at is not None else None for at in (one.before, one.after)
    )
    return {"what": one.what.value, "key": one.key, "name": one.name, "before": before, "after": after}


def _reason(changes: Iterable[Change]) -> str:
    names = {"added": "新增", "removed": "取消", "date": "改期", "scope": "改范围", "terms": "改要求"}
    counted: dict[str, int] = {}
    for one in changes:
        counted[names[one.what.value]] = counted.get(names[one.what.value], 0) + 1
    return (
        "上级" + "、".join(f"{what} {number} 项" for what, number in counted.items())
        if counted
        else "上级改了方案文字"
    )


def _text(session: Session, child: Running, terms: Terms) -> str | None:
    """The next version's text; None when it says what the present one says."""
    row = child.row
    parent, owner = running(session, row.parent_id or 0), session.get_one(Unit, row.owner_id)
    text = adopting.derive(owners_dates.above(session, parent, owner), terms, row.template_version + 1)
    same = load(text).model_copy(update={"version": row.template_version}) == child.template
    return None if same else text


def _with(terms: Terms, leads: Mapping[str, str], dates: Mapping[str, str]) -> Terms:
    return replace(terms, leads={**terms.leads, **leads}, dates={**terms.dates, **dates})


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _locked(session: Session, campaign_id: int) -> Running:
    lock = select(Campaign).where(Campaign.id == campaign_id).with_for_update()
    session.exec(lock.execution_options(populate_existing=True)).first()
    return running(session, campaign_id)


def _last(session: Session, child_id: int) -> LevelChange | None:
    found = select(LevelChange).where(LevelChange.campaign_id == child_id)
    return session.exec(found.order_by(level_change.c.id.desc()).limit(1)).first()


def _set_aside(session: Session, child_id: int, state: str, now: datetime) -> None:
    waiting = (level_change.c.campaign_id == child_id, level_change.c.state == "proposed")
    session.execute(sa.update(level_change).where(*waiting).values(state=state, decided_at=now))


def _waiting(session: Session, child_id: int, change_id: int) -> LevelChange:
    wanted = select(LevelChange).where(LevelChange.id == change_id, LevelChange.campaign_id == child_id)
    made = session.exec(wanted.with_for_update().execution_options(populate_existing=True)).first()
    if made is None:
        raise NotFound(f"这次专项行动没有第 {change_id} 号上级变化")
    if made.state != "proposed":
        raise Conflict(f"第 {change_id} 号上级变化{STATES[made.state]}，不能再决定")
    return made


def _decide(
    session: Session, made: LevelChange, state: str, now: datetime, actor: str, reason: str | None
) -> None:
    made.state, made.decided_at, made.decided_by, made.answer = state, now, actor, reason
    session.add(made)
    session.flush()
    about = {"change": made.id, "parent": made.parent_id}
    note(
        session,
        now,
        f"level.{state}",
        actor,
        campaign_id=made.campaign_id,
        before="proposed",
        after=state,
        reason=reason,
        **about,
    )
