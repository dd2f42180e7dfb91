"""Questions of one moment, answered together: the next ones wait while those before them are being served."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

AT_ONCE = 64


class Gathering(Generic[Question, Answer]):
    """`serve` gets up to AT_ONCE questions and returns as many answers, an exception for one that failed.

    What `serve` raises fails all of them. `lanes`: how often `serve` may run at the same time. Used from one event loop.
    """

    def __init__(
        self, serve: Callable[[list[Question]], Awaitable[Sequence[Answer | Exception]]], lanes: int = 1
    ) -> None:
        self._serve = serve
        self._lanes = lanes
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._busy = 0
        self._serving: set[asyncio.Task[None]] = set()

    async def ask(self, question: Question) -> Answer:
        """The answer to one question."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((question, answer))
        if self._busy < self._lanes:
            self._busy += 1
            lane = loop.create_task(self._serve_all())
            self._serving.add(lane)
            lane.add_done_callback(self._serving.discard)
        return await answer

    async def _serve_all(self) -> None:
        """Until nobody waits. Between the last look and the end nothing else runs, so that no question is left."""
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
                await self._serve_some(batch)
        finally:
            self._busy -= 1

    async def _serve_some(self, batch: list[tuple[Question, asyncio.Future[Answer]]]) -> None:
        answers: Sequence[Answer | Exception]
        try:
            answers = await self._serve([question for question, _future in batch])
        except Exception as error:
            answers = [error] * len(batch)
        for (_question, future), answer in zip(batch, answers, strict=True):
            _give(future, answer)


def _give(future: asyncio.Future[Answer], answer: Answer | Exception) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
