"""Foreign text made safe to stand in a header, a sentence or a file name."""

from __future__ import annotations

import re
import unicodedata

# Categories: controls and line separators become a space; formatting marks (direction overrides, zero-width
# characters) and lone surrogates vanish.
SPACED = frozenset({"Cc", "Zl", "Zp"})
DROPPED = frozenset({"Cf", "Cs"})
LONGEST_NAME = 80


def plain(text: str, limit: int) -> str:
    """`text` on one line without invisible characters, at most `limit` characters, an ellipsis where cut."""
    line = " ".join("".join(map(_kept, text)).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def file_name(name: str) -> str:
    """`name` without separators and invisible characters; a name cut short keeps its ending."""
    stem, dot, ending = plain(re.sub(r'[/\\:*?"<>|]', "_", name), 4 * LONGEST_NAME).rpartition(".")
    if not dot or len(ending) > 8:
        return plain(stem + dot + ending, LONGEST_NAME).strip(". ") or "attachment"
    return f"{plain(stem, LONGEST_NAME - len(ending) - 1).strip('. ') or 'attachment'}.{ending}"


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if category in DROPPED:
        return ""
    return " " if category in SPACED else character
