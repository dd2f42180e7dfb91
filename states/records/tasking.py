"""What a mail tells of the plan besides what is owed: whom it goes to, and the tasks of what has begun."""

from __future__ import annotations

from collections.abc import Iterable

from states.letters import Tasks
from states.template import Template, stream_key


def tasks_of(template: Template, phase: str, asked: Iterable[str]) -> tuple[Tasks, ...]:
    """The tasks of a phase, by its key, and of the workstreams in which something is `asked` (requirements by key)."""
    begun, keys = template.begun(phase), set(asked)
    within = {one.workstream for one in template.requirements if one.key in keys}
    streams = [one for one in template.workstreams if one.key in within or stream_key(one) in keys]
    told = [(f"“{begun.name}”阶段", begun.tasks), *((f"“{one.name}”", one.tasks) for one in streams)]
    return tuple(Tasks(of, listed) for of, listed in told if listed)


def goes_to(template: Template, requirement: str) -> str:
    """Where a requirement is handed in by the plan, with copies and what carries it; empty where it does not say."""
    asked = next((one for one in template.requirements if one.key == requirement), None)
    if asked is None:
        return ""
    copies = f"抄送{'、'.join(asked.copies)}" if asked.copies else ""
    carried = f"随{asked.carried_by}一并报送" if asked.carried_by else ""
    return "；".join(part for part in (asked.to or "", copies, carried) if part)
