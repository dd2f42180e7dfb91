"""The life of an item of the ledger: found, put right, claimed, checked, closed, looked at again. Pure.

    open → rectifying → claimed → checked → closed        back: return, partial; again: reopen
    from anywhere → withdrawn: it should never have been written down

Standing items (长期坚持) are reviewed once they are checked, and never closed. Where the plan checks on one level a claim
can be closed at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from states.errors import Fault, Faulty, Refused
from states.machine import Choice, Moved, fire
from states.moves import Edge, StateName, Table

OPEN, RECTIFYING, CLAIMED, CHECKED, CLOSED = "open", "rectifying", "claimed", "checked", "closed"
WITHDRAWN = "withdrawn"
STATES: Mapping[str, str] = {
    OPEN: "待整改",
    RECTIFYING: "整改中",
    CLAIMED: "已申报销号",
    CHECKED: "已核查",
    CLOSED: "已销号",
    WITHDRAWN: "已撤销",
}
MOVES: Mapping[str, str] = {
    "start": "开始整改",
    "claim": "申报销号",
    "check": "核查通过",
    "close": "销号",
    "review": "复查",
    "partial": "部分销号",
    "return": "退回",
    "reopen": "回头看",
    "withdraw": "撤销登记",
}
REASONED = frozenset({"return", "reopen", "withdraw"})
LAST_WORD = frozenset({"close", "review", "reopen", "withdraw"})  # of the highest level that checks
FOUND_BY: Mapping[str, str] = {
    "self": "自查",
    "inspection": "检查",
    "complaint": "举报",
    "referred": "转办",
}
_EDGES = (
    ("start", OPEN, RECTIFYING),
    ("claim", OPEN, CLAIMED),
    ("claim", RECTIFYING, CLAIMED),
    ("check", CLAIMED, CHECKED),
    ("close", CHECKED, CLOSED),
    ("review", CHECKED, CHECKED),
    ("partial", CLAIMED, RECTIFYING),
    ("partial", CHECKED, RECTIFYING),
    ("return", CLAIMED, RECTIFYING),
    ("return", CHECKED, RECTIFYING),
    ("reopen", CLOSED, RECTIFYING),
    *(("withdraw", state, WITHDRAWN) for state in STATES if state != WITHDRAWN),
)


@dataclass(frozen=True)
class Facts:
    """Where one item stands.

    `checks`: levels of checking (1 or 2); `measures`: how many, `done` the numbers of those that are closed; `early`:
    names of earlier dates not handed in; `others`: who answers beside the asker and has not handed in; `kept_from`:
    move → why the asker may not make it.
    """

    state: str
    checks: int = 1
    standing: bool = False
    measures: int = 1
    done: tuple[int, ...] = ()
    early: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    kept_from: Mapping[str, str] | None = None


class Owed(NamedTuple):
    """What is owed for one item: how many obligations, still open (or returned), settled."""

    number: int
    open: int
    settled: int


@lru_cache(maxsize=2)
def table(checks: int) -> Table:
    """The moves of an item under one or two levels of checking."""
    direct = [("close", CLAIMED, CLOSED)] if checks == 1 else []
    edges = [
        Edge(move, source, dest, needs_reason=move in REASONED) for move, source, dest in (*_EDGES, *direct)
    ]
    names = {key: StateName(key, name, None, ord_, name) for ord_, (key, name) in enumerate(STATES.items())}
    return Table("item", OPEN, (CLOSED, WITHDRAWN), names, tuple(edges))


def choices(facts: Facts) -> list[Choice]:
    """Every move, open or with its refusals; a reason and numbers, where needed, are taken as given."""
    return [_choice(facts, move) for move in MOVES]


def decide(facts: Facts, move: str, reason: str | None = None, measures: tuple[int, ...] = ()) -> Moved:
    """Make one move; raises Refused with every sentence, Faulty for an unknown move."""
    choice = _choice(facts, known(move), reason)
    said = list(choice.refusals)
    if choice.needs_reason and not (reason or "").strip():
        said.append(f"“{choice.name}”须写明理由")
    if move == "partial":
        said += _partly(facts, measures)
    if said:
        raise Refused(*said)
    after = fire(table(facts.checks), facts.state, move)
    return Moved(facts.state, after, table(facts.checks).states[after].ord, move)


def following(state: str, owed: Owed, *, standing: bool) -> str:
    """The state that goes with what is owed, after something of it was handed in, accepted or returned."""
    if not owed.number:
        return state
    if owed.settled == owed.number:
        return CHECKED if standing else CLOSED
    if not owed.open:
        return state if state in (CLAIMED, CHECKED) else CLAIMED
    begun = owed.open < owed.number or state != OPEN
    return RECTIFYING if begun else OPEN


def leading(before: str, after: str, checks: int, *, standing: bool) -> str | None:
    """The move that leads from one state to another; None where no single one does."""
    ways = [edge.move for edge in table(checks).edges if (edge.source, edge.dest) == (before, after)]
    plain = [move for move in ways if move != "partial" and not (standing and move == "close")]
    return plain[0] if plain else None


def known(move: str) -> str:
    """Raises Faulty for a move that there is not."""
    if move not in MOVES:
        raise Faulty([Fault("move", f"没有“{move}”这个动作；可用的有 {'、'.join(MOVES)}")])
    return move


def _choice(facts: Facts, move: str, reason: str | None = None) -> Choice:
    edges = table(facts.checks)
    edge = edges.edge(facts.state, move)
    said = [_nowhere(edges, facts.state, move)] if edge is None else list(_guards(facts, move, reason))
    if facts.kept_from and move in facts.kept_from:
        said.append(facts.kept_from[move])
    to = edge.dest if edge else None
    return Choice(move, MOVES[move], to, not said, tuple(said), move in REASONED)


def _guards(facts: Facts, move: str, reason: str | None) -> list[str]:
    said = []
    if move == "close" and facts.standing:
        said.append("这一项须长期坚持，只复查，不销号")
    if move == "review" and not facts.standing:
        said.append("只有长期坚持的事项才复查；这一项应销号")
    if move == "claim" and facts.early:
        said.append(f"前面的步骤还没有报送：{'、'.join(facts.early)}")
    if move == "claim" and facts.others and not (reason or "").strip():
        said.append(f"{'、'.join(facts.others)}还没有报送；仍要申报须写明理由")
    return said


def _partly(facts: Facts, measures: tuple[int, ...]) -> list[str]:
    wrong = [str(one) for one in measures if not 1 <= one <= facts.measures]
    if wrong:
        return [f"没有第{'、'.join(wrong)}条措施；这一项有{facts.measures}条"]
    if not measures:
        return ["“部分销号”须写明已完成的是第几条措施"]
    if len({*facts.done, *measures}) >= facts.measures:
        return ["各条措施都已完成，应办理销号，不是部分销号"]
    return []


def _nowhere(edges: Table, state: str, move: str) -> str:
    sources = "、".join(f"“{STATES[edge.source]}”" for edge in edges.edges if edge.move == move)
    return f"现为“{STATES[state]}”，不能{MOVES[move]}；只有{sources}可以"
