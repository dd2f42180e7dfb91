"""What runs by itself, as somebody looks at it: its last words, its last turns and how late they came, what it did in all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from states.records import health, meters
from states.records.asker import Scope
from states.records.board import last_event
from states.records.core import tick
from states.records.health import ROUND
from states.records.tables import Health

TURNS = 10  # of each round
Totals = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Turn:
    """A turn of a round: when it was to begin, how long after that somebody took it."""

    slot: datetime
    late: timedelta


@dataclass(frozen=True)
class Round:
    """One round. `word`: its last word, None where it has never run; `done`, `failed`: over all time."""

    job: str
    word: Health | None
    silent: timedelta | None
    turns: tuple[Turn, ...]
    ok: int
    failed: int
    done: int


@dataclass(frozen=True)
class Lateness:
    """How many came so late: (up to so many seconds, how many); the last bound is None. `mean`: seconds."""

    steps: tuple[tuple[int | None, int], ...]
    number: int
    mean: float


@dataclass(frozen=True)
class Working:
    """All of it. `others`: last words of what is no round."""

    rounds: tuple[Round, ...]
    others: tuple[Health, ...]
    rungs: Lateness
    mails: Lateness


def look(session: Session, scope: Scope, jobs: Iterable[str], now: datetime) -> Working:
    """Some dozens of rows whatever the size of the record. Raises NotAllowed."""
    scope.check_whole()
    words = {one.name: one for one in health.beats(session)}
    totals = meters.totals(session)
    named, until = list(jobs), last_event(words.values()) or now
    rounds = tuple(_round(session, job, words.get(ROUND + job), totals, until) for job in named)
    others = tuple(one for name, one in words.items() if name.removeprefix(ROUND) not in named)
    return Working(rounds, others, lateness(totals, "rung_late"), lateness(totals, "mail_late"))


def lateness(totals: Totals, name: str) -> Lateness:
    """What fell between the bounds of a histogram."""
    counted = totals.get(name, {})
    bounds: list[int | None] = [*meters.BOUNDS, None]
    steps = tuple(
        (bound, int(counted.get(str(bound) if bound is not None else meters.LATER, 0))) for bound in bounds
    )
    number = sum(many for _bound, many in steps)
    return Lateness(steps, number, counted.get(meters.SUM, 0.0) / number if number else 0.0)


def _round(session: Session, job: str, word: Health | None, totals: Totals, until: datetime) -> Round:
    ended = totals.get("rounds", {})
    return Round(
        job,
        word,
        until - word.at if word is not None else None,
        _turns(session, job),
        int(ended.get(f"{job}:ok", 0)),
        int(ended.get(f"{job}:failed", 0)),
        int(totals.get("round_done", {}).get(job, 0)),
    )


def _turns(session: Session, job: str) -> tuple[Turn, ...]:
    asked = sa.select(tick.c.slot, tick.c.at).where(tick.c.job == job)
    rows = session.execute(asked.order_by(tick.c.slot.desc()).limit(TURNS)).tuples()
    return tuple(Turn(slot, max(timedelta(0), at - slot)) for slot, at in rows)
