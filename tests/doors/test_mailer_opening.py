"""From an address in the settings to a mailer, and what a wrong address is told."""

import ssl
from pathlib import Path

import pytest

from flows.mailer import Maildir, Memory, Smtp, mailer
from states.errors import BadSetting

SENDER = "duban@example.org"


@pytest.mark.parametrize(
    ("url", "host", "port", "user", "password", "tls_first"),
    [
        ("smtp://mail.example.org", "mail.example.org", 25, "", "", False),
        ("smtp://mail.example.org:2525/", "mail.example.org", 2525, "", "", False),
        ("smtp://duban:secret@mail.example.org", "mail.example.org", 587, "duban", "secret", False),
        ("smtps://du%40ban:p%3A%2F%40%25@mail.example.org", "mail.example.org", 465, "du@ban", "p:/@%", True),
        ("smtp://[::1]:25", "::1", 25, "", "", False),
    ],
)
def test_an_address_names_a_server(
    url: str, host: str, port: int, user: str, password: str, tls_first: bool
) -> None:
    made = mailer(url, SENDER)
    assert isinstance(made, Smtp)
    server = made.server
    assert (server.host, server.port, server.user, server.password) == (host, port, user, password)
    assert server.tls_first is tls_first
    assert (server.step, server.whole) == (20, 60)
    assert server.context.verify_mode is ssl.CERT_REQUIRED
    assert server.context.check_hostname


def test_options_change_trust_and_greeting() -> None:
    made = mailer("smtp://mail.example.org?verify=no&helo=duban.example.org&timeout=5", SENDER)
    assert isinstance(made, Smtp)
    assert made.server.context.verify_mode is ssl.CERT_NONE
    assert made.server.helo == "duban.example.org"
    assert (made.server.step, made.server.whole) == (5, 15)


def test_a_password_is_in_no_representation() -> None:
    made = mailer("smtp://duban:s3cret@mail.example.org", SENDER)
    assert isinstance(made, Smtp)
    assert "s3cret" not in repr(made) + repr(made.server) + str(made.server)


@pytest.mark.parametrize("path", ["maildir:/var/x y%20/mail", "maildir:///var/x y%20/mail"])
def test_a_maildir_is_a_folder_taken_as_written(path: str) -> None:
    made = mailer(path, SENDER)
    assert isinstance(made, Maildir)
    assert made.folder == Path("/var/x y%20/mail")


def test_a_relative_maildir_stands_under_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = mailer("maildir:mail", SENDER)
    assert isinstance(made, Maildir)
    assert made.folder == tmp_path / "mail"
    assert not made.folder.exists()


def test_memory_is_a_list() -> None:
    assert isinstance(mailer("memory:", SENDER), Memory)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "只支持 smtp://"),
        ("http://mail.example.org", "只支持 smtp://"),
        ("maildir:", "应写明文件夹"),
        ("maildir:///", "应写明文件夹"),
        ("smtp:", "写法有误"),
        ("smtp://", "写法有误"),
        ("smtp://mail.example.org:port", "写法有误"),
        ("smtp://mail.example.org:0", "写法有误"),
        ("smtp://mail.example.org:99999", "写法有误"),
        ("smtp://mail.example.org/inbox", "写法有误"),
        ("smtp://duban:se#s3cret@mail.example.org", "特殊字符要写成 %XX"),
        ("smtp://duban:se/s3cret@mail.example.org", "特殊字符要写成 %XX"),
        ("smtp://duban:se?s3cret@mail.example.org", "特殊字符要写成 %XX"),
        ("smtp://[::1", "写法有误"),
        ("smtp://" + "a" * 64 + ".example.org", "写法有误"),
        ("smtp://duban@mail.example.org", "应同时填写"),
        ("smtp://:s3cret@mail.example.org", "应同时填写"),
        ("smtp://duban:s3cret密@mail.example.org", "ASCII"),
        ("smtp://duban:s3cret%0d%0a@mail.example.org", "ASCII"),
        ("smtp://mail.example.org?verify=maybe", "verify 只能是"),
        ("smtp://mail.example.org?tls=off", "没有选项 tls"),
        ("smtp://mail.example.org?helo=a%0d%0ab", "helo 应为主机名"),
        ("smtp://mail.example.org?timeout=0", "timeout 应为 1 到 60 的整数"),
        ("smtp://mail.example.org?timeout=61", "timeout 应为 1 到 60 的整数"),
        ("smtp://mail.example.org?timeout=1.5", "timeout 应为 1 到 60 的整数"),
        ("smtp://mail.example.org?ca=/nowhere/ca.pem", "/nowhere/ca.pem"),
    ],
)
def test_a_wrong_address_is_told_what_is_wrong_without_repeating_the_password(url: str, says: str) -> None:
    with pytest.raises(BadSetting) as refused:
        mailer(url, SENDER)
    assert says in str(refused.value)
    assert str(refused.value).startswith("DUBAN_SMTP_URL：")
    assert "s3cret" not in str(refused.value)
    assert "s3cret" not in repr(refused.value.__cause__)


def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    with pytest.raises(BadSetting, match="读不出 ca 指定的证书文件"):
        mailer(f"smtp://mail.example.org?ca={tmp_path / 'ca.pem'}", SENDER)


@pytest.mark.parametrize("sender", ["", "duban", "duban@example.org\r\nBcc: x@example.org"])
def test_a_sender_that_is_no_address_is_refused(sender: str) -> None:
    with pytest.raises(BadSetting, match="DUBAN_MAIL_FROM"):
        mailer("memory:", sender)
