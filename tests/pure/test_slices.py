"""What does not fit into one statement goes in several, in its order and to the last."""

from __future__ import annotations

import pytest

from states.records.columns import slices


@pytest.mark.parametrize(
    ("rows", "parts"),
    [
        ([], []),
        ([1, 2], [[1, 2]]),
        ([1, 2, 3, 4], [[1, 2], [3, 4]]),
        ([1, 2, 3, 4, 5], [[1, 2], [3, 4], [5]]),
    ],
)
def test_every_row_is_in_one_slice(rows: list[int], parts: list[list[int]]) -> None:
    assert list(slices(rows, 2)) == parts
