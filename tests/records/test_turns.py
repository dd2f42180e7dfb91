"""Whoever waits longest to write is next."""

from __future__ import annotations

import threading
import time

from states.records.turns import Turns


def test_who_waits_is_served_in_the_order_of_coming() -> None:
    turns, served = Turns(), []

    def wait(number: int) -> None:
        assert turns.acquire(10)
        served.append(number)
        turns.release()

    assert turns.acquire(1)
    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=wait, args=[number]))
        threads[-1].start()
        while len(turns._waiting) <= number:
            time.sleep(0.001)
    turns.release()
    for one in threads:
        one.join(10)
    assert served == list(range(5))


def test_who_takes_it_over_and_over_keeps_nobody_out() -> None:
    """As a round does that writes mail after mail; a plain lock lets nobody in between."""
    turns, over, again = Turns(), threading.Event(), [0]

    def greedy() -> None:
        while not over.is_set():
            assert turns.acquire(10)
            time.sleep(0.002)
            again[0] += 1
            turns.release()

    thread = threading.Thread(target=greedy)
    thread.start()
    while not again[0]:
        time.sleep(0.001)
    for _ in range(20):
        before = again[0]
        assert turns.acquire(10)
        assert again[0] - before <= 2
        turns.release()
    over.set()
    thread.join(10)


def test_who_has_waited_too_long_leaves_the_queue() -> None:
    turns = Turns()
    assert turns.acquire(1)
    assert not turns.acquire(0.01)
    turns.release()
    assert turns.acquire(0)
    assert not turns.acquire(0)
