"""The judge of `make chaos` excuses what could not be known, and nothing else."""

from __future__ import annotations

import pytest

from tests.chaos.office import Handed
from tests.chaos.verdict import AWAY, DEAD, UNTOLD, Outage, _cause

AWAY_AT_20 = [Outage(20.0, 25.0)]


def handed(at: float, *, who: str = "one", told: bool = True) -> Handed:
    return Handed(who, "wang@example.org", b"", at, told)


@pytest.mark.parametrize(
    ("one", "next_at", "killed", "outages", "found"),
    [
        (handed(10), 11.0, set(), [], None),
        (handed(10), None, set(), [], None),
        (handed(10), None, {"two"}, [], None),
        (handed(10), 11.0, {"one"}, [], None),  # it lived to go on to its next, so it had noted this one
        (handed(10), None, {"one"}, [], DEAD),
        (handed(10, told=False), 11.0, set(), [], UNTOLD),
        (handed(10), 11.0, set(), AWAY_AT_20, None),
        (handed(30), 31.0, set(), AWAY_AT_20, None),
        (handed(19), 27.0, set(), AWAY_AT_20, AWAY),
        (handed(22), None, set(), AWAY_AT_20, AWAY),
    ],
)
def test_a_repeat_is_excused_by_what_befell_between_acceptance_and_mark(
    one: Handed, next_at: float | None, killed: set[str], outages: list[Outage], found: str | None
) -> None:
    assert _cause(one, next_at, killed, outages) == found
