"""Clues as they are told, and their figures; never who gave one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.clue import CHANNELS, CLASSES, ENDED, MOVES, STATES, open_moves
from states.errors import Fault, Faulty
from states.records import clues
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.clue_tables import ClueRow
from states.records.core import clue, journal, unit
from states.records.told import Named, Page, Place, instant
from states.records.told.clues import ClueCount, ClueFact, ClueFigures, ClueInFull, ClueTold

FACTS: Mapping[str, str] = {
    **MOVES,
    "registered": "登记",
    "informant_seen": "查看举报人",
    "named": "拒收写有举报人信息的内容",
}


@dataclass(frozen=True)
class Which:
    """Which clues; empty fields do not restrict."""

    states: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    overdue: bool | None = None


def page(
    session: Session, campaign: Running, scope: Scope, which: Which, now: datetime, after: int, limit: int
) -> Page[ClueTold]:
    """The clues that the asker may see, in the order of their registration. Raises Faulty."""
    today = now.astimezone(campaign.zone).date()
    chosen = [*_conditions(which, today), *clues.visible(session, campaign, scope)]
    wanted = select(ClueRow).where(clue.c.campaign_id == campaign.id, clue.c.id > after, *chosen)
    rows = list(session.exec(wanted.order_by(clue.c.id).limit(limit + 1)))
    items = _told(session, campaign, rows[:limit], today)
    return {"items": items, "next": str(items[-1]["id"]) if len(rows) > limit else None}


def in_full(session: Session, campaign: Running, scope: Scope, key: int, now: datetime) -> ClueInFull:
    """One clue with its moves and history. Raises NotAllowed, NotFound."""
    row = clues.seen(session, campaign, scope, key)
    (told,) = _told(session, campaign, [row], now.astimezone(campaign.zone).date())
    moves: list[Named] = [{"key": one, "name": MOVES[one]} for one in open_moves(row.state)]
    return {**told, "moves": moves, "history": _history(session, campaign, row)}


def figures(session: Session, campaign: Running, scope: Scope, now: datetime) -> ClueFigures:
    """Counts of the clues that the asker may see; every split adds up to the total."""
    today = now.astimezone(campaign.zone).date()
    mine = [clue.c.campaign_id == campaign.id, *clues.visible(session, campaign, scope)]
    ended = clue.c.state.in_(ENDED)
    columns = (clue.c.grade, clue.c.channel, clue.c.state, sa.func.count())
    rows = session.execute(sa.select(*columns).where(*mine).group_by(*columns[:3])).all()
    late = sa.select(sa.func.count()).where(*mine, sa.not_(ended), clue.c.due_on < today)
    return {
        "total": sum(number for *_, number in rows),
        "ended": sum(number for *_, state, number in rows if state in ENDED),
        "overdue": session.execute(late).scalar_one(),
        "classes": _split(CLASSES, [(grade, state, number) for grade, _, state, number in rows]),
        "channels": _split(CHANNELS, [(channel, state, number) for _, channel, state, number in rows]),
        "states": _split(STATES, [(state, state, number) for _, _, state, number in rows]),
    }


def _split(names: Mapping[str, str], counts: list[tuple[str, str, int]]) -> list[ClueCount]:
    return [
        {
            "of": {"key": key, "name": name},
            "total": sum(number for which, _, number in counts if which == key),
            "ended": sum(number for which, state, number in counts if which == key and state in ENDED),
        }
        for key, name in names.items()
    ]


def _conditions(which: Which, today: date) -> list[sa.ColumnElement[bool]]:
    pairs = (
        ("state", clue.c.state, which.states, STATES),
        ("channel", clue.c.channel, which.channels, CHANNELS),
        ("grade", clue.c.grade, which.grades, CLASSES),
    )
    faults = [
        Fault(place, f"没有“{word}”；可用的有 {'、'.join(known)}")
        for place, _, words, known in pairs
        for word in words
        if word not in known
    ]
    if faults:
        raise Faulty(faults)
    found: list[sa.ColumnElement[bool]] = [column.in_(words) for _, column, words, _ in pairs if words]
    if which.overdue is not None:
        late = sa.and_(clue.c.state.not_in(ENDED), sa.func.coalesce(clue.c.due_on < today, sa.false()))
        found.append(late if which.overdue else sa.not_(late))
    return found


def _told(session: Session, campaign: Running, rows: list[ClueRow], today: date) -> list[ClueTold]:
    keys = {key for row in rows for key in (row.about_id, row.handler_id)}
    wanted = sa.select(unit.c.id, unit.c.code, unit.c.name).where(unit.c.id.in_(keys))
    places: dict[int | None, Place] = {
        key: {"code": code, "name": name} for key, code, name in session.execute(wanted)
    }
    return [_whole(row, places, campaign, today) for row in rows]


def _whole(row: ClueRow, places: Mapping[int | None, Place], campaign: Running, today: date) -> ClueTold:
    open_ = row.state not in ENDED
    return {
        "id": row.id,
        "number": clues.name_of(row),
        "received": row.received_on.isoformat(),
        "channel": {"key": row.channel, "name": CHANNELS[row.channel]},
        "grade": {"key": row.grade, "name": CLASSES[row.grade]},
        "text": row.text,
        "about": places[row.about_id],
        "handler": places.get(row.handler_id),
        "due": row.due_on.isoformat() if row.due_on else None,
        "overdue": open_ and row.due_on is not None and row.due_on < today,
        "informant": row.sealed is not None,
        "state": {"key": row.state, "name": STATES[row.state]},
        "since": instant(row.since, campaign.zone),
        "version": row.version,
        "handed_to": row.handed_to,
        "handed_no": row.handed_no,
        "result": row.result,
        "ledger_no": row.ledger_no,
    }


def _history(session: Session, campaign: Running, row: ClueRow) -> list[ClueFact]:
    mine = journal.c.campaign_id == row.campaign_id, journal.c.kind.like("clue.%")
    wanted = sa.select(journal.c.at, journal.c.actor, journal.c.kind, journal.c.reason).where(
        *mine, journal.c.payload["clue"].as_integer() == row.id
    )
    found: list[ClueFact] = []
    for at, actor, kind, reason in session.execute(wanted.order_by(journal.c.id)):
        key = kind.removeprefix("clue.")
        what: Named = {"key": key, "name": FACTS[key]}
        found.append({"at": instant(at, campaign.zone), "by": actor, "what": what, "reason": reason})
    return found
