"""A bounced address is a vacancy: whoever stands above hears what it should have heard."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.audience import Audience, audience
from states.records.columns import insert_new
from states.records.core import contact
from states.records.directory import directory, note_vacancies
from states.records.dispatch import Mail, Notice
from states.records.journal import note
from states.records.tables import Campaign
from states.template import Role

COPIED = (
    "campaign_id",
    "kind",
    "unit_id",
    "obligation_id",
    "milestone_id",
    "phase_id",
    "rung",
    "name",
    "role",
    "urgent",
    "reason",
    "letter_id",
)


def bounce(session: Session, mail: Mail, now: datetime, detail: str) -> None:
    """Mark the address as bounced and hand each notice of `mail` to the next person up the line."""
    held = session.execute(
        sa.select(contact.c.unit_id, contact.c.role).where(contact.c.email == mail.email)
    ).tuples()
    note_vacancies(session, {(unit_id, Role(role)): None for unit_id, role in held}, now)
    session.execute(
        sa.update(contact).where(contact.c.email == mail.email).values(bounced_at=now, bounce=detail)
    )
    note(session, now, "address.bounced", "system", after=f"mail:{mail.id}", reason=detail)
    unheard = select(Notice).where(Notice.mail_id == mail.id, Notice.state == "mailed")
    for notice in session.exec(unheard.execution_options(populate_existing=True)).all():
        climb(session, notice, now)


def readers(session: Session, notice: Notice) -> Audience:
    """Who would hear it as the contacts are now."""
    owner_id = session.get_one(Campaign, notice.campaign_id).owner_id
    role = Role(notice.role)
    people = directory(session, [notice.unit_id], [role], owner_id)
    return audience([role], notice.unit_id, owner_id, people)


def climb(session: Session, notice: Notice, now: datetime, state: str = "pending") -> None:
    """Hand a notice to whoever would hear it now; it is kept as vacant where there is nobody."""
    role, found = Role(notice.role), readers(session, notice)
    note_vacancies(session, dict.fromkeys(found.vacancies), now)
    stem = notice.key.removesuffix(notice.email)
    copied = {name: getattr(notice, name) for name in COPIED}
    rows = [
        {
            **copied,
            "key": stem + recipient.person.email,
            "email": recipient.person.email,
            "person": recipient.person.name,
            "via_unit_id": recipient.instead_of,
            "at": now,
            "state": state,
        }
        for recipient in found.recipients
    ]
    if not rows:
        nobody = {"email": "", "person": "没有可通知的人", "via_unit_id": None, "at": now, "state": "vacant"}
        rows = [{**copied, "key": f"{stem}?{role.value}", **nobody}]
    session.execute(insert_new(session, Notice).values(rows))
