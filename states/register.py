"""Where each fact of a template comes from: document, place and sentence; what has none; what contradicts itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from states.frozen import Source
from states.template import CheckItem, Template

SORTS: Mapping[str, str] = {
    "phases": "阶段",
    "workstreams": "工作线",
    "requirements": "要求",
    "checklist": "检查项",
    "ladders": "梯次",
    "rungs": "梯次一级",
    "letters": "文书",
    "coverage": "覆盖面",
    "sampling": "抽查",
    "ledger": "台账",
    "types": "问题类型",
    "steps": "步骤",
    "rows": "台账行",
    "links": "关联行动",
}
TIMES = (
    "begins",
    "ends",
    "window",
    "from_",
    "until",
    "opens",
    "first",
    "due",
    "every",
    "at",
    "percent",
    "count",
)
LABELS = ("name", "text", "problem", "title")
SHOWN = 40


@dataclass(frozen=True)
class Fact:
    """One fact: its place in the template (`phases.p1`), what sort it is, its name, what it says of time or number."""

    place: str
    sort: str
    name: str
    says: str
    source: Source | None


@dataclass(frozen=True)
class Register:
    """Every fact in the order of the template, and the contradictions that the template itself names."""

    facts: tuple[Fact, ...]
    conflicts: tuple[tuple[str, str, tuple[Source, ...]], ...]

    @property
    def unsourced(self) -> dict[str, int]:
        """How many facts of each sort have no source; without the sorts that have none."""
        found: dict[str, int] = {}
        for fact in self.facts:
            if fact.source is None:
                found[fact.sort] = found.get(fact.sort, 0) + 1
        return found


def register(template: Template) -> Register:
    """All facts of the template that can carry a source.

    A line of a checklist without one of its own stands in the sentence of its requirement.
    """
    facts = tuple(_facts(template, ""))
    told = tuple((one.about, one.says, one.sources) for one in template.conflicts)
    return Register((_whole(template), *facts), told)


def document(template: Template, source: Source) -> str:
    """Title and number of the document that a source names."""
    found = template.documents.get(source.doc)
    if found is None:
        return source.doc
    return found.title + (f"（{found.number}）" if found.number else "")


def _whole(template: Template) -> Fact:
    return Fact("template", "行动起止", template.title, _says(template), template.source)


def _facts(parent: BaseModel, place: str, above: Source | None = None) -> Iterator[Fact]:
    for name, field in type(parent).model_fields.items():
        value = getattr(parent, name)
        if name != "conflicts" and field.annotation is not None:
            for key, one in _members(value):
                where = ".".join(part for part in (place, name, key) if part)
                yield from _of(one, where, SORTS.get(name), above)


def _of(one: Any, place: str, sort: str | None, above: Source | None) -> Iterator[Fact]:
    if not isinstance(one, BaseModel):
        return
    own: Source | None = getattr(one, "source", None)
    if "source" in type(one).model_fields and sort:
        inherited = above if isinstance(one, CheckItem) else None
        yield Fact(place, sort, _name(one), _says(one), own or inherited)
    yield from _facts(one, place, own)


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """The parts of a field, each with what it is called: its key, its number in the ledger, or its place."""
    if isinstance(value, Mapping):
        yield from ((str(key), one) for key, one in value.items())
    elif isinstance(value, tuple):
        for number, one in enumerate(value, 1):
            called = getattr(one, "key", None) or getattr(one, "no", None) or number
            yield str(called), one
    else:
        yield "", value


def _name(one: BaseModel) -> str:
    found = next((str(value) for label in LABELS if (value := getattr(one, label, None))), "")
    return found if len(found) <= SHOWN else found[:SHOWN] + "…"


def _says(one: BaseModel) -> str:
    """The words of time and number in it; a cadence by its rule."""
    said = []
    for name in TIMES:
        value = getattr(one, name, None)
        if value is not None and not (name == "opens" and value in ("on_date", "after_previous", "by_hand")):
            said.append(
                value.rrule if isinstance(value, BaseModel) and hasattr(value, "rrule") else str(value)
            )
    return " 至 ".join(said) if {"begins", "from_"} & set(type(one).model_fields) else "、".join(said)
