"""How often somebody may ask, as a setting says it. Pure: who counts is `api.throttle`, and for log-ins the record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

PREFIX = "DUBAN_RATE_"
SAYS = "应为 0 到 9999999 的整数：每分钟几次（LOGINS 为每 15 分钟），0 为不限"


@dataclass(frozen=True)
class Rates:
    """So many a minute; 0: as many as they like.

    For each key or account: `requests` of all kinds but the two short ones, `quick` of these (a unit's status, one move),
    `heavy` of what works long. For each address: `refused` requests of whom nobody knows, and `logins` that failed (in 15
    minutes). Two hundred people behind one address stay far below all of them.
    """

    requests: int = 6_000
    quick: int = 0
    heavy: int = 600
    refused: int = 600
    logins: int = 300


NAMES: Mapping[str, str] = {f"{PREFIX}{one.name.upper()}": one.name for one in fields(Rates)}


def wrong(values: Mapping[str, str]) -> Iterator[str]:
    """Names of settings that are none."""
    return (name for name in NAMES if name in values and not re.fullmatch(r"\d{1,7}", values[name]))


def rates(values: Mapping[str, str]) -> Rates:
    """What they say, where nothing of it is `wrong`."""
    return Rates(**{field: int(values[name]) for name, field in NAMES.items() if name in values})
