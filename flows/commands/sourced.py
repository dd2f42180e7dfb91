"""The register of sources of a template, as a table and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flows.commands import shown

if TYPE_CHECKING:
    from states.frozen import Source
    from states.register import Fact, Register
    from states.template import Template

NONE = "没有注明出处"


def show(template: Template, as_json: bool) -> None:
    """Every fact with its sentence, the contradictions, how many facts have no source."""
    from states.register import register

    found = register(template)
    if as_json:
        shown.as_json(_data(template, found))
        return
    shown.say(f"{template.title}（{template.key} 第 {template.version} 版）")
    rows = [(fact.place, fact.name, fact.says, *_where(template, fact.source)) for fact in found.facts]
    shown.table(("位置", "名称", "时间或数字", "文件", "处", "原句"), rows, f"出处（{len(rows)} 条）")
    for about, says, sources in found.conflicts:
        shown.say(f"矛盾 {about}：{says}")
        shown.say(*(f"  {'，'.join(part for part in _where(template, one) if part)}" for one in sources))
    missing = sum(found.unsourced.values())
    counted = "、".join(f"{sort} {number}" for sort, number in found.unsourced.items())
    shown.say(f"没有注明出处的 {missing} 条（{counted}）" if missing else "每一条都注明了出处")


def _where(template: Template, source: Source | None) -> tuple[str, str, str]:
    from states.register import document

    if source is None:
        return "", NONE, ""
    return document(template, source), source.place, source.text or ""


def _data(template: Template, found: Register) -> dict[str, Any]:
    return {
        "template": template.key,
        "version": template.version,
        "title": template.title,
        "facts": [_fact(template, fact) for fact in found.facts],
        "conflicts": [
            {"about": about, "says": says, "sources": [_source(template, one) for one in sources]}
            for about, says, sources in found.conflicts
        ],
        "unsourced": {"total": sum(found.unsourced.values()), "by_sort": found.unsourced},
    }


def _fact(template: Template, fact: Fact) -> dict[str, Any]:
    source = _source(template, fact.source) if fact.source else None
    return {"place": fact.place, "sort": fact.sort, "name": fact.name, "says": fact.says, "source": source}


def _source(template: Template, source: Source) -> dict[str, Any]:
    from states.register import document

    return {
        "doc": source.doc,
        "document": document(template, source),
        "place": source.place,
        "text": source.text,
    }
