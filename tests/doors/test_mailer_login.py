"""SMTP behind TLS and a login: who is trusted with the password, and that it is never shown."""

from __future__ import annotations

import contextlib
import ssl
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flows.mailer import Server, mailer
from flows.mailer.line import Limit, Line
from loopback import served
from smtp_servers import LETTER, PASSWORD, SENDER, SENT, TEMPORARY, Post, Scripted, authenticate, smtp, tls


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


def test_a_server_that_goes_back_on_starttls_hears_no_password() -> None:
    replies = {"EHLO": b"250-x\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n", "STARTTLS": b"454 not now\r\n"}
    login = {"user": "duban", "password": PASSWORD}
    with Scripted(AUTH=b"235 welcome\r\n", **replies) as server, smtp(server.port, **login) as mailer:
        answer = mailer.send(LETTER)
    assert answer.kind is TEMPORARY
    assert [one for one in server.heard if one.startswith(("AUTH", "MAIL"))] == []


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
