"""One address for several API processes: what a web server in front does, as little of it as shows the point.

Each connection carries one request. A process that refuses the connection, or ends before the first byte of its answer,
is passed over for the next one; that is safe because only GET and HEAD are asked again (nginx does the same by default).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from itertools import cycle

CONNECTS_WITHIN = 2.0
ANSWERS_WITHIN = 15.0
AGAIN = (b"GET ", b"HEAD ")


class Front:
    """Listens on a port of its own on loopback; `retried` counts requests that another process had to answer."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = list(ports)
        self._turn = cycle(range(len(self._ports)))
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="front", daemon=True)
        self.retried = 0

    def start(self) -> int:
        """The port that everybody asks."""
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def stop(self) -> None:
        if self._server:
            self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWERS_WITHIN)
            first = next(self._turn)
            for place in range(len(self._ports)):
                port = self._ports[(first + place) % len(self._ports)]
                if await self._answered(port, request, writer) or not request.startswith(AGAIN):
                    break
                self.retried += 1
        writer.close()

    async def _answered(self, port: int, request: bytes, writer: asyncio.StreamWriter) -> bool:
        """Whether this process began to answer; what it says is handed on as it comes."""
        try:
            connecting = asyncio.open_connection("127.0.0.1", port)
            upstream, line = await asyncio.wait_for(connecting, CONNECTS_WITHIN)
        except (OSError, TimeoutError):
            return False
        begun = False
        try:
            line.write(request)
            while part := await asyncio.wait_for(upstream.read(65536), ANSWERS_WITHIN):
                begun = True
                writer.write(part)
                await writer.drain()
        except (OSError, TimeoutError):
            return begun
        finally:
            line.close()
        return begun
