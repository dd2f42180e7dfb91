"""Letters as they are told, and time credited."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import NotFound
from states.records import reading_scope
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.columns import obligation_id
from states.records.confirming import STATE_NAMES
from states.records.core import credit, letter, letter_paper, milestone, obligation, put_off, timer, unit
from states.records.dispatch import Proposal
from states.records.letter_mail import file_of
from states.records.matters import due_in_force
from states.records.told import CreditTold, Decided, LetterTold, Page, instant, instant_or_none

ABOUT = milestone.alias("about")


def letters(
    session: Session, scope: Scope, campaign_id: int, code: str | None, after: int, limit: int
) -> Page[LetterTold]:
    """Letters of a campaign in the order in which they were made. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    wanted = _statement(campaign, scope).where(letter.c.id > after)
    if code is not None:
        wanted = wanted.where(letter.c.unit_id == reading_scope.unit_seen(session, scope, code).id)
    rows = session.execute(wanted.order_by(letter.c.id).limit(limit + 1)).mappings().all()
    items = [_told(row, campaign) for row in rows[:limit]]
    return {"items": items, "next": str(items[-1]["id"]) if len(rows) > limit else None}


def one(session: Session, scope: Scope, campaign_id: int, key: int) -> LetterTold:
    """One letter. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    row = session.execute(_statement(campaign, scope).where(letter.c.id == key)).mappings().first()
    if row is None:
        raise NotFound(f"这次专项行动中没有编号为 {key} 的文书")
    return _told(row, campaign)


def some(session: Session, scope: Scope, campaign: Running, keys: list[int]) -> list[LetterTold]:
    """These letters, in the order in which they were made."""
    rows = session.execute(_statement(campaign, scope).where(letter.c.id.in_(keys)).order_by(letter.c.id))
    return [_told(row, campaign) for row in rows.mappings()]


def paper(session: Session, scope: Scope, campaign_id: int, key: int) -> tuple[str, bytes]:
    """The docx of a letter with its name. Raises NotAllowed, NotFound."""
    told = one(session, scope, campaign_id, key)
    content = session.execute(
        sa.select(letter_paper.c.content).where(letter_paper.c.letter_id == key)
    ).scalar_one()
    return file_of(told["name"], told["number"]), content


def decided(session: Session, scope: Scope, campaign: Running, made: Proposal) -> Decided:
    """What has just been decided, with its letter."""
    place = session.execute(sa.select(unit.c.code, unit.c.name).where(unit.c.id == made.unit_id)).one()
    key = session.execute(sa.select(letter.c.id).where(letter.c.proposal_id == made.id)).scalar()
    return {
        "proposal": made.id,
        "unit": {"code": place.code, "name": place.name},
        "name": made.name,
        "state": {"key": made.state, "name": STATE_NAMES[made.state]},
        "person": made.decided_by or "",
        "reason": made.answer or "",
        "at": instant(made.decided_at or made.at, campaign.zone),
        "letter": one(session, scope, campaign.id, key) if key is not None else None,
    }


def credited(session: Session, scope: Scope, campaign: Running) -> CreditTold:
    """Time credited in a campaign, and how many wait, within the key's subtree."""
    counted = sa.select(
        sa.func.count(credit.c.obligation_id.distinct()),
        sa.func.count(credit.c.unit_id.distinct()),
        sa.func.coalesce(sa.func.sum(credit.c.days), 0),
        sa.func.coalesce(sa.func.max(credit.c.days), 0),
    ).where(credit.c.campaign_id == campaign.id, *reading_scope.units_within(scope, credit.c.unit_id))
    obligations, units, days, most = session.execute(counted).one()
    off = (
        sa.select(sa.func.count(put_off.c.obligation_id.distinct()))
        .join(timer, timer.c.id == put_off.c.timer_id)
        .join(obligation, obligation.c.id == put_off.c.obligation_id)
        .where(timer.c.campaign_id == campaign.id, timer.c.done_at.is_(None))
        .where(*reading_scope.units_within(scope, obligation.c.unit_id))
    )
    waiting = session.execute(off).scalar_one()
    return {"obligations": obligations, "units": units, "days": int(days), "most": most, "waiting": waiting}


def _statement(campaign: Running, scope: Scope) -> sa.Select[Any]:
    """Letters with their units, what they are about and the reply that is owed."""
    return (
        sa.select(
            letter,
            unit.c.code,
            unit.c.name.label("unit_name"),
            ABOUT.c.name.label("about"),
            due_in_force().label("reply_due"),
        )
        .join(unit, unit.c.id == letter.c.unit_id)
        .join(ABOUT, ABOUT.c.id == letter.c.milestone_id)
        .outerjoin(milestone, milestone.c.id == letter.c.reply_id)
        .outerjoin(
            obligation,
            sa.and_(obligation.c.milestone_id == letter.c.reply_id, obligation.c.unit_id == letter.c.unit_id),
        )
        .where(letter.c.campaign_id == campaign.id, *reading_scope.within(scope))
    )


def _told(row: Any, campaign: Running) -> LetterTold:
    zone = campaign.zone
    return {
        "id": row["id"],
        "proposal": row["proposal_id"],
        "unit": {"code": row["code"], "name": row["unit_name"]},
        "obligation": row["obligation_id"],
        "about": row["about"],
        "name": row["name"],
        "number": row["number"],
        "colour": row["colour"],
        "rung": row["rung"],
        "signer": row["signer"],
        "made_at": instant(row["made_at"], zone),
        "handed_at": instant_or_none(row["handed_at"], zone),
        "received_at": instant_or_none(row["received_at"], zone),
        "received_by": row["received_by"],
        "reply": obligation_id(row["reply_id"], row["unit_id"]) if row["reply_id"] is not None else None,
        "reply_due": instant_or_none(row["reply_due"], zone),
        "sha256": row["sha256"],
        "size": row["size"],
    }
