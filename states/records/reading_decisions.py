"""What waits for somebody's decision in a campaign, within his reach: how much of each kind, and one of them at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Conflict, Refused
from states.records import (
    confirming,
    granting,
    judging,
    ledger_moving,
    lettering,
    reading_obligations,
    reading_respite,
    reading_scope,
    reading_units,
)
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import extension, milestone, proposal, run
from states.records.lettering import Draft
from states.records.obligations_wanted import Wanted
from states.records.reading_units import Wanted as Units
from states.records.settling import OPEN
from states.records.tables import Milestone, Obligation, Unit
from states.records.told import ExtensionTold

SUBMITTED = ("submitted",)


@dataclass(frozen=True)
class Waiting:
    """How many wait: handed in and not judged, later dates asked for, rungs to confirm."""

    submitted: int
    asked: int
    proposed: int


@dataclass(frozen=True)
class Meant:
    """What somebody is about to decide: by whom, why, and which kind of letter (None: the plan's)."""

    letter: str | None = None
    person: str = ""
    reason: str = ""


def waiting(session: Session, scope: Scope, campaign: Running, now: datetime) -> Waiting:
    """The numbers of what the lists show."""
    submitted = reading_obligations.count(session, scope, campaign, Wanted(statuses=SUBMITTED), now)
    asked = sa.select(sa.func.count()).where(
        extension.c.campaign_id == campaign.id,
        extension.c.state == "asked",
        *reading_scope.units_within(scope, extension.c.unit_id),
    )
    proposed = sa.select(sa.func.count()).where(
        proposal.c.campaign_id == campaign.id,
        proposal.c.state == "proposed",
        *reading_scope.units_within(scope, proposal.c.unit_id),
    )
    numbers = (int(session.execute(one).scalar_one()) for one in (asked, proposed))
    return Waiting(submitted, *numbers)


def reviewed(session: Session, campaign: Running) -> list[tuple[int, str]]:
    """The milestones of which what is handed in waits for a check: number and name, in the order of their dates."""
    mine = milestone.c.campaign_id == campaign.id, milestone.c.review, milestone.c.opened_at.is_not(None)
    order = milestone.c.due_at.is_(None), milestone.c.due_at, milestone.c.id
    rows = session.exec(select(Milestone).where(*mine).order_by(*order))
    return [(one.id, one.name) for one in rows]


# -- moves of many -----------------------------------------------------------------------------------------


def meant(session: Session, scope: Scope, campaign_id: int, wanted: Units, now: datetime) -> str:
    """A digest of which units a filter means now and where each stands. Raises NotAllowed, NotFound, Faulty."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    chosen = reading_units.chosen(session, scope, campaign, wanted, now)
    rows = session.execute(sa.select(run.c.unit_id, run.c.state).where(*chosen).order_by(run.c.unit_id))
    return hashlib.sha256(json.dumps([tuple(row) for row in rows]).encode()).hexdigest()


def hindered(
    session: Session, scope: Scope, campaign_id: int, codes: Iterable[str], move: str
) -> dict[str, list[str]]:
    """Why units can't make a move now, one by one in their own sentences; units that can are left out."""
    told = ((code, reading_units.moves(session, scope, campaign_id, code)["moves"]) for code in codes)
    said = {
        code: [says for one in moves if one["move"] == move for says in one["refusals"]]
        for code, moves in told
    }
    return {code: refusals for code, refusals in said.items() if refusals}


# -- later dates -------------------------------------------------------------------------------------------


def extension_of(
    session: Session, scope: Scope, campaign_id: int, number: int, now: datetime
) -> ExtensionTold:
    """One request. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    row = granting.found(session, campaign, number)
    place = session.get_one(Unit, row.unit_id)
    scope.check_path(place.path)
    return reading_respite.extension_told(session, campaign, row, place, now)


def hindrances(session: Session, scope: Scope, campaign: Running, number: int) -> list[str]:
    """Why this asker can't decide on a request now, in the sentences of the act itself. Raises NotFound."""
    row = granting.found(session, campaign, number)
    said = list(judging.refusals(session, scope, campaign, ["decide"], row.unit_id).values())
    try:
        granting.undecided(campaign, row, None)
    except Conflict as error:
        said += error.refusals
    return said


# -- rungs with consequences ---------------------------------------------------------------------------------


def refusals(session: Session, scope: Scope, campaign: Running, key: int) -> list[str]:
    """Why a proposed rung can't be decided by this asker now, in the sentences of the act itself. Raises NotFound."""
    one = confirming.found(session, campaign, key)
    if not confirming.may_decide(session, scope, campaign, session.get_one(Unit, one.unit_id).path):
        return [confirming.not_yours(session, campaign)]
    if one.state != "proposed":
        return [confirming.overtaken(session, campaign, one)]
    try:
        ledger_moving.check_running(campaign)
    except Refused as error:
        return error.refusals
    status = session.get_one(Obligation, one.obligation_id).status
    return [] if status in OPEN else [confirming.settled(one.name, status, "confirmed")]


def kinds(campaign: Running) -> list[tuple[str, str]]:
    """The kinds of letters that the plan lists: by what they are chosen, and in words."""
    listed = campaign.template.letters
    return [(one.key or one.name, f"{one.name}：{one.use}" if one.use else one.name) for one in listed]


def draft(session: Session, scope: Scope, campaign_id: int, key: int, meant: Meant, now: datetime) -> Draft:
    """The letter as it would be made now, for who may decide on it. Raises NotAllowed, NotFound, Faulty."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    one = confirming.found(session, campaign, key)
    confirming.check_may_decide(session, scope, campaign, one.unit_id)
    other = confirming.kind(campaign, meant.letter)
    said = {"决定人": meant.person, "理由": meant.reason}
    return lettering.draft(session, campaign, one, other, said, now)
