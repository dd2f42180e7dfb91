"""How many times a period something must be done at least: a quota, and when it is met. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from states.dates import parse_cadence
from states.errors import Faulty
from states.template import Kind, Requirement

TIMES = "次"


@dataclass(frozen=True)
class Quota:
    """At least so many of `measure` (次, 项, 件 …)."""

    least: int
    measure: str = TIMES

    def words(self) -> str:
        return f"不少于{self.least}{self.measure}"


def quota_of(requirement: Requirement, filled: str = "") -> Quota | None:
    """The quota of a requirement; `filled`: the recurrence that a person gave instead of the plan's.

    One meeting, one paper is what is handed in itself; a quota is a requirement of that kind, or two and more.
    """
    words = [filled, requirement.every if isinstance(requirement.every, str) else ""]
    said = next((found for one in words if one and (found := _said(one)) is not None), None)
    least = requirement.minimum
    if (filled and said is not None) or (least is None and said is not None):
        least = said.least
    if least is None or (requirement.kind is not Kind.quota and least < 2):
        return None
    return Quota(least, said.measure if said else TIMES)


def _said(words: str) -> Quota | None:
    try:
        every = parse_cadence(words)
    except Faulty:
        return None
    return Quota(every.minimum, every.measure) if every.minimum is not None else None


@dataclass(frozen=True)
class Period:
    """The local days that count; None: open on that side."""

    first: date | None
    last: date | None

    def holds(self, day: date) -> bool:
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)

    def words(self) -> str:
        return f"{self.first or '开始'} 至 {self.last or '不限'}"
