"""SMTP servers on loopback for the tests of the mailer: an honest one, and one that answers from a table."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from flows.mailer import AnswerKind, Server, Smtp
from states.letters import Letter, message_id

SENDER = "duban@example.org"
PASSWORD = "p@ss/w:rd#1"
NOW = datetime(2026, 12, 3, 9, tzinfo=UTC)
LETTER = Letter(
    "wang@example.org", "王示例", "督办提醒", "正文\n", "<p>正文</p>\n", message_id("k", SENDER), NOW
)
SENT, TEMPORARY, PERMANENT = AnswerKind.sent, AnswerKind.temporary, AnswerKind.permanent


class Post:
    """What the server does with a mail; a test replaces the answer or the act."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.sessions: set[int] = set()
        self.refused: dict[str, str] = {}
        self.answer = "250 2.0.0 queued as 17"
        self.act: Callable[[SMTP], object] = lambda server: None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.sessions.add(id(session))
        done = self.act(server)
        if asyncio.iscoroutine(done):
            await done
        if self.answer.startswith("2"):
            self.mails.append(envelope)
        return self.answer


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    good = LoginPassword(b"duban", PASSWORD.encode())
    return AuthResult(success=data == good, handled=False)


def certificate_in(folder: Path) -> Path:
    """A self-signed certificate for loopback, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.test")])
    names = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("mail.example.test")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@contextlib.contextmanager
def smtp(port: int, **limits: object) -> Iterator[Smtp]:
    server = Server("127.0.0.1", port, **{"step": 10, "whole": 20, "rest": 0, **limits})
    with contextlib.closing(Smtp(server, SENDER)) as mailer:
        yield mailer


# -- servers that misbehave ------------------------------------------------------------------------------

REPLIES = {
    "": b"220 mail.example.test\r\n",
    "EHLO": b"250-mail.example.test\r\n250 SIZE 100000000\r\n",
    "MAIL": b"250 OK\r\n",
    "RCPT": b"250 OK\r\n",
    "DATA": b"354 go on\r\n",
    ".": b"250 OK\r\n",
    "RSET": b"250 OK\r\n",
    "QUIT": b"221 bye\r\n",
}
Act = Callable[[socket.socket], None]


class Scripted:
    """A server that answers each command from a table; an entry may be bytes or an act on the connection."""

    def __init__(self, context: ssl.SSLContext | None = None, **replies: bytes | Act) -> None:
        self.context = context
        self.replies: dict[str, bytes | Act] = {**REPLIES, **replies}
        self.heard: list[str] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Scripted:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True)
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as file:
            self._reply(connection, "")
            content = False
            for line in file:
                word = line.strip().decode("latin-1").upper()
                if content and word != ".":
                    continue
                verb = word.split(" ")[0].split(":")[0]
                self.heard.append(word)
                self._reply(connection, verb)
                content = verb == "DATA" and self.replies[verb] == REPLIES[verb]

    def _reply(self, connection: socket.socket, verb: str) -> None:
        reply = self.replies.get(verb, b"502 unknown\r\n")
        if callable(reply):
            reply(connection)
        else:
            connection.sendall(reply)


def cut(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def hang(connection: socket.socket) -> None:
    time.sleep(8)


def drip(connection: socket.socket) -> None:
    """One byte at a time, each in good time, for ever."""
    for _ in range(100):
        connection.sendall(b"2")
        time.sleep(0.1)


def chatter(connection: socket.socket) -> None:
    """A reply whose last line never comes."""
    for _ in range(100):
        connection.sendall(b"250-more\r\n")
        time.sleep(0.1)


def break_off(connection: socket.socket) -> None:
    """A reply that ends before its line does."""
    connection.sendall(b"250 2.0.0 que")
    cut(connection)


def cut_in_the_content(connection: socket.socket) -> None:
    connection.sendall(b"354 go on\r\n")
    connection.recv(1000)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.close(connection.detach())


def tried(server: Scripted, letter: Letter = LETTER, **limits: object) -> tuple[AnswerKind, str]:
    with smtp(server.port, **limits) as mailer:
        answer = mailer.send(letter)
    return answer.kind, answer.detail
