"""The tables of moves of a campaign and of its units, made from the phases of a template.

Campaign: draft → phase 1 → … → phase n → closed, beside it cancelled. Unit: waiting → phase 1 → … → closed, beside
it exempt; a phase with review has a second state `<phase>.review`. Suspended is `<state>.suspended` for each state,
so that every move has one fixed destination.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from states.errors import Fault
from states.template import ONE_PHASE_KEY, ONE_PHASE_NAME, Phase

Of = Literal["campaign", "unit", "item"]

MOVES: Mapping[Of, tuple[str, ...]] = {
    "campaign": ("advance", "close", "suspend", "resume", "cancel", "reopen"),
    "unit": (
        *("start", "submit", "approve", "return", "override", "close"),
        *("reopen", "suspend", "resume", "exempt"),
    ),
}
MOVE_NAMES: Mapping[str, str] = {
    "advance": "进入下一阶段",
    "cancel": "取消",
    "start": "启动",
    "submit": "提交",
    "approve": "通过",
    "return": "退回",
    "override": "强制推进",
    "close": "办结",
    "reopen": "回头看",
    "suspend": "暂停",
    "resume": "恢复",
    "exempt": "免办",
}
REASONED = frozenset({"return", "override", "exempt", "reopen", "cancel"})
NAMES: Mapping[str, str] = {
    "draft": "待启动",
    "waiting": "待启动",
    "closed": "办结",
    "cancelled": "已取消",
    "exempt": "免办",
}
CLOSED = "closed"
CANCELLED = "cancelled"
SUSPENDED = ".suspended"
REVIEW = ".review"
ONE_PHASE = Phase(key=ONE_PHASE_KEY, name=ONE_PHASE_NAME)


@dataclass(frozen=True)
class Edge:
    """One line of a table. `guarded`: every required obligation of the phase left is settled; `filed`: it is at
    least handed in."""

    move: str
    source: str
    dest: str
    guarded: bool = False
    needs_reason: bool = False
    filed: bool = False

    @property
    def waits(self) -> bool:
        """Whether it does not lead into a phase that the campaign has not opened. A reviewer may be early."""
        return (self.guarded or self.filed) and self.move != "approve"


@dataclass(frozen=True)
class StateName:
    """A state as people see it: the phase's key and name, and the stage in it (review or suspended)."""

    key: str
    name: str
    stage: Literal["review", "suspended"] | None
    ord: int
    label: str


@dataclass(frozen=True, eq=False)
class Table:
    """The states of one machine in their order, and its edges."""

    of: Of
    start: str
    ends: tuple[str, ...]
    states: Mapping[str, StateName]
    edges: tuple[Edge, ...]

    def edge(self, state: str, move: str) -> Edge | None:
        return next((edge for edge in self.edges if (edge.source, edge.move) == (state, move)), None)


def campaign_table(phases: tuple[Phase, ...]) -> Table:
    """A campaign walks through the phases by `advance`; nothing in it is guarded by what units owe."""
    keys = [phase.key for phase in phases]
    edges = [
        *(_edge("advance", here, there) for here, there in pairwise(["draft", *keys])),
        _edge("close", keys[-1], CLOSED),
        *_pauses(keys),
        *(_edge("cancel", state, CANCELLED) for state in ["draft", *keys, *(k + SUSPENDED for k in keys)]),
        _edge("reopen", CLOSED, keys[-1]),
    ]
    names = _named(["draft", *keys, CLOSED, CANCELLED], phases, keys)
    return Table("campaign", "draft", (CLOSED, CANCELLED), names, tuple(edges))


def unit_table(phases: tuple[Phase, ...]) -> Table:
    """A unit leaves a phase by `submit`, after review by `approve`, the last one without review by `close`."""
    keys = [phase.key for phase in phases]
    active = ["waiting"]
    for phase in phases:
        active += [phase.key, phase.key + REVIEW] if phase.review else [phase.key]
    edges = [_edge("start", "waiting", keys[0])]
    for phase, after in zip(phases, [*keys[1:], CLOSED], strict=True):
        edges += _reviewed(phase.key, after) if phase.review else _plain(phase.key, after)
    edges += _pauses(active)
    edges += [_edge("exempt", state, "exempt") for state in active]
    edges.append(_edge("reopen", CLOSED, keys[-1]))
    names = _named([*active, CLOSED, "exempt"], phases, active)
    return Table("unit", "waiting", (CLOSED, "exempt"), names, tuple(edges))


def _reviewed(key: str, after: str) -> list[Edge]:
    review = key + REVIEW
    return [
        _edge("submit", key, review, filed=True),
        _edge("approve", review, after, guarded=True),
        _edge("return", review, key),
        _edge("override", key, after),
        _edge("override", review, after),
    ]


def _plain(key: str, after: str) -> list[Edge]:
    leave = "close" if after == CLOSED else "submit"
    return [_edge(leave, key, after, guarded=True), _edge("override", key, after)]


def _pauses(active: list[str]) -> list[Edge]:
    """Suspended is a state of its own for each, so that `resume` is static."""
    return [
        edge
        for state in active
        for edge in (
            _edge("suspend", state, state + SUSPENDED),
            _edge("resume", state + SUSPENDED, state),
        )
    ]


def _edge(move: str, source: str, dest: str, *, guarded: bool = False, filed: bool = False) -> Edge:
    return Edge(move, source, dest, guarded, move in REASONED, filed)


def _named(states: list[str], phases: tuple[Phase, ...], pausing: Iterable[str]) -> dict[str, StateName]:
    suspended = [state + SUSPENDED for state in pausing]
    return {state: _name(state, phases) for state in [*states, *suspended]}


def _name(state: str, phases: tuple[Phase, ...]) -> StateName:
    key, *stages = state.split(".")
    ords = {phase.key: number for number, phase in enumerate(phases, 1)}
    names = {**NAMES, **{phase.key: phase.name for phase in phases}}
    number = ords.get(key, 0 if key in ("draft", "waiting") else len(phases) + 1)
    stage: Literal["review", "suspended"] | None = None
    if stages:
        stage = "suspended" if "suspended" in stages else "review"
    return StateName(key, names[key], stage, number, in_full(names[key], stages))


def in_full(name: str, stages: Iterable[str]) -> str:
    """The name of a phase with what goes on in it."""
    return f"{name}{'·审核' if 'review' in stages else ''}{'（暂停）' if 'suspended' in stages else ''}"


def key_faults(phases: Iterable[Phase]) -> list[Fault]:
    """Keys of phases that are given twice or taken by the machine itself."""
    faults: list[Fault] = []
    seen: set[str] = set()
    for index, phase in enumerate(phases):
        place = f"phases[{index}].key"
        if phase.key in NAMES:
            faults.append(Fault(place, f"“{phase.key}”是系统自用的状态名，请换一个"))
        if phase.key in seen:
            faults.append(Fault(place, f"“{phase.key}”与前面的阶段重复，请换一个"))
        seen.add(phase.key)
    return faults


def table_faults(table: Table) -> list[Fault]:
    """What makes a table unsound: unknown or unreachable states, dead ends, a move with two destinations."""
    known = set(table.states)
    named = {table.start, *table.ends, *(name for edge in table.edges for name in (edge.source, edge.dest))}
    if named - known:
        return [Fault(table.of, f"没有“{state}”这个状态") for state in sorted(named - known)]
    ways = [(edge.source, edge.dest) for edge in table.edges]
    reached = _reach([table.start], ways)
    ending = _reach(table.ends, [(dest, source) for source, dest in ways])
    pairs = sorted((edge.source, edge.move) for edge in table.edges)
    return [
        *(Fault(table.of, f"从“{table.start}”到不了“{state}”") for state in sorted(known - reached)),
        *(Fault(table.of, f"从“{state}”走不到结束") for state in sorted(known - ending)),
        *(Fault(table.of, f"“{a[0]}”的“{a[1]}”有两个去处") for a, b in pairwise(pairs) if a == b),
    ]


def _reach(start: Iterable[str], ways: Iterable[tuple[str, str]]) -> set[str]:
    after: dict[str, list[str]] = {}
    for source, dest in ways:
        after.setdefault(source, []).append(dest)
    reached: set[str] = set()
    todo = list(start)
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += after.get(state, [])
    return reached
