"""The tree of units: every ring found once, in linear time, however deep."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from states.documents.orgtree import cycles, parents_first

CODES = "ABCDEFGH"
trees = st.dictionaries(st.sampled_from(CODES), st.none() | st.sampled_from(CODES))


def naive_cycle_members(parents: dict[str, str | None]) -> set[str]:
    members = set()
    for start in parents:
        code: str | None = start
        for _ in parents:
            code = parents.get(code) if code is not None else None
            if code == start:
                members.add(start)
    return members


@given(trees)
def test_cycles_hold_exactly_the_units_that_are_above_themselves(parents: dict[str, str | None]) -> None:
    found = cycles(parents)
    named = [code for ring in found for code in ring]
    assert len(named) == len(set(named))
    assert set(named) == naive_cycle_members(parents)
    for ring in found:
        assert all(parents[code] == above for code, above in zip(ring, (*ring[1:], ring[0]), strict=True))


@given(trees)
def test_parents_come_first_and_nobody_is_lost(parents: dict[str, str | None]) -> None:
    sound = {code: None if code in naive_cycle_members(parents) else above for code, above in parents.items()}
    order = parents_first(sound)
    assert sorted(order) == sorted(sound)
    assert all(order.index(above) < order.index(code) for code, above in sound.items() if above in sound)


def test_a_chain_of_a_million_is_walked_without_recursion() -> None:
    codes = [str(number) for number in range(1_000_000)]
    chain: dict[str, str | None] = dict(zip(codes, [*codes[1:], None], strict=True))
    assert parents_first(chain)[0] == codes[-1]
    chain[codes[-1]] = codes[0]
    assert cycles(chain) == [tuple(codes)]
