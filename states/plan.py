"""From a template and a start date to a dated plan: phases, milestones, blanks, warnings. Pure.

What the plan leaves blank stays blank and is named; what has no date stays undated; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from states.ahead import brought_forward
from states.charges import Charge, charges
from states.dates import Anchors, Deadline, Due, Every, cadence, occurrences, periods, resolve, start_of
from states.events import event_of
from states.fills import NO_INTERVAL, Fills, issued
from states.phasing import Phasing, PlannedPhase, Window
from states.planned import FIRST, UNDATED, Plan, PlannedMilestone, as_written, provisional_years
from states.template import Cadence, Requirement, Template
from states.workdays import Workdays

__all__ = ["FIRST", "UNDATED", "Plan", "PlannedMilestone", "plan"]
Reader = Callable[[Deadline, Anchors, Workdays, ZoneInfo], Due]


def plan(
    template: Template,
    start: date,
    fills: Mapping[str, str],
    calendar: Workdays,
    opened: Mapping[str, datetime] | None = None,
    closed: Mapping[str, datetime] | None = None,
    events: Mapping[str, datetime] | None = None,
) -> Plan:
    """The dated plan of `template` from `start` (local day). Raises Faulty for fills that fit nowhere.

    `opened`: when phases really opened, where that was not by their own date; relative dates count from there.
    `closed`: likewise when phases close, by key. `events`: what has happened that dates count from, by name.
    """
    return _Planner(template, start, fills, calendar, opened or {}, closed or {}, events or {}).plan()


class _Planner:
    def __init__(
        self,
        template: Template,
        start: date,
        fills: Mapping[str, str],
        calendar: Workdays,
        opened: Mapping[str, datetime],
        closed: Mapping[str, datetime],
        events: Mapping[str, datetime],
    ) -> None:
        self.template = template
        self.zone = ZoneInfo(template.timezone)
        self.calendar = calendar
        self.fills = Fills(template, fills)
        self.phasing = Phasing(template, calendar, self.fills, self._anchors, opened, closed)
        self.events = events
        self.launch = datetime.combine(start, time(0), self.zone)
        self.issued = issued(fills, start)
        self.warnings: list[str] = [one.says for one in template.conflicts] + list(template.notes)
        self.begins: datetime | None = self.launch
        self.ends: datetime | None = None
        self.names: Mapping[str, str] = {}  # of the phases, by key

    def plan(self) -> Plan:
        self._bounds()
        phases = self._phases()
        self.names = {phase.key: phase.name for phase in phases}
        milestones = [
            one
            for requirement in self.template.requirements
            for phase in self._phases_of(requirement, phases)
            for one in self._milestones(requirement, phase)
        ]
        milestones += [self._charged(one) for one in charges(self.template, self.fills)]
        ahead = self.template.ahead
        milestones = [brought_forward(one, ahead, self.calendar, self.zone) for one in milestones]
        years = provisional_years(phases, milestones, self.calendar, self.zone)
        self.warnings += [f"{year}年的放假安排尚未公布，牵涉这一年的日期为暂定" for year in years]
        return Plan(
            tuple(phases),
            tuple(milestones),
            tuple(self.fills.blanks),
            tuple(self.warnings),
            self.ends,
            self.begins,
        )

    # -- bounds and phases ------------------------------------------------------------------------

    def _anchors(self, phase: Window = (None, None)) -> Anchors:
        return Anchors(
            launch=self.launch,
            issued=self.issued,
            year=self.launch.year,
            phase=phase,
            begins=self.begins,
            ends=self.ends,
            events=self.events,
        )

    def _bounds(self) -> None:
        self.begins = self._bound("begins", "行动开始", start_of, self.begins)
        self.ends = self.phasing.ends(self._bound("ends", "行动结束", resolve, self.ends))

    def _bound(self, place: str, name: str, read: Reader, unsaid: datetime | None) -> datetime | None:
        deadline = self.fills.deadline(place, name, getattr(self.template, place))
        if deadline is None:
            return unsaid
        return self.fills.checked(place, name, read(deadline, self._anchors(), self.calendar, self.zone)).at

    def _phases(self) -> list[PlannedPhase]:
        begins = self.begins or self.launch
        phases = [*self.phasing.row(begins, self.ends), *self.phasing.beside(begins)]
        self.ends = self.ends or max((p.closes_at for p in phases if p.closes_at), default=None)
        phases += self.phasing.recurring(begins, self.ends)
        self.warnings += self.phasing.warnings
        return phases

    # -- milestones -------------------------------------------------------------------------------

    def _phases_of(self, requirement: Requirement, phases: list[PlannedPhase]) -> list[PlannedPhase | None]:
        """Its phase, or every occurrence of it; None stands for the whole campaign."""
        return [one for one in phases if one.base == requirement.phase] if requirement.phase else [None]

    def _milestones(self, requirement: Requirement, phase: PlannedPhase | None) -> Iterator[PlannedMilestone]:
        opens = phase.opens_at if phase else self.begins
        closes = phase.closes_at if phase else self.ends
        told = f"{requirement.key}.opens", f"{requirement.name}下达"
        written = self.fills.deadline(*told, requirement.opens)
        if written is not None:
            found = start_of(written, self._anchors((opens, closes)), self.calendar, self.zone)
            opens = self.fills.checked(*told, found).at
        base = self._base(requirement, phase, opens)
        if written is not None:
            base = replace(base, event=event_of(written, phase.name if phase else None))
        first = self._first(base, requirement, (opens, closes))
        if first is not None:
            yield first
        every = self._every(requirement)
        if every is not None:
            base = self._repeated(base, requirement, every)
            every = replace(every, minimum=every.minimum or requirement.minimum)
            yield from self._periods(base, every, opens, closes, first.due_at if first else None)
        elif requirement.every is None:
            yield self._dated(base, f"{requirement.key}.due", requirement.due, (opens, closes))
        elif self.fills.unscheduled(f"{requirement.key}.every"):
            yield replace(base, words=self._words_of(requirement), filled=NO_INTERVAL)

    def _base(
        self, requirement: Requirement, phase: PlannedPhase | None, opens: datetime | None
    ) -> PlannedMilestone:
        period = phase.period if phase else ""
        return PlannedMilestone(
            requirement=requirement.key,
            period=period,
            name=periods.named(requirement.name, period),
            kind=requirement.kind,
            phase=phase.key if phase else None,
            ladder=requirement.ladder or self._stream_ladder(requirement) or self.template.ladder,
            words="",
            opens_at=opens,
            due_at=None,
            required=requirement.required,
            review=requirement.review,
            nil=requirement.nil,
            per=requirement.per,
            scope=self._scope(requirement, phase),
        )

    def _scope(self, requirement: Requirement, phase: PlannedPhase | None) -> dict[str, Any]:
        """Whom it concerns: the units of its own scope that are in its phase's too; departments where named."""
        own = as_written(requirement.scope)
        whole = {one.key: as_written(one.scope) for one in self.template.phases}.get(
            phase.base if phase else ""
        )
        if not whole or requirement.scope.departments:
            return own
        return {**own, "within": whole} if own else whole

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

    def _repeated(self, base: PlannedMilestone, requirement: Requirement, every: Every) -> PlannedMilestone:
        """With the words of its recurrence: the template's own, beside them what a person gave."""
        place = f"{requirement.key}.every"
        if not self.fills.covers(place):
            return replace(base, words=every.words())
        return replace(base, words=self._words_of(requirement), filled=self.fills.filled(place))

    def _words_of(self, requirement: Requirement) -> str:
        """How often, as the template says it."""
        written = requirement.every
        if isinstance(written, Cadence):
            return cadence(written.rrule, written.time, written.shift).words()
        return written or UNDATED

    def _first(
        self, base: PlannedMilestone, requirement: Requirement, window: Window
    ) -> PlannedMilestone | None:
        if requirement.first is None:
            return None
        named = replace(base, name=f"{base.name}（{FIRST}）")
        return self._dated(named, f"{requirement.key}.first", requirement.first, window, FIRST)

    def _periods(
        self,
        base: PlannedMilestone,
        every: Every,
        opens: datetime | None,
        closes: datetime | None,
        after: datetime | None,
    ) -> Iterator[PlannedMilestone]:
        """The periods that fall due later than the first report, where that has a date of its own."""
        if opens is None or closes is None:
            if opens is not None and not self.fills.blanks:
                self.warnings.append(f"“{base.name}”没有结束日期，排不出各期")
            return
        turns = []
        for one in occurrences(every, opens, closes, self.calendar, self.zone):
            turns.append(one.label)
            if after is not None and one.due <= after:
                continue
            yield replace(
                base,
                period=one.label,
                name=periods.named(base.name, one.label),
                opens_at=one.opens,
                due_at=one.due,
                provisional=one.provisional,
                soft=bool(every.hedge),
            )
        ends = (at.astimezone(self.zone).date() for at in (opens, closes))
        if not base.period:
            self.warnings += [f"“{base.name}”{why}" for why in periods.left_out(every, turns, *ends)]

    def _dated(
        self,
        base: PlannedMilestone,
        place: str,
        words: str | None,
        window: Window,
        turn: str = "",
    ) -> PlannedMilestone:
        period = "·".join(part for part in (base.period, turn) if part)
        deadline = self.fills.deadline(place, base.name, words)
        if deadline is None:
            return replace(base, period=period, words=words or UNDATED)
        event = event_of(deadline, self.names.get(base.phase or ""))
        if event is not None:  # the end of its phase, where that is what was recorded
            window = (window[0], self.events.get(event, window[1]))
        found = resolve(deadline, self._anchors(window), self.calendar, self.zone)
        due = self.fills.checked(place, base.name, found)
        filled = self.fills.filled(place)
        return replace(
            base,
            event=event or base.event,
            period=period,
            words=(words or UNDATED) if filled else due.words,
            filled=filled,
            due_at=due.at,
            provisional=due.provisional,
            soft=due.soft,
            standing=due.standing,
        )

    # -- what departments answer for ----------------------------------------------------------------

    def _charged(self, one: Charge) -> PlannedMilestone:
        self.fills.deadline(one.place, one.about, one.words)  # a blank goes by the name of its place
        base = PlannedMilestone(
            requirement=one.requirement,
            period="",
            name=one.name,
            kind=one.kind,
            phase=None,
            ladder=one.ladder or self.template.ladder,
            words="",
            opens_at=self.begins or self.launch,
            due_at=None,
            required=False,
            review=one.review,
            scope=as_written(one.scope),
        )
        return replace(self._dated(base, one.place, one.words, (None, None)), period=one.period)
