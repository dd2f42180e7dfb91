"""Red, yellow, green say their figures and what they are held against."""

from __future__ import annotations

import pytest

from states.progress import LIGHT_RULE, Reporting, Tally, light, light_of_unit


def tally(units: int, behind: int, due: int, overdue: int) -> Tally:
    found = Reporting(due=due, on_time=due - overdue, missing=overdue)
    return Tally((("self-check", units),) if units else (), behind, overdue, 0, 0, 0, found)


@pytest.mark.parametrize(
    ("units", "behind", "due", "overdue", "tone"),
    [
        (0, 0, 0, 0, "none"),
        (10, 0, 0, 0, "green"),
        (100, 0, 100, 0, "green"),
        (100, 0, 1000, 1, "yellow"),
        (100, 9, 100, 9, "yellow"),
        (100, 10, 100, 0, "red"),
        (100, 0, 100, 10, "red"),
        (1, 1, 0, 0, "red"),
    ],
)
def test_a_campaign_is_red_from_a_tenth_on(
    units: int, behind: int, due: int, overdue: int, tone: str
) -> None:
    found = light(tally(units, behind, due, overdue))
    assert found.tone == tone
    assert LIGHT_RULE in found.rule
    if units:
        assert f"逾期 {overdue} 项" in found.rule
        assert f"落后 {behind} 个" in found.rule


def test_a_share_is_rounded_so_that_no_yellow_says_ten_percent() -> None:
    found = light(tally(10_000, 0, 10_000, 999))
    assert (found.tone, "9.9%" in found.figures) == ("yellow", True)


@pytest.mark.parametrize(
    ("overdue", "behind", "escalated", "tone"),
    [
        (0, False, False, "green"),
        (0, True, False, "yellow"),
        (1, False, False, "yellow"),
        (1, False, True, "red"),
    ],
)
def test_a_unit_is_red_once_its_delay_has_climbed(
    overdue: int, behind: bool, escalated: bool, tone: str
) -> None:
    found = light_of_unit(overdue, behind, escalated)
    assert (found.tone, f"逾期 {overdue} 项" in found.figures) == (tone, True)
