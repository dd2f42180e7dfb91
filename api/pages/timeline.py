"""Where everything stands on the timeline of a campaign: phases, milestones, today. Numbers only; Jinja draws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from states.dates import periods
from states.records.board import Node
from states.records.tables import PhaseRow
from states.workdays import Workdays

WIDTH, LEFT, RIGHT = 1080, 84, 16
HEAD, ROW, FOOT = 46, 30, 10
CHARACTER = 12.5  # width of a Chinese character in the marks' names
LANES = 3
NEAR = 11.0  # marks closer than this are drawn as one with a number
ROWS = (
    ("材料", ("deliverable", "meeting", "checklist", "quota")),
    ("报告", ("report",)),
    ("台账", ("ledger", "standing")),
)


@dataclass(frozen=True)
class Month:
    x: float
    label: str
    strong: bool


@dataclass(frozen=True)
class Bar:
    """A phase from `x` to `x + width`; `state` is past, now or ahead. `beside`: it stands beside the row of the others."""

    x: float
    y: float
    width: float
    name: str
    state: str
    provisional: bool
    label_x: float
    anchor: str
    told: str
    beside: bool = False


@dataclass
class Mark:
    """One milestone, or several that lie close. `state`: done, late, open, ahead."""

    x: float
    y: float
    state: str
    provisional: bool
    name: str
    number: int
    told: list[str] = field(default_factory=list)
    label: str = ""
    label_y: float = 0.0


@dataclass(frozen=True)
class Timeline:
    """Everything to draw, in a box of `width` x `height`."""

    width: int
    height: float
    top: float
    left: float
    right: float
    months: tuple[Month, ...]
    provisional: tuple[tuple[float, float], ...]
    phases: tuple[Bar, ...]
    rows: tuple[tuple[str, float], ...]
    marks: tuple[Mark, ...]
    today: float | None
    today_label: str
    today_anchor: str


class _Scale:
    """Instants to places between LEFT and the right edge."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self.first, self.span = first, (last - first) / timedelta(seconds=1) or 1.0

    def x(self, at: datetime) -> float:
        share = (at - self.first) / timedelta(seconds=1) / self.span
        return round(LEFT + max(0.0, min(1.0, share)) * (WIDTH - LEFT - RIGHT), 1)


def draw(
    phases: list[PhaseRow], nodes: list[Node], calendar: Workdays, zone: ZoneInfo, now: datetime
) -> Timeline | None:
    """The timeline at `now`; None while nothing has a date."""
    known = [at for one in phases for at in (one.opens_at, one.closes_at) if at is not None]
    known += [one.due_at for one in nodes if one.due_at is not None]
    if not known:
        return None
    first, last = _midnight(min(known), zone, 0), _midnight(max(known), zone, 2)
    scale = _Scale(first, last)
    bars = list(_bars(phases, scale, zone, now))
    rows, marks, bottom = _rows(nodes, scale, zone, now, HEAD + ROW * len({bar.y for bar in bars}))
    inside = first <= now <= last
    local = now.astimezone(zone)
    place = scale.x(now)
    return Timeline(
        width=WIDTH,
        height=bottom + FOOT,
        top=HEAD - 12,
        left=LEFT,
        right=WIDTH - RIGHT,
        months=tuple(_months(first, last, scale, zone)),
        provisional=tuple(_provisional(first, last, scale, calendar, zone)),
        phases=tuple(bars),
        rows=tuple(rows),
        marks=tuple(marks),
        today=place if inside else None,
        today_label=f"今天 {local.month}月{local.day}日",
        today_anchor="end" if place > WIDTH - 100 else "start",
    )


def _midnight(at: datetime, zone: ZoneInfo, days: int) -> datetime:
    return datetime.combine(at.astimezone(zone).date() + timedelta(days=days), time(0), zone)


def _bars(phases: list[PhaseRow], scale: _Scale, zone: ZoneInfo, now: datetime) -> Iterator[Bar]:
    """One line each; the occurrences of a phase that comes again share one, and only the first bears the name.

    A phase begins where the plan says, or earlier where it was opened earlier: a campaign that is started after
    its plan began keeps the plan's windows.
    """
    dated = [one for one in phases if one.opens_at or one.closes_at]
    lines = {base: place for place, base in enumerate(dict.fromkeys(one.base or one.key for one in dated))}
    named: set[str] = set()
    for phase in dated:
        base = phase.base or phase.key
        name = "" if base in named else phase.name.removesuffix(periods.named("", phase.period))
        named.add(base)
        begun = [at for at in (phase.opened_at, phase.opens_at) if at is not None]
        opens = min(begun, default=phase.closes_at or now)
        closes = phase.closes_at or opens
        x, width = scale.x(opens), max(4.0, scale.x(closes) - scale.x(opens))
        state = "ahead" if phase.opened_at is None else "past" if closes < now else "now"
        fits = width > len(name) * CHARACTER + 12
        beyond = x + width + len(name) * CHARACTER + 12 < WIDTH
        first, last = opens.astimezone(zone), closes.astimezone(zone)
        yield Bar(
            x=x,
            y=HEAD + ROW * lines[base],
            width=width,
            name=name,
            state=state,
            provisional=phase.provisional,
            label_x=x + 8 if fits else x + width + 6 if beyond else x - 6,
            anchor="start" if fits or beyond else "end",
            told=f"{phase.name}：{first:%Y-%m-%d} 至 {last:%Y-%m-%d}{'（暂定）' if phase.provisional else ''}",
            beside=phase.ord is None,
        )


def _rows(
    nodes: list[Node], scale: _Scale, zone: ZoneInfo, now: datetime, top: float
) -> tuple[list[tuple[str, float]], list[Mark], float]:
    """Rows of marks from `top` down; the one-off papers carry their names in up to LANES lines."""
    rows: list[tuple[str, float]] = []
    marks: list[Mark] = []
    for name, kinds in ROWS:
        found = list(_merged(_mark(one, scale, zone, now) for one in nodes if one.kind in kinds))
        if not found:
            continue
        lanes = _name(found) if kinds != ("report",) else 0
        rows.append((name, top + ROW / 2))
        for mark in found:
            mark.y = top + ROW / 2
            mark.label_y += mark.y
        marks += found
        top += ROW + 15 * lanes
    return rows, marks, top


def _mark(one: Node, scale: _Scale, zone: ZoneInfo, now: datetime) -> Mark:
    due = one.due_at or now
    local = due.astimezone(zone)
    counted = f"，{one.handed_in}/{one.expected} 已报" if one.opened else ""
    told = f"{one.name}：{local:%Y-%m-%d %H:%M}{'（暂定）' if one.provisional else ''}{counted}"
    return Mark(scale.x(due), 0, _state(one, due, now), one.provisional, one.name, one.number, [told])


def _state(one: Node, due: datetime, now: datetime) -> str:
    if not one.opened:
        return "ahead"
    if one.missing == 0:
        return "done"
    return "late" if due < now else "open"


def _merged(marks: Iterable[Mark]) -> Iterator[Mark]:
    """Neighbours as one; it is as bad as the worst of them."""
    worst = ("late", "open", "ahead", "done")
    held: Mark | None = None
    for mark in sorted(marks, key=lambda one: one.x):
        if held is not None and mark.x - held.x < NEAR:
            held.number += mark.number
            held.told += mark.told
            held.state = min(held.state, mark.state, key=worst.index)
            held.provisional = held.provisional or mark.provisional
            continue
        if held is not None:
            yield held
        held = mark
    if held is not None:
        yield held


def _name(marks: list[Mark]) -> int:
    """Give each mark its name below it in the first line with room; returns how many lines were used."""
    ends = [0.0] * LANES
    used = 0
    for mark in marks:
        text = mark.name.partition("（")[0] if mark.number == 1 else f"{mark.number} 项"
        half = _width(text) / 2
        free = next((lane for lane in range(LANES) if mark.x - half > ends[lane]), None)
        if free is None or mark.x - half < 0 or mark.x + half > WIDTH:
            continue
        mark.label, mark.label_y = text, 21 + 15 * free
        ends[free] = mark.x + half + 6
        used = max(used, free + 1)
    return used


def _months(first: datetime, last: datetime, scale: _Scale, zone: ZoneInfo) -> Iterator[Month]:
    day = first.astimezone(zone).date()
    starts = [(float(LEFT), day)]
    while (at := datetime.combine(day := _next_month(day), time(0), zone)) < last:
        starts.append((scale.x(at), day))
    ends = [x for x, _ in starts[1:]] + [float(WIDTH)]
    for (x, day), end in zip(starts, ends, strict=True):
        strong = x == LEFT or day.month == 1
        words = [f"{day.year}年{day.month}月", f"{day.month}月"] if strong else [f"{day.month}月"]
        yield Month(x, next((one for one in words if end - x > _width(one)), ""), strong)


def _width(text: str) -> float:
    return sum(CHARACTER if ord(one) > 0xFF else CHARACTER * 0.6 for one in text) + 6


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _provisional(
    first: datetime, last: datetime, scale: _Scale, calendar: Workdays, zone: ZoneInfo
) -> Iterator[tuple[float, float]]:
    """Stretches of years without a published calendar: where they begin, how wide they are."""
    for year in range(first.astimezone(zone).year, last.astimezone(zone).year + 1):
        if calendar.provisional(date(year, 1, 1)):
            begins = max(first, datetime(year, 1, 1, tzinfo=zone))
            ends = min(last, datetime(year + 1, 1, 1, tzinfo=zone))
            x = scale.x(begins.astimezone(UTC))
            yield x, round(scale.x(ends.astimezone(UTC)) - x, 1)
