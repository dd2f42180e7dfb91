"""A line to a mail server: connected, encrypted, logged in, and cut when the time of a mail is used up."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import BinaryIO


@dataclass(frozen=True)
class Server:
    """Where mails are handed over and how. `step`, `whole`, `rest` in seconds: see flows.mailer.smtp."""

    host: str
    port: int
    tls_first: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False, compare=False)
    helo: str | None = None
    step: float = 20
    whole: float = 60
    rest: float = 30

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Limit:
    """`with Limit(60) as limit`: after 60 s the watched line is shut, however slowly the server drips."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.passed = False
        self._line: Line | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def watch(self, line: Line) -> None:
        """Cut this line when the time comes; TimeoutError when it has come already."""
        self._line = line
        if self.passed:
            raise TimeoutError("time used up while connecting")

    def _cut(self) -> None:
        self.passed = True
        if self._line and self._line.handle:
            with contextlib.suppress(OSError):  # closed already: nothing left to cut
                self._line.handle.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Limit:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()


class Line(smtplib.SMTP):
    """One connection. `open` raises OSError (all of smtplib's errors are) or binascii.Error."""

    handle: socket.socket | None = None
    """A second hold on the socket below TLS: shutting it wakes whoever waits, from any thread."""

    def __init__(self, server: Server) -> None:
        super().__init__(local_hostname=server.helo or "localhost", timeout=server.step)
        self._server = server

    def open(self, limit: Limit) -> None:
        """Connect, encrypt, log in. A password never goes over a line that is not encrypted."""
        raw = socket.create_connection((self._server.host, self._server.port), self._server.step)
        self.sock = raw
        self.handle = raw.dup()
        limit.watch(self)
        if not self._server.helo:
            self.local_hostname = _literal(raw)
        if self._server.tls_first:
            self._encrypt(raw)
        code, reply = self.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, reply)
        self.ehlo_or_helo_if_needed()
        if not self._server.tls_first:
            self._start_tls(raw)
        if self._server.user:
            self.login(self._server.user, self._server.password)

    def getreply(self) -> tuple[int, bytes]:
        """The next reply; one that breaks off before its line ends is none, whatever its digits say."""
        if self.file is None and self.sock is not None:
            self.file = _Whole(self.sock.makefile("rb"))
        return super().getreply()

    def close(self) -> None:
        """Hang up without a word."""
        super().close()
        if self.handle:
            self.handle.close()

    def _start_tls(self, raw: socket.socket) -> None:
        if not self.has_extn("starttls"):
            if self._server.user:
                raise smtplib.SMTPNotSupportedError("服务器不提供 STARTTLS，密码不以明文发送，因此没有登录")
            return
        code, reply = self.docmd("STARTTLS")
        if code != 220:
            raise smtplib.SMTPResponseException(code, reply)
        self._encrypt(raw)
        self.ehlo_or_helo_if_needed()

    def _encrypt(self, raw: socket.socket) -> None:
        """Speak TLS from here on, and forget what was said in the clear."""
        self.sock = self._server.context.wrap_socket(raw, server_hostname=self._server.host)
        self.file = None
        self.helo_resp = self.ehlo_resp = None


class _Whole:
    """A stream whose lines are complete: a line cut off by the end of the stream is an error."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.close = stream.close

    def readline(self, limit: int) -> bytes:
        line = self._stream.readline(limit)
        if line and not line.endswith(b"\n") and len(line) < limit:
            raise ConnectionResetError("the reply broke off")
        return line


def _literal(connection: socket.socket) -> str:
    """Our address as SMTP writes it; unlike a host name it needs no look-up and is always ASCII."""
    address = connection.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
