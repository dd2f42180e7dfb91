"""An item of a ledger as a sheet shows it: its fields as texts, and a stamp by which a later copy is held against it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b

from states.closing import FOUND_BY, STATES

# What may be changed in a sheet, with its title and width; the order is that of the stamp.
FIELDS: Mapping[str, tuple[str, float]] = {
    "project": ("项目名称", 10),
    "problem": ("问题清单", 40),
    "measures": ("具体措施", 40),
    "lead": ("牵头部门", 10),
    "departments": ("责任部门", 12),
    "due": ("完成时限", 12),
    "state": ("状态", 10),
    "found_by": ("发现途径", 10),
    "handed_to": ("移交机关", 14),
    "handed_no": ("移交文号", 14),
}
DIGEST = 6
_PARTS = re.compile(r"[、，,;；\n]")


@dataclass(frozen=True)
class Item:
    """What a sheet tells of one item. `code`, `unit`: where the problem is; `due_on` the date that its words mean;
    `more`: what stands in the columns of the plan's own, by their titles.
    """

    id: int
    no: int
    code: str
    unit: str
    project: str
    problem: str
    measures: tuple[str, ...]
    lead: str | None
    departments: tuple[str, ...]
    due: str
    state: str
    found_by: str | None = None
    handed_to: str | None = None
    handed_no: str | None = None
    due_on: date | None = None
    lenient: bool | None = None
    standing: bool = False
    type: str | None = None
    version: int = 1
    more: Mapping[str, str] = field(default_factory=dict)


def texts(item: Item, own: Sequence[str] = ()) -> dict[str, str]:
    """Every field as its cell shows it, and the columns of the plan's own."""
    return {
        "project": item.project,
        "problem": item.problem,
        "measures": "\n".join(item.measures),
        "lead": item.lead or "",
        "departments": "、".join(item.departments),
        "due": item.due,
        "state": STATES[item.state],
        "found_by": FOUND_BY.get(item.found_by or "", ""),
        "handed_to": item.handed_to or "",
        "handed_no": item.handed_no or "",
        **{name: item.more.get(name, "") for name in own},
    }


def stamp(item: Item, own: Sequence[str] = ()) -> str:
    """Its version and a digest of each field: what a copy was made from, without saying it twice."""
    return f"{item.version}:" + "".join(digest(name, text) for name, text in texts(item, own).items())


def digest(name: str, text: str) -> str:
    return blake2b(plain(name, text).encode(), digest_size=DIGEST // 2).hexdigest()


def stamped(text: str, own: Sequence[str] = ()) -> dict[str, str] | None:
    """Field → digest; None for what is no stamp of ours. Of other own columns than the plan had then nothing is known."""
    version, _, marks = text.partition(":")
    size, rest = divmod(len(marks), DIGEST)
    if not version.isdecimal() or rest or size < len(FIELDS):
        return None
    names = (*FIELDS, *own) if size == len(FIELDS) + len(own) else tuple(FIELDS)
    return {name: marks[n * DIGEST : (n + 1) * DIGEST] for n, name in enumerate(names)}


def plain(name: str, text: str) -> str:
    """As texts are compared: without blank lines, blanks at the ends of lines, and the kind of separators."""
    if name == "departments":
        return "、".join(names(text))
    return "\n".join(line.strip() for line in text.replace("\r", "\n").split("\n") if line.strip())


def names(text: str) -> list[str]:
    """办公室、机关纪委 -> its parts, each once."""
    return list(dict.fromkeys(part.strip() for part in _PARTS.split(text) if part.strip()))


def lines(text: str) -> list[str]:
    """Measures: one a line."""
    return plain("measures", text).split("\n") if text.strip() else []


def flat(text: str) -> str:
    """As printed texts are compared: without any white space."""
    return re.sub(r"\s+", "", text)
