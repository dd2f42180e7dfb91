"""The two machines of a template, a campaign's and a unit's, each as one table of moves.

`compile` makes the tables. `choices` says of every move whether it is open and, if not, why; `move` makes one and
refuses with the same sentences. Mass moves in SQL are built from `table`, so that both paths agree.
Nothing else imports `transitions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from transitions import Machine

from states.errors import Fault, Faulty, Refused
from states.moves import (
    CANCELLED,
    CLOSED,
    MOVE_NAMES,
    MOVES,
    ONE_PHASE,
    REASONED,
    SUSPENDED,
    Edge,
    Of,
    StateName,
    Table,
    campaign_table,
    key_faults,
    table_faults,
    unit_table,
)
from states.template import Template

__all__ = [
    "CANCELLED",
    "CLOSED",
    "MOVES",
    "MOVE_NAMES",
    "OVER",
    "SUSPENDED",
    "Choice",
    "Edge",
    "Machines",
    "Moved",
    "Of",
    "Standing",
    "StateName",
    "Table",
    "assemble",
    "at_rest",
    "choices",
    "compile",
    "diagram",
    "move",
    "ord_of",
    "state_name",
    "table",
]


OVER = "专项行动已取消，不再办理"


@dataclass(frozen=True, eq=False)
class Machines:
    """Both tables of one template, with the machines that were made from them."""

    campaign: Table
    unit: Table
    fires: Mapping[Of, Machine]

    def table(self, of: Of) -> Table:
        return self.unit if of == "unit" else self.campaign


@dataclass(frozen=True)
class Standing:
    """Where one unit (or campaign) stands: the facts that the guards ask for.

    `ord` as stored beside the state; `unsettled`, `unfiled`: names of the required obligations of its phase that are
    not yet settled, not yet handed in; `opened`: ord of the latest phase that the campaign has opened (None: not
    asked); `campaign`: the state of the whole campaign, of a unit: see `at_rest`.
    """

    state: str
    ord: int | None = None
    unsettled: tuple[str, ...] = ()
    unfiled: tuple[str, ...] = ()
    opened: int | None = None
    campaign: str = ""
    of: Of = "unit"


@dataclass(frozen=True)
class Choice:
    """One move seen from a standing: where it leads, or every reason why not."""

    move: str
    name: str
    to: str | None
    open: bool
    refusals: tuple[str, ...]
    needs_reason: bool


@dataclass(frozen=True)
class Moved:
    """What a move did; `ord` is the one of the state after it."""

    before: str
    after: str
    ord: int
    move: str


@lru_cache(maxsize=256)
def compile(template: Template) -> Machines:  # noqa: A001
    """Both machines of `template`; raises Faulty when its phases do not make sound tables."""
    phases = template.main_phases or (ONE_PHASE,)
    faults = key_faults(template.phases)
    if faults:
        raise Faulty(faults)
    return assemble(campaign_table(phases), unit_table(phases))


def assemble(campaign: Table, unit: Table) -> Machines:
    """The machines of two tables; raises Faulty when one is not sound: `transitions` itself would not notice."""
    faults = [*table_faults(campaign), *table_faults(unit)]
    if faults:
        raise Faulty(faults)
    return Machines(campaign, unit, {"campaign": _machine(campaign), "unit": _machine(unit)})


def choices(machines: Machines, standing: Standing) -> list[Choice]:
    """Every move of the machine, open or with its refusals; a reason, where needed, is taken as given."""
    return [_choice(machines, standing, name) for name in MOVES[standing.of]]


def move(machines: Machines, standing: Standing, move: str, reason: str | None = None) -> Moved:
    """Make one move; raises Refused with the sentences of `choices`, or for want of a reason."""
    choice = _choice(machines, standing, move)
    refusals = list(choice.refusals)
    if choice.needs_reason and not (reason or "").strip():
        refusals.append(f"“{choice.name}”须写明理由")
    if refusals:
        raise Refused(*refusals)
    row = _Row(standing.state)
    machines.fires[standing.of].events[move].trigger(row)
    return Moved(standing.state, row.state, ord_of(machines, row.state), move)


def table(machines: Machines, of: Of = "unit") -> list[Edge]:
    """The static table, for set-based statements."""
    return list(machines.table(of).edges)


def state_name(machines: Machines, state: str) -> StateName:
    """The state as people see it; raises Faulty for a state that the template does not have."""
    return _known(state, machines.unit if state in machines.unit.states else machines.campaign)


def ord_of(machines: Machines, state: str) -> int:
    """0 before the first phase, 1..n in the phases (in review or suspended too), n+1 when it is over."""
    return state_name(machines, state).ord


def fire(table: Table, state: str, move: str) -> str:
    """The state that a move of this table leads to from `state`. For tables that stand beside a template's two."""
    row = _Row(state)
    _engine(table).events[move].trigger(row)
    return row.state


def at_rest(campaign: str, name: str) -> str | None:
    """Why nobody makes a move of that name in a campaign in that state: of a suspended one units can only
    resume, in a cancelled one nothing is done any more."""
    if campaign == CANCELLED:
        return OVER
    if campaign.endswith(SUSPENDED) and name != "resume":
        return "专项行动已暂停，恢复后再办理"
    return None


def diagram(template: Template) -> str:
    """Both machines as a mermaid state diagram; suspended states are drawn as one."""
    machines = compile(template)
    lines = ["stateDiagram-v2"]
    for table, title in ((machines.campaign, "专项行动"), (machines.unit, "单位进度")):
        lines += [f'    state "{title}" as {table.of} {{', *_drawn(table), "    }"]
    return "\n".join(lines) + "\n"


class _Row:
    """The plain object that `transitions` moves."""

    def __init__(self, state: str) -> None:
        self.state = state


@lru_cache(maxsize=16)
def _engine(table: Table) -> Machine:
    return _machine(table)


def _machine(table: Table) -> Machine:
    """No model, no automatic `to_` moves, no callbacks: the guards are ours."""
    return Machine(
        model=None,
        states=list(table.states),
        initial=table.start,
        transitions=[[edge.move, edge.source, edge.dest] for edge in table.edges],
        auto_transitions=False,
    )


def _known(state: str, table: Table) -> StateName:
    if state not in table.states:
        raise Faulty([Fault("state", f"方案中没有“{state}”这个状态")])
    return table.states[state]


def _choice(machines: Machines, standing: Standing, move: str) -> Choice:
    if move not in MOVES[standing.of]:
        offered = "、".join(MOVES[standing.of])
        raise Faulty([Fault("move", f"没有“{move}”这一操作；可用的有 {offered}")])
    table = machines.table(standing.of)
    here = _known(standing.state, table)
    edge = table.edge(standing.state, move)
    refusals = _guards(edge, table, standing) if edge else [_nowhere(table, here, move)]
    if rests := at_rest(standing.campaign, move):
        refusals.append(rests)
    if standing.ord not in (None, here.ord):
        refusals.append(f"记录的阶段序号{standing.ord}与“{here.label}”不符，请先核对记录")
    to = edge.dest if edge else None
    return Choice(move, MOVE_NAMES[move], to, not refusals, tuple(refusals), move in REASONED)


def _guards(edge: Edge, table: Table, standing: Standing) -> list[str]:
    refusals = []
    after = table.states[edge.dest]
    ahead = standing.opened is not None and standing.opened < after.ord and edge.dest != CLOSED
    if ahead and edge.waits:
        refusals.append(f"“{after.name}”阶段尚未开始")
    if edge.guarded and standing.unsettled:
        refusals.append(f"还有{len(standing.unsettled)}项未办结：{'、'.join(standing.unsettled)}")
    if edge.filed and standing.unfiled:
        refusals.append(f"还有{len(standing.unfiled)}项未报送：{'、'.join(standing.unfiled)}")
    return refusals


def _nowhere(table: Table, here: StateName, move: str) -> str:
    sources = [table.states[edge.source].label for edge in table.edges if edge.move == move]
    if not sources:
        return f"本方案不设“{MOVE_NAMES[move]}”这一步"
    shown = "、".join(f"“{label}”" for label in sources[:3]) + ("等" if len(sources) > 3 else "")
    return f"现为“{here.label}”，不能{MOVE_NAMES[move]}；只有{shown}可以"


def _drawn(table: Table) -> list[str]:
    ids = {
        state: f"{table.of}_{'paused' if shown.stage == 'suspended' else number}"
        for number, (state, shown) in enumerate(table.states.items())
    }
    labels = {ids[state]: shown.label.replace('"', "#quot;") for state, shown in table.states.items()}
    labels[f"{table.of}_paused"] = "暂停"
    arrows = dict.fromkeys(
        f"{ids[edge.source]} --> {ids[edge.dest]} : {MOVE_NAMES[edge.move]}" for edge in table.edges
    )
    return [
        *(f'        state "{label}" as {key}' for key, label in labels.items()),
        f"        [*] --> {ids[table.start]}",
        *(f"        {arrow}" for arrow in arrows),
        *(f"        {ids[end]} --> [*]" for end in table.ends),
    ]
