"""What a key does with proposals and letters: each act within its scope, told as it stands afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from states.records import confirming, confirming_many, reading_letters, reading_scope, replying
from states.records.access import Scope
from states.records.confirming_many import Decision, Which
from states.records.tables import Unit
from states.records.told import Decided, LetterTold, ManyDecided


def decide(
    session: Session,
    scope: Scope,
    campaign_id: int,
    key: int,
    decision: Decision,
    now: datetime,
) -> Decided:
    """Confirm a proposal or dismiss it. Raises NotAllowed, NotFound, Faulty, Refused, Conflict."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    one = confirming.found(session, campaign, key)
    confirming.check_may_decide(session, scope, campaign, one.unit_id)
    confirming_many.decide_one(session, campaign, key, decision, now, scope.actor)
    return reading_letters.decided(session, scope, campaign, confirming.found(session, campaign, key))


def decide_many(
    session: Session,
    scope: Scope,
    campaign_id: int,
    which: Which,
    decision: Decision,
    now: datetime,
    *,
    under: str | None = None,
    everything: bool = False,
    dry_run: bool = False,
    most: int = confirming_many.MOST,
) -> ManyDecided:
    """Decide many in one transaction; `under`: only for a unit (code) and those below. Raises NotAllowed, Faulty."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    if under is not None:
        which = replace(which, under=reading_scope.unit_seen(session, scope, under).path)
    made = confirming_many.decide(
        session,
        scope,
        campaign,
        which,
        decision,
        now,
        scope.actor,
        everything=everything,
        dry_run=dry_run,
        most=most,
    )
    state = "confirmed" if decision.confirmed else "dismissed"
    return {
        "dry_run": dry_run,
        "state": {"key": state, "name": confirming.STATE_NAMES[state]},
        "decided": list(made.decided),
        "left": [{"proposal": one.proposal, "says": one.says} for one in made.left],
        "letters": reading_letters.some(session, scope, campaign, [one.id for one in made.letters]),
        "later": made.later,
    }


def receive(
    session: Session,
    scope: Scope,
    campaign_id: int,
    key: int,
    person: str,
    at: datetime | None,
    now: datetime,
) -> LetterTold:
    """签收, by a key that sees the unit. Raises NotAllowed, NotFound, Faulty, Conflict."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    row = replying.locked(session, campaign, key)
    scope.check_path(session.get_one(Unit, row.unit_id).path)
    replying.receive(session, campaign, key, person, at, now, scope.actor)
    return reading_letters.one(session, scope, campaign_id, key)
