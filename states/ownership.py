"""举办性质 of a unit: run by the public hand or not. One table for unit lists, scopes and filters."""

from __future__ import annotations

PUBLIC, PRIVATE = "公立", "民营"
OWNERSHIPS = (PUBLIC, PRIVATE)
OWNERSHIP_WORDS = {
    **dict.fromkeys((PUBLIC, "公办", "政府办", "政府举办", "国有", "public"), PUBLIC),
    **dict.fromkeys((PRIVATE, "民办", "私立", "社会办", "社会办医", "非公立", "private"), PRIVATE),
}
