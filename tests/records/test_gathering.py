"""Questions of one moment are answered together, each its own answer, none is left."""

from __future__ import annotations

import asyncio

import pytest

from states.records.gathering import AT_ONCE, Gathering


def test_questions_of_one_moment_go_together_and_each_gets_its_own_answer() -> None:
    seen: list[list[int]] = []

    async def double(batch: list[int]) -> list[int | Exception]:
        seen.append(batch)
        await asyncio.sleep(0)
        return [2 * one for one in batch]

    async def asked() -> list[int]:
        gathering: Gathering[int, int] = Gathering(double)
        return await asyncio.gather(*(gathering.ask(number) for number in range(AT_ONCE + 10)))

    assert asyncio.run(asked()) == [2 * number for number in range(AT_ONCE + 10)]
    assert [len(batch) for batch in seen] == [AT_ONCE, 10]


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_a_question_asked_just_as_the_last_answer_goes_out_is_not_left_waiting(lanes: int) -> None:
    async def same(batch: list[int]) -> list[int | Exception]:
        await asyncio.sleep(0)
        return list(batch)

    async def caller(gathering: Gathering[int, int], many: int) -> int:
        return sum([await gathering.ask(1) for _ in range(many)])

    async def asked() -> list[int]:
        gathering: Gathering[int, int] = Gathering(same, lanes)
        return await asyncio.wait_for(asyncio.gather(*(caller(gathering, 200) for _ in range(7))), 20)

    assert asyncio.run(asked()) == [200] * 7


def test_no_more_run_beside_each_other_than_there_are_lanes() -> None:
    running, most = 0, 0

    async def slow(batch: list[int]) -> list[int | Exception]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return list(batch)

    async def asked() -> None:
        gathering: Gathering[int, int] = Gathering(slow, 2)
        asking = []
        for number in range(9):
            asking.append(asyncio.create_task(gathering.ask(number)))
            await asyncio.sleep(0.002)
        assert await asyncio.gather(*asking) == list(range(9))

    asyncio.run(asked())
    assert most == 2


def test_a_failure_reaches_everybody_who_asked_and_nobody_else() -> None:
    async def moody(batch: list[str]) -> list[str | Exception]:
        if "bad" in batch:
            raise ValueError("all of them")
        return [KeyError(one) if one == "odd" else one for one in batch]

    async def asked() -> list[str | BaseException]:
        gathering: Gathering[str, str] = Gathering(moody)
        first = await asyncio.gather(*map(gathering.ask, ("bad", "good")), return_exceptions=True)
        second = await asyncio.gather(*map(gathering.ask, ("odd", "good")), return_exceptions=True)
        return [*first, *second]

    bad, with_it, odd, good = asyncio.run(asked())
    assert (type(bad), type(with_it), type(odd), good) == (ValueError, ValueError, KeyError, "good")


def test_who_stops_waiting_does_not_disturb_the_others() -> None:
    async def slow(batch: list[int]) -> list[int | Exception]:
        await asyncio.sleep(0.05)
        return list(batch)

    async def asked() -> int:
        gathering: Gathering[int, int] = Gathering(slow)
        impatient, patient = (asyncio.create_task(gathering.ask(number)) for number in (1, 2))
        await asyncio.sleep(0.01)
        impatient.cancel()
        return await patient

    assert asyncio.run(asked()) == 2
