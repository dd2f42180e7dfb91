"""A batch: rows of the journal sealed together, and its place in the chain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from states.chain.leaves import canonical

START = "0" * 64  # what stands before the first batch
FIELDS = ("no", "prev", "first", "last", "rows", "total", "members", "at")


def sealed(batch: Mapping[str, Any], digest: bytes) -> str:
    """The hash of a batch over its head and `digest`: SHA-256 of the digests of its rows, in order of their numbers."""
    told = [batch[name] for name in FIELDS]
    return hashlib.sha256(canonical([*told, digest.hex()])).hexdigest()


def spans(ids: Iterable[int]) -> str:
    """Ascending numbers as `1-4,6-1000`: numbers that no row ever got are between them."""
    found: list[list[int]] = []
    for one in ids:
        if found and found[-1][1] == one - 1:
            found[-1][1] = one
        else:
            found.append([one, one])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def members(text: str) -> Iterator[int]:
    """The numbers again. Raises ValueError where the text is no such list."""
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)
