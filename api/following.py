"""Those who follow the changes as they come: one look a second for all of them, and each reads for itself what is new.

Nothing is kept for a reader: it has its number, and reads on from there when it is ready. One that takes nothing for a
while is let go, and resumes by that number.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from anyio import CapacityLimiter, to_thread
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as Asgi

from states.records import commit_order, feed
from states.records.access import Scope
from states.records.reading_preview import Busy
from states.records.session import Store

log = logging.getLogger("duban.api")

POLL = 1.0  # seconds between two looks for something new
HEARTBEAT = 15.0  # seconds of silence at most: proxies cut what says nothing
SLOW = 30.0  # seconds in which a reader must take what it was sent
MOST = 200  # readers of one process
READERS = 4  # of them that read in the database at once
AT_ONCE = 100  # events read and sent together: all that is in memory for one reader
FULL = "正在等候变化的连接已有 {most} 个，请稍后再试，或改用 GET /api/v1/changes"
MEDIA_TYPE = "text/event-stream"


class Following:
    """What the readers of one process share."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.poll, self.heartbeat, self.slow, self.most = POLL, HEARTBEAT, SLOW, MOST
        self.ending = asyncio.Event()
        self.looks = 0
        self.limiter = CapacityLimiter(READERS)
        self._head = 0
        self._news = asyncio.Event()
        self._readers = 0
        self._looking: asyncio.Task[None] | None = None

    def check_room(self) -> None:
        """Raises Busy."""
        if self._readers >= self.most:
            raise Busy(FULL.format(most=self.most))

    @contextmanager
    def joined(self) -> Iterator[None]:
        """As long as somebody is in, somebody looks."""
        self._readers += 1
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                self._looking.cancel()
                self._looking = None

    async def news(self, after: int) -> bool:
        """Wait for something beyond a number; False when nothing came for a heartbeat."""
        if self._head > after:
            return True
        try:
            await asyncio.wait_for(self._news.wait(), self.heartbeat)
        except TimeoutError:
            return False
        return True

    async def _look(self) -> None:
        while True:
            try:
                head = await to_thread.run_sync(self._newest)
            except sa.exc.SQLAlchemyError:
                log.exception("no look at the changes")
            else:
                self._tell(head)
            await asyncio.sleep(self.poll)

    def _newest(self) -> int:
        self.looks += 1
        commit_order.advance(self.store)
        with self.store.read() as session:
            return commit_order.head(session)

    def _tell(self, head: int) -> None:
        if head > self._head:
            self._head = head
            told, self._news = self._news, asyncio.Event()
            told.set()


class Stream(Response):
    """Server-sent events from a number on, until the reader leaves, its key or session ends, or the service does."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        following: Following,
        still: Callable[[], Scope | None],
        after: int,
        source: str,
        types: list[str] | None,
    ) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(None, 200, headers)
        del self.headers["content-length"]
        self._following, self._still = following, still
        self._after, self._source, self._types = after, source, types

    async def __call__(self, _scope: Asgi, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        telling = asyncio.create_task(self._tell(send))
        gone = asyncio.create_task(_gone(receive))
        ending = asyncio.create_task(self._following.ending.wait())
        tasks = {telling, gone, ending}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        failed = None if telling.cancelled() else telling.exception()
        if isinstance(failed, TimeoutError):
            log.warning("a reader of the changes took nothing for %s s and was let go", self._following.slow)
        elif failed is not None:
            raise failed
        elif gone.cancelled():
            await self._send(send, b"", more=False)

    async def _tell(self, send: Send) -> None:
        with self._following.joined():
            while (scope := await self._allowed()) is not None:
                found = await to_thread.run_sync(self._read, scope, limiter=self._following.limiter)
                moved, self._after = found.next > self._after, found.next
                if moved:
                    await self._send(send, _block(found))
                elif not await self._following.news(self._after):
                    await self._send(send, b": \n\n")

    async def _allowed(self) -> Scope | None:
        """Who reads, as long as that key or session lives and may."""
        return await to_thread.run_sync(self._still)

    def _read(self, scope: Scope) -> feed.Page:
        with self._following.store.read() as session:
            return feed.page(session, scope, self._after, AT_ONCE, self._source, types=self._types)

    async def _send(self, send: Send, body: bytes, *, more: bool = True) -> None:
        message = {"type": "http.response.body", "body": body, "more_body": more}
        await asyncio.wait_for(send(message), self._following.slow)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _block(page: feed.Page) -> bytes:
    """Each event with its number; at the end the number up to which was looked, which is no event to a browser."""
    lines = [f"id: {one['id']}\ndata: {json.dumps(one, ensure_ascii=False)}\n\n" for one in page.events]
    return "".join([*lines, f"id: {page.next}\n\n"]).encode()
