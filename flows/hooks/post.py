"""One POST to an address that somebody else named: a name is resolved once, judged, and that address connected to.

No redirect is followed, no proxy asked, and it ends after a fixed time whatever the other side does. The standard
library suffices: a client library would resolve the name a second time, after it was judged.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException

from states.clock import elapsed
from states.errors import Faulty
from states.outward import Network, Target, refusal, target
from states.records.webhook_sending import Answer

LIMIT = 10.0  # seconds from the first packet to the answer
AGENT = "duban-webhook"

Resolve = Callable[[str, int], Sequence[str]]


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host, as the machine's resolver tells them; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Post:
    """Calls what may be called: public addresses by https, and those in `trusted` in any way."""

    def __init__(
        self, trusted: Sequence[Network] = (), *, resolve: Resolve = resolved, limit: float = LIMIT
    ) -> None:
        self._trusted, self._resolve, self._limit = trusted, resolve, limit
        self._context: ssl.SSLContext | None = None

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What the other side answered; never raises for what it may do."""
        try:
            where = target(url, self._trusted)
            addresses = self._allowed(where)
        except Faulty as error:
            return Answer(None, error.detail)
        except (OSError, ValueError) as error:
            return Answer(None, f"查不到主机的地址：{error}")
        if isinstance(addresses, str):
            return Answer(None, addresses)
        try:
            return Answer(self._ask(where, addresses, headers, body))
        except TimeoutError:
            return Answer(None, f"{self._limit:.0f} 秒内没有回答")
        except (OSError, HTTPException, ValueError) as error:
            return Answer(None, f"连接不成：{type(error).__name__} {error}"[:300])

    def _allowed(self, where: Target) -> list[str] | str:
        """Every address of the name; or why not, where one of them must not be called: it is not ours to choose."""
        found = list(self._resolve(where.host, where.port))
        for address in found:
            if said := refusal(address, self._trusted, secure=where.secure):
                return said
        return found or "查不到主机的地址"

    def _ask(self, where: Target, addresses: Sequence[str], headers: Mapping[str, str], body: bytes) -> int:
        until = elapsed() + self._limit
        plain = self._connected(addresses, where.port, until)
        with plain, _cut_at(plain, until) as late:
            try:
                with self._secured(plain, where) as wire:
                    return _spoken(wire, where, headers, body)
            except (OSError, HTTPException, ValueError) as error:
                if late.is_set():
                    raise TimeoutError from error
                raise

    def _connected(self, addresses: Sequence[str], port: int, until: float) -> socket.socket:
        """The first that answers."""
        trouble: OSError = TimeoutError()
        for address in addresses:
            left = until - elapsed()
            if left <= 0:
                break
            try:
                return socket.create_connection((address, port), left)
            except OSError as error:
                trouble = error
        raise trouble

    def _secured(self, plain: socket.socket, where: Target) -> socket.socket:
        if not where.secure:
            return plain
        if self._context is None:
            self._context = ssl.create_default_context()
        return self._context.wrap_socket(plain, server_hostname=where.host)


@contextmanager
def _cut_at(plain: socket.socket, until: float) -> Iterator[threading.Event]:
    """End the connection when the time is over: what comes drop by drop would never time out. Tells whether it was."""
    late = threading.Event()

    def cut() -> None:
        late.set()
        with suppress(OSError):
            plain.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, until - elapsed()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


def _spoken(wire: socket.socket, where: Target, headers: Mapping[str, str], body: bytes) -> int:
    """The status of the answer; what else it says is not read, so that nobody can read through us."""
    line = HTTPConnection(where.host, where.port)
    line.default_port = 443 if where.secure else 80
    line.sock = wire
    line.request("POST", where.path, body, {"User-Agent": AGENT, "Connection": "close", **headers})
    return line.getresponse().status
