"""Dates that can't be meant: a phase that ends before it begins, something due before it all starts. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from states.charges import charges
from states.fills import Fills
from states.phasing import PlannedPhase
from states.plan import FIRST, Plan, PlannedMilestone
from states.template import Template


@dataclass(frozen=True)
class Doubt:
    """What is wrong and where to set it; `impossible`: it must be, otherwise it is worth a second look."""

    place: str
    says: str
    impossible: bool = True


def place_of(template: Template, fills: Mapping[str, str], one: PlannedMilestone) -> str:
    """Where the date of a milestone is given (`--set`)."""
    charged = {
        (charge.requirement, charge.period): charge.place
        for charge in charges(template, Fills(template, fills))
    }
    if (found := charged.get((one.requirement, one.period))) is not None:
        return found
    if one.period.endswith(FIRST):
        return f"{one.requirement}.first"
    recurring = {each.key for each in template.requirements if each.every is not None}
    again = one.requirement in recurring or f"{one.requirement}.every" in fills
    return f"{one.requirement}.{'every' if again else 'due'}"


def places_of(
    template: Template, fills: Mapping[str, str], milestones: Collection[PlannedMilestone]
) -> list[str]:
    """Likewise of many, each place once."""
    return list(dict.fromkeys(place_of(template, fills, one) for one in milestones))


def doubts(
    template: Template, fills: Mapping[str, str], planned: Plan, given: Collection[str] | None = None
) -> list[Doubt]:
    """What of the dates that were filled in can't be, or is odd; `given`: only what these places bring about."""
    places = set(fills if given is None else given)
    zone = ZoneInfo(template.timezone)
    found = [*_phases(planned, places, zone), *_milestones(template, fills, planned, places, zone)]
    if given is None:
        found += [
            *_over_before_it_begins(template, fills, planned, zone),
            *_early(template, fills, planned, zone),
        ]
    return list(dict.fromkeys(found))


def _over_before_it_begins(
    template: Template, fills: Mapping[str, str], planned: Plan, zone: ZoneInfo
) -> Iterator[Doubt]:
    """An end that is said to lie before the start, as of a plan repeated in another year: no report would be left."""
    begins, ends = planned.begins_at, planned.ends_at
    said_so = template.ends is not None or "ends" in fills
    if said_so and begins is not None and ends is not None and ends < begins:
        said = f"行动的结束（{_day(ends, zone)}）早于开始（{_day(begins, zone)}）"
        yield Doubt("ends", f"{said}，请改 --set ends=日期")


def _early(template: Template, fills: Mapping[str, str], planned: Plan, zone: ZoneInfo) -> Iterator[Doubt]:
    """What the plan's own words put before its phase opens: a month without a year is one of the year it all starts."""
    opens = {one.key: (one.name, one.opens_at) for one in planned.phases}
    for one in planned.milestones:
        name, at = opens.get(one.phase or "", ("", None))
        yearless = "月" in one.words and "年" not in one.words
        if not yearless or at is None or one.due_at is None or one.due_at >= at:
            continue
        place = place_of(template, fills, one)
        if place not in fills:
            said = f"“{one.name}”的期限 {one.words} 读作 {_day(one.due_at, zone)}"
            bound = f"早于“{name}”阶段开始（{_day(at, zone)}）"
            yield Doubt(place, f"{said}，{bound}；若指另一年，请用 --set {place}=日期 写明")


def _phases(planned: Plan, places: set[str], zone: ZoneInfo) -> Iterator[Doubt]:
    """What ended before everything starts by the plan's own words is late, not impossible: the rule `past`."""
    for one in planned.phases:
        if one.opens_at is None or one.closes_at is None or one.closes_at >= one.opens_at:
            continue
        own = places & {f"{one.base}.from", f"{one.base}.until"}
        late = planned.begins_at is not None and one.closes_at < planned.begins_at
        if own or (places and not late):
            place = f"{one.base}.until"
            says = (
                f"“{one.name}”阶段的结束（{_day(one.closes_at, zone)}）早于开始（{_day(one.opens_at, zone)}）"
            )
            yield Doubt(place, f"{says}，请改 --set {place}=日期")


def _milestones(
    template: Template, fills: Mapping[str, str], planned: Plan, places: set[str], zone: ZoneInfo
) -> Iterator[Doubt]:
    phases = {one.key: one for one in planned.phases}
    for one in planned.milestones:
        if one.due_at is None:
            continue
        place = place_of(template, fills, one)
        said = f"“{one.name}”的期限（{_day(one.due_at, zone)}）"
        set_it = f"，请核对 {place}"
        if place in places and planned.begins_at is not None and one.due_at < planned.begins_at:
            yield Doubt(
                place, f"{said}早于行动开始（{_day(planned.begins_at, zone)}），请改 --set {place}=日期"
            )
        for bound in _after(one, planned, phases.get(one.phase or "")):
            if place in places or bound.place in places:
                yield Doubt(place, f"{said}{bound.says}（{_day(bound.at, zone)}）{set_it}", impossible=False)


@dataclass(frozen=True)
class _Bound:
    place: str
    says: str
    at: datetime


def _after(one: PlannedMilestone, planned: Plan, phase: PlannedPhase | None) -> Iterator[_Bound]:
    """The ends that a due date lies behind."""
    if one.due_at is None:
        return
    if phase is not None and phase.closes_at is not None and one.due_at > phase.closes_at:
        yield _Bound(f"{phase.base}.until", f"晚于“{phase.name}”阶段结束", phase.closes_at)
    if planned.ends_at is not None and one.due_at > planned.ends_at:
        yield _Bound("ends", "晚于行动结束", planned.ends_at)


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"
