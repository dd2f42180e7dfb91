"""Labels of periods as official papers say them."""

from __future__ import annotations

from datetime import date

import pytest

from states.dates.periods import label, named, spoken
from states.dates.rhythm import Rhythm

DAY = date(2026, 9, 4)


@pytest.mark.parametrize(
    ("rhythm", "words"),
    [
        (Rhythm.WEEK, "2026年第36周"),
        (Rhythm.TEN_DAYS, "2026年9月上旬"),
        (Rhythm.HALF_MONTH, "2026年9月上半月"),
        (Rhythm.MONTH, "2026年9月"),
        (Rhythm.QUARTER, "2026年第三季度"),
        (Rhythm.HALF_YEAR, "2026年下半年"),
        (Rhythm.YEAR, "2026年"),
        (Rhythm.DATES, "2026年9月4日"),
    ],
)
def test_every_label_has_its_words(rhythm: Rhythm, words: str) -> None:
    assert spoken(label(rhythm)(DAY)) == words
    assert named("进展情况", label(rhythm)(DAY)) == f"进展情况（{words}）"


def test_what_is_no_label_stays() -> None:
    assert named("月报表", "首次") == "月报表（首次）"
    assert named("报告（2026）", "") == "报告（2026）"
    assert spoken("2026-Q9") == "2026-Q9"
