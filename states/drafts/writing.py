"""Findings -> YAML that a person finishes: sources and remarks at every entry, what is left to do at the top."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from states.drafts.compose import find
from states.drafts.duties import COPIES, NIL
from states.drafts.manuscript import Manuscript
from states.drafts.proposals import Findings, Proposal, Sure
from states.drafts.sentences import Sentence, sentences
from states.drafts.timewords import loose, spans
from states.drafts.yamlwriting import Commented, lines
from states.errors import Fault, Faulty
from states.reading import load

_BLANK = re.compile(r"[_＿]|[XＸ×]{2}")
_TIMES = ("begins", "ends", "window", "from", "until", "opens", "due", "every", "first")
SHOWN = 60


@dataclass(frozen=True)
class Draft:
    """The draft as YAML, what is left to do (as told at its top), and the faults that keep it from loading."""

    text: str
    todo: tuple[str, ...]
    faults: tuple[Fault, ...]
    findings: Findings


def draft(manuscript: Manuscript, key: str = "draft", name: str = "") -> Draft:
    """The draft of the plan in `manuscript`; `name` is the file it came from."""
    found = find(manuscript)
    body = "\n".join(_body(found, key)) + "\n"
    todo = [*found.remarks, *_open_ends(found, manuscript)]
    faults = _faults(body)
    height = len(_top(todo, faults, name))
    moved = [replace(one, line=one.line + height) if one.line else one for one in faults]
    top = _top(todo, moved, name)
    return Draft("\n".join(top) + "\n" + body, tuple(todo), tuple(moved), found)


def _top(todo: Sequence[str], faults: Sequence[Fault], name: str) -> list[str]:
    listed = [*todo, *(f"载入时的问题：{fault}" for fault in faults)]
    return [
        "# yaml-language-server: $schema=template.schema.json",
        f"# 草稿：按规则从方案原文{f'（{name}）' if name else ''}整理，须由人核对、补全后再用；改完用 duban template check 检查。",
        "# 日期、空白和名称照录原文；原文没有的没有写。每条后面注明把握：高、中、低。",
        f"# 待办（{len(listed)} 项）：",
        *(f"# {number}. {_one_line(one)}" for number, one in enumerate(listed, 1)),
    ]


def _faults(body: str) -> list[Fault]:
    try:
        load(body)
    except Faulty as error:
        return error.faults
    return []


def _open_ends(found: Findings, manuscript: Manuscript) -> Iterator[str]:
    """What the person who finishes the draft has to look at."""
    yield "核对 key（全系统唯一，只用小写字母、数字、点、连字符）和 title"
    blanks = [words for one in _entries(found) for words in _times(one.fields) if _BLANK.search(words)]
    if blanks:
        yield f"原文留空的日期有 {len(blanks)} 处，可照留，启动时逐处填写"
    undated = [
        stage.proposal.fields["name"] for stage in found.stages if "window" not in stage.proposal.fields
    ]
    if undated:
        yield f"没有时间的阶段：{'、'.join(undated)}；先照“人工开启”或“接上一阶段”写，请核定"
    unsure = [one for one in _entries(found) if one.sure is Sure.LOW]
    if unsure:
        yield f"把握低的有 {len(unsure)} 条（# 把握：低），请逐条取舍"
    if found.rungs:
        yield "催办梯次只有名称和先后，见末尾注释；时间、收件人原文没有，须核定后再写 ladders"
    else:
        yield "原文没有写催办、问责的先后；需要自动催办时请自拟 ladders"
    for one, words in _unused(found, manuscript):
        yield f"原文还有时间词没有列入：“{words}”（{one.place}：{_shown(one.text, words)}）"
    for one in sentences(manuscript.paragraphs):
        taken = any(entry.said.text == one.text and "copies" in entry.fields for entry in found.owed)
        for hit in () if taken else COPIES.finditer(one.text):
            yield f"抄送没有列入：“{hit[0]}”（{one.place}）；写作 copies"


def _unused(found: Findings, manuscript: Manuscript) -> Iterator[tuple[Sentence, str]]:
    used = [words for one in _entries(found) for words in _times(one.fields)]
    used += [str(found.extensions.fields.get("before", ""))] if found.extensions else []
    for one in sentences(manuscript.paragraphs):
        for span in spans(one.text):
            if not any(words in span.words or span.words in words for words in used):
                yield one, span.words
        nil = any(entry.fields.get("nil") for entry in found.owed if entry.said.text == one.text)
        told = [*used, NIL] if nil else used
        yield from ((one, words) for words in loose(one.text) if not any(words in each for each in told))


def _shown(text: str, words: str) -> str:
    start = max(0, text.find(words) - SHOWN // 3)
    return text[start : start + SHOWN]


def _entries(found: Findings) -> Iterator[Proposal]:
    yield found.title
    yield from (stage.proposal for stage in found.stages)
    yield from (stream.proposal for stream in found.streams)
    yield from (*found.owed, *found.coverage, *found.sampling, *found.rows)


def _times(fields: Mapping[str, Any]) -> Iterator[str]:
    return (str(fields[name]) for name in _TIMES if name in fields and name != "opens")


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _body(found: Findings, key: str) -> Iterator[str]:
    top = found.title.fields
    head: dict[str, Any] = {"key": key, "version": 1, "title": Commented(top["title"], _title_remark(found))}
    head["documents"] = {"plan": {"title": top["title"], **top["document"]}}
    times = {name: top[name] for name in ("begins", "ends") if name in top}
    if times:
        first = next(iter(times))
        head |= {**times, first: Commented(times[first], found.title.remark)}
        head["source"] = _source(found.title.said)
    yield from lines(head)
    for name, entries in _sections(found).items():
        if entries:
            yield ""
            yield from lines({name: entries})
    if found.extensions:
        rule = found.extensions
        told = {**rule.fields, "source": _source(rule.said)}
        yield ""
        yield from lines({"extensions": Commented(told, rule.remark)})
    if found.rows:
        yield ""
        yield from lines({"ledger": _ledger(found)})
    yield from _rest(found)


def _title_remark(found: Findings) -> str:
    return found.title.remark if "begins" not in found.title.fields else "请核对"


def _sections(found: Findings) -> dict[str, list[dict[str, Any]]]:
    return {
        "phases": [_entry(one.key, one.proposal) for one in found.stages],
        "workstreams": [_entry(one.key, one.proposal) for one in found.streams],
        "requirements": [_entry(f"r{n}", one) for n, one in enumerate(found.owed, 1)],
        "coverage": [_entry(None, one) for one in found.coverage],
        "sampling": [_entry(None, one) for one in found.sampling],
        "letters": [_entry(None, one) for one in found.letters],
        "links": [_entry(None, one) for one in found.links],
    }


def _entry(key: str | None, one: Proposal) -> dict[str, Any]:
    fields = {name: _plain(value) for name, value in one.fields.items()}
    first = {"key": key} if key else {}
    entry = {**first, **fields, "source": _source(one.said)}
    name = next(iter(entry))
    return {**entry, name: Commented(entry[name], one.remark)}


def _plain(value: Any) -> Any:
    """Checklist items carry their sentence."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [
            {name: _source(part) if name == "source" else part for name, part in one.items()} for one in value
        ]
    return value


def _source(said: Sentence) -> dict[str, str]:
    return {"doc": "plan", "place": said.place, "text": _one_line(said.text)}


def _ledger(found: Findings) -> dict[str, Any]:
    rows = []
    for row in found.rows:
        place = row.said.place if row.said.path else f"台账第{row.fields['no']}项"
        source = {"doc": "plan", "place": place, "text": _one_line(row.said.text)}
        no = Commented(row.fields["no"], row.remark)
        rows.append({**row.fields, "no": no, "source": source})
    return {"columns": list(found.columns), "rows": rows}


def _rest(found: Findings) -> Iterator[str]:
    """Conflicts, notes, and the ladder as a comment: its words have no times."""
    if found.conflicts:
        told = [
            {
                "about": about,
                "says": says,
                "sources": [
                    {"doc": "plan", "place": about.removesuffix(".due"), "text": words} for words in said
                ],
            }
            for about, says, said in found.conflicts
        ]
        yield from ("", *lines({"conflicts": told}))
    if found.notes:
        yield from ("", *lines({"notes": list(found.notes)}))
    if found.rungs:
        yield from (
            "",
            "# 提醒、问责用词，照原文先后；时间（at）、收件人（to）和文书（letter）原文没有写，请核定后去掉注释：",
        )
        yield from ("# ladder: main", "# ladders:", "#   main:", "#     rungs:")
        for word, said in found.rungs:
            asks = "" if "提醒" in word and "约谈" not in word else ", confirm: true, letter: "
            yield f"#       - {{at: , name: {word}, to: []{asks}}}  # {said.place}"
