"""A line for the coordinator of a campaign, by the usual notices: once per key and person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlmodel import Session

from states.audience import Audience, audience
from states.records.campaigns import Running
from states.records.columns import insert_new
from states.records.directory import directory, note_vacancies
from states.records.dispatch import Notice
from states.template import Role

LEVEL = "level"
UNREACHED = "没有可通知的人"


def tell(
    session: Session,
    campaign: Running,
    key: str,
    name: str,
    reason: str,
    now: datetime,
    *,
    kind: str = LEVEL,
    obligation: int = 0,
    about: int = 0,
) -> None:
    """Put `reason` before whoever coordinates it; a vacant office is kept as such.

    `obligation`, `about` (its milestone): what it is about, so that it falls silent with that.
    """
    owner = campaign.row.owner_id
    people = directory(session, [owner], [Role.coordinator], owner)
    found = audience([Role.coordinator], owner, owner, people)
    common = {
        "campaign_id": campaign.id,
        "kind": kind,
        "unit_id": owner,
        "obligation_id": obligation,
        "milestone_id": about,
        "name": name,
        "role": Role.coordinator.value,
        "reason": reason,
        "at": now,
    }
    rows = [{**common, **one} for one in _addressed(found, f"{kind}:{key}")]
    note_vacancies(session, dict.fromkeys(found.vacancies), now)
    session.execute(insert_new(session, Notice), rows)


def _addressed(found: Audience, key: str) -> Iterator[dict[str, Any]]:
    """To whom, with the key that makes it once."""
    for one in found.recipients:
        yield {
            "key": f"{key}:{one.person.email}",
            "email": one.person.email,
            "person": one.person.name,
            "via_unit_id": one.instead_of,
            "state": "pending",
        }
    for role in found.unreached:
        nobody = {"email": "", "person": UNREACHED, "via_unit_id": None, "state": "vacant"}
        yield {"key": f"{key}:?{role.value}", **nobody}
