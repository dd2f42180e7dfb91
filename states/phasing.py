"""The phases of a plan with their dates: the row of those that follow each other, and those beside it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from states.dates import Anchors, Deadline, Due, occurrences, parse_window, periods, resolve, start_of
from states.dates.points import Lasting
from states.fills import Fills
from states.template import ONE_PHASE_KEY, ONE_PHASE_NAME, Opens, Phase, Template
from states.workdays import Workdays

Window = tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class PlannedPhase:
    """A phase with its window (UTC); None where it has no date yet.

    `ord` is its place in the row of phases, None beside the row. `base` is its key in the template; the occurrences
    of a phase that comes again and again differ from it by their `period`.
    """

    key: str
    name: str
    ord: int | None
    opens: str
    review: bool
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    provisional: bool = False
    base: str = ""
    period: str = ""


class Phasing:
    """Dates for the phases of one template. `anchors` says what relative words count from, given a window."""

    def __init__(
        self,
        template: Template,
        calendar: Workdays,
        fills: Fills,
        anchors: Callable[[Window], Anchors],
        opened: Mapping[str, datetime],
        closed: Mapping[str, datetime],
    ) -> None:
        """`opened`, `closed`: when phases really open or close, by key, where that is not by their own words."""
        self.template = template
        self.zone = ZoneInfo(template.timezone)
        self.calendar = calendar
        self.fills = fills
        self.anchors = anchors
        self.opened = opened
        self.closed = closed
        self.warnings: list[str] = []

    def row(self, begins: datetime, ends: datetime | None) -> list[PlannedPhase]:
        """The phases that follow each other; the campaign as one phase where the template has none."""
        planned: list[PlannedPhase] = []
        for number, phase in enumerate(self.template.main_phases, 1):
            previous = planned[-1] if planned else None
            planned.append(self._phase(phase, number, self._opening(phase, previous, begins)))
            if number > 1 and planned[-1].opens_at is None and phase.opens != Opens.by_hand:
                self._say(f"“{phase.name}”排不出开始日期，到时须由人进入这一阶段")
        if not planned:
            key, name = ONE_PHASE_KEY, ONE_PHASE_NAME
            planned.append(PlannedPhase(key, name, 1, Opens.on_date, False, begins, ends, base=key))
        return planned

    def ends(self, planned: datetime | None) -> datetime | None:
        """When the whole ends: as planned, but for a plan without phases that is to end otherwise."""
        return self.closed.get(self.template.whole or "", planned)

    def beside(self, begins: datetime) -> list[PlannedPhase]:
        """Phases beside the row that come once."""
        return [
            self._phase(phase, None, self._beside_opening(phase, begins))
            for phase in self.template.phases
            if phase.parallel and phase.every is None
        ]

    def recurring(self, begins: datetime, ends: datetime | None) -> Iterator[PlannedPhase]:
        """Phases beside the row that come again and again from `begins` to `ends`, each occurrence one."""
        for phase in self.template.phases:
            if phase.every is not None:
                yield from self._occurrences(phase, begins, ends)

    def _say(self, warning: str) -> None:
        """A warning, unless blanks still to be filled are the reason."""
        if not self.fills.blanks:
            self.warnings.append(warning)

    def _phase(self, phase: Phase, number: int | None, opens: datetime | None) -> PlannedPhase:
        opens = self.opened.get(phase.key) or opens
        closing = self._closing(phase, opens)
        return PlannedPhase(
            key=phase.key,
            name=phase.name,
            ord=number,
            opens=phase.opens,
            review=phase.review,
            opens_at=opens,
            closes_at=self.closed.get(phase.key, closing.at),
            provisional=closing.provisional,
            base=phase.key,
        )

    def _closing(self, phase: Phase, opens: datetime | None) -> Due:
        last = self._window(phase)[1]
        if last is None or (opens is None and isinstance(last.point, Lasting)):
            return Due(None, "")
        found = resolve(last, self.anchors((opens, None)), self.calendar, self.zone)
        return self.fills.checked(f"{phase.key}.until", f"{phase.name}结束", found)

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

    def _opening(self, phase: Phase, previous: PlannedPhase | None, begins: datetime) -> datetime | None:
        first = self._window(phase)[0]
        if first is not None:
            return self._start(phase, first, previous.closes_at if previous else None)
        if phase.opens == Opens.by_hand:
            return None
        return self._day_after(previous.closes_at) if previous else begins

    def _beside_opening(self, phase: Phase, begins: datetime) -> datetime | None:
        first = self._window(phase)[0]
        if first is not None:
            return self._start(phase, first, None)
        return None if phase.opens == Opens.by_hand else begins

    def _start(self, phase: Phase, first: Deadline, after: datetime | None) -> datetime | None:
        found = start_of(first, self.anchors((after, None)), self.calendar, self.zone)
        return self.fills.checked(f"{phase.key}.from", f"{phase.name}开始", found).at

    def _day_after(self, closes: datetime | None) -> datetime | None:
        if closes is None:
            return None
        day = closes.astimezone(self.zone).date() + timedelta(days=1)
        return datetime.combine(day, time(0), self.zone)

    def _occurrences(self, phase: Phase, begins: datetime, ends: datetime | None) -> Iterator[PlannedPhase]:
        every = self.fills.cadence(f"{phase.key}.every", phase.name, phase.every)
        first, last = self._window(phase)
        start = begins if first is None else self._start(phase, first, None)
        end = ends if last is None else self._closing(phase, start).at
        if every is None or start is None or end is None:
            self._say(f"“{phase.name}”没有起止日期，排不出各期")
            return
        found = list(occurrences(every, start, end, self.calendar, self.zone))
        days = (at.astimezone(self.zone).date() for at in (start, end))
        left_out = periods.left_out(every, [one.label for one in found], *days)
        self.warnings += [f"“{phase.name}”{why}" for why in left_out]
        for one in found:
            key = f"{phase.key}-{one.label}"
            yield PlannedPhase(
                key=key,
                name=periods.named(phase.name, one.label),
                ord=None,
                opens=phase.opens,
                review=False,
                opens_at=self.opened.get(key, one.opens),
                closes_at=self.closed.get(key, one.due),
                provisional=one.provisional,
                base=phase.key,
                period=one.label,
            )


def due_within(
    due: datetime | None,
    closes: datetime | None,
    until: datetime,
    counted: tuple[datetime | None, datetime | None],
) -> datetime | None:
    """Where `due` goes for units whose phase ends at `until` instead of `closes`.

    What is counted from the end of the phase follows it (`counted`: as planned with the one end and with the other),
    so does what is due at the end itself; what lies beyond a shorter end comes forward to it; all else stays.
    """
    with_this, with_that = counted
    if with_that is not None and with_that != with_this:
        return with_that
    if due is None or (closes is not None and due > closes):
        return due
    return until if due == closes else min(due, until)
