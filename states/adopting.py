"""A plan re-issued by a lower level: the level above's plan with its real dates, and what the lower level adds. Pure.

Everything inherited is there. Its dates are fixed as they stand above and brought forward (`Template.ahead`); they
can be made earlier still, never later. Additions are written in the language of templates and may only add.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from states.additions import merged
from states.dates import Anchors, Deadline, parse, parse_offset, resolve
from states.errors import Fault, Faulty
from states.fills import as_words
from states.reading import checked, load
from states.template import Opens, Template
from states.workdays import Workdays

AHEAD = "3wd"
Item = dict[str, Any]
Window = tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class Terms:
    """What a lower level decides: how much earlier everything is due, exceptions by `requirement` or
    `requirement@period`, dates of its own by place (`report.due`), and its additions (YAML)."""

    ahead: str = AHEAD
    leads: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    additions: str = ""
    title: str | None = None


@dataclass(frozen=True)
class Above:
    """The plan above as it is really carried out: windows of its phases (opened ones as they opened), and for each
    milestone when it opens and is due."""

    template: Template
    fills: Mapping[str, str]
    begins: datetime | None
    ends: datetime | None
    phases: Mapping[str, Window]
    opened: frozenset[str]
    milestones: Mapping[tuple[str, str], Window]


def derive(above: Above, terms: Terms, version: int) -> str:
    """The text of the plan below. Raises Faulty with every fault: of the terms, of the additions with their lines."""
    zone = ZoneInfo(above.template.timezone)
    data = plain(above.template)
    data |= {"version": version, "title": terms.title or above.template.title}
    data |= _bounds(above, zone)
    for phase in data.get("phases", []):
        _fix_phase(phase, above, zone)
    faults = [fault for key, item in _dated(data) for fault in _fix(key, item, above, terms, zone)]
    faults += _check_terms(data, terms)
    if faults:
        raise Faulty(faults)
    data["ahead"] = _ahead(data, terms)
    data.pop("same", None)  # every date is written out now
    written = merged(data, terms.additions)
    checked(written)
    return text_of(written.data)


def inherited(above: Above, place: str) -> bool:
    """Whether a place of `--set` speaks of something that comes from above."""
    key = place.rpartition(".")[0] or place
    own = {phase.key for phase in above.template.phases} | {key for key, _ in _dated(plain(above.template))}
    return place in ("begins", "ends") or key in own


def plain(template: Template) -> Item:
    """The template as data, without what goes without saying."""
    return template.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def text_of(data: Item) -> str:
    """The same as YAML that `reading.load` reads back."""
    text: str = yaml.dump(data, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=110)
    load(text)
    return text


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, _data: Any) -> bool:
        return True


# -- dates as they stand above ------------------------------------------------------------------------


def _bounds(above: Above, zone: ZoneInfo) -> Item:
    made: Item = {}
    if above.begins is not None:
        made["begins"] = _day(above.begins, zone)
    if above.ends is not None:
        made["ends"] = _moment(above.ends, zone)
    return made


def _fix_phase(phase: Item, above: Above, zone: ZoneInfo) -> None:
    opens, closes = above.phases.get(phase["key"], (None, None))
    for side in ("from", "until"):
        if (given := above.fills.get(f"{phase['key']}.{side}")) is not None:
            phase.pop("window", None)
            phase[side] = as_words(given)
    if (given := above.fills.get(f"{phase['key']}.every")) is not None:
        phase["every"] = given
    if opens is not None:
        phase.pop("window", None)
        phase["from"] = _day(opens, zone)
        if closes is not None:
            phase["until"] = _moment(closes, zone)
    if phase["key"] in above.opened and phase.get("opens") == Opens.by_hand:
        phase["opens"] = Opens.on_date.value


def _dated(data: Item) -> Iterator[tuple[str, Item]]:
    """Everything of a plan that can have a date, by the key its milestones have."""
    for item in data.get("requirements", []):
        yield item["key"], item
    for item in data.get("workstreams", []):
        if "due" in item or item.get("owed"):
            yield f"workstream-{item['key']}", item
    for item in (data.get("ledger") or {}).get("rows", []):
        yield f"ledger-{item['no']}", item


def _fix(key: str, item: Item, above: Above, terms: Terms, zone: ZoneInfo) -> list[Fault]:
    faults: list[Fault] = []
    for part, period in (("due", ""), ("first", "首次")):
        place = f"{key}.{part}"
        opens, due = above.milestones.get((key, period), (None, None))
        words = above.fills.get(place) or item.get(part)
        if words is not None:
            item[part] = as_words(words)
        if words is not None and due is not None:
            item[part] = _same_sort(parse(item[part]), due, zone)
        if part == "due" and "opens" in item and opens is not None:
            item["opens"] = _day(opens, zone)
        if place in terms.dates:
            item[part] = as_words(terms.dates[place])
            faults += _later(place, item[part], due, zone)
    if f"{key}.every" in above.fills:
        item["every"] = above.fills[f"{key}.every"]
    return faults


def _same_sort(deadline: Deadline, due: datetime, zone: ZoneInfo) -> str:
    """A date in the calendar in place of the words, as firm and as lasting as they are."""
    return replace(deadline, point=parse(_moment(due, zone)).point, since=False).words()


def _later(place: str, words: str, due: datetime | None, zone: ZoneInfo) -> list[Fault]:
    launch = due or datetime(2000, 1, 1, tzinfo=zone)
    try:
        deadline = parse(words)
    except Faulty as error:
        return [Fault(place, fault.says) for fault in error.faults]
    found = resolve(deadline, Anchors(launch, None, launch.year), Workdays.of({}, ()), zone).at
    if found is None or deadline.anchor is not None:
        return [Fault(place, "请写明确的日期，如 2026-12-05")]
    if due is not None and found > due:
        return [Fault(place, f"不得晚于上级的期限（{_moment(due, zone)}）")]
    return []


def _day(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.year}年{local.month}月{local.day}日"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{_day(at, zone)}{local.hour}:{local.minute:02}前"


# -- how much earlier ---------------------------------------------------------------------------------


def _ahead(data: Item, terms: Terms) -> dict[str, str]:
    """A lead for whatever is dated, but for what the lower level has given a date of its own."""
    own = {place.rpartition(".")[0] for place in terms.dates}
    leads = {
        key: terms.ahead
        for key, item in _dated(data)
        if key not in own and any(item.get(part) for part in ("due", "first", "every", "type"))
    }
    return leads | dict(terms.leads)


def _check_terms(data: Item, terms: Terms) -> list[Fault]:
    known = dict(_dated(data))
    places = {f"{key}.{part}" for key, item in known.items() for part in ("due", "first") if part in item}
    faults = [
        Fault(place, f"承接时只可写上级各项要求的期限；可写的有 {'、'.join(sorted(places)[:8])}")
        for place in terms.dates
        if place not in places
    ]
    faults += [
        Fault(key, f"上级方案里没有这项要求；有的是 {'、'.join(list(known)[:8])}")
        for key in terms.leads
        if key.partition("@")[0] not in known
    ]
    for key, lead in {"ahead": terms.ahead, **terms.leads}.items():
        faults += _unread_lead(key, lead)
    return faults


def _unread_lead(key: str, lead: str) -> list[Fault]:
    try:
        if lead[:1].isdigit():
            parse_offset(f"-{lead}")
            return []
    except Faulty:
        pass
    return [Fault(key, f"“{lead}”应写作 3wd、7d 等：比上级提前多少，0d 为不提前")]
