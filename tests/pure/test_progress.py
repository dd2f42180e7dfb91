"""Figures add up, whatever is counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from states.progress import Count, Covered, Tally, overdue, reporting, total

STATUSES = ("open", "returned", "submitted", "accepted", "nil", "waived")
COUNTS = st.lists(
    st.builds(Count, st.sampled_from(STATUSES), st.booleans(), st.booleans(), st.integers(0, 50)), max_size=20
)


@given(COUNTS)
def test_what_was_due_is_on_time_late_nil_or_missing(counts: list[Count]) -> None:
    found = reporting(counts)
    assert found.due == found.on_time + found.late + found.nil - found.late_nil + found.missing
    assert found.late_nil <= min(found.late, found.nil)
    assert found.missing == overdue(counts)
    assert found.rate is None or 0 <= found.rate <= 1


@given(COUNTS)
def test_every_obligation_is_in_one_status(counts: list[Count]) -> None:
    assert sum(total(counts, status) for status in STATUSES) == sum(one.number for one in counts)


def test_a_nil_report_is_an_answer_and_a_late_one_is_late_and_nil() -> None:
    counts = [Count("nil", True, False, 3), Count("nil", True, True, 1), Count("open", True, False, 2)]
    found = reporting(counts)
    assert (found.nil, found.late, found.late_nil, found.on_time) == (4, 1, 1, 0)
    assert (found.due, found.missing, found.rate) == (6, 2, round(4 / 6, 4))


def test_nothing_due_has_no_rate() -> None:
    assert reporting([Count("open", False, False, 9)]).rate is None


@pytest.mark.parametrize(
    ("target", "reached", "of", "met", "percent"),
    [
        (50, 1, 2, True, 50.0),
        (50, 49, 99, False, 49.4),
        (100, 2999, 3000, False, 99.9),
        (100, 3, 3, True, 100.0),
        (50, 0, 0, False, None),
    ],
)
def test_coverage_is_met_exactly_at_its_target(
    target: int, reached: int, of: int, met: bool, percent: float | None
) -> None:
    found = Covered("示例", target, reached, of)
    assert (found.met, found.percent) == (met, percent)


def test_units_are_the_sum_of_their_states() -> None:
    tally = Tally((("a", 2), ("b", 5)), 0, 0, 0, 0, 0, reporting([]))
    assert (tally.units, tally.closing_rate) == (7, None)
