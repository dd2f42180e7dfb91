"""Rates as a setting says them, and what they cost those who ask."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from api.throttle import AT_ONCE, GUESTS, NAMES, WELCOME, WINDOW, Allowance, Throttle
from api.weights import HEAVY, HEAVY_PAGES, weigh
from states.errors import BadSetting, TooMany
from states.rates import Rates
from states.records.asker import EVERYTHING
from states.settings import read


class Watch:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


def test_settings_say_the_rates_and_a_wrong_one_is_named() -> None:
    assert read({}).rates == Rates()
    found = read({"DUBAN_RATE_HEAVY": "7", "DUBAN_RATE_REQUESTS": "0"}).rates
    assert (found.heavy, found.requests, found.refused) == (7, 0, Rates().refused)
    with pytest.raises(BadSetting) as wrong:
        read({"DUBAN_RATE_HEAVY": "many", "DUBAN_RATE_LOGINS": "-1", "DUBAN_RATE_LOGIN": "1"})
    places = [one.place for one in wrong.value.faults]
    assert places == ["DUBAN_RATE_LOGIN", "DUBAN_RATE_HEAVY", "DUBAN_RATE_LOGINS"]


def test_a_minutes_worth_may_be_taken_at_once_and_comes_back_evenly() -> None:
    clock = Watch()
    allowance = Allowance(60, clock)
    assert [allowance.take("a") for _ in range(61)] == [0] * 60 + [1]
    assert allowance.take("b") == 0, "everybody has his own"
    assert (allowance.left("a"), allowance.left("b"), allowance.left("c")) == (1, 0, 0)
    clock.at += 1
    assert [allowance.take("a") for _ in range(2)] == [0, 1]
    clock.at += WINDOW
    assert [allowance.take("a") for _ in range(61)] == [0] * 60 + [1]


def test_the_wait_that_is_told_is_enough() -> None:
    clock = Watch()
    allowance = Allowance(7, clock)
    while not (wait := allowance.take("a")):
        pass
    clock.at += wait
    assert allowance.take("a") == 0


def test_none_is_no_limit_and_names_do_not_fill_the_memory() -> None:
    clock = Watch()
    assert all(Allowance(0, clock).take("a") == 0 for _ in range(1_000))
    allowance = Allowance(2, clock)
    assert [allowance.take("busy") for _ in range(3)] == [0, 0, 30]
    for number in range(2 * NAMES):
        allowance.take(number)
    assert len(allowance._until) <= NAMES
    assert allowance.take("busy") == 30, "who took most is remembered longest"


def test_an_address_that_asks_in_vain_is_not_heard_and_its_neighbours_are() -> None:
    clock = Watch()
    throttle = Throttle(Rates(refused=3), clock)
    throttle.welcome("good")
    for number in range(3):
        throttle.check_stranger(f"2001:db8::{number}", "x")
        throttle.stranger(f"2001:db8::{number}")
    with pytest.raises(TooMany) as told:
        throttle.check_stranger("2001:db8::ffff", "x")
    assert told.value.wait == 20
    throttle.check_stranger("2001:db8::ffff", "good")
    throttle.check_stranger("2001:db8:1::1", "x")
    clock.at += 20
    throttle.check_stranger("2001:db8::ffff", "x")


def test_those_who_were_let_in_do_not_fill_the_memory_and_are_forgotten() -> None:
    clock = Watch()
    throttle = Throttle(Rates(refused=1), clock)
    for number in range(GUESTS + 10):
        throttle.welcome(str(number))
    assert len(throttle._guests) == GUESTS
    throttle.stranger("192.0.2.1")
    throttle.check_stranger("192.0.2.1", "0")
    clock.at += WELCOME
    throttle.stranger("192.0.2.1")
    with pytest.raises(TooMany):
        throttle.check_stranger("192.0.2.1", "0")
    throttle.welcome("late")
    assert len(throttle._guests) == 1
    throttle.check_stranger("192.0.2.1", "late")


def test_so_many_heavy_requests_of_one_run_side_by_side() -> None:
    throttle = Throttle(Rates())
    ends = [throttle.begin(EVERYTHING) for _ in range(AT_ONCE)]
    with pytest.raises(TooMany):
        throttle.begin(EVERYTHING)
    ends.pop()()
    ends.append(throttle.begin(EVERYTHING))
    for end in ends:
        end()
    assert throttle._running == {}


def test_what_works_long_is_weighed_as_such_on_pages_too() -> None:
    for method, path in HEAVY | HEAVY_PAGES:
        throttle = Throttle(Rates(heavy=1), Watch())

        def asked(route: str = path, by: str = method, throttle: Throttle = throttle) -> None:
            carried = {"method": by, "route": SimpleNamespace(path_format=route)}
            weigh(SimpleNamespace(scope=carried), throttle, EVERYTHING)

        asked()
        with pytest.raises(TooMany):
            asked()
