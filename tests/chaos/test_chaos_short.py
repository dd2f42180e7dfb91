"""The short form of `make chaos`: some moments of one campaign on each database. CHAOS_SEED throws other dice."""

from __future__ import annotations

import os
import sys

import pytest

from tests.chaos.shown import rows
from tests.chaos.story import SHORT, run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kill")]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_lost_and_nothing_doubled_whatever_goes_wrong(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("CHAOS_SEED", "20260907"))
    found = run(kind, SHORT, seed, lambda _line: None)
    with capsys.disabled():
        told = ", ".join(f"{name} {number}" for name, (number,) in rows([found]))
        sys.stdout.write(f"\nchaos, {kind}, seed {seed}: {told}\n")
    assert found.wrong == []
    assert found.blows["duban up killed (-9)"] + found.blows["duban tick killed (-9)"] > 2, "it was one"
    assert found.handed >= found.foretold > 100
