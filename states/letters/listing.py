"""The lines of a mail sorted into groups, each line in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from states.letters.message import Line
from states.letters.wording import last_day, left_words, moment_words, overdue_words

LISTED = 100
"""Lines that one mail shows in full; the others are counted."""
NEAR_DAYS = 3
"""Calendar days before a deadline from which a line counts as near whatever its rung."""
EARLIER = "未办结"
"""In the place of a rung: what a phase that opens finds still owed from before."""
TITLES = {
    "overdue": "已逾期",
    "soon": "即将到期",
    "issued": "新下发",
    "earlier": "此前下发、尚未办结",
    "other": "其他事项",
}
GROUP_OF_RUNG = {"提醒": "soon", "下发": "issued", EARLIER: "earlier"}


@dataclass(frozen=True)
class Reading:
    """When and where a mail is read: the instant, the zone, the day it speaks of, the address of the pages (empty: none)."""

    now: datetime
    zone: ZoneInfo
    day: date
    base_url: str


@dataclass(frozen=True)
class Item:
    """A line as it is read: `due` ("" for mere news), `note` (how long left or past), `original` words of the plan."""

    line: Line
    number: int
    due: str
    note: str
    original: str
    link: str | None


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
        return self.total - len(self.items)


def grouped(lines: Iterable[Line], reading: Reading) -> list[Group]:
    """The groups that have lines, overdue first, each by due date; together they show LISTED lines at most."""
    by_key: dict[str, list[Line]] = {key: [] for key in TITLES}
    for line in sorted(lines, key=_order):
        by_key[_group(line, reading)].append(line)
    groups, shown = [], 0
    for key, members in by_key.items():
        if members:
            groups.append(_made(key, members, shown, reading))
            shown += len(groups[-1].items)
    return groups


def is_overdue(line: Line, reading: Reading) -> bool:
    return line.overdue_days is not None or (line.due is not None and line.due < reading.now)


def is_near(line: Line, reading: Reading) -> bool:
    return not is_overdue(line, reading) and line.due is not None and _left(line.due, reading) <= NEAR_DAYS


def _group(line: Line, reading: Reading) -> str:
    if is_overdue(line, reading):
        return "overdue"
    if is_near(line, reading):
        return "soon"
    return GROUP_OF_RUNG.get(line.rung, "other")


def _made(key: str, members: Sequence[Line], shown: int, reading: Reading) -> Group:
    room = LISTED - shown
    items = (_item(line, shown + place, reading) for place, line in enumerate(members[:room], start=1))
    return Group(key, len(members), sum(is_near(line, reading) for line in members), tuple(items))


def _item(line: Line, number: int, reading: Reading) -> Item:
    due = f"{moment_words(line.due, reading.zone, reading.day)} 前" if line.due else line.due_words
    original = line.due_words if line.due and line.due_words != due else ""
    return Item(line, number, due, _note(line, reading), original, _link(line.url, reading.base_url))


def _note(line: Line, reading: Reading) -> str:
    if is_overdue(line, reading):
        return overdue_words(line.overdue_days)
    return left_words(_left(line.due, reading)) if line.due else ""


def _left(due: datetime, reading: Reading) -> int:
    return (last_day(due, reading.zone) - reading.day).days


def _link(url: str | None, base_url: str) -> str | None:
    if not url or url.startswith(("http://", "https://")):
        return url or None
    return f"{base_url}/{url.lstrip('/')}" if base_url else None


def _order(line: Line) -> tuple[bool, float, str, str, str]:
    return line.due is None, line.due.timestamp() if line.due else 0.0, line.campaign, line.unit, line.what
