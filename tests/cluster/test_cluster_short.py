"""The short form of `make cluster-test`: a few hundred units, one blow of each kind that needs no patience."""

from __future__ import annotations

import pytest

from tests.cluster import plots
from tests.cluster.story import run

pytestmark = [pytest.mark.slow, pytest.mark.cluster, pytest.mark.xdist_group("prefect")]


def test_blows_in_the_middle_of_a_round_lose_nothing_and_double_nothing_outside_of_the_window() -> None:
    outcome = run(plots.short(), print)
    assert outcome.verdict.wrong == ()
    assert [blow.lasted > 0 for blow in outcome.blows] == [True] * len(outcome.blows)
