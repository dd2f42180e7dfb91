"""Takes a person out of texts: an address wherever it stands by itself, and names beside it or wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any


class Scrub:
    """Replaces by `token` the address, and the names `beside` it in whatever also holds it; the names `anywhere`
    everywhere. An address that is a part of a longer one is somebody else's.
    """

    def __init__(
        self, address: str, token: str, *, beside: Iterable[str] = (), anywhere: Iterable[str] = ()
    ) -> None:
        self.address, self.token = address.lower(), token
        self.anywhere = tuple(sorted({one.strip() for one in anywhere if one.strip()}))
        alone = rf"(?<![\w.+%-]){re.escape(address)}(?![\w-]|\.\w)"
        self._address = re.compile(alone, re.IGNORECASE)
        self._beside = _any({*beside, *self.anywhere})
        self._anywhere = _any(self.anywhere)

    def holds(self, value: Any) -> bool:
        """Whether the address stands in it."""
        return any(self._address.search(one) for one in _texts(value))

    def clean(self, value: Any, *, beside: bool) -> Any:
        """The value without the person; `beside`: it belongs to something that holds the address."""
        if isinstance(value, str):
            names = self._beside if beside else self._anywhere
            return names.sub(self.token, self._address.sub(self.token, value))
        if isinstance(value, list):
            return [self.clean(one, beside=beside) for one in value]
        if isinstance(value, dict):
            return {
                self.clean(key, beside=beside): self.clean(one, beside=beside) for key, one in value.items()
            }
        return value


def _any(words: Iterable[str]) -> re.Pattern[str]:
    """Any of the words, longer ones first; nothing where there are none. One in Latin letters must stand by itself."""
    found = sorted({one for one in words if one}, key=len, reverse=True)
    alone = (
        re.escape(one) if not one.isascii() else rf"(?<![\w.+-]){re.escape(one)}(?![\w-])" for one in found
    )
    return re.compile("|".join(alone) if found else r"(?!)")


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(key)
            yield from _texts(one)
