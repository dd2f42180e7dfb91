"""What a lower level adds to an inherited plan, merged into it. It adds; what is inherited it cannot touch. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from states.errors import Fault, Faulty
from states.soundness import HOURS, SHIFT
from states.yamltext import Path, Written, place_of, read

Item = dict[str, Any]

FIXED = ("key", "version", "timezone", "begins", "ends", "ladder", "ahead", "source")
INHERITED = ("extensions",)  # fixed where the plan above says anything of it
LISTS = ("letters", "coverage", "sampling", "outcomes", "links", "conflicts", "notes")
# What may be added to something inherited: list fields, by the list it stands in.
OPEN_TO_ADDITION: Mapping[str, tuple[str, ...]] = {
    "phases": ("tasks", "announce"),
    "workstreams": ("tasks", "responsible"),
    "requirements": ("checklist", "copies"),
}
ABOVE = "上级方案 "


@dataclass
class Merged(Written):
    """The plan with its additions; a fault in what was added is told by its place and line in the additions."""

    added: Written = field(default_factory=Written)
    origin: dict[Path, Path] = field(default_factory=dict)

    def fault(self, path: Path, says: str) -> Fault:
        for n in range(len(path), 0, -1):
            if path[:n] in self.origin:
                return self.added.fault((*self.origin[path[:n]], *path[n:]), says)
        return Fault(ABOVE + place_of(path), says)


def merged(data: Item, additions: str) -> Merged:
    """`data` with the additions in it. Raises Faulty for whatever would change what is inherited."""
    made = Merged(data=data, added=read(additions) if additions.strip() else Written())
    faults = list(made.added.faults)
    for name, value in made.added.data.items():
        faults += _take(made, name, value)
    if faults:
        raise Faulty(faults)
    return made


def _take(made: Merged, name: str, value: Any) -> list[Fault]:
    if name in FIXED or (name in INHERITED and name in made.data):
        return [made.added.fault((name,), f"“{name}”由上级方案规定，下级不能改")]
    if name in OPEN_TO_ADDITION and isinstance(value, list):
        return [fault for at, item in enumerate(value) for fault in _keyed(made, name, at, item)]
    if name == "ladders" and isinstance(value, dict):
        return [fault for key, item in value.items() for fault in _ladder(made, key, item)]
    if name == "ledger" and isinstance(value, dict) and "ledger" in made.data:
        return _ledger(made, value)
    if name == "documents" and isinstance(value, dict):
        return [fault for key, item in value.items() for fault in _document(made, key, item)]
    if name in LISTS and isinstance(value, list):
        _append(made, (name,), (name,), value)
        return []
    made.data[name] = value
    made.origin[name,] = (name,)
    return []


def _append(made: Merged, to: Path, origin: Path, values: list[Any]) -> None:
    """Put `values` at the end of the list at `to`."""
    node: Any = made.data
    for part in to[:-1]:
        node = node[part]
    found = node.setdefault(to[-1], [])
    for at, value in enumerate(values):
        made.origin[*to, len(found)] = (*origin, at)
        found.append(value)


def _keyed(made: Merged, name: str, at: int, item: Any) -> list[Fault]:
    """A phase, workstream or requirement: a new one, or lists that are added to an inherited one."""
    here = made.data.setdefault(name, [])
    keys = [one["key"] for one in here if isinstance(one, dict) and "key" in one]
    taken = {path for path in made.origin if path[0] == name and len(path) == 2}
    if not isinstance(item, dict) or item.get("key") not in keys:
        return _new(made, name, at, item)
    place = keys.index(item["key"])
    if (name, place) in taken:
        return [made.added.fault((name, at, "key"), f"“{item['key']}”写了两次，请换一个")]
    faults = []
    for part, value in item.items():
        if part in OPEN_TO_ADDITION[name] and isinstance(value, list):
            _append(made, (name, place, part), (name, at, part), value)
        elif part != "key":
            allowed = "、".join(OPEN_TO_ADDITION[name])
            says = (
                f"“{item['key']}”是上级规定的，下级不能改它的“{part}”；只可增加 {allowed}，或另立一项换个 key"
            )
            faults.append(made.added.fault((name, at, part), says))
    return faults


def _new(made: Merged, name: str, at: int, item: Any) -> list[Fault]:
    if name == "phases" and isinstance(item, dict) and item.get("parallel") is not True:
        says = "下级增加的阶段须写 parallel: true：上级规定的阶段次序不能改"
        return [made.added.fault((name, at), says)]
    made.origin[name, len(made.data[name])] = (name, at)
    made.data[name].append(item)
    return []


def _ladder(made: Merged, key: str, item: Any) -> list[Fault]:
    here = made.data.setdefault("ladders", {})
    if key not in here or not isinstance(item, dict) or not isinstance(item.get("rungs"), list):
        if key in here:
            return [made.added.fault(("ladders", key), "给上级的梯次只可增加 rungs（列表）")]
        here[key] = item
        made.origin["ladders", key] = ("ladders", key)
        return []
    faults = [
        made.added.fault(("ladders", key, part), f"梯次“{key}”是上级规定的，只可增加 rungs")
        for part in item
        if part != "rungs"
    ]
    rungs = [(rung, None) for rung in here[key]["rungs"]] + [
        (rung, at) for at, rung in enumerate(item["rungs"])
    ]
    rungs.sort(key=lambda one: _hours(one[0]))
    here[key]["rungs"] = [rung for rung, _ in rungs]
    for place, (_, at) in enumerate(rungs):
        if at is not None:
            made.origin["ladders", key, "rungs", place] = ("ladders", key, "rungs", at)
    return faults


def _hours(rung: Any) -> float:
    match = SHIFT.fullmatch(str(rung.get("at"))) if isinstance(rung, dict) else None
    return float(match[1] + match[2]) * HOURS[match[3]] if match else 0.0


def _ledger(made: Merged, item: Item) -> list[Fault]:
    faults = [
        made.added.fault(("ledger", part), f"台账的“{part}”由上级规定；只可增加 rows、types")
        for part in item
        if part not in ("rows", "types")
    ]
    for part, name in (("rows", "no"), ("types", "key")):
        values = item.get(part, [])
        known = [one[name] for one in made.data["ledger"].get(part, [])]
        for at, value in enumerate(values if isinstance(values, list) else []):
            if isinstance(value, dict) and value.get(name) in known:
                says = f"上级台账已有“{value[name]}”，不能改，请换一个"
                faults.append(made.added.fault(("ledger", part, at, name), says))
        if isinstance(values, list):
            _append(made, ("ledger", part), ("ledger", part), values)
        else:
            faults.append(made.added.fault(("ledger", part), "应为列表（每项一行，以“- ”开头）"))
    return faults


def _document(made: Merged, key: str, item: Any) -> list[Fault]:
    here = made.data.setdefault("documents", {})
    if key in here:
        return [made.added.fault(("documents", key), f"上级方案已有“{key}”，请换一个")]
    here[key] = item
    made.origin["documents", key] = ("documents", key)
    return []
