"""A contact changes hands: what nobody has sent yet goes to the new person, who hears in one mail what is open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.documents.addresses import Addresses
from states.documents.columns import ROLES
from states.errors import Fault, Faulty, NotAllowed, NotFound, Refused
from states.records import rerouting
from states.records.columns import insert_new, slices
from states.records.core import campaign, contact, mail, notice, run, unit
from states.records.directory import fill_vacancies
from states.records.dispatch import Mail, Notice
from states.records.journal import note
from states.records.scopes import below
from states.template import Role

TAKEN_OVER = "takeover"  # the kind of the notice that lists what is open
HANDED = "交接"
DOING = (Role.liaison, Role.department_head)  # who acts for a unit, and so hears all that it owes
RUNNING = (Role.coordinator, Role.office)  # who runs a campaign, and so hears its figures
AT_ONCE = 1_000
LEADERS = "{role}由上级单位交接；{unit}自己只能交接联络员、科室负责人和组织行动的人员"


@dataclass(frozen=True)
class Person:
    name: str
    email: str


@dataclass(frozen=True)
class Post:
    """A role in a unit that passes from one person to another."""

    unit_id: int
    unit: str
    role: Role
    before: Person
    after: Person


@dataclass(frozen=True)
class Handed:
    """What a hand-over did, or would: the posts, how many notices found a new reader, how many hear what is open."""

    posts: tuple[Post, ...]
    rerouted: int
    told: int


def hand_over(
    session: Session,
    old: str,
    new: Person,
    now: datetime,
    actor: str,
    *,
    under: str | None = None,
    codes: Iterable[str] = (),
    roles: Iterable[Role] = (),
) -> Handed:
    """Every post that the address `old` holds (of these units, these roles) goes to `new`. To try it, roll back.

    `under`: the path of the subtree within which somebody may; the leaders of its own head only from above, or a unit
    could have the letters about itself sent to whom it likes. Raises Faulty, NotFound, NotAllowed, Refused.
    """
    address, fault = Addresses().judge(new.email.strip())
    if fault is not None:
        raise Faulty([Fault("to", fault)])
    email = address.lower()
    if not new.name.strip():
        raise Faulty([Fault("name", "请写明接任人的姓名")])
    if email == old.strip().lower():
        raise Refused("接任人与原联系人是同一个邮箱；只改姓名请重新导入单位名单")
    posts = _posts(session, old.strip().lower(), Person(new.name.strip(), email), under, codes, roles)
    for one in posts:
        _replace(session, one)
    fill_vacancies(session)
    return settle(session, posts, [old.strip().lower()], now, actor)


def _posts(
    session: Session, old: str, new: Person, under: str | None, codes: Iterable[str], roles: Iterable[Role]
) -> list[Post]:
    held = sa.select(
        *(unit.c.id, unit.c.code, contact.c.role, contact.c.name, unit.c.path, unit.c.parent_id)
    ).join(contact, contact.c.unit_id == unit.c.id)
    held = held.where(contact.c.email == old).order_by(unit.c.id, contact.c.id)
    if under is not None:
        held = held.where(below(under))
    wanted, parts = list(codes), [role.value for role in roles]
    if wanted:
        held = held.where(unit.c.code.in_(wanted))
    if parts:
        held = held.where(contact.c.role.in_(parts))
    rows = session.execute(held.with_for_update(of=contact)).all()
    if not rows:
        raise NotFound(f"没有单位以 {old} 为联系人")
    for row in rows:
        if row.path == under and row.parent_id is not None and Role(row.role) not in (*DOING, *RUNNING):
            raise NotAllowed(LEADERS.format(role=ROLES[Role(row.role)][0], unit=row.code))
    return [Post(row.id, row.code, Role(row.role), Person(row.name, old), new) for row in rows]


def _replace(session: Session, post: Post) -> None:
    mine = (contact.c.unit_id == post.unit_id, contact.c.role == post.role.value)
    both = sa.select(contact.c.id).where(*mine, contact.c.email == post.after.email)
    gone = (*mine, contact.c.email == post.before.email)
    if session.execute(both).first() is not None:
        session.execute(sa.delete(contact).where(*gone))
        return
    values = {"name": post.after.name, "email": post.after.email, "bounced_at": None, "bounce": None}
    session.execute(sa.update(contact).where(*gone).values(**values))


def settle(session: Session, posts: Sequence[Post], gone: Iterable[str], now: datetime, actor: str) -> Handed:
    """The contacts are changed: notices to who is `gone` find their new readers, and those hear what is open."""
    for one in posts:
        note(
            session,
            now,
            "contact.handed_over",
            actor,
            unit_id=one.unit_id,
            before=one.before.email,
            after=one.after.email,
            role=one.role.value,
        )
    rerouted = _reroute(session, sorted({one.lower() for one in gone}), now)
    return Handed(tuple(posts), rerouted, _tell(session, posts, now))


# -- what is on its way ------------------------------------------------------------------------------


def _reroute(session: Session, old: Sequence[str], now: datetime) -> int:
    """Notices to these addresses that nobody has sent: each goes to whom it would go today."""
    _unbind(session, old, now)
    count = 0
    for some in slices(old, AT_ONCE):
        waiting = select(Notice).where(notice.c.email.in_(some), notice.c.state.in_(("pending", "held")))
        for one in session.exec(waiting.order_by(notice.c.id).with_for_update()).all():
            count += _find_reader(session, one, now)
    return count


def _unbind(session: Session, old: Sequence[str], now: datetime) -> None:
    """A mail that is composed and that nobody is sending gives its notices back and is withdrawn."""
    for some in slices(old, AT_ONCE):
        free = sa.or_(mail.c.claimed_by.is_(None), mail.c.next_try_at <= now)
        resting = select(Mail.id).where(mail.c.email.in_(some), mail.c.state == "queued", free)
        keys = list(session.exec(resting.with_for_update(skip_locked=True)))
        bound = sa.update(notice).where(notice.c.mail_id.in_(keys), notice.c.state == "mailed")
        session.execute(bound.values(state="pending", mail_id=None))
        session.execute(sa.update(mail).where(mail.c.id.in_(keys)).values(state="withdrawn"))


def _find_reader(session: Session, one: Notice, now: datetime) -> int:
    """Hand a notice on, unless its reader would still hear it; who has heard it already hears it no second time."""
    if one.kind == TAKEN_OVER:
        one.state = "withdrawn"
        session.add(one)
        return 0
    if one.email in {each.person.email for each in rerouting.readers(session, one).recipients}:
        return 0
    rerouting.climb(session, one, now, state=one.state)
    one.state = "withdrawn"
    session.add(one)
    session.flush()
    return 1


# -- what is open ------------------------------------------------------------------------------------


def _tell(session: Session, posts: Sequence[Post], now: datetime) -> int:
    """One notice per campaign and unit to whoever acts for it; the figures to whoever runs a campaign."""
    made = [*_open(session, [one for one in posts if one.role in DOING], now)]
    made += _figures(session, [one for one in posts if one.role in RUNNING], now)
    if made:
        session.execute(insert_new(session, Notice), made)
    return len({row["email"] for row in made})


def _open(session: Session, posts: Sequence[Post], now: datetime) -> Iterator[dict[str, Any]]:
    living = campaign.c.closed_at.is_(None), campaign.c.ord > 0
    mine = sa.select(run.c.unit_id, campaign.c.id).join(campaign, campaign.c.id == run.c.campaign_id)
    mine = mine.where(*living, run.c.state.not_in(("closed", "exempt"))).order_by(campaign.c.id)
    for some in slices(posts, AT_ONCE):
        here = mine.where(run.c.unit_id.in_({one.unit_id for one in some}))
        found = session.execute(here).tuples().all()
        for one in some:
            for unit_id, key in found:
                if unit_id == one.unit_id:
                    yield _fact(one, key, TAKEN_OVER, f"接任{one.before.name}，尚未办结", now)


def _figures(session: Session, posts: Sequence[Post], now: datetime) -> Iterator[dict[str, Any]]:
    mine = sa.select(campaign.c.id).where(campaign.c.closed_at.is_(None), campaign.c.ord > 0)
    for one in posts:
        for key in session.execute(mine.where(campaign.c.owner_id == one.unit_id)).scalars():
            yield _fact(one, key, "figures", f"接任{one.before.name}，负责这次专项行动的协调", now)


def _fact(post: Post, campaign_id: int, kind: str, reason: str, now: datetime) -> dict[str, Any]:
    return {
        "key": f"h:{campaign_id}:{post.unit_id}:{post.role.value}:{now.isoformat()}:{post.after.email}",
        "campaign_id": campaign_id,
        "kind": kind,
        "unit_id": post.unit_id,
        "name": HANDED,
        "role": post.role.value,
        "email": post.after.email,
        "person": post.after.name,
        "urgent": False,
        "reason": reason,
        "at": now,
        "state": "pending",
    }
