"""Connections that mean no good: a head that never ends or grows without end, a body that trickles, an answer nobody takes.

uvicorn watches a connection only between two requests. Here each keeps three numbers, and once a second all are looked
at; a request that is well costs no timer.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 15.0  # from the first byte of a request (or the connection) to the end of its headers
HEAD_BYTES = 64 << 10  # of one request; what the system hands over at once may come on top
BODY_SECONDS, BODY_LEAST = 30.0, 1_000  # in so long so many bytes of a body must come, or its end
TAKEN_SECONDS = 60.0  # in which an answer must begin to be taken
CONNECTIONS = 900  # of one process, below the 1024 files that many systems allow
HEAD, BODY, DONE = "head", "body", "done"
CLOSE = b"content-length: 0\r\nconnection: close\r\n\r\n"
LATE = b"HTTP/1.1 408 Request Timeout\r\n" + CLOSE
LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\n" + CLOSE


class Guarded(HttpToolsProtocol):
    """A connection that knows where its request stands."""

    stage = HEAD
    since = 0.0  # when this stage began, or the last window of the body
    got = 0  # bytes in it
    stuck: float | None = None  # since when what we send is not taken

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._enter(HEAD)

    def data_received(self, data: bytes) -> None:
        if self.stage is DONE and (self.cycle is None or self.cycle.response_complete):
            self._enter(HEAD)
        self.got += len(data)
        super().data_received(data)
        if self.stage is HEAD and self.got > HEAD_BYTES:
            self._end(LARGE)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._enter(BODY)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.stage = DONE

    def pause_writing(self) -> None:
        super().pause_writing()
        self.stuck = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.stuck = None

    def look(self, now: float) -> None:
        """End it where it means no good."""
        if self.stuck is not None and now - self.stuck > TAKEN_SECONDS:
            self.transport.abort()
        elif self.stage is HEAD and now - self.since > HEAD_SECONDS:
            self._end(LATE)
        elif self.stage is BODY and now - self.since > BODY_SECONDS:
            if self.got < BODY_LEAST and not self.flow.read_paused:
                self.transport.close()
            self._enter(BODY)

    def _enter(self, stage: str) -> None:
        self.stage, self.since, self.got = stage, self.loop.time(), 0

    def _end(self, says: bytes) -> None:
        """With a word, unless another answer of this connection is on its way."""
        if not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(says)
            self.transport.close()


def look(connections: Any, now: float) -> None:
    """At all of a server."""
    for one in list(connections):
        if isinstance(one, Guarded):
            one.look(now)
