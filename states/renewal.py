"""A running campaign against a new version of its plan: what changes for each milestone, and what a person decides. Pure.

Only what the new version itself changes is a change. A changed date, and a new milestone that would be overdue on
the day it is handed out, have no default: each is kept as it was or recomputed, by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from states.errors import Fault, Faulty
from states.plan import PlannedMilestone
from states.template import Ladder, Template

Key = tuple[str, str]
DATES = ("due_at", "opens_at", "words", "provisional", "soft", "standing")
APART = ("requirement", "period", "scope", *DATES)


class What(StrEnum):
    """What becomes of a milestone."""

    added = "added"
    removed = "removed"
    date = "date"
    scope = "scope"
    terms = "terms"


@dataclass(frozen=True)
class Standing:
    """A milestone as it stands: `unsettled` units still owe it (of those it was handed out to)."""

    id: int
    requirement: str
    period: str
    name: str
    due_at: datetime | None
    opened: bool
    unsettled: int = 0
    held: bool = False
    withdrawn: bool = False


@dataclass(frozen=True)
class Change:
    """One thing that changes for one milestone. `asks`: a person must decide; `keep`: what was decided.

    `before`, `after`: instants of a date, otherwise what the plan says. `milestone` 0: not there yet.
    """

    what: What
    requirement: str
    period: str
    name: str
    before: Any = None
    after: Any = None
    milestone: int = 0
    opened: bool = False
    asks: bool = False
    keep: bool = False
    decided: bool = False

    @property
    def decision(self) -> str | None:
        """`keep`, `recompute`, or None where nobody has decided, or nobody has to."""
        return ("keep" if self.keep else "recompute") if self.decided else None

    @property
    def key(self) -> str:
        return f"{self.requirement}@{self.period}" if self.period else self.requirement


@dataclass(frozen=True)
class Planned:
    """A plan as it is compared: its milestones and the ladders they climb."""

    milestones: Mapping[Key, PlannedMilestone]
    ladders: Mapping[str, Ladder]

    @classmethod
    def of(cls, template: Template, milestones: Iterable[PlannedMilestone]) -> Planned:
        return cls({(one.requirement, one.period): one for one in milestones}, template.ladders)

    def terms(self, key: Key) -> dict[str, Any]:
        """Everything about a milestone but its dates and its scope."""
        one = self.milestones[key]
        found = {name: value for name, value in asdict(one).items() if name not in APART}
        return {**found, "rungs": self.ladders.get(one.ladder or "")}


def compare(standing: Sequence[Standing], old: Planned, new: Planned, now: datetime) -> list[Change]:
    """Every change, in the order of the new plan, what is removed last."""
    here = {(one.requirement, one.period): one for one in standing}
    found: list[Change] = []
    for key, planned in new.milestones.items():
        kept = here.get(key)
        if kept is None or (kept.withdrawn and key not in old.milestones):
            found.append(_added(planned, kept, now))
        elif not kept.withdrawn:
            found += _differences(kept, key, old, new)
    gone = [here[key] for key in old.milestones if key in here and key not in new.milestones]
    return found + [_removed(one) for one in gone if not one.withdrawn]


def _added(planned: PlannedMilestone, kept: Standing | None, now: datetime) -> Change:
    late = planned.due_at is not None and planned.due_at < now
    return Change(
        *(What.added, planned.requirement, planned.period, planned.name, None, planned.due_at),
        milestone=kept.id if kept else 0,
        opened=kept.opened if kept else False,
        asks=late,
    )


def _removed(kept: Standing) -> Change:
    return Change(
        *(What.removed, kept.requirement, kept.period, kept.name, kept.due_at, None),
        milestone=kept.id,
        opened=kept.opened,
    )


def _differences(kept: Standing, key: Key, old: Planned, new: Planned) -> Iterator[Change]:
    planned, before = new.milestones[key], old.milestones.get(key)
    base = Change(
        *(What.date, kept.requirement, kept.period, planned.name), milestone=kept.id, opened=kept.opened
    )
    said = before.due_at if before else kept.due_at
    if planned.due_at not in (said, kept.due_at):
        over = kept.opened and not kept.unsettled
        yield replace(base, before=kept.due_at, after=planned.due_at, asks=not over, keep=over)
    if before is None:
        return
    if before.scope != planned.scope:
        yield replace(base, what=What.scope, before=before.scope, after=planned.scope)
    first, last = old.terms(key), new.terms(key)
    changed = [name for name in last if first.get(name) != last[name]]
    if changed:
        was = {name: _plain(first.get(name)) for name in changed}
        yield replace(base, what=What.terms, before=was, after={name: _plain(last[name]) for name in changed})


def _plain(value: Any) -> Any:
    return [rung.model_dump(mode="json") for rung in value.rungs] if isinstance(value, Ladder) else value


# -- decisions ----------------------------------------------------------------------------------------


def decided(
    changes: Sequence[Change], keep: Collection[str], recompute: Collection[str]
) -> tuple[list[Change], list[Change]]:
    """The changes with what was decided, and those nobody has decided on yet.

    Decisions name a requirement or `requirement@period`, the latter before the former. Raises Faulty for a name that
    has nothing to decide, or one that is given both ways.
    """
    asked = {name for one in changes if one.asks for name in (one.requirement, one.key)}
    faults = [
        Fault(name, f"没有要为它决定的期限；要决定的有 {_listed(asked)}")
        for name in (*keep, *recompute)
        if name not in asked
    ]
    faults += [Fault(name, "既写了 keep 又写了 recompute") for name in set(keep) & set(recompute)]
    if faults:
        raise Faulty(faults)
    made: list[Change] = []
    waiting: list[Change] = []
    for one in changes:
        answer = _answer(one, keep, recompute) if one.asks else one.keep
        if answer is None:
            waiting.append(one)
        made.append(replace(one, keep=bool(answer), decided=one.asks and answer is not None))
    return made, waiting


def _answer(one: Change, keep: Collection[str], recompute: Collection[str]) -> bool | None:
    for name in (one.key, one.requirement):
        if name in keep:
            return True
        if name in recompute:
            return False
    return None


def _listed(names: Iterable[str]) -> str:
    found = sorted(names)
    return "、".join(found[:8]) + (f" 等 {len(found)} 个" if len(found) > 8 else "") or "（没有）"


def over(changes: Iterable[Change], now: datetime) -> list[Key]:
    """What of `changes` has a new date that has passed already."""
    dated = (one for one in changes if one.what in (What.added, What.date) and one.after is not None)
    return [(one.requirement, one.period) for one in dated if one.after < now]


def questions(waiting: Sequence[Change], zone: ZoneInfo, places: Mapping[Key, str]) -> list[str]:
    """What must be decided, one sentence a requirement; `places`: where another date can be set for what is over."""
    by_name: dict[tuple[str, What], list[Change]] = {}
    for one in waiting:
        by_name.setdefault((one.requirement, one.what), []).append(one)
    return [_question(key, what, found, zone, places) for (key, what), found in by_name.items()]


def _question(
    key: str, what: What, found: Sequence[Change], zone: ZoneInfo, places: Mapping[Key, str]
) -> str:
    first, more = found[0], f"等 {len(found)} 期" if len(found) > 1 else ""
    place = next((places[each] for one in found if (each := (one.requirement, one.period)) in places), None)
    late = f"另定日期请写 --set {place}=日期，" if place else ""
    if what is What.added:
        says = f"新增的“{first.name}”{more}期限 {day(first.after, zone)} 已过"
        return f"{says}：{late}下达即逾期请写 --recompute {key}，不下达请写 --keep {key}"
    says = f"“{first.name}”{more}的期限由 {day(first.before, zone)} 改为 {day(first.after, zone)}"
    says += "（已过）" if place else ""
    return f"{says}：{late}照新版请写 --recompute {key}，不改请写 --keep {key}"


def day(at: datetime | None, zone: ZoneInfo) -> str:
    """`2026-03-12 18:00`, or that there is no date."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at is not None else "未定"


# -- where units stand --------------------------------------------------------------------------------


def order_faults(opened: Sequence[str], present: str | None, keys: Sequence[str]) -> list[str]:
    """Why the row of phases `keys` can't follow on what was `opened` (in its order; `present`: the latest).

    A phase before the present one that the campaign has never opened would hold everybody up for ever.
    """
    if present is None or present not in keys:
        return []
    before = list(keys[: keys.index(present) + 1])
    new = [key for key in before if key not in opened]
    said = [
        f"新版在正在进行的阶段之前加了“{key}”，它再也不会开启；请放到“{present}”之后，或写 parallel: true"
        for key in new
    ]
    kept = [key for key in opened if key in before]
    if kept != [key for key in before if key in opened]:
        said.append("新版改变了已开启各阶段的次序，不能照此继续")
    after = [key for key in keys[len(before) :] if key in opened]
    return said + [f"“{key}”已经开启过，新版却把它放到正在进行的“{present}”之后" for key in after]
