"""What a key does with proposals and letters: each act within its scope, told as it stands afterwards."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from states.records import confirming, reading_letters, reading_scope, replying
from states.records.access import Scope
from states.records.tables import Unit
from states.records.told import Decided, LetterTold


def decide(
    session: Session,
    scope: Scope,
    campaign_id: int,
    key: int,
    person: str,
    reason: str,
    now: datetime,
    *,
    confirmed: bool,
) -> Decided:
    """Confirm a proposal or dismiss it. Raises NotAllowed, NotFound, Faulty, Refused, Conflict."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    one = confirming.found(session, campaign, key)
    confirming.check_may_decide(session, scope, campaign, one.unit_id)
    act = confirming.confirm if confirmed else confirming.dismiss
    act(session, campaign, key, person, reason, now, scope.actor)
    return reading_letters.decided(session, scope, campaign, confirming.found(session, campaign, key))


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
