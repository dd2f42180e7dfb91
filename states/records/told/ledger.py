"""The ledger: its items, their history, their figures, and what an import would do."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.form import Exact, Instant
from states.records.told.moves import MoveChoice
from states.records.told.places import Named, Place


@with_config(Exact)
class LedgerStepTold(TypedDict):
    """One date of an item: a step of its type, or (`key` empty) the only one."""

    key: str
    name: str
    words: str
    due: Instant | None
    milestone: int
    answering: int
    settled: int
    closed: bool


@with_config(Exact)
class HandedOver(TypedDict):
    """移交: to which authority, under which number of theirs, since when."""

    to: str
    number: str | None
    at: Instant


@with_config(Exact)
class LedgerTold(TypedDict):
    """An item of the ledger.

    `milestone` is the one of the last step, `due` its date in force: the latest, where somebody has a later one of their
    own. `answering` and `settled` count over all steps. `closed`: it bears that state. `withdrawn`: since when it is not
    counted, as a person withdrew it or a later version of the plan has it no more. `unit`: where the problem is; `state`: where the item stands in its life;
    `found_by` null: it came with the plan; `lenient`: 自查从宽, null where the plan has no self-check; `done`: numbers of the
    measures that are closed; `more`: what stands in the columns of the plan's own, by their titles.
    """

    no: int
    project: str
    problem: str
    measures: list[str]
    departments: list[str]
    type: str | None
    words: str
    due: Instant | None
    standing: bool
    milestone: int
    steps: list[LedgerStepTold]
    answering: int
    settled: int
    closed: bool
    withdrawn: Instant | None
    unit: Place
    state: Named
    since: Instant
    version: int
    lead: str | None
    found_by: Named | None
    reported_at: Instant | None
    lenient: bool | None
    lenient_why: str | None
    done: list[int]
    closed_at: Instant | None
    reviewed_at: Instant | None
    reopened: int
    handed: HandedOver | None
    more: dict[str, str]


@with_config(Exact)
class LedgerFact(TypedDict):
    """One line of an item's history; `more`: what else was noted (cells changed, measures closed, why lenient)."""

    at: Instant
    by: str
    what: Named
    before: str | None
    after: str | None
    reason: str | None
    more: dict[str, object]


@with_config(Exact)
class LedgerAnswer(TypedDict):
    """What one unit owes for an item at one of its dates; `due`: its date in force.

    `submissions`: how often it has handed something in, to be read at /obligations/{obligation}.
    """

    obligation: int
    unit: Place
    step: str
    status: Named
    due: Instant | None
    late: bool
    submissions: int


@with_config(Exact)
class LedgerInFull(LedgerTold):
    """An item with who answers for it, its possible moves, and its history, oldest first."""

    answers: list[LedgerAnswer]
    moves: list[MoveChoice]
    history: list[LedgerFact]


@with_config(Exact)
class LedgerAdded(TypedDict):
    """Numbers of the items that were written down."""

    added: list[int]


@with_config(Exact)
class LedgerMassMoved(TypedDict):
    """What a move of many did, or would do; `why`: reason → how many items it kept back."""

    move: Named
    dry_run: bool
    chosen: int
    moved: int
    refused: int
    why: dict[str, int]


@with_config(Exact)
class CellTold(TypedDict):
    """One cell: recorded, in the file, where; `conflict`: why it is only taken when it is chosen by name."""

    field: Named
    before: str
    after: str
    place: str
    conflict: str | None
    chosen: bool


@with_config(Exact)
class ChangedTold(TypedDict):
    """An item of which the file says something else."""

    no: int
    cells: list[CellTold]


@with_config(Exact)
class AddedTold(TypedDict):
    """A row that is new; `mark` chooses it."""

    mark: str
    project: str
    problem: str
    measures: str
    departments: str
    due: str
    chosen: bool


@with_config(Exact)
class FaultTold(TypedDict):
    """One thing that stands against it: where, and what to do."""

    place: str
    says: str


@with_config(Exact)
class LedgerImport(TypedDict):
    """What an import does or, until `applied`, would do. `absent`: numbers that the file does not name; they stay.

    `passed`: titles of columns that this ledger has not; nothing of them is taken. `totals`: rows that only add up others
    (第12行“合计”), which are no items.
    """

    applied: bool
    added: list[AddedTold]
    changed: list[ChangedTold]
    unchanged: int
    absent: list[int]
    conflicts: int
    faults: list[FaultTold]
    numbers: list[int]
    passed: list[str]
    totals: list[str]


@with_config(Exact)
class LedgerShare(TypedDict):
    """Items of one region, department or class; what was withdrawn is not among them.

    `standing`: those that are reviewed and never closed, `kept`: of them those that were reviewed. `rate`: `closed` of
    `items` less `standing`; null where nothing can be closed.
    """

    name: str
    code: str | None
    items: int
    standing: int
    closed: int
    kept: int
    overdue: int
    units: int
    reopened: int
    rate: float | None


@with_config(Exact)
class LedgerFigures(TypedDict):
    """销号率, as a whole, by region (the units below the one that runs it), by lead department, and classes that recur.

    Each item counts once in each list: by its lead, or the first department named where none leads.
    """

    whole: LedgerShare
    regions: list[LedgerShare]
    departments: list[LedgerShare]
    recurring: list[LedgerShare]
