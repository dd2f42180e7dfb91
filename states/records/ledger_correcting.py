"""One row of the ledger corrected where it is read: judged and written like a row of a copy that comes back.

Whoever corrects says what he saw (`ledgerfacts.stamp`: a version and a mark of each cell). Where the row is another by now
nothing is written, and `since` tells cell by cell what others have made of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from states.closing import WITHDRAWN
from states.documents import ledgerdiff, ledgerfacts
from states.documents.ledgercolumns import Columns
from states.documents.ledgerdiff import Changed
from states.documents.ledgerfacts import FIELDS, Item
from states.documents.ledgerfile import LedgerFile, Line
from states.errors import Faulty, Refused
from states.records import (
    ledger_amending,
    ledger_cells,
    ledger_items,
    ledger_moving,
    ledger_reach,
    locks,
    reading_scope,
)
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.core import ledger_item
from states.records.ledger_cells import Terms
from states.records.ledger_following import checks, columns
from states.records.roles import Act

ELSEWHERE = ("state", "handed_to", "handed_no")  # changed by moves, and by handing over
UNREAD = "这张表不完整，请重新打开这一页再改"


def item(session: Session, scope: Scope, campaign: Running, no: int) -> Item:
    """One item as a sheet would show it. Raises NotFound, NotAllowed."""
    ledger_reach.item_seen(session, scope, campaign, no)
    (found,) = items(session, scope, campaign, [no])
    return found


def items(session: Session, scope: Scope, campaign: Running, numbers: Sequence[int]) -> list[Item]:
    """Those of them that this asker sees."""
    return ledger_items.items(session, campaign, scope, [ledger_item.c.no.in_(numbers)])


def editable(one: Item, headed: Columns) -> tuple[str, ...]:
    """The cells that can be corrected at all: fields, then columns of the plan's own. A date by class follows its class,
    and what came with the plan was found by nobody."""
    apart = {*ELSEWHERE}
    apart |= {"due"} if one.type is not None else set()
    apart |= {"found_by"} if one.found_by is None else set()
    return (*(name for name in FIELDS if name not in apart), *headed.own)


def shut(session: Session, scope: Scope, campaign: Running, found: Sequence[Item]) -> dict[int, str]:
    """Number of an item → why this asker corrects nothing of it at present; those that he may are not in it."""
    if not (scope.write and scope.may(Act.report)):
        return {one.no: scope.refusal(Act.report) for one in found}
    try:
        ledger_moving.check_running(campaign)
    except Refused as error:
        return {one.no: error.detail for one in found}
    over = {one.no: ledger_amending.OVER.format(no=one.no) for one in found if one.state == WITHDRAWN}
    return ledger_cells.barred(session, campaign, found, scope) | over


def since(stamp: str, one: Item, headed: Columns) -> dict[str, str]:
    """Cells that are not what they were when `stamp` was made, with what they say now; all, for what is no stamp."""
    marks = ledgerfacts.stamped(stamp, headed.own) or {}
    now = ledgerfacts.texts(one, headed.own)
    return {name: text for name, text in now.items() if marks.get(name) != ledgerfacts.digest(name, text)}


def untouched(stamp: str, name: str, text: str, headed: Columns) -> bool:
    """Whether a cell still says what it said when `stamp` was made."""
    marks = ledgerfacts.stamped(stamp, headed.own) or {}
    return marks.get(name) == ledgerfacts.digest(name, text)


def correct(
    session: Session,
    scope: Scope,
    campaign_id: int,
    no: int,
    cells: Mapping[str, str],
    stamp: str,
    now: datetime,
    *,
    stand_in: bool = False,
    undated: bool = False,
) -> tuple[str, ...]:
    """Write other texts into one item; the titles of the cells that changed. `cells`: whole, by field or own title;
    faults are told at those names. `stand_in`, `undated`: as `Found`.

    Raises NotAllowed, NotFound, Faulty, Refused, Conflict where the item is not what was seen.
    """
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    locks.alone(session, campaign.id)
    ledger_moving.locked(session, campaign, no, scope, _version(stamp))
    one = item(session, scope, campaign, no)
    if says := shut(session, scope, campaign, [one]):
        raise Refused(says[no])
    terms = Terms(stand_in=stand_in, undated=undated)
    changed = _changed(session, campaign, one, cells, terms, now)
    if changed is None:
        return ()
    ledger_cells.change(session, campaign, changed, terms, now, scope.actor, scope)
    return tuple(cell.title for cell in changed.cells)


def _version(stamp: str) -> int:
    """Of the item as it was seen. Raises Faulty for what is no stamp of ours."""
    version = stamp.partition(":")[0]
    if ledgerfacts.stamped(stamp) is None or not version.isascii():
        raise Faulty([UNREAD])
    return int(version)


def _changed(
    session: Session,
    campaign: Running,
    one: Item,
    cells: Mapping[str, str],
    terms: Terms,
    now: datetime,
) -> Changed | None:
    """The cells that differ; None where nothing does. Raises Faulty with everything that no record can take."""
    headed = columns(campaign)
    known = {name: cells[name].strip() for name in editable(one, headed) if name in cells}
    line = Line(
        0, known, {name: name for name in known}, key=str(one.id), stamp=ledgerfacts.stamp(one, headed.own)
    )
    file = LedgerFile("", (line,), ours=True, fields=frozenset(known))
    found = ledgerdiff.diff(file, [one], checks(campaign), None, headed)
    faults = [*found.faults, *ledger_cells.wrong(session, campaign, found.changed, terms, now)]
    if faults:
        raise Faulty(faults)
    return found.changed[0] if found.changed else None
