"""What a key does: each act within its scope, through the same moves as everybody's, told as it stands afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from states.errors import Fault, Faulty
from states.machine import MOVE_NAMES
from states.records import (
    acts_offered,
    campaigning,
    counting,
    filling,
    handing_in,
    judging,
    mass,
    moving,
    reading_obligations,
    reading_scope,
    reading_units,
)
from states.records.access import Scope
from states.records.columns import unit_of
from states.records.counting import Numbers
from states.records.handing_in import BARE, HANDING_IN, Content
from states.records.reading_campaigns import stage, told
from states.records.reading_standing import frozen_of, run_state
from states.records.reading_units import Wanted
from states.records.tables import UnitRun
from states.records.told import CampaignTold, MassMoved, ObligationInFull, UnitMoved


def move_unit(
    session: Session,
    scope: Scope,
    campaign_id: int,
    code: str,
    name: str,
    now: datetime,
    *,
    reason: str | None = None,
    version: int | None = None,
    outcome: str | None = None,
) -> UnitMoved:
    """One move of one unit. Raises NotAllowed, NotFound, Faulty, Refused, Conflict."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    place = reading_scope.unit_seen(session, scope, code)
    judging.check(session, scope, campaign, name, place.id)
    made = moving.move(
        session,
        campaign,
        place.id,
        name,
        now,
        scope.actor,
        reason=reason,
        version=version,
        outcome=outcome,
    )
    row = session.get_one(UnitRun, (campaign.id, place.id))
    return {
        "unit": {"code": place.code, "name": place.name},
        "move": {"key": made.move, "name": MOVE_NAMES[made.move]},
        "before": stage(campaign.machines, made.before),
        "state": run_state(frozen_of(campaign), row.state, row.since),
        "outcome": row.outcome,
        "version": row.version,
    }


def move_units(
    session: Session,
    scope: Scope,
    campaign_id: int,
    wanted: Wanted,
    name: str,
    now: datetime,
    *,
    everybody: bool,
    reason: str | None,
    outcome: str | None,
    dry_run: bool,
) -> MassMoved:
    """The same move of all units that are wanted and for which it is open, but for a unit whose own key asks.

    `everybody` must be said when nothing else restricts. Raises NotAllowed, NotFound, Faulty, Refused.
    """
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    if (wanted == Wanted()) != everybody:
        says = "请写明范围；若是全部单位，只写 all: true"
        raise Faulty([Fault("filter", says)])
    _check_outcome(outcome, campaign.template.outcomes)
    chosen = reading_units.chosen(session, scope, campaign, wanted, now)
    own_left = judging.left_out(session, scope, campaign, name, chosen)
    others, refused = [*chosen, *own_left], len(own_left)
    made = mass.mass_move(
        session, campaign, name, others, now, scope.actor, reason=reason, outcome=outcome, dry_run=dry_run
    )
    return {
        "move": {"key": made.move, "name": MOVE_NAMES[made.move]},
        "dry_run": dry_run,
        "chosen": made.moved + made.refused + refused,
        "moved": made.moved,
        "refused": made.refused + refused,
    }


def _check_outcome(outcome: str | None, allowed: tuple[str, ...]) -> None:
    if outcome is not None and outcome not in allowed:
        raise Faulty([Fault("outcome", f"没有“{outcome}”这种结果；方案规定的有 {'、'.join(allowed)}")])


def move_campaign(
    session: Session,
    scope: Scope,
    campaign_id: int,
    name: str,
    now: datetime,
    *,
    reason: str | None = None,
    version: int | None = None,
) -> CampaignTold:
    """One move of the campaign itself. Raises NotAllowed, NotFound, Faulty, Refused, Conflict."""
    seen = reading_scope.campaign_seen(session, scope, campaign_id)
    reading_scope.check_owner(session, scope, seen)
    moved = campaigning.move(session, campaign_id, name, now, scope.actor, reason=reason, version=version)
    return told(session, moved)


@dataclass(frozen=True)
class Deed:
    """What is done to an obligation; `content` (text, files) is what is handed in with it and kept.

    `numbers` of departments or persons go with `count`, which only keeps them, or with `submit`; `figures` with `submit`.
    """

    act: str
    reason: str | None = None
    version: int | None = None
    content: Content = BARE
    numbers: Numbers | None = None
    figures: Mapping[str, Any] | None = None


def settle(
    session: Session, scope: Scope, campaign_id: int, key: int, deed: Deed, now: datetime
) -> ObligationInFull:
    """Do it. Raises NotAllowed, NotFound, Faulty, Refused, Conflict."""
    act, version = deed.act, deed.version
    campaign = reading_obligations.campaign_with(session, scope, campaign_id, key)
    if not deed.content.bare and act not in HANDING_IN:
        raise Faulty([Fault("text", "只有报送、零报告和确认可以附文字、签发、盖章和文件；说明请写在 reason")])
    _check_sent(act, deed.numbers, deed.figures)
    judging.check(session, scope, campaign, act, unit_of(key))
    if deed.numbers is not None:
        counting.count(session, campaign, key, deed.numbers, now, scope.actor, version=version)
        version = None
    if deed.figures is not None:
        filling.fill(session, campaign, key, deed.figures, now, scope.actor, version=version)
        version = None
    if act in HANDING_IN:
        terms: Any = {"reason": deed.reason, "version": version}
        handing_in.hand_in(session, scope, campaign, key, act, deed.content, now, scope.actor, **terms)
    elif act != acts_offered.COUNT:
        moving.act(session, campaign, key, act, now, scope.actor, reason=deed.reason, version=version)
    session.flush()
    return reading_obligations.full(session, scope, campaign, key, now)


def _check_sent(act: str, numbers: Numbers | None, figures: Mapping[str, Any] | None) -> None:
    if figures is not None and act != "submit":
        raise Faulty([Fault("figures", "只有报送可以附报表")])
    if numbers is not None and act not in ("submit", acts_offered.COUNT):
        raise Faulty([Fault("tally", "只有报数和报送可以附应办数和已办数")])
    if numbers is None and act == acts_offered.COUNT:
        raise Faulty([Fault("tally", "请写应办数（expected）和已办数（done）")])
