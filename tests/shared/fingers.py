"""A plan read a second time, by somebody who counts days on fingers and knows nothing of how duban reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
FIRST = date(2026, 4, 20)  # Labour Day with its working Saturdays lies ahead
LAST = FIRST + 75 * DAY
HAND = time(10, 30)  # when people do what is done by hand
HOSPITALS, COUNTIES, EAST = {"R1-H1", "R2-H1"}, {"R1", "R2"}, {"R1", "R1-H1", "R1-H2"}
EVERYBODY = {"R1", "R1-H1", "R1-H2", "R2", "R2-H1", "R2-C1"}
SCOPES: dict[str, set[str]] = {
    "": EVERYBODY,
    "{kinds: [医院]}": HOSPITALS,
    "{kinds: [行政部门]}": COUNTIES,
    "{under: [R1]}": EAST,
    "{codes: [R2-H1, R2-C1]}": {"R2-H1", "R2-C1"},
    "{under: [R1], kinds: [医院]}": {"R1-H1"},
    "{departments: [监督处]}": {"R-D2"},  # whom a phase is for or not
}
TURNS = {"weekly": "fridays", "sundays": "sundays", "list": "listed"}
BELOW = {"R1": EAST, "R1-H1": {"R1-H1"}, "R2": EVERYBODY - EAST}


@dataclass(frozen=True)
class Asked:
    """One requirement: how its date is said, for whom."""

    phase: int | None
    form: str
    n: int
    scope: str
    ladder: str
    key: str = ""

    def words(self) -> str:
        on = FIRST + self.n * DAY
        return {
            "day": f"due: {on.month}月{on.day}日前",
            "month": f"due: {4 + self.n % 4}月底前",
            "launch": f"due: 启动后{self.n + 1}日内",
            "launch-wd": f"due: 启动后{self.n + 1}个工作日内",
            "start": f"due: 阶段开始后{self.n % 20 + 1}日内",
            "start-wd": f"due: 阶段开始后{self.n % 15 + 1}个工作日内",
            "end": f"due: 阶段结束前{self.n % 10 + 1}日",
            "end-wd": f"due: 阶段结束前{self.n % 8 + 1}个工作日",
            "weekly": "every: 每周五",
            "sundays": f"every: {{rrule: FREQ=WEEKLY;BYDAY=SU, shift: {('none', 'previous', 'next')[self.n % 3]}}}",
            "list": f"every: {'、'.join(f'{day.month}月{day.day}日前' for day in self.listed())}",
            "event": f"due: 收到转办之日起{self.n % 15 + 1}个工作日内",
            "undated": "to: 示例办公室",
        }[self.form]

    def listed(self) -> list[date]:
        """The days of a list that follows no rhythm."""
        return [FIRST + (self.n + more) * DAY for more in (0, 4, 15, 16)]


@dataclass(frozen=True)
class Beyond:
    """What is done on the first day: `window` (a phase ends so many days later below a unit), the day after the
    `event` (whose it is: a unit with those below it, or everybody), and a ledger row with dates of its type."""

    window: tuple[int, str, int] | None = None
    events: tuple[str | None, ...] = ()
    ledger: tuple[int, int] | None = None


@dataclass(frozen=True)
class Stretch:
    """One phase: dated (`begins`, `lasts` days), after the one before, by hand on day `hand`, or without any date."""

    how: str
    beside: bool
    begins: int
    lasts: int
    hand: int | None
    scope: str
    key: str = ""

    def words(self) -> str:
        first, last = (FIRST + n * DAY for n in (self.begins, self.begins + self.lasts))
        return {
            "dated": f"from: {first.month}月{first.day}日, until: {last.month}月{last.day}日",
            "after": f"opens: after_previous, window: 为期{self.lasts % 3 + 1}周",
            "hand": f"opens: by_hand, window: 为期{self.lasts % 3 + 1}周",
            "undated": "opens: by_hand",
            "again": f"every: 每周五, from: {first.month}月{first.day}日, until: {last.month}月{last.day}日",
        }[self.how]


@dataclass
class Read:
    """What one sees by going through the days: phases that have begun (opens, closes), what is owed when by whom."""

    phases: dict[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)
    owed: dict[tuple[str, str], dict[str, datetime | None]] = field(default_factory=dict)
    opened: dict[str, datetime] = field(default_factory=dict)


def at(day: date, clock: time = time(0)) -> datetime:
    return datetime.combine(day, clock, ZONE).astimezone(UTC)


def evening(day: date) -> datetime:
    return at(day, time(18))


def local_day(instant: datetime) -> date:
    return instant.astimezone(ZONE).date()


class Fingers:
    """A second reader of the plan, who knows nothing but the next day."""

    def __init__(self, stretches: list[Stretch], asked: list[Asked], beyond: Beyond | None = None) -> None:
        self.stretches, self.asked, self.beyond = stretches, asked, beyond or Beyond()
        self.works = Workdays.of(*published()).is_workday

    def count(self, day: date, n: int, *, working: bool) -> date:
        """`n` days on (or back), counting only working days if wanted."""
        step = DAY if n > 0 else -DAY
        while n:
            day += step
            if not working or self.works(day):
                n -= 1 if n > 0 else -1
        return day

    def read(self) -> Read:
        """Day by day: which phases begin, by their date, after the one before, or because somebody says so."""
        found = Read()
        row = [one for one in self.stretches if not one.beside] or [
            Stretch("dated", False, 0, 400, None, "", "run")
        ]
        ord_ = 0
        day = FIRST
        while day <= LAST:
            for moment in (at(day), at(day, HAND)):
                ord_ = self._row(found, row, ord_, moment)
                if ord_:
                    self._beside(found, moment)
            day += DAY
        self._owed(found, row)
        return found

    def _row(self, found: Read, row: list[Stretch], ord_: int, moment: datetime) -> int:
        while ord_ < len(row):
            one, before = row[ord_], row[ord_ - 1] if ord_ else None
            planned = self._planned(found, one, before)
            by_hand = one.hand is not None and moment == at(FIRST + one.hand * DAY, HAND)
            by_date = one.how in ("dated", "after") and planned is not None and planned <= moment
            if not (by_date or (by_hand and one.how in ("hand", "undated"))):
                return ord_
            self._begin(found, one, one.key, planned if by_date else moment, None)
            ord_ += 1
        return ord_

    def _planned(self, found: Read, one: Stretch, before: Stretch | None) -> datetime | None:
        if one.how == "dated":
            return at(FIRST + one.begins * DAY) if one.key != "run" else at(FIRST)
        if one.how != "after":
            return None
        if before is None:
            return at(FIRST)
        closes = found.phases.get(before.key, (None, None))[1]
        return at(local_day(closes) + DAY) if closes else None

    def _beside(self, found: Read, moment: datetime) -> None:
        for one in self.stretches:
            if not one.beside:
                continue
            if one.how == "dated" and one.key not in found.phases and at(FIRST + one.begins * DAY) <= moment:
                self._begin(found, one, one.key, at(FIRST + one.begins * DAY), None)
            by_hand = one.how in ("hand", "undated") and one.hand is not None
            if by_hand and moment == at(FIRST + (one.hand or 0) * DAY, HAND):
                self._begin(found, one, one.key, moment, None)
            if one.how == "again":
                for label, opens, closes in self._weeks(at(FIRST + one.begins * DAY), self._end(one)):
                    if f"{one.key}-{label}" not in found.phases and opens <= moment:
                        self._begin(found, one, f"{one.key}-{label}", opens, closes)

    def _end(self, one: Stretch) -> datetime:
        return evening(FIRST + (one.begins + one.lasts) * DAY)

    def _begin(self, found: Read, one: Stretch, key: str, opens: datetime, closes: datetime | None) -> None:
        if one.how == "dated" and one.key != "run":
            closes = self._end(one)
        if one.how in ("after", "hand"):
            closes = evening(local_day(opens) + (7 * (one.lasts % 3 + 1) - 1) * DAY)
        found.phases[key] = (opens, closes)

    def _weeks(self, start: datetime, end: datetime) -> Iterator[tuple[str, datetime, datetime]]:
        """Fridays in a stretch of time, each with its week."""
        day = local_day(start)
        while evening(day) <= end:
            if day.isoweekday() == 5 and evening(day) >= start:
                year, week, _ = day.isocalendar()
                yield f"{year}-W{week:02}", max(start, at(day - 4 * DAY)), evening(day)
            day += DAY

    def _owed(self, found: Read, row: list[Stretch]) -> None:
        for one in self.asked:
            if one.phase is None:
                if found.phases.keys() & {each.key for each in row}:
                    self._owe(found, one, "", (at(FIRST), None), None)
                continue
            stretch = self.stretches[one.phase]
            for key, window in found.phases.items():
                if key == stretch.key or (stretch.how == "again" and key.startswith(f"{stretch.key}-")):
                    self._owe(found, one, key.removeprefix(stretch.key).strip("-"), window, stretch)

        if self.beyond.ledger:
            for step, n, working in zip(("plan", "cure"), self.beyond.ledger, (False, True), strict=True):
                day = self.count(FIRST, n, working=working)
                if found.phases.keys() & {each.key for each in row}:
                    found.owed["ledger-1", step] = {"R-D1": evening(day)}

    def _owe(
        self,
        found: Read,
        one: Asked,
        period: str,
        window: tuple[datetime | None, ...],
        stretch: Stretch | None,
    ) -> None:
        who = SCOPES[one.scope]
        if stretch and "departments" not in one.scope:
            who = who & SCOPES[stretch.scope]
        opens, closes = window
        for code in who:
            until = self._until(stretch, code, closes)
            if one.form not in TURNS:
                due = self._due(one, opens, until, code)
                at_the_end = due is not None and due == closes
                found.owed.setdefault((one.key, period), {})[code] = until if at_the_end else due
            elif opens and until:
                for label, turn, due in getattr(self, TURNS[one.form])(one, opens, until):
                    if turn <= at(LAST, HAND):
                        found.owed.setdefault((one.key, label), {})[code] = due

    def _until(self, stretch: Stretch | None, code: str, closes: datetime | None) -> datetime | None:
        """When the phase ends for one unit."""
        window = self.beyond.window
        if window is None or closes is None or stretch is not self.stretches[window[0]]:
            return closes
        return evening(local_day(closes) + window[2] * DAY) if code in BELOW[window[1]] else closes

    def fridays(self, _one: Asked, opens: datetime, closes: datetime) -> Iterator[Any]:
        return self._weeks(opens, closes)

    def sundays(self, one: Asked, opens: datetime, closes: datetime) -> Iterator[Any]:
        """Sundays, or the working day before or after; where that is outside, the other one, else the day itself."""
        day = local_day(opens)
        while day <= local_day(closes) + 10 * DAY:
            if day.isoweekday() == 7:
                before, after = day, day
                while not self.works(before):
                    before -= DAY
                while not self.works(after):
                    after += DAY
                options = ([day], [before, after, day], [after, before, day])[one.n % 3]
                if one.n % 3 != 1 and day > local_day(closes):
                    return
                due = next((each for each in options if opens <= evening(each) <= closes), None)
                if due is not None:
                    year, week, _ = day.isocalendar()
                    yield f"{year}-W{week:02}", max(opens, at(min(day - 6 * DAY, due))), evening(due)
            day += DAY

    def listed(self, one: Asked, opens: datetime, closes: datetime) -> Iterator[Any]:
        before = None
        for day in one.listed():
            if opens <= evening(day) <= closes:
                yield day.isoformat(), max(opens, at(before + DAY)) if before else opens, evening(day)
            before = day if evening(day) >= opens else None

    def _happened(self, code: str) -> bool:
        """Whether the event happened to a unit, by itself or with those it is below, or to everybody."""
        return any(one is None or code in BELOW[one] for one in self.beyond.events)

    def _due(
        self, one: Asked, opens: datetime | None, closes: datetime | None, code: str = ""
    ) -> datetime | None:
        n, working = one.n, one.form.endswith("-wd")
        if one.form == "event":
            return evening(self.count(FIRST, n % 15 + 1, working=True)) if self._happened(code) else None
        if one.form == "day":
            return evening(FIRST + n * DAY)
        if one.form == "month":
            day = date(2026, 4 + n % 4, 28)
            while (day + DAY).month == day.month:
                day += DAY
            return evening(day)
        if one.form.startswith("launch"):
            return evening(self.count(FIRST, n + 1, working=working))
        if one.form.startswith("start") and opens:
            return evening(self.count(local_day(opens), n % (15 if working else 20) + 1, working=working))
        if one.form.startswith("end") and closes:
            return evening(self.count(local_day(closes), -(n % (8 if working else 10) + 1), working=working))
        return None

    def told(self, found: Read) -> set[tuple[str, str, str]]:
        """Who is pressed for what until the last day: unit, requirement, period."""
        made = set()
        pressing = {one.key for one in self.asked if one.ladder == "after"} | {"ledger-1"}
        for (key, period), who in found.owed.items():
            for code, due in who.items():
                if key in pressing and due is not None:
                    rung = at(self.count(local_day(due), 1, working=True), time(9))
                    made |= {(code, key, period)} if rung <= at(LAST, HAND) else set()
        return made
