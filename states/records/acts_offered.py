"""What can be done with an obligation, act by act, and why not."""

from __future__ import annotations

from sqlmodel import Session

from states import machine
from states.records import counting, handing_in, judging, tallies
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.settling import ACTS, lacks, refusals
from states.records.tables import Milestone, Obligation
from states.records.told import ActChoice

COUNT = "count"
GIVEN = "（理由）"  # a reason is asked for when it is done, not when it is listed


def offered(session: Session, scope: Scope, campaign: Running, key: int) -> list[ActChoice]:
    """Every act with what stands in its way, as the key and the obligation stand."""
    row = session.get_one(Obligation, key, populate_existing=True)
    about = session.get_one(Milestone, row.milestone_id)
    kept = judging.refusals(session, scope, campaign, ACTS, row.unit_id)
    lacking = lacks(session, campaign, about, row)
    said = {
        name: [kept[name]] if name in kept else refusals(about, row, name, GIVEN, lacking=lacking)
        for name in ACTS
    }
    to_confirm = not handing_in.refusals(campaign, about, handing_in.CONFIRM)
    confirm = _choice(handing_in.CONFIRM, "确认留存备查", said["submit"], needs_reason=False)
    said["submit"] = handing_in.refusals(campaign, about, "submit") or said["submit"]
    short = tallies.shortfall(about, tallies.of(session, key)) or lacking[1]
    acts = [
        _choice(name, act.name, said[name], act.needs_reason or (name == "submit" and bool(short)))
        for name, act in ACTS.items()
    ]
    if to_confirm:
        acts.append(confirm)
    if about.per is not None:
        acts.append(_choice(COUNT, "报数", counting.refusals(about, row), needs_reason=False))
    if campaign.row.state != machine.CANCELLED:
        return acts
    return [_choice(one["act"], one["name"], [machine.OVER], one["needs_reason"]) for one in acts]


def _choice(act: str, name: str, said: list[str], needs_reason: bool) -> ActChoice:
    return {"act": act, "name": name, "open": not said, "refusals": said, "needs_reason": needs_reason}
