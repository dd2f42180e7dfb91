"""YAML as people write it, read into plain data that remembers its lines. Nothing in it is ever executed.

Narrower than YAML: one document, no anchors, aliases or tags, no deep nesting; `yes`, `no`, `on`, `16:00` and
`2017-08-22` are words, only `true`/`false`, `null` and decimal numbers are not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from states.errors import Fault, Faulty

Path = tuple[str | int, ...]

LIMIT = 1_000_000  # bytes
DEPTH = 30
FILE = "文件"
UNSEEN = "有看不见的控制字符（U+{:04X}），请删去"
PLAIN: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
DECIMAL = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SYNTAX = (
    ("mapping values are not allowed", "冒号的位置不对；含冒号的文字请加引号"),
    ("cannot start any token", "有不能这样开头的符号；缩进只用空格，含特殊符号的文字请加引号"),
    ("found unexpected end of stream", "引号或括号没有配对"),
    ("could not find expected ':'", "缺少英文冒号（后面要空一格），或缩进不齐"),
    ("expected key", "缩进不齐，或列表与字段混在一起"),
    ("expected '-' indicator", "缩进不齐，或列表与字段混在一起"),
    ("expected ',' or", "括号里的各项要用英文逗号分开"),
    ("undefined alias", "不能用 * 引用；含星号的文字请加引号"),
)


@dataclass
class Written:
    """A file as data: the line of every place in it (counted from 1), and keys that were given twice."""

    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: Path, says: str) -> Fault:
        """A fault at `path`, with the line of the nearest place around it that is written."""
        line = next((self.lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.lines), None)
        return Fault(place_of(path), says, line)


def place_of(path: Path) -> str:
    """`("phases", 1, "until")` → `phases[1].until`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".") or FILE


def read(text: str) -> Written:
    """The mapping that `text` holds; raises Faulty when it is no YAML, no mapping, or more than a template needs."""
    _check_characters(text)
    try:
        faults = _forbidden(text)
        if faults:
            raise Faulty(faults)
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise Faulty([_syntax_fault(error)]) from error
    if not isinstance(root, yaml.MappingNode):
        raise Faulty([Fault(FILE, "是空的，或不是“字段: 值”的写法（英文冒号，后面空一格）")])
    written = Written()
    written.data = _plain(root, (), written)
    return written


def _check_characters(text: str) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LIMIT:
        raise Faulty([Fault(FILE, f"有 {size:,} 字节，超过 {LIMIT:,} 字节的上限")])
    strange = UNPRINTABLE.search(text)
    if strange:
        line = text.count("\n", 0, strange.start()) + 1
        raise Faulty([Fault(FILE, UNSEEN.format(ord(strange.group())), line)])


def _forbidden(text: str) -> list[Fault]:
    """Judged on the stream of events, before anything is built: what nests without end never is."""
    faults: list[Fault] = []
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = _line(event)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        if depth > DEPTH:
            return [Fault(FILE, f"嵌套超过 {DEPTH} 层", line)]
        if documents > 1:
            return [*faults, Fault(FILE, "只能有一份内容，请删去多出的“---”", line)]
        faults += [Fault(FILE, says, line) for says in _tricks(event)]
    return faults


def _tricks(event: yaml.Event) -> list[str]:
    if isinstance(event, yaml.AliasEvent):
        return ["不能用 * 引用；含星号的文字请加引号"]
    if not isinstance(event, yaml.NodeEvent):
        return []
    tag = getattr(event, "tag", None)
    return [
        *(["不能用 & 锚点；含 & 的文字请加引号"] if event.anchor else []),
        *([f"不能用标签 {tag}；含叹号的文字请加引号"] if tag else []),
    ]


def _line(part: yaml.Event | yaml.Node) -> int:
    return part.start_mark.line + 1 if part.start_mark else 1


def _syntax_fault(error: yaml.MarkedYAMLError) -> Fault:
    problem = error.problem or ""
    mark = error.problem_mark or error.context_mark
    if "end of stream" in problem:
        mark = error.context_mark or mark  # where the quote was opened
    says = next((says for part, says in SYNTAX if part in problem), f"不合 YAML 写法（{problem}）")
    return Fault(FILE, says, mark.line + 1 if mark else None)


def _plain(node: yaml.Node, path: Path, written: Written) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, written)
    if isinstance(node, yaml.SequenceNode):
        items = []
        for index, item in enumerate(node.value):
            written.lines[*path, index] = _line(item)
            items.append(_plain(item, (*path, index), written))
        return items
    strange = UNPRINTABLE.search(node.value)
    if strange:
        written.faults.append(Fault(place_of(path), UNSEEN.format(ord(strange.group())), _line(node)))
    return node.value if getattr(node, "style", None) else _scalar(node.value)


def _mapping(node: yaml.MappingNode, path: Path, written: Written) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key_node, value in node.value:
        line = _line(key_node)
        if not isinstance(key_node, yaml.ScalarNode):
            written.faults.append(Fault(place_of(path), "字段名只能是文字", line))
            continue
        key, place = key_node.value, (*path, key_node.value)
        if key in data:
            first = written.lines[place]
            written.faults.append(Fault(place_of(place), f"与第{first}行重复，请删去一处", line))
            continue
        written.lines[place] = line
        data[key] = _plain(value, place, written)
    return data


def _scalar(word: str) -> str | int | float | bool | None:
    if word in PLAIN:
        return PLAIN[word]
    if INTEGER.fullmatch(word):
        return int(word)
    return float(word) if DECIMAL.fullmatch(word) else word
