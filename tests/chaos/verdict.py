"""Afterwards: what was lost, what was doubled, what differs from what was foretold, and by what each repeat is excused."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from states.chain.check import check
from states.letters import message_id
from states.records.chain import reading_out
from tests.chaos.foreseen import standing
from tests.chaos.office import Handed, Office
from tests.chaos.processes import Processes
from tests.story.kill_campaign import SENDER, told
from tests.story.kill_post import Mail

if TYPE_CHECKING:
    from tests.chaos.story import World

UNTOLD, DEAD, AWAY = (
    "its sender was not told that it was taken",
    "its sender was killed before its mark",
    "the database was away",
)


class Stuck(Exception):
    """Nothing moves any more."""


@dataclass(frozen=True)
class Outage:
    """From when to when nobody could write, on the clock that never steps."""

    began: float
    ended: float


@dataclass
class Verdict:
    """`excused`: repeats in the window, by cause. `wrong` is empty when everything held."""

    kind: str
    foretold: int
    handed: int
    blows: Counter[str] = field(default_factory=Counter)
    excused: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        return [*self.differs[:1], *self.lost, *self.doubled, *self.differs[1:]]


def judge(kind: str, world: World, processes: Processes, office: Office, stuck: str) -> Verdict:
    """Everything at once."""
    found = Verdict(kind, len(world.foreseen.mails), len(office.handed))
    _count(found, world, processes, office)
    if stuck:
        found.differs.append(f"stuck: {stuck}")
    mails = [one.mail() for one in office.handed]
    wanted = {message_id(one.key, SENDER): one for one in world.foreseen.mails}
    arrived = {one.key for one in mails}
    found.lost += [f"lost: {wanted[key].key} to {wanted[key].to}" for key in sorted(set(wanted) - arrived)]
    found.differs += [f"not foretold: a mail to {one.to}" for one in mails if one.key not in wanted]
    for one in mails:
        if one.key in wanted and (one.to, one.day, one.lines) != (right := told(wanted[one.key])):
            found.differs.append(f"other than foretold: {wanted[one.key].key}: {one.lines - right[2]}")
    found.doubled += list(_repeats(found, mails, world, processes, office))
    found.differs += list(_record(world))
    return found


def _count(found: Verdict, world: World, processes: Processes, office: Office) -> None:
    blows = {f"duban {kind} killed (-9)": processes.killed(kind) for kind in ("up", "tick")}
    weather = {f"SMTP: {name}": count for name, count in office.faults.items() if count}
    found.blows.update({**blows, **world.struck.counts, **weather})
    found.blows["clock on by two weeks"] += 1


def _repeats(
    found: Verdict, mails: list[Mail], world: World, processes: Processes, office: Office
) -> Iterator[str]:
    """Each acceptance but the last of a mail must have been one after which its sender could not note it."""
    places, after = defaultdict(list), {}
    last: dict[str, int] = {}
    for place, one in enumerate(mails):
        places[one.key].append(place)
        if one.who in last:
            after[last[one.who]] = office.handed[place].at
        last[one.who] = place
    killed = {one.name for one in processes.all if one.killed is not None}
    for key, handed_in in places.items():
        for place, again in pairwise(handed_in):
            one, other = office.handed[place], office.handed[again]
            cause = _cause(one, after.get(place), killed, world.struck.outages)
            if cause is None:
                later = f"{other.who} handed it in {other.at - one.at:.1f} s later"
                yield f"doubled: {key} to {one.to}, though {one.who} could note it; {later}"
            else:
                found.excused[cause] += 1


def _cause(one: Handed, next_at: float | None, killed: set[str], outages: list[Outage]) -> str | None:
    """`next_at`: when the same process handed in its next; it goes on only after the mark."""
    if not one.told:
        return UNTOLD
    if next_at is None and one.who in killed:
        return DEAD
    ends = next_at if next_at is not None else float("inf")
    if any(each.began <= ends and one.at <= each.ended for each in outages):
        return AWAY
    return None


def _record(world: World) -> Iterator[str]:
    there = standing(world.store)
    for name, right in world.foreseen.standing.items():
        for row, number in (there[name] - right).items():
            yield f"{name}: {number} too many of {row}"
        for row, number in (right - there[name]).items():
            yield f"{name}: {number} missing of {row}"
    sealed = check(reading_out.lines(world.store, world._now()))
    if sealed.broken is not None:
        yield f"journal: {sealed.broken}"
