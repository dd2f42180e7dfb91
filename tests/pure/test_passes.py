"""Passes: what is written is read, what was touched is nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from states.passes import LASTS, Pass, Signer, reader

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
OURS = Signer("示例密钥")


@given(st.integers(1, 2**63 - 1), st.emails())
def test_what_was_written_is_read(obligation: int, email: str) -> None:
    found = OURS.read(OURS.write(obligation, email, AT))
    assert found == Pass(obligation, reader(email), AT)
    assert found.ends == AT + LASTS


def test_the_same_mail_says_the_same_pass_each_time_and_the_address_in_any_case() -> None:
    assert OURS.write(7, "A@example.test", AT) == OURS.write(
        7, " a@Example.test", AT + timedelta(microseconds=5)
    )


@pytest.mark.parametrize("place", range(0, 50, 7))
def test_a_pass_with_a_sign_changed_is_none(place: int) -> None:
    good = OURS.write(7, "a@example.test", AT)
    sign = "A" if good[place] != "A" else "B"
    assert OURS.read(good[:place] + sign + good[place + 1 :]) is None


@pytest.mark.parametrize("text", ["", "x", "示例", "=" * 50, "A" * 50, "../etc", "A" * 10_000])
def test_anything_else_is_none(text: str) -> None:
    assert OURS.read(text) is None


def test_another_secret_opens_nothing() -> None:
    assert Signer("另一把").read(OURS.write(7, "a@example.test", AT)) is None
    assert OURS.read(OURS.write(7, "a@example.test", AT)[:-1]) is None
