"""Evidence that a template asks for and nobody could ever show. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from states.evidence import Family
from states.walking import Found, listed

KEPT = "留在单位备查的（keep_at_unit）只作确认，不写“evidence”"


def disagreements(data: dict[str, Any]) -> Found:
    """Evidence that nobody could ever show."""
    for path, requirement in listed(data, "requirements"):
        evidence = requirement.get("evidence")
        if not isinstance(evidence, dict):
            continue
        if requirement.get("keep_at_unit") is True:
            yield (*path, "evidence"), KEPT
        kinds = evidence.get("kinds")
        if _counts(evidence.get("photos")) and _lacks(kinds, Family.image):
            yield (*path, "evidence", "kinds"), "要照片（photos）就要收图片，请加上 image"


def _counts(number: object) -> bool:
    return isinstance(number, int) and number > 0


def _lacks(kinds: object, wanted: str) -> bool:
    return isinstance(kinds, Collection) and len(kinds) > 0 and wanted not in kinds
