"""Draws that can be repeated: tried, made once, made again only with a reason; list and seed are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states import draws
from states.draws import Drawn
from states.errors import Fault, Faulty, NotFound, Refused
from states.records import locks, scopes
from states.records.campaigns import Running
from states.records.core import draw as draws_made
from states.records.core import run, unit
from states.records.journal import note
from states.records.reported import DrawRow
from states.records.tables import Unit
from states.shares import Sampling

DRAWN = "sampling.drawn"
AGAIN = "“{name}”已于 {at:%Y-%m-%d} 抽过（种子 {seed}，抽中 {number} 个）；重抽须写明理由"


@dataclass(frozen=True)
class Wish:
    """What to draw. `ids`: the list that was handed in (None: units of the campaign); the plan's own share unless it
    gives none, then `percent` or `count`."""

    sampling: str
    ids: tuple[str, ...] | None = None
    percent: int | None = None
    count: int | None = None


@dataclass(frozen=True)
class Prospect:
    """What would be drawn from: how many ids, their hash, how many of them. `before`: the draw that was made already."""

    sampling: Sampling
    population: tuple[str, ...]
    digest: str
    number: int
    percent: int | None
    before: DrawRow | None


def sampling_of(campaign: Running, name: str) -> Sampling:
    """By its name, or its place in the plan from 1. Raises NotFound."""
    known = campaign.template.sampling
    if name.isdecimal() and 1 <= int(name) <= len(known):
        return known[int(name) - 1]
    found = next((one for one in known if one.name == name), None)
    if found is None:
        said = "、".join(f"{at} {one.name}" for at, one in enumerate(known, 1)) or "（没有）"
        raise NotFound(f"方案没有“{name}”这项抽查；有 {said}")
    return found


def look(session: Session, campaign: Running, wish: Wish) -> Prospect:
    """What would be drawn from. Raises NotFound, Faulty."""
    sampling = sampling_of(campaign, wish.sampling)
    percent, count = _share(sampling, wish)
    ids = wish.ids if wish.ids is not None else _units(session, campaign, sampling)
    population = tuple(sorted(set(ids), key=lambda one: one.encode()))
    if not population:
        raise Faulty([Fault("list", "没有可抽的：范围内没有参加单位，或清单是空的")])
    number = draws.number_of(len(population), percent, count)
    if number > len(population):
        raise Faulty([Fault("count", f"清单共 {len(population)} 个，抽不出 {number} 个")])
    digest = draws.digest_of(population)
    made = history(session, campaign, sampling.name)
    return Prospect(sampling, population, digest, number, percent, made[-1] if made else None)


def _share(sampling: Sampling, wish: Wish) -> tuple[int | None, int | None]:
    """The percentage or the number to draw; raises Faulty where the plan and the wish don't go together."""
    own = sampling.percent is not None or sampling.count is not None
    given = wish.percent is not None or wish.count is not None
    if own and given:
        said = f"{sampling.percent}%" if sampling.percent is not None else f"{sampling.count} 个"
        raise Faulty([Fault("percent", f"抽多少由方案规定（{said}），不能另写")])
    if not own and (wish.percent is None) == (wish.count is None):
        raise Faulty([Fault("percent", "方案没有写抽多少；请写百分之几（percent）或几个（count），只写一种")])
    if sampling.listed and wish.ids is None:
        raise Faulty([Fault("list", f"抽查对象是“{sampling.of}”，请提供编号清单（每行一个编号）")])
    return (sampling.percent, sampling.count) if own else (wish.percent, wish.count)


def _units(session: Session, campaign: Running, sampling: Sampling) -> tuple[str, ...]:
    owner = session.get_one(Unit, campaign.row.owner_id)
    statement = sa.select(unit.c.code).select_from(run.join(unit, unit.c.id == run.c.unit_id))
    where = [run.c.campaign_id == campaign.id, run.c.state != "exempt"]
    where += scopes.owing(session, sampling.scope.model_dump(), owner)
    return tuple(session.execute(statement.where(*where)).scalars())


def make(
    session: Session,
    campaign: Running,
    wish: Wish,
    seed: str,
    now: datetime,
    actor: str,
    reason: str | None = None,
) -> DrawRow:
    """Draw and keep it. Raises NotFound, Faulty, Refused (drawn already, without a reason to do so again)."""
    locks.alone(session, campaign.id)
    seen = look(session, campaign, wish)
    if seen.before is not None and not (reason or "").strip():
        at = seen.before.at.astimezone(campaign.zone)
        said = AGAIN.format(
            name=seen.sampling.name, at=at, seed=seen.before.seed, number=len(seen.before.drawn)
        )
        raise Refused(said)
    drawn = draws.draw(seen.population, seen.number, seed)
    row = _row(campaign, seen, drawn, now, actor, reason)
    session.add(row)
    session.flush()
    note(
        session,
        now,
        DRAWN,
        actor,
        campaign_id=campaign.id,
        after=f"{seen.sampling.name}：{len(drawn.drawn)}/{len(drawn.population)}",
        reason=reason,
        draw=row.id,
        seed=seed,
        method=drawn.method,
        digest=drawn.digest,
    )
    return row


def _row(
    campaign: Running, seen: Prospect, drawn: Drawn, now: datetime, actor: str, reason: str | None
) -> DrawRow:
    return DrawRow(
        campaign_id=campaign.id,
        sampling=seen.sampling.name,
        no=seen.before.no + 1 if seen.before else 1,
        of=seen.sampling.of,
        method=drawn.method,
        seed=drawn.seed,
        percent=seen.percent,
        digest=drawn.digest,
        population=list(drawn.population),
        drawn=list(drawn.drawn),
        reason=reason,
        by=actor,
        at=now,
    )


def history(session: Session, campaign: Running, sampling: str | None = None) -> Sequence[DrawRow]:
    """Every draw of a campaign (of one sampling where named), oldest first."""
    where = [draws_made.c.campaign_id == campaign.id]
    where += [draws_made.c.sampling == sampling] if sampling is not None else []
    rows = sa.select(draws_made.c.id).where(*where).order_by(draws_made.c.sampling, draws_made.c.no)
    return [session.get_one(DrawRow, key) for key in session.execute(rows).scalars()]


def again(row: DrawRow) -> bool:
    """Whether what was kept of a draw gives the same again."""
    return tuple(row.drawn) == draws.draw(row.population, len(row.drawn), row.seed).drawn
