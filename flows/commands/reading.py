"""How duban reads the words of time in a template, where that is not what stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from states.template import Phase, Requirement


def of_phase(phase: Phase) -> str:
    """The window of a phase in canonical words; empty where it says just that, or nothing."""
    from states.dates import parse, parse_window, window_words

    if phase.window:
        return _unless_same(phase.window, window_words(parse_window(phase.window)))
    ends = tuple(parse(words) if words else None for words in (phase.from_, phase.until))
    said = " 至 ".join(words for words in (phase.from_, phase.until) if words)
    return _unless_same(said, window_words((ends[0], ends[1])))


def of_requirement(one: Requirement) -> str:
    """Likewise of what is due once or again and again."""
    from states.dates import parse, parse_cadence

    if one.due:
        return _unless_same(one.due, parse(one.due).words())
    return _unless_same(one.every, parse_cadence(one.every).words()) if isinstance(one.every, str) else ""


def _unless_same(written: str, read: str) -> str:
    return "" if read == written else read
