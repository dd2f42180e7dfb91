"""No pattern of ours can be made to take long by whoever writes what it reads."""

from __future__ import annotations

import re
import time
from itertools import product

import pytest

from pumping import attacks, kept, literals

SIZES = (24, 2_000)  # repeats; the first is for what doubles with each
SHORT = (24, 200)  # words of a date are never longer: `dates.plain.LONGEST`, `dates.rules.LONGEST`
END = "9a\x01"
SECONDS = 0.25
PATTERNS = sorted(literals() | kept())


def slowest(pattern: str, sizes: tuple[int, ...] = SIZES) -> tuple[float, str]:
    """The longest that it took over any of its attacks, and which; ends at the first that is too long."""
    compiled = re.compile(pattern)
    worst = (0.0, "")
    for (head, body), size in product(sorted(attacks(pattern)), sizes):
        text = head + body * size + END
        for way in (compiled.fullmatch, compiled.search):
            began = time.process_time()
            way(text)
            worst = max(worst, (time.process_time() - began, f"{head!r} + {body!r} * {size}"))
        if worst[0] > SECONDS:
            break
    return worst


def test_the_patterns_are_found() -> None:
    assert len(PATTERNS) > 150


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", r"(\d+年?)*月", "(x?y?)*z"])
def test_a_careless_pattern_would_be_seen(pattern: str) -> None:
    assert slowest(pattern)[0] > SECONDS


def test_no_pattern_takes_long_over_any_text() -> None:
    slow = []
    for name, pattern in PATTERNS:
        sizes = SHORT if name.startswith("states/dates/") else SIZES
        took, over = slowest(pattern, sizes)
        if took > SECONDS:
            slow.append(f"{name}: {pattern} took {took:.1f} s over {over}")
    assert slow == []
