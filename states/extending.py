"""When a later date may be asked for, and how much later it may be: the plan's rules on instants. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from states.dates import Anchor, Anchors, Offset, Unit, parse, parse_offset, resolve
from states.dates.points import Relative
from states.errors import Faulty
from states.extensions import Extensions
from states.template import Template
from states.walking import Found, Item, listed, readable
from states.workdays import Workdays
from states.yamltext import Path

COUNTED_FROM = (Anchor.EXPIRY, Anchor.ENDS, Anchor.PHASE_END)
FREE = Extensions()
Span = tuple[datetime, datetime]


def rules(template: Template, requirement: str) -> Extensions:
    """The nearest rules: those of the requirement, of the plan, or none at all."""
    own = next((one.extensions for one in template.requirements if one.key == requirement), None)
    return own or template.extensions or FREE


def last_moment(rule: Extensions, due: datetime, calendar: Workdays, zone: ZoneInfo) -> datetime:
    """Until when a later date than `due` may be asked for; `due` itself where the plan says nothing."""
    if rule.before is None:
        return due
    anchors = Anchors(
        launch=due, issued=None, year=due.astimezone(zone).year, phase=(None, due), begins=None, ends=due
    )
    return min(resolve(parse(rule.before), anchors, calendar, zone).at or due, due)


@dataclass(frozen=True)
class Use:
    """Of the caps of a rule what one unit has used up: times, and spans from the date before to the date after."""

    times: int = 0
    spans: tuple[Span, ...] = ()


def refused_by(rule: Extensions, use: Use, wanted: Span, calendar: Workdays, zone: ZoneInfo) -> list[str]:
    """Why the caps don't allow one more extension over the span `wanted`."""
    said = []
    if rule.limit is not None and use.times >= rule.limit:
        said.append(f"这一项已延期{use.times}次，方案规定最多{rule.limit}次")
    if rule.total is not None:
        cap = parse_offset(f"+{rule.total}")
        used, more = (measured(spans, cap, calendar, zone) for spans in (use.spans, [wanted]))
        if used + more > cap.n:
            left = f"，已用{_amount(used, cap)}" if used else ""
            said.append(f"这一项累计最多延期{_amount(cap.n, cap)}{left}，不能再延{_amount(more, cap)}")
    return said


def measured(spans: Iterable[Span], cap: Offset, calendar: Workdays, zone: ZoneInfo) -> int:
    """How long the spans are together, in the unit of `cap`; a week that has begun counts."""
    days = [tuple(at.astimezone(zone).date() for at in span) for span in spans]
    if cap.unit is Unit.WORKDAY:
        return sum(calendar.between(first, last) for first, last in days)
    total = sum((last - first).days for first, last in days)
    return -(-total // 7) if cap.unit is Unit.WEEK else total


def _amount(n: int, cap: Offset) -> str:
    return f"{n}{cap.unit.words}"


def disagreements(data: Item) -> Found:
    """Rules whose words can't be read or count from nothing that expires."""
    places: Sequence[tuple[Path, Item]] = [((), data), *listed(data, "requirements")]
    for path, item in places:
        rule = item.get("extensions")
        if isinstance(rule, dict):
            yield from _disagreements((*path, "extensions", "before"), rule)


def _disagreements(path: Path, rule: Item) -> Found:
    faults = list(readable(path, rule, parse))
    yield from faults
    words = rule.get("before")
    if faults or not isinstance(words, str) or not words.strip():
        return
    try:
        point = parse(words.strip()).point
    except Faulty:
        return
    if not (isinstance(point, Relative) and point.backwards and point.origin in COUNTED_FROM):
        yield path, "申请的期限要从届满往前算，如 届满前20个工作日"
    elif point.blank:
        yield path, "留空的日数请先填写"
