"""Which number a request gets, and how far it reaches."""

from __future__ import annotations

import re

import pytest

from states import marks

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


def number(**headers: str) -> tuple[str, str]:
    return marks.number_of(
        [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    )


@pytest.mark.parametrize("given", ["r", "abc-123", "A.b_c-9", "x" * 64, "123456789012"])
def test_a_sane_number_of_the_caller_is_kept(given: str) -> None:
    assert number(x_request_id=given) == (given, "")


@pytest.mark.parametrize(
    "given",
    [
        "",
        "x" * 65,
        "a b",
        "a\nb: c",
        "-a",
        "数",
        "wang@example.org",
        "duban_abcdefgh",
        "13900000000",
        "11010119900101123X",
    ],
)
def test_what_is_long_strange_or_personal_is_replaced(given: str) -> None:
    made, parent = number(x_request_id=given)
    assert re.fullmatch("[0-9a-f]{32}", made)
    assert parent == ""


def test_a_trace_gives_its_number_where_there_is_no_other() -> None:
    assert number(traceparent=PARENT) == (TRACE, PARENT)
    assert number(traceparent=PARENT, x_request_id="mine") == ("mine", PARENT)
    assert number(x_request_id="no no", traceparent=PARENT) == (TRACE, PARENT)


@pytest.mark.parametrize(
    "given",
    [
        PARENT.upper(),
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"{PARENT}-more",
        f"00-{TRACE}-{SPAN}",
    ],
)
def test_a_trace_that_is_none_is_not_taken(given: str) -> None:
    made, parent = number(traceparent=given)
    assert made != TRACE
    assert parent == ""


def test_a_round_keeps_its_number_within_and_the_next_one_has_another() -> None:
    assert marks.round_() is None
    with marks.in_round("deliver") as outer:
        with marks.in_round("deliver") as inner:
            assert inner is outer
        with marks.in_round("seal") as other:
            assert other.number != outer.number
        assert marks.round_() is outer
    assert marks.round_() is None
    with marks.in_round("deliver") as later:
        assert later.number != outer.number
