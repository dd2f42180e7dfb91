"""SMTP against real servers on loopback: what each answer becomes, and that nothing raises, hangs or leaks."""

import asyncio
import contextlib
import email
import email.policy
import signal
import socket
import ssl
import struct
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from flows.mailer import Answer, AnswerKind, Server, Smtp, mailer
from flows.mailer.line import Limit, Line
from flows.mailer.smtp import closed
from states.letters import Attachment, Letter, message_id, to_email

SENDER = "duban@example.org"
PASSWORD = "p@ss/w:rd#1"
NOW = datetime(2026, 12, 3, 9, tzinfo=UTC)
LETTER = Letter(
    "wang@example.org", "王示例", "督办提醒", "正文\n", "<p>正文</p>\n", message_id("k", SENDER), NOW
)
SENT, TEMPORARY, PERMANENT = AnswerKind.sent, AnswerKind.temporary, AnswerKind.permanent


# -- an honest server ------------------------------------------------------------------------------------


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


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
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
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextlib.contextmanager
def served(post: Post, **options: object) -> Iterator[int]:
    controller = Controller(post, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@contextlib.contextmanager
def smtp(port: int, **limits: object) -> Iterator[Smtp]:
    server = Server("127.0.0.1", port, **{"step": 10, "whole": 20, "rest": 0, **limits})
    with contextlib.closing(Smtp(server, SENDER)) as mailer:
        yield mailer


def test_a_mail_arrives_whole(post: Post) -> None:
    letter = replace(
        LETTER,
        text=".点\n..\n.\n正文\n",
        attachments=(Attachment("表.xlsx", bytes(range(256)) * 2000, "application/octet-stream"),),
    )
    with served(post) as port, smtp(port) as mailer:
        answer = mailer.send(letter)
    assert (answer.kind, answer.detail) == (SENT, "250 2.0.0 queued as 17")
    assert (post.mails[0].mail_from, post.mails[0].rcpt_tos) == (SENDER, ["wang@example.org"])
    mail = email.message_from_bytes(post.mails[0].content, policy=email.policy.default)
    assert mail["Message-ID"] == LETTER.message_id
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == letter.text
    assert next(mail.iter_attachments()).get_content() == bytes(range(256)) * 2000


def test_a_dot_at_the_start_of_a_line_does_not_end_the_mail() -> None:
    assert closed(b".a\r\n.\r\nb.\r\n..\r\n") == b"..a\r\n..\r\nb.\r\n...\r\n.\r\n"


def test_many_mails_share_one_connection(post: Post) -> None:
    with served(post) as port, smtp(port) as mailer:
        assert {mailer.send(LETTER).kind for _ in range(5)} == {SENT}
    assert len(post.mails) == 5
    assert len(post.sessions) == 1


def test_a_connection_that_fell_asleep_is_opened_again(post: Post) -> None:
    with served(post) as port, smtp(port) as mailer:
        assert mailer.send(LETTER).kind is SENT
        mailer._line.sock.shutdown(socket.SHUT_RDWR)
        assert mailer.send(LETTER).kind is SENT
    assert len(post.sessions) == 2


def test_a_refused_receiver_does_not_disturb_the_next(post: Post) -> None:
    post.refused = {
        "gone@example.org": "550 5.1.1 没有这个用户",
        "full@example.org": "452 4.2.2 mailbox full",
    }
    with served(post) as port, smtp(port) as mailer:
        gone = mailer.send(replace(LETTER, to="gone@example.org"))
        full = mailer.send(replace(LETTER, to="full@example.org"))
        good = mailer.send(LETTER)
    assert (gone.kind, full.kind, good.kind) == (PERMANENT, TEMPORARY, SENT)
    assert gone.detail == f"收件地址被 127.0.0.1:{port} 拒收：550 5.1.1 没有这个用户"
    assert "452 4.2.2 mailbox full" in full.detail
    assert [mail.rcpt_tos for mail in post.mails] == [["wang@example.org"]]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("451 4.3.0 try later", TEMPORARY),
        ("421 4.3.2 closing", TEMPORARY),
        ("550 5.7.1 refused", PERMANENT),
        ("554 5.6.0 spam", PERMANENT),
    ],
)
def test_an_answer_to_the_content_decides(post: Post, answer: str, kind: AnswerKind) -> None:
    with served(post) as port, smtp(port) as mailer:
        post.answer = answer
        refused = mailer.send(LETTER)
        post.answer = "250 OK"
        assert mailer.send(LETTER).kind is SENT
    assert refused.kind is kind
    assert answer in refused.detail
    assert refused.detail.startswith("邮件内容被")


def test_a_server_that_hangs_costs_one_step(post: Post) -> None:
    post.act = lambda server: asyncio.sleep(5)
    started = time.monotonic()
    with served(post) as port, smtp(port, step=0.6) as mailer:
        answer = mailer.send(LETTER)
        assert time.monotonic() - started < 4
    assert answer.kind is TEMPORARY
    assert "超过 0.6 秒没有应答" in answer.detail
    assert "服务器是否收下不明" in answer.detail


def test_a_drop_after_the_content_leaves_it_open_whether_it_was_taken(post: Post) -> None:
    post.act = lambda server: server.transport.abort()
    with served(post) as port, smtp(port) as mailer:
        answer = mailer.send(LETTER)
        post.act = lambda server: None
        assert mailer.send(LETTER).kind is SENT
    assert answer.kind is TEMPORARY
    assert "中断了连接" in answer.detail
    assert "服务器是否收下不明，将以同一 Message-ID 重发" in answer.detail


def test_a_mail_larger_than_the_server_takes_is_refused_for_good(post: Post) -> None:
    letter = replace(LETTER, attachments=(Attachment("a", b"x" * 20_000, "a/b"),))
    with served(post, data_size_limit=10_000) as port, smtp(port) as mailer:
        assert mailer.send(letter).kind is PERMANENT
        assert mailer.send(LETTER).kind is SENT


def test_an_address_in_chinese_goes_to_a_server_that_knows_them(post: Post) -> None:
    letter = replace(LETTER, to="王示例@example.org")
    with served(post, enable_SMTPUTF8=True) as port, smtp(port) as mailer:
        assert mailer.send(letter).kind is SENT
        assert mailer.send(LETTER).kind is SENT
    assert [mail.rcpt_tos for mail in post.mails] == [["王示例@example.org"], ["wang@example.org"]]
    assert [mail.smtp_utf8 for mail in post.mails] == [True, False]
    with served(post, enable_SMTPUTF8=False) as port, smtp(port) as mailer:
        answer = mailer.send(letter)
    assert answer.kind is PERMANENT
    assert "不支持含中文的邮箱地址" in answer.detail


def test_what_is_no_address_is_refused_without_asking() -> None:
    with smtp(free_port()) as mailer:
        answer = mailer.send(replace(LETTER, to="wang@example.org\r\nRCPT TO:<x@example.org>"))
    assert answer.kind is PERMANENT
    assert "不是可用的邮箱地址" in answer.detail


def test_a_mistake_of_ours_raises(post: Post) -> None:
    with served(post) as port, smtp(port) as mailer, pytest.raises(AttributeError):
        mailer.send(None)


# -- TLS and login ---------------------------------------------------------------------------------------


@pytest.fixture
def guarded(post: Post, certificate: Path) -> Iterator[int]:
    """STARTTLS and login required."""
    options = {"tls_context": tls(certificate), "require_starttls": True}
    with served(post, authenticator=authenticate, auth_required=True, **options) as port:
        yield port


def test_starttls_and_login_from_an_address_in_the_settings(
    post: Post, guarded: int, certificate: Path
) -> None:
    url = f"smtp://duban:p%40ss%2Fw%3Ard%231@127.0.0.1:{guarded}?ca={certificate}"
    with contextlib.closing(mailer(url, SENDER)) as real:
        assert [real.send(LETTER).kind for _ in range(2)] == [SENT, SENT]
        assert PASSWORD not in repr(real) + repr(real.server)
    assert len(post.mails) == 2


def test_a_wrong_password_is_our_fault_not_the_address(guarded: int, certificate: Path) -> None:
    url = f"smtp://duban:wr0ng-secret@127.0.0.1:{guarded}?ca={certificate}"
    with contextlib.closing(mailer(url, SENDER)) as real:
        answer = real.send(LETTER)
    assert answer.kind is TEMPORARY
    assert "拒绝登录（535" in answer.detail
    assert "DUBAN_SMTP_URL" in answer.detail
    assert "wr0ng-secret" not in answer.detail


def test_without_the_login_a_server_wants_the_mail_waits(post: Post, guarded: int, certificate: Path) -> None:
    with contextlib.closing(mailer(f"smtp://127.0.0.1:{guarded}?ca={certificate}", SENDER)) as real:
        answer = real.send(LETTER)
    assert answer.kind is TEMPORARY
    assert "530" in answer.detail
    assert post.mails == []


def test_a_certificate_nobody_vouches_for_is_refused_unless_told_otherwise(post: Post, guarded: int) -> None:
    address = f"duban:p%40ss%2Fw%3Ard%231@127.0.0.1:{guarded}"
    with contextlib.closing(mailer(f"smtp://{address}", SENDER)) as careful:
        answer = careful.send(LETTER)
    assert answer.kind is TEMPORARY
    assert "证书未通过校验" in answer.detail
    assert post.mails == []
    with contextlib.closing(mailer(f"smtp://{address}?verify=no", SENDER)) as careless:
        assert careless.send(LETTER).kind is SENT


def test_a_certificate_of_another_host_is_refused(post: Post, guarded: int, certificate: Path) -> None:
    with contextlib.closing(mailer(f"smtp://localhost:{guarded}?ca={certificate}", SENDER)) as real:
        assert "证书未通过校验" in real.send(LETTER).detail
    assert post.mails == []


def test_a_password_is_never_sent_in_the_clear(post: Post) -> None:
    login = {"user": "duban", "password": PASSWORD}
    with (
        served(post, authenticator=authenticate, auth_require_tls=False) as port,
        smtp(port, **login) as mailer,
    ):
        answer = mailer.send(LETTER)
    assert answer.kind is TEMPORARY
    assert "不提供 STARTTLS" in answer.detail
    assert post.mails == []


@pytest.mark.filterwarnings(
    "ignore:Requiring AUTH while not requiring TLS"
)  # TLS is below, from the first byte
def test_smtps_speaks_tls_from_the_first_byte(post: Post, certificate: Path) -> None:
    options = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    with served(post, ssl_context=tls(certificate), **options) as port:
        url = f"smtps://duban:p%40ss%2Fw%3Ard%231@127.0.0.1:{port}?ca={certificate}"
        with contextlib.closing(mailer(url, SENDER)) as real:
            assert real.send(LETTER).kind is SENT
    assert len(post.mails) == 1


def test_smtps_to_a_port_without_tls_says_so(post: Post) -> None:
    with served(post) as port, contextlib.closing(mailer(f"smtps://127.0.0.1:{port}", SENDER)) as real:
        answer = real.send(LETTER)
    assert answer.kind is TEMPORARY
    assert "加密连接失败" in answer.detail


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

    def __enter__(self) -> "Scripted":
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


def test_the_scripted_server_is_fair() -> None:
    with Scripted() as server:
        assert tried(server) == (SENT, "250 OK")
        size = len(closed(to_email(LETTER, SENDER).as_bytes()))
        assert server.heard[:2] == ["EHLO [127.0.0.1]", f"MAIL FROM:<DUBAN@EXAMPLE.ORG> SIZE={size}"]
        assert server.heard[-1] == "QUIT"


@pytest.mark.parametrize(
    ("verb", "reply", "kind", "words"),
    [
        ("", b"554 5.3.2 no service\r\n", TEMPORARY, "拒绝服务（554 5.3.2 no service）"),
        ("", b"421 busy\r\n", TEMPORARY, "拒绝服务（421 busy）"),
        ("", cut, TEMPORARY, "中断了连接"),
        ("", b"HTTP/1.1 400 Bad Request\r\n\r\n", TEMPORARY, "无法识别的应答"),
        ("", b"\xff\xfe\x00" * 5000 + b"\r\n", TEMPORARY, ""),
        ("EHLO", cut, TEMPORARY, "中断了连接"),
        ("MAIL", b"553 5.1.8 sender\r\n", TEMPORARY, "请检查 DUBAN_MAIL_FROM"),
        ("MAIL", b"552 5.3.4 too big\r\n", PERMANENT, "552 5.3.4 too big"),
        ("MAIL", b"452 4.3.1 disk\r\n", TEMPORARY, "452 4.3.1 disk"),
        ("MAIL", b"503 need EHLO and AUTH first !\r\n", TEMPORARY, "用户名和密码"),
        ("MAIL", b"530 5.7.0 authentication required\r\n", TEMPORARY, "用户名和密码"),
        ("MAIL", cut, TEMPORARY, "邮件尚未交出"),
        ("RCPT", b"550 5.1.1 unknown\r\n", PERMANENT, "收件地址被"),
        ("RCPT", "550 用户不存在\r\n".encode("gb18030"), PERMANENT, "550 用户不存在"),
        ("RCPT", "550 用户不存在\r\n".encode(), PERMANENT, "550 用户不存在"),
        ("RCPT", b"251 will forward\r\n", SENT, "250 OK"),
        ("RCPT", b"421 4.7.0 too many\r\n", TEMPORARY, "421 4.7.0 too many"),
        ("RCPT", b"nonsense\r\n", TEMPORARY, "无法识别的应答"),
        ("RCPT", b"999 what\r\n", TEMPORARY, "999 what"),
        ("RCPT", cut, TEMPORARY, "邮件尚未交出"),
        ("DATA", b"250 OK\r\n", TEMPORARY, "250 OK"),
        ("DATA", b"554 no valid recipients\r\n", PERMANENT, "554 no valid recipients"),
        ("DATA", cut, TEMPORARY, "邮件尚未交出"),
        (".", cut, TEMPORARY, "服务器是否收下不明"),
        (".", break_off, TEMPORARY, "服务器是否收下不明"),
        (".", b"552 too big\r\n", PERMANENT, "552 too big"),
        (".", b"354 what\r\n", TEMPORARY, "354 what"),
        (".", b"250-" + b"x" * 200_000 + b"\r\n250 ok\r\n", TEMPORARY, ""),
    ],
)
def test_every_answer_at_every_step(verb: str, reply: bytes | Act, kind: AnswerKind, words: str) -> None:
    with Scripted(**{verb: reply}) as server:
        found, detail = tried(server)
    assert found is kind
    assert words in detail
    assert len(detail) < 400
    assert detail.isprintable()


@pytest.mark.parametrize("reply", [b"nonsense\r\n250 OK\r\n", b"421 4.3.2 closing\r\n250 OK\r\n"])
def test_a_conversation_out_of_step_is_not_continued(reply: bytes) -> None:
    with Scripted(RCPT=reply) as server, smtp(server.port) as mailer:
        assert mailer.send(LETTER).kind is TEMPORARY
        server.replies["RCPT"] = REPLIES["RCPT"]
        assert mailer.send(LETTER).kind is SENT
        assert server.connections == 2


def test_time_used_up_before_the_connection_stands_is_noticed_then() -> None:
    with Limit(0.02) as limit:
        time.sleep(0.1)
        with pytest.raises(TimeoutError):
            limit.watch(Line(Server("127.0.0.1", 25)))


@pytest.mark.parametrize("verb", ["", "EHLO", "MAIL", "RCPT", "DATA", "."])
def test_a_silent_server_costs_one_step_wherever_it_falls_silent(verb: str) -> None:
    started = time.monotonic()
    with Scripted(**{verb: hang}) as server:
        found, detail = tried(server, step=0.3)
    assert found is TEMPORARY
    assert "超过 0.3 秒没有应答" in detail
    assert time.monotonic() - started < 6


@pytest.mark.parametrize("act", [drip, chatter])
@pytest.mark.parametrize("verb", ["", "EHLO", "RCPT", "."])
def test_a_server_that_only_drips_is_cut_when_the_time_of_the_mail_is_up(verb: str, act: Act) -> None:
    started = time.monotonic()
    with Scripted(**{verb: act}) as server:
        found, detail = tried(server, step=1, whole=0.6)
    assert found is TEMPORARY
    assert "一封邮件超过了 0.6 秒" in detail
    assert time.monotonic() - started < 6


def test_a_drop_in_the_middle_of_the_content_means_not_handed_over() -> None:
    letter = replace(LETTER, attachments=(Attachment("a", b"x" * 20_000_000, "a/b"),))
    with Scripted(DATA=cut_in_the_content) as server:
        found, detail = tried(server, letter)
    assert found is TEMPORARY
    assert "邮件尚未交出" in detail


def test_a_refused_connection_says_what_to_check() -> None:
    with smtp(free_port()) as mailer:
        answer = mailer.send(LETTER)
    assert answer.kind is TEMPORARY
    assert "拒绝连接，请检查地址、端口" in answer.detail


def test_a_host_that_does_not_exist_says_what_to_check() -> None:
    with contextlib.closing(Smtp(Server("mail.invalid", 25, step=2), SENDER)) as mailer:
        answer = mailer.send(LETTER)
    assert answer.kind is TEMPORARY
    assert "mail.invalid" in answer.detail


def test_after_a_failed_connection_the_mailer_rests_and_then_tries_again() -> None:
    with Scripted(**{"": b"554 no\r\n"}) as server, smtp(server.port, rest=1) as mailer:
        answers = {mailer.send(LETTER) for _ in range(9)}
        assert len(answers) == 1
        assert server.connections == 1
        server.replies[""] = REPLIES[""]
        time.sleep(1.1)
        assert mailer.send(LETTER).kind is SENT


def test_a_refused_mail_is_no_reason_to_rest() -> None:
    with Scripted(RCPT=b"421 no\r\n") as server, smtp(server.port, rest=60) as mailer:
        assert mailer.send(LETTER).kind is TEMPORARY
        server.replies["RCPT"] = REPLIES["RCPT"]
        assert mailer.send(LETTER).kind is SENT


@pytest.mark.parametrize(
    "echo",
    [
        PASSWORD.encode(),
        b64encode(PASSWORD.encode()),
        b64encode(f"\0duban\0{PASSWORD}".encode()),
        b"p%40ss%2Fw%3Ard%231",
    ],
)
def test_a_password_that_a_server_repeats_is_blotted_out(echo: bytes) -> None:
    with Scripted(RCPT=b"550 hello " + echo + b"\r\n") as server, smtp(server.port) as mailer:
        mailer.server = replace(mailer.server, password=PASSWORD, user="duban")
        mailer._line = opened(server.port)
        detail = mailer.send(LETTER).detail
    assert "550 hello ***" in detail
    assert echo.decode() not in detail


def opened(port: int) -> Line:
    """A line without login, as if the login had taken place."""
    line = Line(Server("127.0.0.1", port, step=3))
    line.open(Limit(5))
    return line


@pytest.mark.parametrize(
    "challenge", [b"334 !!!not-base64!!!\r\n", b"334 /\r\n", b"334 \xff\r\n", b"999\r\n", b"235\r\n"]
)
def test_a_senseless_login_dialogue_is_only_a_failed_try(certificate: Path, challenge: bytes) -> None:
    replies = {"EHLO": b"250-x\r\n250 AUTH CRAM-MD5 LOGIN PLAIN\r\n", "AUTH": challenge}
    trust = ssl.create_default_context(cafile=certificate)
    login = {"context": trust, "tls_first": True, "user": "duban", "password": PASSWORD}
    with Scripted(tls(certificate), **replies) as server, smtp(server.port, **login) as mailer:
        answer = mailer.send(LETTER)
    assert answer.kind in ((SENT,) if challenge.startswith(b"235") else (TEMPORARY,))
    assert PASSWORD not in answer.detail


def test_closing_twice_or_without_a_mail_is_quiet(post: Post) -> None:
    with served(post) as port:
        mailer = Smtp(Server("127.0.0.1", port), SENDER)
        mailer.close()
        assert mailer.send(LETTER).kind is SENT
        mailer.close()
        mailer.close()
        assert mailer.send(LETTER).kind is SENT
        mailer.close()


def test_an_interrupt_in_the_middle_of_a_mail_spoils_no_other(post: Post) -> None:
    post.act = lambda server: asyncio.sleep(0.5)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    with served(post) as port, smtp(port) as mailer:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            mailer.send(LETTER)
        signal.signal(signal.SIGALRM, before)
        assert mailer.send(LETTER) == Answer(SENT, "250 2.0.0 queued as 17")
    assert len(post.sessions) == 2


@pytest.mark.parametrize("act", [hang, drip])
def test_a_server_that_does_not_say_goodbye_is_left_without(act: Act) -> None:
    started = time.monotonic()
    with Scripted(QUIT=act) as server, smtp(server.port) as mailer:
        mailer.send(LETTER)
        mailer.close()
    assert time.monotonic() - started < 6
