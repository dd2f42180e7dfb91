"""Message -> Letter: clean what came from outside, put it into words, fill the three pieces of a folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from states.letters.cleaning import file_name, plain
from states.letters.envelope import NAME_LIMIT, message_id
from states.letters.listing import NEAR_DAYS, Group, Reading, grouped
from states.letters.message import Figures, Letter, Line, Message, Tasks
from states.letters.wording import day_words, moment_words, tally
from states.passes import LASTS

WORST = 10
TEXT_LIMITS = {"what": 200, "reason": 300, "url": 1000, "goes_to": 300}
TEXT_LIMIT = 100
TASK_LIMIT = 200
BLANK_LINES = re.compile(r"\n{3,}")

Facts = TypeVar("Facts", Line, Figures)


def render(
    message: Message,
    *,
    sender: str,
    base_url: str,
    now: datetime,
    zone: ZoneInfo,
    passes: Callable[[int], str] | None = None,
) -> Letter:
    """The finished letter; ValueError for a naive `now` or a message that has nothing to say.

    `passes`: the path at which this reader hands in an obligation without logging in.
    """
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    if not (message.figures if message.kind == "figures" else message.lines):
        raise ValueError(f"a mail with nothing in it: {message.key}")
    words = _words(_clean(message), Reading(now, zone, message.day, base_url.rstrip("/"), passes))
    return Letter(
        to=message.to,
        name=plain(message.name, NAME_LIMIT),
        subject=" ".join(_fill(f"{message.kind}/subject.txt", words).split()),
        text=BLANK_LINES.sub("\n\n", _fill(f"{message.kind}/body.txt", words)).strip() + "\n",
        html=_fill(f"{message.kind}/body.html", words).strip() + "\n",
        message_id=message_id(message.key, sender),
        date=now.astimezone(zone),
        attachments=message.attachments,
    )


@lru_cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("states", "letters"),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _fill(template: str, words: dict[str, Any]) -> str:
    return _templates().get_template(template).render(words)


def _words(message: Message, reading: Reading) -> dict[str, Any]:
    groups = grouped(message.lines, reading)
    return {
        "name": message.name,
        "day": day_words(message.day, message.day),
        "as_of": moment_words(reading.now, reading.zone, message.day),
        "lines": message.lines,
        "groups": groups,
        "tasks": _told_once(message.lines),
        "counts": _counts(groups),
        "figures": message.figures,
        "totals": _totals(message),
        "units": sorted({line.unit for line in message.lines if line.unit}),
        "provisional": any(item.line.provisional for group in groups for item in group.items),
        "files": [file_name(attachment.filename) for attachment in message.attachments],
        "base_url": reading.base_url,
        "passing": LASTS.days if any(item.hands_in for group in groups for item in group.items) else 0,
    }


def _told_once(lines: Sequence[Line]) -> list[tuple[str, Tasks]]:
    """Each list of tasks once, with its campaigns where the mail is about more than one."""
    said: dict[Tasks, list[str]] = {}
    for line in lines:
        for tasks in line.tasks:
            said.setdefault(tasks, []).append(line.campaign)
    several = len({line.campaign for line in lines}) > 1
    return [("、".join(dict.fromkeys(named)) if several else "", tasks) for tasks, named in said.items()]


def _counts(groups: Sequence[Group]) -> str:
    """`逾期 1 项，3 日内到期 2 项`: every line is counted once."""
    by_key = {group.key: group for group in groups}
    total = {key: group.total for key, group in by_key.items()}
    near = by_key["soon"].near if "soon" in by_key else 0
    return tally(
        [
            ("等待决定", total.get("waiting", 0), "项"),
            ("逾期", total.get("overdue", 0), "项"),
            (f"{NEAR_DAYS} 日内到期", near, "项"),
            ("即将到期", total.get("soon", 0) - near, "项"),
            ("新下发", total.get("issued", 0), "项"),
            ("此前未办结", total.get("earlier", 0), "项"),
            ("其他", total.get("other", 0), "项"),
        ]
    )


def _totals(message: Message) -> str:
    """`逾期 12 项，滞后 5 家`; a unit behind in two campaigns is counted twice, hence 家次."""
    figures = message.figures
    return tally(
        [
            ("逾期", sum(one.overdue for one in figures), "项"),
            ("滞后", sum(one.behind for one in figures), "家次" if len(figures) > 1 else "家"),
            ("待确认", sum(one.proposals for one in figures), "项"),
            ("岗位空缺", message.vacancies, "个"),
        ]
    )


def _clean(message: Message) -> Message:
    return replace(
        message,
        name=plain(message.name, NAME_LIMIT),
        lines=tuple(replace(_plain(line), tasks=_tasks(line.tasks)) for line in message.lines),
        figures=tuple(
            replace(_plain(one), by_state=_named(one.by_state), worst=_named(one.worst[:WORST]))
            for one in message.figures
        ),
    )


def _plain(facts: Facts) -> Facts:
    changes: dict[str, Any] = {
        field.name: plain(text, TEXT_LIMITS.get(field.name, TEXT_LIMIT))
        for field in fields(facts)
        if isinstance(text := getattr(facts, field.name), str)
    }
    return replace(facts, **changes)


def _tasks(found: Iterable[Tasks]) -> tuple[Tasks, ...]:
    return tuple(
        Tasks(plain(one.of, TEXT_LIMIT), tuple(plain(text, TASK_LIMIT) for text in one.listed))
        for one in found
    )


def _named(pairs: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple((plain(name, NAME_LIMIT), number) for name, number in pairs)
