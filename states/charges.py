"""What departments answer for: workstreams that are owed themselves, rows of the ledger. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from states.fills import Fills
from states.template import (
    IssueType,
    Kind,
    LedgerPreset,
    LedgerRow,
    Scope,
    Template,
    Workstream,
    answering,
    stream_key,
)


@dataclass(frozen=True)
class Charge:
    """One thing to be done by a date: `words`, or what is filled in at `place`; `about` names the blank there."""

    requirement: str
    period: str
    name: str
    kind: Kind
    ladder: str | None
    scope: Scope
    review: bool
    place: str
    about: str
    words: str | None


def charges(template: Template, fills: Fills) -> Iterator[Charge]:
    """Everything that departments answer for, in the order of the template."""
    for stream in template.workstreams:
        if stream.charged:
            yield _of_stream(stream)
    if template.ledger is not None:
        for row in template.ledger.rows:
            yield from _of_row(template.ledger, row, fills)


def _of_stream(stream: Workstream) -> Charge:
    """Owed by its departments; where it names none, by the units it is about."""
    names = answering(stream)
    return Charge(
        requirement=stream_key(stream),
        period="",
        name=stream.name,
        kind=Kind.deliverable,
        ladder=stream.ladder,
        scope=Scope(departments=names) if names else stream.scope,
        review=False,
        place=f"{stream_key(stream)}.due",
        about=stream.name,
        words=stream.due,
    )


def _of_row(ledger: LedgerPreset, row: LedgerRow, fills: Fills) -> Iterator[Charge]:
    """One charge, or one for each step of the row's type where it has no date of its own."""
    own = f"ledger-{row.no}.due"
    kind = ledger.type_of(row)
    if kind is None or row.due is not None or fills.covers(own):
        name = f"台账第{row.no}项（{row.project}）"
        yield _charge(ledger, row, kind, "", name, own, name, row.due)
        return
    for step in kind.steps:
        mine = f"ledger-{row.no}.{step.key}"
        place = mine if fills.covers(mine) else f"ledger.{kind.key}.{step.key}"
        about = f"{kind.name}·{step.name}"
        yield _charge(ledger, row, kind, step.key, f"台账第{row.no}项·{step.name}", place, about, step.due)


def _charge(
    ledger: LedgerPreset,
    row: LedgerRow,
    kind: IssueType | None,
    period: str,
    name: str,
    place: str,
    about: str,
    words: str | None,
) -> Charge:
    return Charge(
        requirement=f"ledger-{row.no}",
        period=period,
        name=name,
        kind=Kind.ledger,
        ladder=(kind.ladder if kind else None) or ledger.ladder,
        scope=Scope(departments=row.departments),
        review=True,
        place=place,
        about=about,
        words=words,
    )
