"""From a template and a start date to a dated plan: phases, milestones, blanks, warnings. Pure.

What the plan leaves blank stays blank and is named; what has no date stays undated; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from states.dates import Anchors, Deadline, Due, Every, cadence, occurrences, parse_window, resolve, start_of
from states.dates.points import Lasting
from states.fills import Blank, Fills
from states.template import Cadence, Kind, LedgerRow, Opens, Phase, Requirement, Scope, Template
from states.workdays import Workdays


@dataclass(frozen=True)
class PlannedPhase:
    """A phase with its window (UTC); None where it has no date yet."""

    key: str
    name: str
    ord: int
    opens: str
    review: bool
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    provisional: bool = False


@dataclass(frozen=True)
class PlannedMilestone:
    """One occurrence of a requirement. `opens_at` None: opens with its phase or by hand."""

    requirement: str
    period: str
    name: str
    kind: str
    phase: str | None
    ladder: str | None
    words: str
    opens_at: datetime | None
    due_at: datetime | None
    provisional: bool = False
    soft: bool = False
    standing: bool = False
    required: bool = True
    review: bool = False
    nil: bool = False
    scope: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What a campaign would be if it started so."""

    phases: tuple[PlannedPhase, ...]
    milestones: tuple[PlannedMilestone, ...]
    blanks: tuple[Blank, ...]
    warnings: tuple[str, ...]
    ends_at: datetime | None

    def past(self, now: datetime) -> list[PlannedMilestone]:
        """Milestones whose due date lies before `now`."""
        return [one for one in self.milestones if one.due_at is not None and one.due_at < now]


def plan(
    template: Template,
    start: date,
    fills: Mapping[str, str],
    calendar: Workdays,
    opened: Mapping[str, datetime] | None = None,
) -> Plan:
    """The dated plan of `template` from `start` (local day). Raises Faulty for fills that fit nowhere.

    `opened`: when phases really opened, where that was not by their own date; relative dates count from there.
    """
    return _Planner(template, start, fills, calendar, opened or {}).plan()


class _Planner:
    def __init__(
        self,
        template: Template,
        start: date,
        fills: Mapping[str, str],
        calendar: Workdays,
        opened: Mapping[str, datetime],
    ) -> None:
        self.template = template
        self.zone = ZoneInfo(template.timezone)
        self.calendar = calendar
        self.fills = Fills(template, fills)
        self.opened = opened
        self.launch = datetime.combine(start, time(0), self.zone)
        self.warnings: list[str] = [one.says for one in template.conflicts] + list(template.notes)
        self.begins: datetime | None = self.launch
        self.ends: datetime | None = None

    def plan(self) -> Plan:
        self._bounds()
        phases = self._phases()
        self.ends = self.ends or max((p.closes_at for p in phases if p.closes_at), default=None)
        windows = {phase.key: phase for phase in phases}
        milestones = [
            one
            for requirement in self.template.requirements
            for one in self._milestones(requirement, windows.get(requirement.phase or ""))
        ]
        milestones += [self._ledger_milestone(row) for row in self._ledger_rows()]
        self._warn_provisional(phases, milestones)
        return Plan(
            tuple(phases), tuple(milestones), tuple(self.fills.blanks), tuple(self.warnings), self.ends
        )

    # -- bounds and phases ------------------------------------------------------------------------

    def _anchors(self, phase: tuple[datetime | None, datetime | None] = (None, None)) -> Anchors:
        return Anchors(
            launch=self.launch,
            issued=self.launch.date(),
            year=self.launch.year,
            phase=phase,
            begins=self.begins,
            ends=self.ends,
        )

    def _bounds(self) -> None:
        begins = self.fills.deadline("begins", "行动开始", self.template.begins)
        if begins is not None:
            self.begins = start_of(begins, self._anchors(), self.calendar, self.zone).at
        ends = self.fills.deadline("ends", "行动结束", self.template.ends)
        if ends is not None:
            self.ends = resolve(ends, self._anchors(), self.calendar, self.zone).at

    def _phases(self) -> list[PlannedPhase]:
        planned: list[PlannedPhase] = []
        for number, phase in enumerate(self.template.phases, 1):
            planned.append(self._phase(phase, number, planned[-1] if planned else None))
        if not self.template.phases:
            planned.append(
                PlannedPhase("run", "进行", 1, Opens.on_date, False, self.begins or self.launch, self.ends)
            )
        return planned

    def _phase(self, phase: Phase, number: int, previous: PlannedPhase | None) -> PlannedPhase:
        first, last = self._window(phase)
        opens = self.opened.get(phase.key) or self._opening(phase, first, previous)
        closing = Due(None, "")
        if last is not None and not (opens is None and isinstance(last.point, Lasting)):
            anchors = self._anchors((opens, None))
            closing = resolve(last, anchors, self.calendar, self.zone)
        return PlannedPhase(
            phase.key, phase.name, number, phase.opens, phase.review, opens, closing.at, closing.provisional
        )

    def _window(self, phase: Phase) -> tuple[Deadline | None, Deadline | None]:
        first, last = parse_window(phase.window) if phase.window else (None, None)
        sides = []
        for side, written, words in (("from", first, phase.from_), ("until", last, phase.until)):
            place, name = f"{phase.key}.{side}", f"{phase.name}{'开始' if side == 'from' else '结束'}"
            if self.fills.covers(place) or words is not None:
                sides.append(self.fills.deadline(place, name, words))
            else:
                sides.append(self.fills.unless_blank(place, name, written))
        return sides[0], sides[1]

    def _opening(
        self, phase: Phase, first: Deadline | None, previous: PlannedPhase | None
    ) -> datetime | None:
        if first is not None:
            before = self._anchors((previous.closes_at if previous else None, None))
            return start_of(first, before, self.calendar, self.zone).at
        if phase.opens == Opens.by_hand:
            return None
        if previous is None:
            return self.begins or self.launch
        return self._day_after(previous.closes_at)

    def _day_after(self, closes: datetime | None) -> datetime | None:
        if closes is None:
            return None
        day = closes.astimezone(self.zone).date() + timedelta(days=1)
        return datetime.combine(day, time(0), self.zone)

    # -- milestones -------------------------------------------------------------------------------

    def _milestones(self, requirement: Requirement, phase: PlannedPhase | None) -> Iterator[PlannedMilestone]:
        opens = phase.opens_at if phase else self.begins
        closes = phase.closes_at if phase else self.ends
        written = self.fills.deadline(
            f"{requirement.key}.opens", f"{requirement.name}下达", requirement.opens
        )
        if written is not None:
            opens = start_of(written, self._anchors((opens, closes)), self.calendar, self.zone).at
        base = self._base(requirement, opens)
        every = self._every(requirement)
        if every is not None:
            yield from self._periods(base, requirement, every, opens, closes)
        elif requirement.every is None:
            yield self._dated(base, f"{requirement.key}.due", requirement.due, (opens, closes))

    def _base(self, requirement: Requirement, opens: datetime | None) -> PlannedMilestone:
        return PlannedMilestone(
            requirement=requirement.key,
            period="",
            name=requirement.name,
            kind=requirement.kind,
            phase=requirement.phase,
            ladder=requirement.ladder or self._stream_ladder(requirement) or self.template.ladder,
            words="",
            opens_at=opens,
            due_at=None,
            required=requirement.required,
            review=requirement.review,
            nil=requirement.nil,
            scope=_scope(requirement.scope),
        )

    def _stream_ladder(self, requirement: Requirement) -> str | None:
        streams = {stream.key: stream for stream in self.template.workstreams}
        stream = streams.get(requirement.workstream or "")
        return stream.ladder if stream else None

    def _every(self, requirement: Requirement) -> Every | None:
        place, written = f"{requirement.key}.every", requirement.every
        if isinstance(written, Cadence) and not self.fills.covers(place):
            return cadence(written.rrule, written.time, written.shift)
        words = None if isinstance(written, Cadence) else written
        return self.fills.cadence(place, requirement.name, words)

    def _periods(
        self,
        base: PlannedMilestone,
        requirement: Requirement,
        every: Every,
        opens: datetime | None,
        closes: datetime | None,
    ) -> Iterator[PlannedMilestone]:
        if requirement.first is not None:
            yield self._dated(base, f"{requirement.key}.first", requirement.first, (opens, closes), "首次")
        if opens is None or closes is None:
            if opens is not None and not self.fills.blanks:
                self.warnings.append(f"“{requirement.name}”没有结束日期，排不出各期")
            return
        for one in occurrences(every, opens, closes, self.calendar, self.zone):
            yield replace(
                base,
                period=one.label,
                name=f"{requirement.name}（{one.label}）",
                words=every.words(),
                opens_at=one.opens,
                due_at=one.due,
                provisional=one.provisional,
            )

    def _dated(
        self,
        base: PlannedMilestone,
        place: str,
        words: str | None,
        window: tuple[datetime | None, datetime | None],
        period: str = "",
    ) -> PlannedMilestone:
        deadline = self.fills.deadline(place, base.name, words)
        if deadline is None:
            return replace(base, period=period, words=words or "未注明日期")
        due = resolve(deadline, self._anchors(window), self.calendar, self.zone)
        return replace(
            base,
            period=period,
            words=due.words,
            due_at=due.at,
            provisional=due.provisional,
            soft=due.soft,
            standing=due.standing,
        )

    # -- ledger -----------------------------------------------------------------------------------

    def _ledger_rows(self) -> tuple[LedgerRow, ...]:
        return self.template.ledger.rows if self.template.ledger else ()

    def _ledger_milestone(self, row: LedgerRow) -> PlannedMilestone:
        ledger = self.template.ledger
        base = PlannedMilestone(
            requirement=f"ledger-{row.no}",
            period="",
            name=f"台账第{row.no}项（{row.project}）",
            kind=Kind.ledger,
            phase=None,
            ladder=(ledger.ladder if ledger else None) or self.template.ladder,
            words=row.due or "未注明日期",
            opens_at=self.begins or self.launch,
            due_at=None,
            required=False,
            review=True,
            scope=_scope(Scope(departments=row.departments)),
        )
        return self._dated(base, f"ledger-{row.no}.due", row.due, (None, None))

    def _warn_provisional(self, phases: list[PlannedPhase], milestones: list[PlannedMilestone]) -> None:
        years = sorted(
            {
                one.due_at.astimezone(self.zone).year
                for one in milestones
                if one.due_at is not None and one.provisional
            }
            | {p.closes_at.astimezone(self.zone).year for p in phases if p.closes_at and p.provisional}
        )
        self.warnings.extend(f"{year}年的放假安排尚未公布，这一年的日期为暂定" for year in years)


def _scope(scope: Scope) -> dict[str, Any]:
    return {key: list(value) for key, value in scope.model_dump().items() if value}
