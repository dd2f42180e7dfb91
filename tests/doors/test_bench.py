"""Every row of the bench can still be made: the sizes are the least there are, and no figure is judged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.databases import Bench, Server
from bench.groups import GROUPS, measure
from bench.scale import LEAST

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bench")]


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("group", [name for name in GROUPS if name not in ("memory", "flow")])
def test_a_group_measures_all_its_rows(group: str, bench_server: Server, tmp_path: Path) -> None:
    done = measure(group, Bench(LEAST, bench_server, tmp_path))
    assert done.rows
    assert [row.note for row in done.rows if row.value is None] == []
