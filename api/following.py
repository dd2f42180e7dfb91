"""Those who follow the changes as they come: one look a second for all of them, and what is new is read once for all who
may see the same and have come as far.

Nothing is kept for a reader: it has its number, and reads on from there when it is ready. One that takes nothing for a
while is let go, and resumes by that number.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from anyio import CapacityLimiter, to_thread
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as Asgi

from states.errors import TooMany
from states.records import commit_order, feed
from states.records.access import Scope
from states.records.reading_preview import Busy
from states.records.session import Store

log = logging.getLogger("duban.api")

POLL = 1.0  # seconds between two looks for something new
HEARTBEAT = 15.0  # seconds of silence at most: proxies cut what says nothing
SLOW = 30.0  # seconds in which a reader must take what it was sent
MOST = 200  # readers of one process
OF_ONE = 50  # of them by one key or account: whoever forgets to close them shuts nobody else out
SHORTLY = 10  # seconds after which perhaps one of them has left
READERS = 4  # of them that read in the database at once
AT_ONCE = 100  # events read and sent together: all that is in memory for one reader
SHARED = 32  # pages that are kept until there is something newer
OWN = "这个密钥或账号等候变化的连接已有 {most} 个，请先关闭不用的"
FULL = "正在等候变化的连接已有 {most} 个，请稍后再试，或改用 GET /api/v1/changes"
MEDIA_TYPE = "text/event-stream"


class Following:
    """What the readers of one process share."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.poll, self.heartbeat, self.slow = POLL, HEARTBEAT, SLOW
        self.most, self.of_one = MOST, OF_ONE
        self.ending = asyncio.Event()
        self.looks = self.reads = 0
        self.limiter = CapacityLimiter(READERS)
        self._head = 0
        self._news = asyncio.Event()
        self._readers: Counter[int] = Counter()
        self._pages: dict[object, asyncio.Task[feed.Page]] = {}
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def joined(self, who: int) -> Iterator[None]:
        """As long as somebody is in, somebody looks. Raises Busy, TooMany."""
        if self._readers.total() >= self.most:
            raise Busy(FULL.format(most=self.most))
        if self._readers[who] >= self.of_one:
            raise TooMany(OWN.format(most=self.of_one), SHORTLY)
        self._readers[who] += 1
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._readers[who] -= 1
            self._readers += Counter()  # who has none left is forgotten
            if not self._readers:
                self._looking.cancel()
                self._looking = None
                self._pages.clear()

    async def news(self, after: int) -> bool:
        """Wait for something beyond a number; False when nothing came for a heartbeat."""
        if self._head > after:
            return True
        try:
            await asyncio.wait_for(self._news.wait(), self.heartbeat)
        except TimeoutError:
            return False
        return True

    async def page(self, scope: Scope, after: int, source: str, types: list[str] | None) -> feed.Page:
        """What is new behind a number, for whoever may see so much."""
        same = scope.path, scope.campaigns, after, source, tuple(types or ())
        reading = self._pages.get(same)
        if reading is None:
            if len(self._pages) >= SHARED:
                self._pages.clear()
            work = to_thread.run_sync(self._page, scope, after, source, types, limiter=self.limiter)
            reading = self._pages[same] = asyncio.ensure_future(work)
        try:
            return await asyncio.shield(reading)  # who leaves takes it away from nobody
        except Exception:
            self._pages.pop(same, None)
            raise

    def _page(self, scope: Scope, after: int, source: str, types: list[str] | None) -> feed.Page:
        self.reads += 1
        with self.store.read() as session:
            return feed.page(session, scope, after, AT_ONCE, source, types=types)

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
            self._pages.clear()
            told, self._news = self._news, asyncio.Event()
            told.set()


class Stream(Response):
    """Server-sent events from a number on, until the reader leaves, its key or session ends, or the service does."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        following: Following,
        who: int,
        still: Callable[[], Scope | None],
        after: int,
        source: str,
        types: list[str] | None,
    ) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(None, 200, headers)
        del self.headers["content-length"]
        self._following, self._who, self._still = following, who, still
        self._after, self._source, self._types = after, source, types

    async def __call__(self, _scope: Asgi, receive: Receive, send: Send) -> None:
        """Raises Busy, TooMany before anything is said: nobody comes between the look and the place."""
        with self._following.joined(self._who):
            await self._told(receive, send)

    async def _told(self, receive: Receive, send: Send) -> None:
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
        while (scope := await self._allowed()) is not None:
            found = await self._following.page(scope, self._after, self._source, self._types)
            moved, self._after = found.next > self._after, found.next
            if moved:
                await self._send(send, _block(found))
            elif not await self._following.news(self._after):
                await self._send(send, b": \n\n")

    async def _allowed(self) -> Scope | None:
        """Who reads, as long as that key or session lives and may."""
        return await to_thread.run_sync(self._still)

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
