"""Roll-ups: the same figures for mails, pages, reports and the API. Pure arithmetic over counted rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache

HANDED_IN = ("submitted", "accepted", "nil")
OWED = ("open", "returned")


@dataclass(frozen=True)
class Count:
    """So many obligations of one kind: `due` whether their date has passed, `late` handed in after it."""

    status: str
    due: bool
    late: bool
    number: int


@dataclass(frozen=True)
class Reporting:
    """报送率: of what has fallen due and was not waived, how much was handed in.

    A late nil is late and nil: `late_nil` counts in both. `due` = `on_time` + `late` + `nil` - `late_nil` + `missing`;
    `on_time` are those with something to report.
    """

    due: int = 0
    on_time: int = 0
    late: int = 0
    nil: int = 0
    missing: int = 0
    late_nil: int = 0

    @property
    def rate(self) -> float | None:
        """Share handed in (0..1); None when nothing has fallen due."""
        return round((self.due - self.missing) / self.due, 4) if self.due else None

    @property
    def late_filled(self) -> int:
        """Handed in late with something to report; with `on_time`, `nil` and `missing` it adds up to `due`."""
        return self.late - self.late_nil


@dataclass(frozen=True)
class Covered:
    """A coverage target and how far it is reached: `reached` of the `total` units it speaks of.

    `by`: what counts, units that were reached or that have closed. `period`: the one that is counted, empty: from the
    beginning.
    """

    name: str
    target: int
    reached: int
    total: int
    by: str = "closed"
    period: str = ""

    @property
    def percent(self) -> float | None:
        """Rounded down to a tenth, so that 100 is said of all and 50.0 only where half is reached."""
        return 1000 * self.reached // self.total / 10 if self.total else None

    @property
    def met(self) -> bool:
        return self.total > 0 and 100 * self.reached >= self.target * self.total


@dataclass(frozen=True)
class Counted:
    """Departments or persons (`per`) summed over the `units` that owe a milestone; `told` units have given numbers."""

    requirement: str
    period: str
    name: str
    per: str
    units: int
    told: int
    expected: int
    done: int


@dataclass(frozen=True)
class Beside:
    """A phase beside the row in figures; `opened`: whether it has begun. `owed` is the sum of the others but overdue."""

    key: str
    name: str
    period: str
    opened: bool
    opens_at: datetime | None
    closes_at: datetime | None
    open: int = 0
    submitted: int = 0
    settled: int = 0
    overdue: int = 0

    @property
    def owed(self) -> int:
        return self.open + self.submitted + self.settled


@dataclass(frozen=True)
class Tally:
    """One campaign in figures at one instant. Sub-totals add up: `units` is the sum of `by_state`.

    Units are those that take part (`scopes.participating`); matters are whatever anybody owes. `by_outcome` adds up to
    those that are closed.
    """

    by_state: tuple[tuple[str, int], ...]
    behind: int
    overdue: int
    open: int
    submitted: int
    settled: int
    reporting: Reporting
    coverage: tuple[Covered, ...] = ()
    ledger_closed: int = 0
    ledger_total: int = 0
    ledger_standing: int = 0
    ledger_reviewed: int = 0
    proposals: int = 0
    vacancies: int = 0
    worst: tuple[tuple[str, int], ...] = field(default=())
    counted: tuple[Counted, ...] = ()
    by_outcome: tuple[tuple[str, int], ...] = ()
    beside: tuple[Beside, ...] = ()

    @property
    def units(self) -> int:
        return sum(number for _state, number in self.by_state)

    @property
    def closing_rate(self) -> float | None:
        """销号率 of the ledger (0..1): closed of what can be closed; None where there is none."""
        to_close = self.ledger_total - self.ledger_standing
        return round(self.ledger_closed / to_close, 4) if to_close else None


def reporting(counts: Iterable[Count]) -> Reporting:
    """Sort counted obligations into on time, late, nil, missing."""
    found: Counter[str] = Counter()
    for one in counts:
        found.update(dict.fromkeys(counts_as(one), one.number))
    return Reporting(**found)


def counts_as(one: Count) -> tuple[str, ...]:
    """Those fields of Reporting in which it counts."""
    return _fields(one.status, one.due, one.late)


@cache
def _fields(status: str, due: bool, late: bool) -> tuple[str, ...]:
    if status == "waived" or not (due or status in HANDED_IN):
        return ()
    nil = status == "nil"
    marks = {
        "due": True,
        "missing": status in OWED,
        "late": status in HANDED_IN and late,
        "nil": nil,
        "late_nil": nil and late,
        "on_time": status in HANDED_IN and not late and not nil,
    }
    return tuple(name for name, holds in marks.items() if holds)


def merged(parts: Iterable[Reporting]) -> Reporting:
    """The whole of some parts."""
    found = [asdict(one) for one in parts]
    return Reporting(**{name: sum(one[name] for one in found) for name in asdict(Reporting())})


def total(counts: Iterable[Count], *statuses: str) -> int:
    """How many obligations are in one of `statuses`."""
    return sum(one.number for one in counts if one.status in statuses)


def overdue(counts: Iterable[Count]) -> int:
    """How many are still owed though their date has passed."""
    return sum(one.number for one in counts if one.due and one.status in OWED)


# -- red, yellow, green ---------------------------------------------------------------------------------

RED_AT = 10  # percent
LIGHT_RULE = (
    f"逾期事项占到期事项、或落后单位占全部单位 {RED_AT}% 以上亮红灯；有一项逾期或一个落后亮黄灯；都没有亮绿灯"
)


@dataclass(frozen=True)
class Light:
    """How a campaign stands at a glance: red, yellow, green or none (nothing to say yet), and the figures behind it."""

    tone: str
    figures: str

    @property
    def rule(self) -> str:
        """The figures and what they are held against."""
        return f"{self.figures}。{LIGHT_RULE}"


def light(tally: Tally) -> Light:
    """By what is overdue of what has fallen due, and by the units that are behind."""
    return light_of_some(tally.overdue, tally.reporting.due, tally.behind, tally.units)


def light_of_some(overdue: int, due: int, behind: int, units: int) -> Light:
    """The same of some units together, by the same rule."""
    figures = f"逾期 {overdue} 项，占到期 {due} 项的{_percent(overdue, due)}；落后 {behind} 个，占 {units} 个单位的{_percent(behind, units)}"
    if not units:
        return Light("none", "还没有单位参加")
    if _reaches(overdue, due) or _reaches(behind, units):
        return Light("red", figures)
    return Light("yellow" if overdue or behind else "green", figures)


UNIT_RULE = "有逾期且已催办亮红灯；有逾期或落后亮黄灯；都没有亮绿灯"


def light_of_unit(overdue: int, behind: bool, escalated: bool) -> Light:
    """The same for one unit; `escalated`: a rung after a due date has taken effect on what it still owes."""
    said = [f"逾期 {overdue} 项", "落后" if behind else "没有落后", *(["已催办"] if escalated else [])]
    tone = "red" if overdue and escalated else "yellow" if overdue or behind else "green"
    return Light(tone, f"{'，'.join(said)}。{UNIT_RULE}")


def _reaches(part: int, whole: int) -> bool:
    return part > 0 and 100 * part >= RED_AT * whole


def _percent(part: int, whole: int) -> str:
    """Rounded down to a tenth, so that no light is of another colour than its figure."""
    return f" {1000 * part // whole / 10}%" if whole else " —"
