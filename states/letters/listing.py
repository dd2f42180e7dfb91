"""The lines of a mail sorted into groups, each line in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from states.letters.message import Line
from states.letters.wording import last_day, left_words, moment_words, overdue_words

LISTED = 100
"""Items that one mail shows besides those that wait for a decision; the others are counted."""
FEW_UNITS = 5
"""A mail about more units than these has one item for all units that hear the same."""
NAMED = 3
"""Units that such an item names; the others are counted."""
NEAR_DAYS = 3
"""Calendar days before a deadline from which a line counts as near whatever its rung."""
NUMBER = re.compile(r"\d+")
EARLIER = "未办结"
"""In the place of a rung: what a phase that opens finds still owed from before."""
TITLES = {
    "waiting": "等待决定",
    "overdue": "已逾期",
    "soon": "即将到期",
    "issued": "新下发",
    "earlier": "此前下发、尚未办结",
    "other": "其他事项",
}
GROUP_OF_RUNG = {"提醒": "soon", "下发": "issued", EARLIER: "earlier"}


@dataclass(frozen=True)
class Reading:
    """When and where a mail is read: the instant, the zone, the day it speaks of, the address of the pages (empty: none).

    `passes`: what the reader hands in an obligation with, without logging in; None where there is nothing of the kind.
    """

    now: datetime
    zone: ZoneInfo
    day: date
    base_url: str
    passes: Callable[[int], str] | None = None


@dataclass(frozen=True)
class Item:
    """A line as it is read: `due` ("" for mere news), `note` (how long left or past), `original` words of the plan.

    One item may stand for the lines of many units: `line` is the first of `count`, `units` names some of them.
    `hands_in`: what is behind `link` takes it from the reader without a log-in.
    """

    line: Line
    count: int
    number: int
    due: str
    note: str
    original: str
    link: str | None
    hands_in: bool
    units: str
    via: str


@dataclass(frozen=True)
class Group:
    """Lines of one kind: how many there are, how many of them end within NEAR_DAYS, and those shown."""

    key: str
    total: int
    near: int
    items: tuple[Item, ...]

    @property
    def title(self) -> str:
        return TITLES[self.key]

    @property
    def hidden(self) -> int:
        return self.total - sum(item.count for item in self.items)


def is_shortened(lines: Sequence[Line]) -> bool:
    """Whether a mail of these lines leaves out some or takes some together, so that a sheet must list them."""
    return _is_bundled(lines) or len(lines) > LISTED


def grouped(lines: Sequence[Line], reading: Reading) -> list[Group]:
    """The groups that have lines: what waits for a decision in full, then overdue first, each by due date; the
    others together show LISTED items at most.
    """
    by_key: dict[str, list[Line]] = {key: [] for key in TITLES}
    for line in sorted(lines, key=_order):
        by_key[_group(line, reading)].append(line)
    groups: list[Group] = []
    before, room = 0, LISTED
    for key, members in by_key.items():
        if members:
            bundles = _bundles(members, together=_is_bundled(lines))
            listed = bundles if key == "waiting" else bundles[:room]
            groups.append(_made(key, members, listed, before, reading))
            before += len(listed)
            room -= 0 if key == "waiting" else len(listed)
    return groups


def _is_bundled(lines: Iterable[Line]) -> bool:
    return len({line.unit for line in lines if line.unit}) > FEW_UNITS


def _bundles(lines: Iterable[Line], *, together: bool) -> list[list[Line]]:
    """Lines that say the same of different units, in one; in the order of the first."""
    found: dict[object, list[Line]] = {}
    for place, line in enumerate(lines):
        same = (line.campaign, line.what, line.rung, line.due, line.due_words, line.reason)
        found.setdefault(same if together else place, []).append(line)
    return list(found.values())


def is_overdue(line: Line, reading: Reading) -> bool:
    return line.overdue_days is not None or (line.due is not None and line.due < reading.now)


def is_near(line: Line, reading: Reading) -> bool:
    return not is_overdue(line, reading) and line.due is not None and _left(line.due, reading) <= NEAR_DAYS


def _group(line: Line, reading: Reading) -> str:
    if line.waiting:
        return "waiting"
    if is_overdue(line, reading):
        return "overdue"
    if is_near(line, reading):
        return "soon"
    return GROUP_OF_RUNG.get(line.rung, "other")


def _made(
    key: str, members: Sequence[Line], listed: Sequence[Sequence[Line]], before: int, reading: Reading
) -> Group:
    items = (_item(bundle, before + place, reading) for place, bundle in enumerate(listed, start=1))
    return Group(key, len(members), sum(is_near(line, reading) for line in members), tuple(items))


def _item(bundle: Sequence[Line], number: int, reading: Reading) -> Item:
    line = bundle[0]
    due = f"{moment_words(line.due, reading.zone, reading.day)} 前" if line.due else line.due_words
    original = line.due_words if line.due and line.due_words != due else ""
    return Item(
        line=line,
        count=len(bundle),
        number=number,
        due=due,
        note=_note(line, reading),
        original=original,
        link=_link(_where(bundle, reading), reading.base_url),
        hands_in=_passes(bundle, reading),
        units=_units(bundle),
        via=_via(bundle),
    )


def _units(bundle: Sequence[Line]) -> str:
    """`甲、乙、丙等 300 家（逐家见附件）`."""
    names = list(dict.fromkeys(line.unit for line in bundle if line.unit))
    if len(names) <= NAMED:
        return "、".join(names)
    return f"{'、'.join(names[:NAMED])}等 {len(names)} 家（逐家见附件）"


def _via(bundle: Sequence[Line]) -> str:
    climbed = {line.via for line in bundle if line.via}
    if len(climbed) <= 1:
        return f"{''.join(climbed)}的接收人空缺，逐级转送至您处" if climbed else ""
    return f"其中 {len(climbed)} 家的接收人空缺，逐级转送至您处"


def _note(line: Line, reading: Reading) -> str:
    if is_overdue(line, reading):
        return overdue_words(line.overdue_days)
    return left_words(_left(line.due, reading)) if line.due else ""


def _left(due: datetime, reading: Reading) -> int:
    return (last_day(due, reading.zone) - reading.day).days


def _passes(bundle: Sequence[Line], reading: Reading) -> bool:
    alone = len(bundle) == 1 and bundle[0].obligation != 0
    return alone and reading.passes is not None and reading.base_url != ""


def _where(bundle: Sequence[Line], reading: Reading) -> str | None:
    """The page of the one thing, or that of the campaign."""
    line = bundle[0]
    if len(bundle) > 1:
        return line.url
    if reading.passes is not None and _passes(bundle, reading):
        return reading.passes(line.obligation)
    return line.page or line.url


def _link(url: str | None, base_url: str) -> str | None:
    if not url or url.startswith(("http://", "https://")):
        return url or None
    return f"{base_url}/{url.lstrip('/')}" if base_url else None


def _order(line: Line) -> tuple[bool, float, str, str, str]:
    due = line.due.timestamp() if line.due else 0.0
    return line.due is None, due, line.campaign, line.unit, _counted(line.what)


def _counted(what: str) -> str:
    """For sorting: numbers by their size, so that 第9项 stands before 第10项."""
    return NUMBER.sub(lambda found: found[0].zfill(9), what)
