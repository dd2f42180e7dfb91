"""What an item says is corrected: texts, departments, its date; and it is handed over. Each is one journal row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from states.closing import CLOSED, FOUND_BY, WITHDRAWN
from states.errors import Fault, Faulty, Refused
from states.records import growing, ledger_following, ledger_moving, ledger_sharing, locks, rearming
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import unit
from states.records.journal import iso, note_item, note_milestone
from states.records.ledger_adding import NOBODY
from states.records.ledger_answering import Names
from states.records.ledger_dating import Dating
from states.records.ledger_leniency import Leniency
from states.records.tables import LedgerItem, Unit

PLAIN = ("project", "problem", "measures")
HANDED = {"handed_to", "handed_no"}
OWED = {"departments", "lead", "due"}
OVER = "台账第{no}项已撤销，不再改动"
DONE = "台账第{no}项已销号，不再改责任部门和期限；要重新整改请先办理回头看（reopen）"
NEW_DATE = "台账期限调整"
OF_PLAN = "随方案下发的事项没有发现途径"
BY_CLASS = "这一项按问题类型分步定期，不能在这里改期限"


def amend(
    session: Session,
    campaign: Running,
    item: LedgerItem,
    values: Mapping[str, Any],
    now: datetime,
    actor: str,
    *,
    stand_in: bool = False,
    undated: bool = False,
) -> None:
    """Write other values into one item that is locked. Raises Faulty with everything wrong; then nothing is written.

    `values`: project, problem, measures, departments, lead, due, found_by, handed_to, handed_no; more, whole.
    """
    before = {name: _value(item, name) for name in values}
    changed = {name: value for name, value in values.items() if value != before[name]}
    if not changed:
        return
    _check_open(item, changed)
    _take_texts(item, changed)
    if changed.keys() & {"departments", "lead"}:
        _answer_anew(session, campaign, item, changed, now, actor, stand_in=stand_in)
    if "due" in changed:
        _redate(session, campaign, item, str(changed["due"]), now, actor, undated=undated)
    if "found_by" in changed:
        _found_otherwise(session, campaign, item, changed["found_by"])
    if changed.keys() & HANDED:
        item.handed_to = changed.get("handed_to", item.handed_to) or None
        item.handed_no = changed.get("handed_no", item.handed_no) or None
        item.handed_at = now if item.handed_to else None
    if "more" in changed:
        item.more = dict(changed["more"])
    item.version += 1
    session.add(item)
    session.flush()
    _note(session, item, _changes(before, changed), now, actor)
    ledger_following.follow(session, campaign, [item.no], now, actor)


def _changes(before: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """What was said before and is said now; of the plan's own columns each by its title."""
    told = {name: [before[name], value] for name, value in changed.items() if name != "more"}
    was, now = before.get("more", {}), changed.get("more", {})
    own = {name: [was.get(name, ""), now.get(name, "")] for name in dict.fromkeys((*was, *now))}
    return {**told, **{name: pair for name, pair in own.items() if pair[0] != pair[1]}}


def _check_open(item: LedgerItem, changed: Mapping[str, Any]) -> None:
    """Raises Refused for what is over: withdrawn, or closed and owed anew only after it is opened again."""
    if item.state == WITHDRAWN:
        raise Refused(OVER.format(no=item.no))
    if item.state == CLOSED and changed.keys() & OWED:
        raise Refused(DONE.format(no=item.no))


def _note(session: Session, item: LedgerItem, changes: dict[str, Any], now: datetime, actor: str) -> None:
    kind = "ledger.handed_over" if changes.keys() <= HANDED else "ledger.amended"
    note_item(session, now, kind, actor, item, changes=changes)


def hand_over(
    session: Session,
    campaign: Running,
    no: int,
    to: str,
    number: str,
    now: datetime,
    actor: str,
    *,
    scope: Scope | None = None,
    version: int | None = None,
) -> LedgerItem:
    """The problem goes to another authority under that authority's number. Raises NotFound, NotAllowed, Faulty, Conflict."""
    if not to.strip():
        raise Faulty([Fault("to", "请写明移交给哪个机关")])
    ledger_moving.check_running(campaign)
    locks.beside_others(session, campaign.id)
    item = ledger_moving.locked(session, campaign, no, scope, version)
    amend(session, campaign, item, {"handed_to": to.strip(), "handed_no": number.strip()}, now, actor)
    return item


def _value(item: LedgerItem, name: str) -> Any:
    if name == "due":
        return item.due_words
    value = getattr(item, name)
    return dict(value) if name == "more" else list(value) if isinstance(value, list) else value


def _take_texts(item: LedgerItem, changed: Mapping[str, Any]) -> None:
    for name in PLAIN:
        if name not in changed:
            continue
        if not changed[name]:
            raise Faulty([Fault(name, "不能改成空的")])
        setattr(item, name, changed[name])
    if "measures" in changed:
        item.done = [one for one in item.done if one <= len(item.measures)]


def _answer_anew(
    session: Session,
    campaign: Running,
    item: LedgerItem,
    changed: Mapping[str, Any],
    now: datetime,
    actor: str,
    *,
    stand_in: bool,
) -> None:
    """Who answers from now on; who does no more is let off, with a reason."""
    item.departments = list(changed.get("departments", item.departments))
    item.lead = changed.get("lead", item.lead) or None
    wanted = list(dict.fromkeys([*([item.lead] if item.lead else []), *item.departments]))
    where = session.get_one(Unit, item.unit_id)
    ids, unknown = Names(session, campaign, wanted).of(where.path, wanted)
    if unknown and not stand_in:
        raise Faulty([Fault("departments", NOBODY.format(name=name)) for name in unknown])
    if unknown or not wanted:
        ids = list(dict.fromkeys([*ids, item.unit_id]))
    growing.enrol(session, campaign, unit.c.id.in_(ids), now)
    for one in ledger_following.milestones_of(session, campaign, item.no):
        ledger_sharing.share_out(session, campaign, one, ids, now, actor)


def _redate(
    session: Session,
    campaign: Running,
    item: LedgerItem,
    words: str,
    now: datetime,
    actor: str,
    *,
    undated: bool,
) -> None:
    """Another date, read from its words; the first one stays known. The rungs still to come are set anew."""
    dates = ledger_following.milestones_of(session, campaign, item.no)
    if len(dates) != 1 or item.type is not None:
        raise Faulty([Fault("due", BY_CLASS)])
    reported = item.reported_at or campaign.row.launched_at
    path = session.get_one(Unit, item.unit_id).path
    (read,) = _read(session, campaign, words, reported, path, undated=undated)
    one = dates[0]
    before = one.due_at
    one.due_at, one.words, one.standing = read.due_at, words, read.standing
    one.provisional, one.soft, one.event = read.provisional, read.soft, read.event
    one.held = item.found_by is None  # its date is no longer the plan's
    one.original_due_at = one.original_due_at or read.due_at
    session.add(one)
    item.due_words, item.standing = words, read.standing
    session.flush()
    rearming.rearm(session, campaign, one, now, NEW_DATE, before)
    if before != one.due_at:
        moved = {"before": iso(before), "after": iso(one.due_at), "reason": NEW_DATE}
        note_milestone(session, now, "milestone.redated", actor, one, unit_id=item.unit_id, **moved)


def _read(
    session: Session, campaign: Running, words: str, reported: datetime, path: str, *, undated: bool
) -> list[Any]:
    dating = Dating(session, campaign)
    try:
        read = dating.of(words, None, reported, path)
    except Faulty:
        if not undated:
            raise
        return [_unread(dating, words, reported, path)]
    if read[0].missing and not undated:
        raise Faulty([Fault("due", f"{read[0].missing}；请写明完成时限，或写明暂不定期")])
    return list(read)


def _unread(dating: Dating, words: str, reported: datetime, path: str) -> Any:
    """A date that nobody can read yet, kept in its words."""
    return dating.of(None, None, reported, path)[0]._replace(words=words, missing=None)


def _found_otherwise(session: Session, campaign: Running, item: LedgerItem, found_by: str | None) -> None:
    if item.found_by is None:
        raise Faulty([Fault("found_by", OF_PLAN)])
    if found_by is None or found_by not in FOUND_BY:
        raise Faulty([Fault("found_by", f"没有这种发现途径；可用的有 {'、'.join(FOUND_BY.values())}")])
    item.found_by = found_by
    reported = item.reported_at or item.since
    item.lenient, item.lenient_why = Leniency(session, campaign).of(item.unit_id, found_by, reported)
