"""Templates as people write them: YAML in, a checked `Template` or every fault with its line out."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from states.errors import Fault, Faulty
from states.fieldwords import described
from states.machine import compile as compile_machines
from states.soundness import disagreements
from states.template import Template
from states.yamltext import Path, Written, read

SHAPES: Mapping[str, str] = {
    r"^[a-z][a-z0-9-]*$": "只能用小写字母、数字和连字符，以字母开头",
    r"^[a-z0-9][a-z0-9.-]*$": "只能用小写字母、数字、点和连字符",
    r"^[^\r\n]*$": "只能写在一行内",
    r"^[+-]\d{1,3}(wd|d|w|h|m)$": "应写作 -7d、+3wd（d 日、wd 工作日、w 周、m 月、h 小时）",
    r"^\d{1,2}:\d{2}$": "应写作 16:00",
    r"^\d{1,3}(wd|d|w)$": "应写作 20wd、30d（d 日、wd 工作日、w 周），不带正负号",
    r"^\d{1,3}(wd|d|w|m|h)$": "应写作 3wd、7d（d 日、wd 工作日、w 周、m 月、h 小时），不带正负号",
}
SAYINGS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "必须填写",
    "string_type": lambda _: "应为文字；是数字的请加引号",
    "int_type": lambda _: "应为整数",
    "int_from_float": lambda _: "应为整数",
    "bool_type": lambda _: "应为 true 或 false",
    "tuple_type": lambda _: "应为列表（每项一行，以“- ”开头）",
    "dict_type": lambda _: "应为若干“名称: 内容”",
    "model_type": lambda _: "应为若干“字段: 值”",
    "enum": lambda ctx: f"只能是 {_alternatives(ctx['expected'])} 之一",
    "literal_error": lambda ctx: f"只能是 {_alternatives(ctx['expected'])} 之一",
    "string_pattern_mismatch": lambda ctx: SHAPES.get(ctx["pattern"], f"不合规定的写法 {ctx['pattern']}"),
    "string_too_short": lambda _: "不能为空",
    "string_too_long": lambda ctx: f"最多 {ctx['max_length']} 个字",
    "too_short": lambda ctx: f"至少要有 {ctx['min_length']} 项",
    "greater_than_equal": lambda ctx: f"不能小于 {ctx['ge']}",
    "less_than_equal": lambda ctx: f"不能大于 {ctx['le']}",
}
EVERY = "应为文字（如 每周五）或写有“rrule”的若干字段"


def load(text: str) -> Template:
    """The template that `text` holds. Raises Faulty with all its faults, in the order of their lines."""
    return checked(read(text))


def checked(written: Written) -> Template:
    """The template that was read; raises Faulty likewise. `written` says where each fault stands."""
    template, faults = _shaped(written)
    faults += written.faults
    faults += [written.fault(path, says) for path, says in disagreements(written.data)]
    if faults or template is None:
        faults.sort(key=lambda fault: (fault.line or 0, fault.place, fault.says))
        raise Faulty(faults)
    compile_machines(template)
    return template


def schema() -> dict[str, Any]:
    """The JSON schema of a template, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **described(Template.model_json_schema(by_alias=True)),
    }


def schema_text() -> str:
    """The schema as it is committed beside the templates."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


def shipped() -> Mapping[str, str]:
    """Key → text of the templates that come with the product."""
    folder = resources.files("states") / "templates"
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
    return {one.name.removesuffix(".yaml"): one.read_text("utf-8") for one in files}


def _shaped(written: Written) -> tuple[Template | None, list[Fault]]:
    """Through JSON, where strict models take lists and names as written but no number for a word."""
    try:
        return Template.model_validate_json(json.dumps(written.data), strict=True), []
    except ValidationError as error:
        faults = [_fault(written, detail) for detail in error.errors(include_url=False)]
        return None, list(dict.fromkeys(fault for fault in faults if fault is not None))


def _fault(written: Written, detail: ErrorDetails) -> Fault | None:
    path = tuple(part for part in detail["loc"] if part != "[key]")
    if detail["type"] == "too_short" and detail["input"]:
        return None  # its items are at fault and were not counted
    if len(path) > 3 and (path[0], path[2]) == ("requirements", "every"):
        return _fault_of_every(written, detail, path)
    return written.fault(path, _says(detail, path))


def _fault_of_every(written: Written, detail: ErrorDetails, path: Path) -> Fault | None:
    """`every` is words or a cadence: pydantic reports both; only the one that was meant is told."""
    every, alternative, inside = path[:3], path[3], path[4:]
    value = written.data["requirements"][path[1]]["every"]
    if not isinstance(value, dict | str):
        return written.fault(every, EVERY)
    if isinstance(value, dict) != (alternative == "Cadence"):
        return None
    return written.fault((*every, *inside), _says(detail, (*every, *inside)))


def _says(detail: ErrorDetails, path: Path) -> str:
    kind = detail["type"]
    if kind == "extra_forbidden":
        return _no_such(path)
    if detail["input"] is None and kind != "missing":
        return "不能为空"
    say = SAYINGS.get(kind)
    return say(detail.get("ctx", {})) if say else f"不合规定（{detail['msg']}）"


def _alternatives(expected: str) -> str:
    return expected.replace("'", "").replace(" or ", "、").replace(", ", "、")


def _no_such(path: Path) -> str:
    name, known = str(path[-1]), _fields(path[:-1])
    near = difflib.get_close_matches(name, known, 1)
    return f"没有“{name}”这个字段；" + (f"是不是“{near[0]}”" if near else f"可写的有 {'、'.join(known)}")


def _fields(path: Path) -> list[str]:
    """The fields that may stand at `path`."""
    node = _schema()
    for part in path:
        node = _within(_model(node), part)
    return list(_model(node).get("properties", ()))


def _within(node: dict[str, Any], part: str | int) -> dict[str, Any]:
    if isinstance(part, int):
        return dict(node["items"])
    named = node.get("properties", {}).get(part) or node.get("additionalProperties")
    return dict(named or next(iter(node["patternProperties"].values())))


def _model(node: dict[str, Any]) -> dict[str, Any]:
    """`node` itself, or what it refers to, or its alternative that is not a plain word."""
    for option in node.get("anyOf", ()):
        if "$ref" in option or option.get("type") in ("array", "object"):
            return _model(option)
    if "$ref" in node:
        return dict(_schema()["$defs"][node["$ref"].rsplit("/", 1)[1]])
    return node


@cache
def _schema() -> dict[str, Any]:
    return schema()
