"""The clock of the experiment goes on between rounds, never in the middle of one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.chaos import clocked

BEFORE, AFTER = datetime(2026, 9, 24, tzinfo=UTC), datetime(2026, 10, 9, tzinfo=UTC)
NEAR = timedelta(minutes=5)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    clocked.set_clock(tmp_path / "clock", BEFORE)
    return tmp_path / "clock"


def test_a_clock_is_set_when_the_rounds_under_way_have_ended_and_no_other_begins_before(file: Path) -> None:
    def begin() -> datetime:
        with clocked.under_way(file):
            return clocked.reads(file)

    with ThreadPoolExecutor(2) as pool:
        with clocked.under_way(file):
            setting = pool.submit(clocked.set_clock, file, AFTER, 60.0)
            with pytest.raises(TimeoutError):
                setting.result(0.3)
            later = pool.submit(begin)
            with pytest.raises(TimeoutError):
                later.result(0.3)
            assert clocked.reads(file) < BEFORE + NEAR
        assert later.result(30) >= AFTER
        setting.result(30)


def test_a_round_that_does_not_end_holds_the_clock_up_no_longer_than_patience_lasts(file: Path) -> None:
    with clocked.under_way(file):
        clocked.set_clock(file, AFTER, 0.1)
        assert clocked.reads(file) >= AFTER
