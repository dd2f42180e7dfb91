"""The dates a person gives for what a plan leaves blank (`--set place=DATE`), and the blanks still open."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from states.dates import Deadline, Due, Every, parse, parse_cadence
from states.errors import Fault, Faulty
from states.template import LedgerPreset, Template, stream_key

NO_INTERVAL = "不定期"
ISSUED = "issued"
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2}))?")


@dataclass(frozen=True)
class Blank:
    """A date the plan leaves open and a person must give: `--set place=DATE`. `why`: what is wrong with the one it has."""

    place: str
    name: str
    words: str
    why: str = ""

    @property
    def asks(self) -> str:
        """What the person is to give, as an error message names it."""
        return "间隔（如 每月25日前）" if self.place.endswith(".every") else "日期"

    def says(self, where: str) -> str:
        """The sentence that asks for it; `where` names the plan."""
        wrong = f"的日期“{self.words}”不能用：{self.why}" if self.why else f"在{where}中为空（{self.words}）"
        return f"“{self.name}”{wrong}，请用 --set {self.place}={self.asks} 填写"


def as_words(value: str) -> str:
    """A fill as plan words: `2026-12-01` and `2026-12-01 12:00` are written out, anything else passes."""
    match = ISO.fullmatch(value.strip())
    if not match:
        return value.strip()
    year, month, day, hour, minute = match.groups()
    clock = f"{int(hour)}:{minute}" if hour else ""
    return f"{year}年{int(month)}月{int(day)}日{clock}前"


def issued(given: Mapping[str, str], start: date) -> date:
    """The local day on which the plan was issued, from which 印发后… counts: what was given for it, or that of the start.

    Raises Faulty for anything but a day written as 2026-11-23.
    """
    if ISSUED not in given:
        return start
    try:
        return date.fromisoformat(given[ISSUED].strip())
    except ValueError as error:
        raise Faulty([Fault(ISSUED, "印发日期应写作 2026-11-23")]) from error


class Fills:
    """What was given, over what the template says. `blanks` grows as places are asked for that nobody filled."""

    def __init__(self, template: Template, given: Mapping[str, str]) -> None:
        known = set(places(template))
        faults = [_unknown(place, known) for place in given if place not in known]
        if faults:
            raise Faulty(faults)
        self.given = {**_shared(template, given), **given}
        self.blanks: list[Blank] = []
        self._names: dict[str, dict[str, str]] = {}
        self._printed = {place: group[0] for group in template.same for place in group}

    def covers(self, place: str) -> bool:
        """Whether somebody filled this place."""
        return place in self.given

    def filled(self, place: str) -> str:
        """What somebody gave for this place, as words; empty where nobody did."""
        return as_words(self.given[place]) if place in self.given else ""

    def deadline(self, place: str, name: str, words: str | None) -> Deadline | None:
        """The deadline of a place, a fill over the template's words; None when there is none or it is blank."""
        filled = self.given.get(place)
        written = _parsed(place, words) if words is not None else None
        if filled is None:
            return self.unless_blank(place, name, written)
        found = _parsed(place, as_words(filled))
        return self.unless_blank(place, name, _as_meant(found, written) if written else found)

    def cadence(self, place: str, name: str, words: str | None) -> Every | None:
        """The recurrence of a place, likewise."""
        written = self.given.get(place) or words
        if written is None or self.unscheduled(place):
            return None
        try:
            every = parse_cadence(written)
        except Faulty as error:
            raise Faulty([Fault(place, fault.says) for fault in error.faults]) from error
        if every.blank:
            self._note(Blank(place, name, every.words()))
            return None
        return every

    def unscheduled(self, place: str) -> bool:
        """Whether somebody said of a recurrence that it has no interval: undated, handed out by hand."""
        return self.given.get(place, "").strip() == NO_INTERVAL

    def unless_blank(self, place: str, name: str, deadline: Deadline | None) -> Deadline | None:
        """The deadline, or None with the blank noted."""
        if deadline is not None and deadline.blank:
            self._note(Blank(place, name, deadline.words()))
            return None
        return deadline

    def checked(self, place: str, name: str, due: Due) -> Due:
        """What a deadline came to; a day that is not there (2月29日) is asked for like a blank."""
        if due.wrong:
            self._note(Blank(place, name, due.words, due.missing or ""))
        return due

    def _note(self, blank: Blank) -> None:
        """A place that is asked for again is one blank, and so are places for which the plan prints one."""
        place = self._printed.get(blank.place, blank.place)
        names = self._names.setdefault(place, {})
        names.setdefault(blank.place, blank.name)  # the first who asked for it named it
        one = replace(blank, place=place, name="、".join(dict.fromkeys(names.values())))
        places = [each.place for each in self.blanks]
        if place in places:
            self.blanks[places.index(place)] = replace(one, words=self.blanks[places.index(place)].words)
        else:
            self.blanks.append(one)


def _shared(template: Template, given: Mapping[str, str]) -> dict[str, str]:
    """What was given for one of the places that the plan prints one blank for goes for all of them."""
    found = {}
    for group in template.same:
        words = next((given[place] for place in group if place in given), None)
        if words is not None:
            found.update(dict.fromkeys(group, words))
    return found


def places(template: Template) -> Iterator[str]:
    """Every place of a template that a date can be given for."""
    yield from ("begins", "ends", ISSUED)
    for phase in template.phases:
        yield from (f"{phase.key}.from", f"{phase.key}.until")
        if phase.every is not None:
            yield f"{phase.key}.every"
    for requirement in template.requirements:
        yield from (f"{requirement.key}.{part}" for part in ("due", "every", "first", "opens"))
    for stream in template.workstreams:
        if stream.charged:
            yield f"{stream_key(stream)}.due"
    if template.ledger is not None:
        yield from _of_ledger(template.ledger)


def _of_ledger(ledger: LedgerPreset) -> Iterator[str]:
    """Each row, each step of a row's type, each step of a type for all rows of it."""
    for row in ledger.rows:
        yield f"ledger-{row.no}.due"
        kind = ledger.type_of(row)
        yield from (f"ledger-{row.no}.{step.key}" for step in (kind.steps if kind else ()))
    for kind in ledger.types:
        yield from (f"ledger.{kind.key}.{step.key}" for step in kind.steps)


def _parsed(place: str, words: str) -> Deadline:
    try:
        return parse(words)
    except Faulty as error:
        raise Faulty([Fault(place, fault.says) for fault in error.faults]) from error


def _as_meant(found: Deadline, written: Deadline) -> Deadline:
    """A date given by a person does not end what the plan asks for good, nor take away what it wants reached."""
    return replace(found, standing=found.standing or written.standing, goal=found.goal or written.goal)


def _unknown(place: str, known: set[str]) -> Fault:
    near = difflib.get_close_matches(place, known, 3) or sorted(known)[:6]
    return Fault(place, f"方案里没有这一处；可写的有 {'、'.join(near)}")
