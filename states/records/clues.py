"""Clues (线索) of a campaign: numbered one by one, moved through their life, handed over, answered for.

Who gave one is sealed (`sealing`) and refused wherever else somebody writes it. Who may see a clue: a key that holds the
unit that runs the campaign, or the unit that looks into it; never the unit it speaks of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.clue import (
    CHANNELS,
    CLASSES,
    ENDED,
    HANDED,
    REGISTERED,
    STATES,
    decide,
    written_in,
)
from states.errors import Conflict, Fault, Faulty, NotAllowed, NotFound, Refused
from states.records import discretion, locks
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.clue_tables import ClueRow
from states.records.core import clue, ledger_item, unit
from states.records.discretion import Disclosing
from states.records.journal import note
from states.records.roles import Act
from states.records.scopes import below
from states.records.sealing import Seal

FORM = "线索〔{year}〕{no}号"
OVERTAKEN = "{name}刚刚被他人改动（现为“{state}”，版本 {version}），请刷新后再试"
OWN_CLUE = "不能交由被反映单位或其下级办理"
IN_LEDGER = "台账第{no}项写有举报人的信息，台账会导出、随邮件发出；请先把它从台账中删去，再写明是哪一项"


@dataclass(frozen=True)
class Tip:
    """What was told: by which channel, of which unit, on which local day; `informant`: name, contact, address."""

    channel: str
    grade: str
    text: str
    about: str
    received_on: date
    due_on: date | None = None
    informant: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Said:
    """What goes with a move; see `states.clue.decide`."""

    text: str | None = None
    handler: str | None = None
    handed_to: str | None = None
    handed_no: str | None = None
    ledger_no: int | None = None
    due_on: date | None = None


def name_of(row: ClueRow) -> str:
    """线索〔2026〕3号"""
    return FORM.format(year=row.year, no=row.no)


def register(
    session: Session, campaign: Running, scope: Scope, tip: Tip, now: datetime, seal: Seal, actor: str
) -> ClueRow:
    """Write down one clue under the next number of its year. Raises Faulty, NotAllowed, Refused."""
    check_office(session, campaign, scope)
    about = _unit(session, tip.about)
    informant = {key: value.strip() for key, value in (tip.informant or {}).items() if value.strip()}
    _check(tip, informant, now.astimezone(campaign.zone).date())
    year = now.astimezone(campaign.zone).year
    discretion.check(session, campaign.id, {"text": tip.text}, actor, now)
    locks.alone(session, campaign.id)
    mine = clue.c.campaign_id == campaign.id, clue.c.year == year
    last = session.execute(sa.select(sa.func.max(clue.c.no)).where(*mine)).scalar() or 0
    row = ClueRow(
        campaign_id=campaign.id,
        year=year,
        no=last + 1,
        received_on=tip.received_on,
        channel=tip.channel,
        grade=tip.grade,
        text=tip.text,
        about_id=about.id,
        due_on=tip.due_on,
        state=REGISTERED,
        since=now,
    )
    row.sealed = seal.close(_bound(row), informant) if informant else None
    session.add(row)
    session.flush()
    discretion.forget(session)
    _note(session, row, "registered", None, now, actor, channel=tip.channel, grade=tip.grade)
    return row


def move(
    session: Session,
    campaign: Running,
    scope: Scope,
    key: int,
    name: str,
    now: datetime,
    seal: Seal,
    said: Said,
    actor: str,
    version: int | None = None,
) -> ClueRow:
    """One move of one clue. Raises NotFound, NotAllowed, Faulty, Refused with every sentence, Conflict."""
    row = seen(session, campaign, scope, key, lock=True)
    if version is not None and version != row.version:
        told = {"name": name_of(row), "state": STATES[row.state], "version": row.version}
        raise Conflict(OVERTAKEN.format(**told))
    moved = decide(row.state, name, said.text, handed_to=said.handed_to, handler=said.handler)
    _keep_out(row, seal, said, now, actor)
    if name in OFFICE_ONLY:
        scope.check(Act.judge)
        check_office(session, campaign, scope)
    scope.check(Act.report, Act.judge)
    row.handler_id = _handler(session, row, said.handler) if said.handler else row.handler_id
    row.ledger_no = (
        _found(session, campaign, row, said.ledger_no, seal, now, actor) if said.ledger_no else row.ledger_no
    )
    if moved.after == HANDED:
        row.handed_to, row.handed_no = said.handed_to, said.handed_no
    row.result = said.text if moved.after in ENDED else None
    row.closed_at = now if moved.after in ENDED else None
    row.due_on = said.due_on or row.due_on
    row.state, row.version = moved.after, row.version + 1
    row.since = now if moved.after != moved.before else row.since
    session.add(row)
    session.flush()
    more = {"handed_to": said.handed_to, "ledger_no": said.ledger_no, "handler": said.handler}
    written = {place: value for place, value in more.items() if value}
    _note(session, row, name, moved.before, now, actor, said.text, **written)
    return row


OFFICE_ONLY = frozenset({"assign", "decline", "reopen"})


def informant(
    session: Session,
    campaign: Running,
    scope: Scope,
    key: int,
    now: datetime,
    seal: Seal,
    reason: str,
    actor: str,
) -> dict[str, str]:
    """Who gave a clue; that somebody looked is kept, not what he saw. Raises NotAllowed, NotFound, Refused."""
    if not scope.informants:
        raise NotAllowed("查看举报人信息须有专门的授权（--informants）")
    row = seen(session, campaign, scope, key)
    if not reason.strip():
        raise Refused("查看举报人信息须写明理由")
    if row.sealed is None:
        raise NotFound(f"{name_of(row)}是匿名的，没有举报人信息")
    found = seal.open(_bound(row), row.sealed)
    if faults := written_in({"reason": reason}, found):
        raise _disclosing(row, faults, now, actor)
    _note(session, row, "informant_seen", row.state, now, actor, reason)
    return found


def seen(session: Session, campaign: Running, scope: Scope, key: int, *, lock: bool = False) -> ClueRow:
    """One clue that the asker may see. Raises NotFound, and NotAllowed in the same words whether it exists."""
    statement = select(ClueRow).where(clue.c.id == key, clue.c.campaign_id == campaign.id)
    statement = statement.where(*visible(session, campaign, scope))
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = session.exec(statement).first()
    if row is None and scope.path is not None:
        raise NotAllowed("这条线索不在授权范围内")
    if row is None:
        raise NotFound(f"这次专项行动没有编号为 {key} 的线索")
    return row


def visible(session: Session, campaign: Running, scope: Scope) -> list[sa.ColumnElement[bool]]:
    """Conditions over `clue`: for a key below the office only what is given to it, but nothing about itself."""
    if scope.path is None or holds_office(session, campaign, scope):
        return []
    inside = sa.select(unit.c.id).where(below(scope.path))
    itself = sa.select(unit.c.id).where(unit.c.path == scope.path)
    return [clue.c.handler_id.in_(inside), clue.c.about_id.not_in(itself)]


def holds_office(session: Session, campaign: Running, scope: Scope) -> bool:
    """Whether the key holds the unit that runs the campaign."""
    path = session.execute(sa.select(unit.c.path).where(unit.c.id == campaign.row.owner_id)).scalar_one()
    return scope.path is None or path.startswith(scope.path)


def check_office(session: Session, campaign: Running, scope: Scope) -> None:
    """Raises NotAllowed for whoever does not hold the unit that runs the campaign."""
    if not holds_office(session, campaign, scope):
        raise NotAllowed("线索由组织这次行动的单位登记和分派")


def _check(tip: Tip, informant: Mapping[str, str], today: date) -> None:
    faults = [
        Fault(place, f"没有“{word}”；可用的有 {'、'.join(known.values())}")
        for place, word, known in (("channel", tip.channel, CHANNELS), ("grade", tip.grade, CLASSES))
        if word not in known
    ]
    if not tip.text.strip():
        faults.append(Fault("text", "请写明反映的内容"))
    if tip.received_on > today:
        faults.append(Fault("received_on", "收到的日期不能在今天以后"))
    if tip.due_on is not None and tip.due_on < tip.received_on:
        faults.append(Fault("due_on", "办理期限不能早于收到的日期"))
    faults += written_in({"text": tip.text}, informant)
    if faults:
        raise Faulty(faults)


def _keep_out(row: ClueRow, seal: Seal, said: Said, now: datetime, actor: str) -> None:
    """Raises Faulty where somebody writes the informant into a text that many can read."""
    if row.sealed is None:
        return
    texts = {"text": said.text, "handed_to": said.handed_to, "handed_no": said.handed_no}
    faults = written_in(texts, seal.open(_bound(row), row.sealed))
    if faults:
        raise _disclosing(row, faults, now, actor)


def _disclosing(row: ClueRow, faults: list[Fault], now: datetime, actor: str) -> Disclosing:
    """Who handles the clue is told whom it names; the trace is the same."""
    return Disclosing(faults, row.campaign_id, {row.id: [one.place for one in faults]}, actor, now)


def _handler(session: Session, row: ClueRow, code: str) -> int:
    found = _unit(session, code, "handler")
    about = session.execute(sa.select(unit.c.path).where(unit.c.id == row.about_id)).scalar_one()
    if found.path.startswith(about):
        raise Refused(OWN_CLUE)
    return int(found.id)


def _unit(session: Session, code: str, place: str = "about") -> sa.Row[tuple[int, str]]:
    found = session.execute(sa.select(unit.c.id, unit.c.path).where(unit.c.code == code)).first()
    if found is None:
        raise Faulty([Fault(place, f"单位表中没有代码 {code}")])
    return found


def _found(
    session: Session, campaign: Running, row: ClueRow, no: int, seal: Seal, now: datetime, actor: str
) -> int:
    """The item that a clue became; raises Faulty where there is none, or where it says who gave the clue."""
    mine = ledger_item.c.campaign_id == campaign.id, ledger_item.c.no == no
    texts = ledger_item.c.project, ledger_item.c.problem, ledger_item.c.measures, ledger_item.c.more
    item = session.execute(sa.select(*texts).where(*mine)).first()
    if item is None:
        raise Faulty([Fault("ledger_no", f"台账中没有第{no}项")])
    written = "\n".join((item.project, item.problem, *item.measures, *item.more.values()))
    if row.sealed is not None and written_in({"ledger_no": written}, seal.open(_bound(row), row.sealed)):
        raise _disclosing(row, [Fault("ledger_no", IN_LEDGER.format(no=no))], now, actor)
    return no


def _bound(row: ClueRow) -> str:
    return f"{row.campaign_id}/{row.year}/{row.no}"


def _note(
    session: Session,
    row: ClueRow,
    what: str,
    before: str | None,
    now: datetime,
    actor: str,
    reason: str | None = None,
    **more: object,
) -> None:
    about = {"campaign_id": row.campaign_id, "unit_id": None, "before": before, "after": row.state}
    note(session, now, f"clue.{what}", actor, reason=reason, clue=row.id, name=name_of(row), **about, **more)  # type: ignore[arg-type]
