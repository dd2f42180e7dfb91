"""Units are chosen from their tree, opened one level at a time, by kind and by code."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from api.deps import Desk
from api.pages.starting import CODES, Way
from states.kinds import DEPARTMENT, KIND_WORDS, KINDS
from states.records import board, reading_tree, scopes
from states.records.asker import Scope
from states.records.reading_tree import Branch
from states.records.scopes import Selection

OPEN, SHUT = "_open", "_shut"  # what is unfolded, and what was just folded
MOST_OPEN = 30  # levels shown at once


@dataclass(frozen=True)
class Node:
    """A unit of the tree. `nodes`: what lies right below it, where it is unfolded; `more`: so many are not shown."""

    branch: Branch
    chosen: bool
    unfolded: bool
    nodes: tuple[Node, ...] = ()
    more: int = 0


@dataclass
class _Tree:
    session: Session
    scope: Scope
    chosen: Collection[str]
    unfolded: Collection[str]
    kinds: Sequence[str]
    levels: int = 0

    def below(self, code: str) -> tuple[tuple[Node, ...], int]:
        """The nodes right below a unit, and how many more there are."""
        self.levels += 1
        level = reading_tree.below(self.session, self.scope, code, self.kinds)
        return tuple(self._node(one) for one in level.branches), level.more

    def _node(self, branch: Branch) -> Node:
        chosen = branch.code in self.chosen
        if not branch.parent or branch.code not in self.unfolded or self.levels >= MOST_OPEN:
            return Node(branch, chosen, unfolded=False)
        nodes, more = self.below(branch.code)
        return Node(branch, chosen, unfolded=True, nodes=nodes, more=more)


def facts(desk: Desk, way: Way) -> dict[str, Any]:
    """The tree below the unit that runs it, the kinds there are, how many units all of that makes."""
    typed = way.typed.values
    under = typed.get("units.under", ())
    kinds = [one for one in typed.get("units.kinds", ()) if one in KIND_WORDS]
    shut = typed.get(SHUT, ())
    unfolded = frozenset(one for one in typed.get(OPEN, ()) if one not in shut)
    with desk.read() as session:
        owner = way.seen.owner if way.seen else scopes.owner_of(session, way.typed.text("owner") or None)
        nodes, more = _Tree(session, desk.scope, under, unfolded, kinds).below(owner.code)
        shown = set(_codes(nodes))
        elsewhere = reading_tree.named(session, desk.scope, [one for one in under if one not in shown])
        counted: dict[str, int] = {}
        if way.seen is not None:
            counted = board.participants(session, Selection(typed.get(CODES, ()), under), owner)
    return {
        "nodes": nodes,
        "more": more,
        "elsewhere": elsewhere,
        "owner": owner,
        "counted": counted,
        "kinds": KINDS,
        "offered": _offered(counted, kinds),
        "codes": "\n".join(typed.get(CODES, ())),
    }


def _codes(nodes: Sequence[Node]) -> list[str]:
    return [code for one in nodes for code in (one.branch.code, *_codes(one.nodes))]


def _offered(counted: dict[str, int], kinds: Sequence[str]) -> list[tuple[str, str, int, bool]]:
    """Kinds to tick: key, name, how many units, whether it is ticked; those of which there are units or that are."""
    ticked = {KIND_WORDS[one] for one in kinds}
    return [
        (key, name, counted.get(key, 0), key in ticked)
        for key, name in KINDS.items()
        if key != DEPARTMENT and (counted.get(key) or key in ticked)
    ]
