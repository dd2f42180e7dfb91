"""What a key does with draws: by whoever runs the campaign, so that anybody can draw the same again."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from states import draws
from states.records import (
    drawing,
    reading_scope,
)
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.drawing import Prospect, Wish
from states.records.reported import DrawRow
from states.records.told import instant
from states.records.told.shares import (
    DrawsTold,
    DrawTold,
)

RANDOM_BYTES = 8


@dataclass(frozen=True)
class Asked:
    """A draw that is wished for, by a seed of our own where none is given; drawn again only for a `reason`.

    `warnings` about its list are told with it.
    """

    wish: Wish
    seed: str | None = None
    reason: str | None = None
    warnings: Sequence[str] = ()


def draw(
    session: Session, scope: Scope, campaign_id: int, asked: Asked, now: datetime, *, dry_run: bool = False
) -> DrawTold:
    """Draw, or see what would be drawn from; with a seed also which. Raises NotAllowed, NotFound, Faulty, Refused."""
    campaign = _owned(session, scope, campaign_id)
    if dry_run:
        return prospect_told(drawing.look(session, campaign, asked.wish), asked.seed, asked.warnings)
    seed = asked.seed or secrets.token_hex(RANDOM_BYTES)
    row = drawing.make(session, campaign, asked.wish, seed, now, scope.actor, asked.reason)
    return {**draw_told(row, campaign), "warnings": list(asked.warnings)}


def draws_made(session: Session, scope: Scope, campaign_id: int, *, full: bool = False) -> DrawsTold:
    """Every draw; `full`: with the lists. Raises NotAllowed, NotFound."""
    campaign = _owned(session, scope, campaign_id)
    return {"items": [draw_told(one, campaign, full=full) for one in drawing.history(session, campaign)]}


def _owned(session: Session, scope: Scope, campaign_id: int) -> Running:
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    reading_scope.check_owner(session, scope, campaign)
    return campaign


def prospect_told(found: Prospect, seed: str | None, warnings: Sequence[str] = ()) -> DrawTold:
    """A trial; without a seed nobody knows yet which are drawn."""
    drawn = draws.draw(found.population, found.number, seed).drawn if seed else ()
    return {
        "id": None,
        "sampling": found.sampling.name,
        "no": found.before.no + 1 if found.before else 1,
        "of": found.sampling.of,
        "method": draws.METHOD,
        "seed": seed,
        "percent": found.percent,
        "digest": found.digest,
        "population": len(found.population),
        "number": found.number,
        "drawn": list(drawn),
        "reason": None,
        "by": None,
        "at": None,
        "repeats": True,
        "warnings": list(warnings),
        "ids": [],
    }


def draw_told(row: DrawRow, campaign: Running, *, full: bool = False) -> DrawTold:
    """A draw that was made; `repeats`: drawn again from what was kept, it gives the same. `full`: with its list."""
    return {
        "id": row.id,
        "sampling": row.sampling,
        "no": row.no,
        "of": row.of,
        "method": row.method,
        "seed": row.seed,
        "percent": row.percent,
        "digest": row.digest,
        "population": len(row.population),
        "number": len(row.drawn),
        "drawn": list(row.drawn),
        "reason": row.reason,
        "by": row.by,
        "at": instant(row.at, campaign.zone),
        "repeats": drawing.again(row),
        "warnings": [],
        "ids": list(row.population) if full else [],
    }
