"""The page and the API served in this process, with something that begins once they are up."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from flows import guarding
from states import loglines
from states.errors import Refused
from states.loglines import PLAIN, LogForm

APP = "api.app:create_app"
EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104  (compared with, not listened on)
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
TICKS = 10  # of a tenth of a second, between two looks at the connections
PATIENCE = 5  # seconds that open connections get to finish
KEPT = 75  # seconds that an idle connection is kept: longer than proxies and clients keep theirs, so that they close it, not we


class Server(uvicorn.Server):
    """Says when it answers; one that was told to end before that never does."""

    def __init__(self, config: uvicorn.Config, when_up: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_up = when_up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._when_up()

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS == 0:
            guarding.look(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Those who follow a stream are let go first; they would be waited for until patience ends."""
        ending = self.lifespan.state.get("ending")
        if ending is not None:
            ending.set()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A bound socket (port 0: any free one); raises Refused with one sentence."""
    found: socket.socket | None = None
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen()
    except (OSError, OverflowError) as error:
        if found is not None:
            found.close()
        raise Refused(_why_not(host, port, error)) from error
    return found


def _why_not(host: str, port: int, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return f"端口 {port} 已被占用，可能已有一个 duban 在运行；请先停掉它，或用 --port 换一个端口（make demo PORT=8010）"
    if number == errno.EACCES:
        return f"没有权限使用端口 {port}；请用 --port 换一个 1024 以上的端口"
    return f"不能在 {host}:{port} 上提供服务：{getattr(error, 'strerror', None) or error}"


def address(bound: socket.socket) -> str:
    """The address to open in a browser on this machine."""
    host, port = bound.getsockname()[:2]
    shown = "127.0.0.1" if host in EVERYWHERE else host
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def serve(
    bound: socket.socket, when_up: Callable[[], None], *sieves: logging.Filter, log: LogForm = PLAIN
) -> None:
    """Serve until Ctrl-C or SIGTERM; `when_up` is called once, as soon as requests are answered.

    What is logged goes through `sieves`.
    """
    loglines.set_up(log, *sieves)
    config = config_of(APP, factory=True)
    server = Server(config, when_up)
    with bound, _ends(server):
        config.load()
        if not server.should_exit:
            server.run(sockets=[bound])


def config_of(app: Any, *, factory: bool = False) -> uvicorn.Config:
    """How requests are taken, whatever answers them."""
    return uvicorn.Config(
        app,
        factory=factory,
        log_config=None,
        access_log=False,
        server_header=False,
        http=guarding.Guarded,
        ws="none",
        limit_concurrency=guarding.CONNECTIONS,
        timeout_graceful_shutdown=PATIENCE,
        timeout_keep_alive=KEPT,
    )


@contextmanager
def _ends(server: uvicorn.Server) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal end the server so that everything is put away, from the first moment on.

    They are noted and not raised: an exception in the middle of the imports that come first would be lost, or a traceback.
    """
    numbers = [number for name in SIGNALS if (number := getattr(signal, name, None)) is not None]
    before = {number: signal.signal(number, server.handle_exit) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
