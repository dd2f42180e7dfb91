"""The workstreams: subjects with 牵头科室 or 责任单位, and a 完成时限 of their own where the plan gives one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from states.drafts.proposals import Path, Proposal, Stream, Sure
from states.drafts.sentences import Sentence

_WHO = r"(?:科室|处室|股室|部门|单位|机构)(?:[（(]单位[）)])?"
_LEAD = re.compile(rf"牵头{_WHO}\s?[:：](?P<who>[^；;）)。：:]+?)(?=[；;）)。]|责任|配合|$)")
_RESPONSIBLE = re.compile(
    rf"(?:责任|配合|参与|协助){_WHO}\s?[:：](?P<who>[^；;）)。：:]+?)(?=[；;）)。]|完成时限|$)"
)
_DUE = re.compile(r"(?:完成|办理|整改)?(?:时限|期限|时间)\s?[:：](?P<due>[^。；;]+)")
_BRACKETED = re.compile(r"[（(](?P<who>[\u4e00-\u9fff、，,]+)[）)]")
_DEPARTMENT = re.compile(
    r"[\u4e00-\u9fff]{1,16}(?:处|科|股|室|局|办|中心|大队|支队|纪委|组|管理局|机关|委|院|站)"
)
_PARTS = re.compile(r"[、，,]|(?<=[\u4e00-\u9fff])和(?=[\u4e00-\u9fff])")
_SHARED_OUT = re.compile(r"分工|职责")
_TAGGED = re.compile(r"(?:牵头|责任|配合|完成时限)")


def streams(said: Sequence[Sentence]) -> tuple[Stream, ...]:
    """The workstreams in their order, keyed w1, w2, …"""
    found: list[tuple[Path, dict[str, Any], Sentence]] = []
    for one in said:
        fields = _told(one)
        if not fields or not one.path:
            continue
        same = next((entry for entry in found if entry[0] == one.path), None)
        if same:
            same[1].update(fields)
        elif set(fields) != {"due"}:
            found.append((one.path, fields, one))
    return tuple(_stream(number, *entry, said) for number, entry in enumerate(found, 1))


def departments(text: str) -> list[str]:
    """医政医管科、各民营医院 -> its parts."""
    return [part for one in _PARTS.split(text) if (part := one.strip(" 。；;"))]


def _told(one: Sentence) -> dict[str, Any]:
    """What the sentence says of departments and deadline; nothing for any other sentence."""
    fields: dict[str, Any] = {}
    if lead := _LEAD.search(one.text):
        fields["lead"] = departments(lead["who"])
    if responsible := _RESPONSIBLE.search(one.text):
        fields["responsible"] = departments(responsible["who"])
    if due := _DUE.match(one.text):
        fields["due"] = due["due"].strip()
    return fields or _bracketed(one) or _shared_out(one)


def _bracketed(one: Sentence) -> dict[str, Any]:
    found = _BRACKETED.fullmatch(one.text.rstrip("。"))
    parts = departments(found["who"]) if found else []
    return {"responsible": parts} if parts and all(map(_DEPARTMENT.fullmatch, parts)) else {}


def _shared_out(one: Sentence) -> dict[str, Any]:
    """（一）办公室：… under 任务分工."""
    if not (one.opens and len(one.path) > 1 and _SHARED_OUT.search(one.path[-2].title)):
        return {}
    title, rest = one.path[-1].title, one.body
    if not rest[len(title) :].lstrip().startswith(("：", ":")):
        return {}
    parts = departments(title)
    if not parts or not _DEPARTMENT.fullmatch(parts[-1]):
        return {}
    whole = parts if all(map(_DEPARTMENT.fullmatch, parts)) else [title]
    return {"responsible": whole, "tasks": [one.text]}


def _stream(
    number: int, path: Path, fields: dict[str, Any], said: Sentence, every: Sequence[Sentence]
) -> Stream:
    tasks = fields.pop("tasks", None) or list(_tasks(path, every))
    order = ("lead", "responsible", "due")
    told = {"name": path[-1].title or path[-1].mark, **{key: fields[key] for key in order if key in fields}}
    sure = Sure.HIGH if "lead" in fields or "due" in fields else Sure.MIDDLE
    why = "" if "lead" in fields else "原文没有注明牵头，记为责任单位"
    return Stream(f"w{number}", path, Proposal({**told, "tasks": tasks[:4]}, said, sure, why))


def _tasks(path: Path, every: Sequence[Sentence]) -> Iterator[str]:
    for one in every:
        if one.path == path and not _TAGGED.search(one.text) and not _bracketed(one):
            body = one.body
            if body.rstrip("。") != path[-1].title:
                yield one.text
