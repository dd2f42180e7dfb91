"""The phases: numbered headings under 实施步骤 and the like, 自查阶段（8月）, 第一阶段：…, with their windows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from states.drafts.proposals import Path, Proposal, Stage, Sure
from states.drafts.sentences import Sentence
from states.drafts.timewords import leading_stamp, stamp

_STEPS = re.compile(r"步骤|阶段|方法和时间")
_TIMES = re.compile(r"时间|进度|安排")
_NAME = re.compile(r"[\u4e00-\u9fff“”、]{2,24}")
_STAGED = re.compile(r"(?P<name>[\u4e00-\u9fff“”、]{2,20}?)阶段(?![\u4e00-\u9fff])")
_BRACKET = re.compile(r"[（(](?P<inside>[^（()）]{1,60})[）)]")
_LOOSE = re.compile(r"(?P<name>[\u4e00-\u9fff]{2,10})阶段[（(](?P<inside>[^（()）]{1,60})[）)]")
_ORDINAL = re.compile(r"第[一二三四五六七八九十\d]{1,2}阶段")
LONGEST_NAME = 14
MOST_TASKS = 6


def stages(said: Sequence[Sentence]) -> tuple[Stage, ...]:
    """The phases in their order, keyed p1, p2, …"""
    found: list[tuple[Path, Proposal]] = []
    for place, one in enumerate(said):
        if any(path and one.path[: len(path)] == path for path, _ in found):
            continue
        found += _at(one, said[place + 1 :])
    return tuple(
        Stage(f"p{number}", path, _with_opening(proposal, number))
        for number, (path, proposal) in enumerate(_without_lonely(found), 1)
    )


def _at(one: Sentence, after: Sequence[Sentence]) -> Iterator[tuple[Path, Proposal]]:
    if (one.opens and len(one.path) > 1) or (one.opens and _ORDINAL.fullmatch(one.path[-1].mark)):
        proposal = _headed(one, after)
        if proposal:
            yield one.path, proposal
    elif not one.opens:
        for loose in _LOOSE.finditer(one.text):
            if words := stamp(loose["inside"]):
                yield (), Proposal({"name": loose["name"], "window": words}, one, Sure.MIDDLE)


def _headed(one: Sentence, after: Sequence[Sentence]) -> Proposal | None:
    above = one.path[-2].title if len(one.path) > 1 else ""
    body = one.body.lstrip("：:，, ")
    staged, ordinal = _STAGED.match(body), bool(_ORDINAL.fullmatch(one.path[-1].mark))
    named = staged["name"] if staged else (found[0] if (found := _NAME.match(body)) else "")
    if not named:
        return None
    window = _window(body[staged.end() if staged else len(named) :])
    told = bool(staged) or ordinal
    if not (told or (_STEPS.search(above) and _short(one, named)) or (_TIMES.search(above) and window)):
        return None
    sure = Sure.HIGH if window and (told or _STEPS.search(above)) else Sure.MIDDLE
    fields = {"name": named, "window": window, "tasks": _tasks(one, after)}
    return Proposal(
        {key: value for key, value in fields.items() if value},
        one,
        sure,
        "" if window else "原文没有写时间",
    )


def _short(one: Sentence, named: str) -> bool:
    """A name, not the beginning of a long sentence."""
    return len(named) <= LONGEST_NAME and len(one.body) <= len(named) + 45


def _window(rest: str) -> str:
    """The time behind a name: in brackets, or plain."""
    rest = rest.lstrip("：:，, ")
    bracket = _BRACKET.match(rest)
    return stamp(bracket["inside"]) or "" if bracket else leading_stamp(rest)


def _tasks(one: Sentence, after: Sequence[Sentence]) -> list[str]:
    inside = []
    for other in after:
        if other.path[: len(one.path)] != one.path:
            break
        inside.append(other.text)
    return inside[:MOST_TASKS]


def _without_lonely(found: list[tuple[Path, Proposal]]) -> list[tuple[Path, Proposal]]:
    """A single heading without any time, under a heading that only sounds like steps, is no phase."""
    if len(found) == 1 and "window" not in found[0][1].fields:
        return []
    return found


def _with_opening(one: Proposal, number: int) -> Proposal:
    fields = dict(one.fields)
    opens = "on_date" if "window" in fields else "by_hand" if number == 1 else "after_previous"
    ordered = {"name": fields.pop("name"), "opens": opens, **fields}
    return Proposal(ordered, one.said, one.sure, one.why)
