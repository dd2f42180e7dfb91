"""The numbers that Word puts before paragraphs by itself: 一、 （一） 1. — they are not in the text."""

from __future__ import annotations

import re
from collections import defaultdict
from xml.etree.ElementTree import Element

from states.documents.wordfile import W

HAN = "一二三四五六七八九"
CHINESE = {"chineseCounting", "chineseCountingThousand", "japaneseCounting", "ideographTraditional"}
MOST_LEVELS = 9


class Numbers:
    """Counts per list as the paragraphs pass."""

    def __init__(self, root: Element | None) -> None:
        self.levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        self.counts: dict[str, dict[int, int]] = defaultdict(dict)
        if root is not None:
            self._learn(root)

    def _learn(self, root: Element) -> None:
        abstract = {
            one.get(f"{W}abstractNumId", ""): {
                number: level for number, level in map(_level, one.findall(f"{W}lvl")) if level[0]
            }
            for one in root.findall(f"{W}abstractNum")
        }
        for one in root.findall(f"{W}num"):
            target = one.find(f"{W}abstractNumId")
            if target is not None:
                self.levels[one.get(f"{W}numId", "")] = abstract.get(target.get(f"{W}val", ""), {})

    def before(self, paragraph: Element) -> str:
        """The number of this paragraph as printed; empty for one without."""
        place = paragraph.find(f"{W}pPr/{W}numPr")
        if place is None:
            return ""
        name, level = _value(place, "numId"), int(_value(place, "ilvl") or 0)
        known = self.levels.get(name, {})
        if level not in known:
            return ""
        counts = self.counts[name]
        counts[level] = counts.get(level, known[level][2] - 1) + 1
        for deeper in [one for one in counts if one > level]:
            del counts[deeper]
        return re.sub(r"%(\d)", lambda found: self._count(name, int(found[1]) - 1), known[level][1])

    def _count(self, name: str, level: int) -> str:
        shape, _, first = self.levels[name].get(level, ("decimal", "", 1))
        number = self.counts[name].get(level, first)
        return chinese(number) if shape in CHINESE else str(number)


def _level(element: Element) -> tuple[int, tuple[str, str, int]]:
    """Place, and (shape, words with %1, first number); a bullet has no shape."""
    shape, start = _value(element, "numFmt"), _value(element, "start")
    place = element.get(f"{W}ilvl", "0")
    number = int(place) if place.isascii() and place.isdigit() else MOST_LEVELS
    first = int(start) if start.isascii() and start.isdigit() else 1
    return number, ("" if shape in ("bullet", "none") else shape, _value(element, "lvlText"), first)


def _value(element: Element, name: str) -> str:
    found = element.find(f"{W}{name}")
    return found.get(f"{W}val", "") if found is not None else ""


def chinese(number: int) -> str:
    """1 to 99 in Chinese numerals; others in digits."""
    if not 1 <= number <= 99:
        return str(number)
    tens, ones = divmod(number, 10)
    left = ("" if tens == 1 else HAN[tens - 1]) + "十" if tens else ""
    return left + (HAN[ones - 1] if ones else "")
