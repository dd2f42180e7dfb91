"""What happened to one item of the ledger, in the words of its plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from api.pages import wording
from api.pages.ledger_sheets import EMPTY
from states import actorwords
from states.closing import FOUND_BY
from states.documents.ledgercolumns import Columns
from states.records.told import LedgerFact

DUE_ON = "到期日"


class Change(NamedTuple):
    """One cell: its title, what it said, what it says since."""

    title: str
    before: str
    after: str


class Told(NamedTuple):
    """One line: when (ISO), who, what, from which state to which, why, and what was changed."""

    at: str
    who: str
    what: str
    before: str | None
    after: str | None
    reason: str | None
    done: str
    changes: tuple[Change, ...]


def lines(history: Sequence[LedgerFact], headed: Columns, zone: ZoneInfo) -> list[Told]:
    """The newest first."""
    return [_told(one, headed, zone) for one in reversed(history)]


def _told(one: LedgerFact, headed: Columns, zone: ZoneInfo) -> Told:
    more: Mapping[str, Any] = one["more"]
    before, after = one["before"], one["after"]
    measures = more.get("measures")
    done = f"第{'、'.join(map(str, measures))}条措施已完成" if isinstance(measures, list) and measures else ""
    return Told(
        one["at"],
        actorwords.actor(one["by"]),
        one["what"]["name"],
        before if before != after else None,
        after,
        one["reason"],
        done,
        tuple(_changes(more.get("changes"), headed, zone)),
    )


def _changes(found: Any, headed: Columns, zone: ZoneInfo) -> Iterator[Change]:
    """What the journal keeps as name → [before, after]."""
    if not isinstance(found, dict):
        return
    for name, pair in found.items():
        if not (isinstance(pair, list) and len(pair) == 2):
            continue
        before, after = (_words(name, value, zone) for value in pair)
        yield Change(DUE_ON if name == "due_at" else headed.title(name), before, after)


def _words(name: str, value: Any, zone: ZoneInfo) -> str:
    if value is None or value in ("", []):
        return EMPTY
    if name == "due_at":
        return wording.due(str(value), zone)
    if name == "found_by":
        return FOUND_BY.get(str(value), str(value))
    if isinstance(value, list):
        return ("\n" if name == "measures" else "、").join(map(str, value))
    return str(value)
