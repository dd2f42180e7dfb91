"""The short form of the soak: everybody at once for some seconds, nothing refused, lost or doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.databases import KINDS, Bench, Server
from bench.scale import LEAST
from bench.soak.course import Size, Soak, slope

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bench")]
SHORT = Size(seconds=6, liaisons=8, clients=5, spare=20, due=3, every=2)


@pytest.mark.parametrize("kind", KINDS)
def test_everybody_at_once_for_a_moment(kind: str, bench_server: Server, tmp_path: Path) -> None:
    found = Soak(Bench(LEAST, bench_server, tmp_path), kind, SHORT).run()
    assert found.faults == []
    assert found.requests > 20
    assert {"log in", "status", "changes", "scrape"} <= set(found.kinds)
    assert found.mails > 0
    assert all(one["ok"] for one in found.rounds.values())


def test_growth_is_the_slope_of_the_line() -> None:
    assert slope([(0, 10), (1, 12), (2, 14)]) == pytest.approx(2)
    assert slope([(0, 10), (1, 10), (2, 10)]) == pytest.approx(0)
