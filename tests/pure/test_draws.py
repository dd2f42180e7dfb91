"""A draw is the same everywhere: its result stands written here, worked out with `sha256sum`."""

from __future__ import annotations

import hashlib
import random

import pytest

from states import draws
from states.errors import Faulty

IDS = [f"ZY-{number:03d}" for number in range(1, 21)]
CARD = "11010519491231002X"  # the example of the standard itself: it belongs to nobody


def test_a_draw_depends_on_the_seed_and_the_list_alone() -> None:
    mixed = random.Random(7).sample(IDS * 2, 40)
    first, again = draws.draw(IDS, 4, "2026-11-20 摇号 0731"), draws.draw(mixed, 4, "2026-11-20 摇号 0731")
    assert first == again
    assert first.drawn == ("ZY-009", "ZY-012", "ZY-003", "ZY-005")
    assert first.digest == hashlib.sha256("".join(f"{one}\n" for one in IDS).encode()).hexdigest()
    assert draws.draw(IDS, 4, "另一个种子").drawn != first.drawn


def test_more_drawn_by_the_same_seed_hold_the_fewer() -> None:
    """So a sample can be enlarged without losing what was checked already."""
    assert draws.draw(IDS, 9, "s").drawn[:4] == draws.draw(IDS, 4, "s").drawn


@pytest.mark.parametrize(
    ("size", "percent", "count", "number"),
    [(100, 10, None, 10), (101, 10, None, 11), (3, 50, None, 2), (1, 1, None, 1), (9, None, 4, 4)],
)
def test_a_share_is_rounded_up(size: int, percent: int | None, count: int | None, number: int) -> None:
    assert draws.number_of(size, percent, count) == number


def test_a_list_holds_ids_and_no_persons() -> None:
    with pytest.raises(Faulty) as faulty:
        draws.checked([("第1行", "王示例"), ("第2行", CARD), ("第3行", "ZY 001"), ("第4行", "ZY-001")])
    assert [(one.place, one.says[:6]) for one in faulty.value.faults] == [
        ("第1行", "不是编号；清"),
        ("第2行", "像是身份证号"),
        ("第3行", "不是编号；清"),
    ]
    ids, warnings = draws.checked([("1", "A"), ("2", "A"), ("3", "13800000000")])
    assert (ids, len(warnings)) == (["A", "A", "13800000000"], 2)
    assert draws.is_card("110105194912310021") is False, "its check digit is wrong"


@pytest.mark.parametrize(("number", "seed"), [(0, "s"), (21, "s"), (1, " "), (1, "a\nb"), (1, "x" * 101)])
def test_what_can_not_be_drawn_is_refused(number: int, seed: str) -> None:
    with pytest.raises(Faulty):
        draws.draw(IDS, number, seed)
