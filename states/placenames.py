"""What the places of a template at which a date can be given are called, for people who fill in a form. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from states.fills import ISSUED, places
from states.template import LedgerPreset, Phase, Requirement, Template, stream_key

PLACE = r"[A-Za-z0-9_.\-]+"
_USE = re.compile(rf"用 --set ({PLACE})=\S+ ")
_SET = re.compile(rf" ?--set ({PLACE})=(?:日期|间隔)")
_TO = re.compile(rf" ?--set ({PLACE})=([^\s；，。）]+)")
_BARE = re.compile(rf" ?--set ({PLACE})")
_CHECK = re.compile(rf"请核对 ({PLACE})")
_KEEP = re.compile(r"确认照旧下达（--past keep）")


def names(template: Template) -> dict[str, str]:
    """Place → name, for every place there is, in the order of the template."""
    called = dict(_called(template))
    return {place: called.get(place, place) for place in places(template)}


def plainly(says: str, called: Mapping[str, str]) -> str:
    """A sentence that tells which option of the command to write, for somebody who has fields in front of him."""

    def name(place: str) -> str:
        return f"“{called.get(place, place)}”一栏"

    says = _USE.sub(lambda found: f"在{name(found[1])}", says)
    says = _SET.sub(lambda found: name(found[1]), says)
    says = _TO.sub(lambda found: f"{name(found[1])}填 {found[2]}", says)
    says = _BARE.sub(lambda found: name(found[1]), says)
    says = _CHECK.sub(lambda found: f"请核对{name(found[1])}", says)
    return _KEEP.sub("勾选“照旧下达”", says)


def _called(template: Template) -> Iterator[tuple[str, str]]:
    yield from (("begins", "行动开始"), ("ends", "行动结束"), (ISSUED, "印发日期"))
    for phase in template.phases:
        yield from _of_phase(phase)
    for requirement in template.requirements:
        yield from _of_requirement(requirement)
    for stream in template.workstreams:
        yield f"{stream_key(stream)}.due", f"{stream.name}的期限"
    if template.ledger is not None:
        yield from _of_ledger(template.ledger)


def _of_phase(phase: Phase) -> Iterator[tuple[str, str]]:
    yield f"{phase.key}.from", f"{phase.name}阶段的开始"
    yield f"{phase.key}.until", f"{phase.name}阶段的结束"
    yield f"{phase.key}.every", f"{phase.name}多久一次"


def _of_requirement(one: Requirement) -> Iterator[tuple[str, str]]:
    yield f"{one.key}.due", f"{one.name}的期限"
    yield f"{one.key}.every", f"{one.name}多久一次"
    yield f"{one.key}.first", f"{one.name}的首次期限"
    yield f"{one.key}.opens", f"{one.name}的下达"


def _of_ledger(ledger: LedgerPreset) -> Iterator[tuple[str, str]]:
    for row in ledger.rows:
        yield f"ledger-{row.no}.due", f"台账第 {row.no} 项的期限"
        kind = ledger.type_of(row)
        for step in kind.steps if kind else ():
            yield f"ledger-{row.no}.{step.key}", f"台账第 {row.no} 项的{step.name}"
    for kind in ledger.types:
        for step in kind.steps:
            yield f"ledger.{kind.key}.{step.key}", f"各项{kind.name}的{step.name}"
